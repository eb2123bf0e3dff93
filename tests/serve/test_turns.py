import threading
import time
from contextlib import ExitStack

import pytest

from serve.errors import BusyError
from serve.http.turns import Turns


def held(turns, stack, n):
    """Take `n` turns and keep them until the stack closes."""
    return [stack.enter_context(turns.turn()) for _ in range(n)]


def until(condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.001)
    pytest.fail("it did not come about")


def test_each_thing_is_lent_to_one_at_a_time():
    turns = Turns("ab", n_waiting=0, wait_s=1)
    with ExitStack() as stack:
        assert sorted(held(turns, stack, 2)) == ["a", "b"]
        with pytest.raises(BusyError, match="more to do than it can"), turns.turn():
            pass
    with turns.turn() as thing:
        assert thing in "ab"


def test_those_who_wait_are_served_in_the_order_in_which_they_came():
    turns, served = Turns("a", n_waiting=20, wait_s=10), []

    def take(name):
        with turns.turn():
            served.append(name)

    with ExitStack() as stack:
        held(turns, stack, 1)
        threads = [threading.Thread(target=take, args=[name]) for name in range(20)]
        for n, thread in enumerate(threads, 1):
            thread.start()
            until(lambda n=n: turns.n_waiting == n)
    for thread in threads:
        thread.join()
    assert served == list(range(20))


def test_a_full_line_refuses_at_once_and_a_long_wait_after_its_time():
    turns = Turns("a", n_waiting=1, wait_s=0.05)
    with ExitStack() as stack:
        held(turns, stack, 1)
        with pytest.raises(BusyError), turns.turn():
            pass
        assert turns.n_waiting == 0


def test_closed_it_lends_nothing_but_those_who_wait_are_served():
    turns, served = Turns("a", n_waiting=1, wait_s=10), []

    def take():
        with turns.turn() as thing:
            served.append(thing)

    with ExitStack() as stack:
        held(turns, stack, 1)
        thread = threading.Thread(target=take)
        thread.start()
        until(lambda: turns.n_waiting == 1)
        turns.close()
        with pytest.raises(BusyError, match="stopping"), turns.turn():
            pass
    thread.join()
    assert served == ["a"]


def test_nothing_is_lost_or_lent_twice_when_many_wait_too_long():
    turns, at_work, most = Turns(range(3), n_waiting=50, wait_s=0.001), set(), []

    def take():
        for _ in range(50):
            try:
                with turns.turn() as thing:
                    assert thing not in at_work
                    at_work.add(thing)
                    most.append(len(at_work))
                    at_work.remove(thing)
            except BusyError:
                pass

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ExitStack() as stack:
        assert sorted(held(turns, stack, 3)) == [0, 1, 2]
    assert max(most) <= 3
