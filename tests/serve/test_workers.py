import os
import signal
import sys
import time

import pytest

from serve.bundle import load_model
from serve.errors import BundleError, BusyError, RequestError, TooCostlyError, WorkerError
from serve.http.settings import Settings
from serve.http.supervised import Supervised
from serve.http.workers import LARGE, InProcess, Workers, make_workers
from serve.pipeline import tag

TALK = b"Welcome back to the show.\nThis part is brought to you by our sponsor, Leafbox.\n"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's memory limit")


# What workers run has to be found by name in another process.
def tagged(model, source):
    return tag(source, model)


def process_id(model):
    return os.getpid()


def refuse(model):
    raise RequestError("drop: that is no label")


def fail(model, source):
    raise ValueError(f"cannot read {source}")


def die(model):
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(model, done):
    if not done.exists():
        done.touch()
        die(model)
    return "done"


def abort(model):
    os.abort()


def work_forever(model):
    while True:
        pass


def hoard(model):
    return len(bytearray(2**30))


@pytest.fixture(scope="module")
def worker():
    process = Supervised(Settings(time_limit=1.0, memory_mb=700))
    yield process
    process.close()


def test_a_process_gives_what_this_process_would(worker):
    model = load_model()
    assert worker.info == model.info
    assert worker.run(tagged, TALK) == InProcess(model).run(tagged, TALK) == tag(TALK, model)
    assert worker.run(process_id) != os.getpid()


def test_an_error_of_ours_is_raised_here(worker):
    with pytest.raises(RequestError, match="drop: that is no label"):
        worker.run(refuse)


def test_any_other_error_says_where_but_quotes_no_source(worker):
    with pytest.raises(WorkerError, match=r"(?s)^ValueError\n.*in fail") as failure:
        worker.run(fail, "the secret talk")
    assert "secret talk" not in str(failure.value)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (work_forever, TooCostlyError),
        (die, WorkerError),
        (abort, TooCostlyError),
        pytest.param(hoard, TooCostlyError, marks=LINUX),
    ],
)
def test_it_works_on_after_work_that_does_not_end_well(worker, function, error):
    with pytest.raises(error):
        worker.run(function)
    assert worker.run(tagged, TALK).transcript.n_words == 15


def test_work_during_which_a_process_is_killed_is_done_by_the_next(worker, tmp_path):
    assert worker.run(die_once, tmp_path / "done") == "done"


def test_a_process_that_was_killed_while_idle_is_replaced(worker):
    os.kill(worker.run(process_id), signal.SIGKILL)
    for _ in range(100):
        if not worker.is_alive:
            break
        time.sleep(0.01)
    assert not worker.is_alive
    assert worker.run(tagged, TALK)


def test_workers_are_ready_again_after_all_of_them_died(worker):
    workers = Workers([worker], n_waiting=1)
    with pytest.raises(WorkerError):
        worker.run(die)
    assert workers.is_ready
    workers.refuse()
    assert not workers.is_ready


def test_a_model_that_does_not_load_stops_the_start(tmp_path):
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        make_workers(Settings(model=tmp_path, workers=1))


@pytest.mark.parametrize("n_bytes", [LARGE + 1, None])
def test_large_bodies_leave_one_worker_to_the_others(model, n_bytes):
    workers = Workers([InProcess(model) for _ in range(2)], n_waiting=0)
    with workers.turn(n_bytes):
        with pytest.raises(BusyError), workers.turn(n_bytes):
            pass
        with workers.turn(LARGE) as free:
            assert free.run(tagged, TALK)


def test_a_single_worker_takes_large_bodies_too(model):
    with Workers([InProcess(model)], n_waiting=0).turn(LARGE + 1) as worker:
        assert worker.run(tagged, TALK)
