"""Things that several threads take in turn: first come, first served, with a bounded line.

`queue.Queue` lets a newcomer overtake whoever waits; here what is given back goes to the one who
has waited longest, so that under load every request waits about as long as the others.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Generic, TypeVar

from serve.errors import BusyError

T = TypeVar("T")
BUSY = "the service has more to do than it can; send the request again after a pause"
STOPPING = "the service is stopping; send the request again, to another instance or after a pause"


class Turns(Generic[T]):
    """`things`, lent one at a time; at most `n_waiting` threads wait, none longer than `wait_s`."""

    def __init__(self, things: Iterable[T], n_waiting: int, wait_s: float) -> None:
        self._idle = deque(things)
        self._waiting: deque[SimpleQueue[T]] = deque()
        self._n_waiting, self._wait_s = n_waiting, wait_s
        self._lock = Lock()
        self._is_open = True

    @contextmanager
    def turn(self) -> Iterator[T]:
        """One of the things, for as long as the block takes. Raises BusyError."""
        thing = self._take()
        try:
            yield thing
        finally:
            self._give(thing)

    @property
    def n_waiting(self) -> int:
        """How many threads wait now."""
        return len(self._waiting)

    @property
    def is_open(self) -> bool:
        """Whether anything is lent any more."""
        return self._is_open

    def close(self) -> None:
        """Lend nothing to newcomers; those who have a turn, or wait for one, keep it."""
        self._is_open = False

    def _take(self) -> T:
        with self._lock:
            if not self._is_open:
                raise BusyError(STOPPING)
            if self._idle:
                return self._idle.popleft()
            if len(self._waiting) >= self._n_waiting:
                raise BusyError(BUSY)
            mine: SimpleQueue[T] = SimpleQueue()
            self._waiting.append(mine)
        with suppress(Empty):
            return mine.get(timeout=self._wait_s)
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise BusyError(BUSY)
        return mine.get()  # given between the time-out and the lock

    def _give(self, thing: T) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().put(thing)
            else:
                self._idle.append(thing)
