"""Who does the work of requests, and the line before them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from serve.errors import BundleError
from serve.http.settings import Settings
from serve.http.supervised import Supervised
from serve.http.turns import Turns
from serve.pipeline import Model
from serve.result import ModelInfo

LARGE = 2**20  # bytes; bigger bodies may take every worker but one, so that others are answered
WAIT_S = 20.0  # for a turn; whoever would wait longer is told to come back

P = ParamSpec("P")
T = TypeVar("T")


class Worker(Protocol):
    """Calls a function with its model."""

    @property
    def info(self) -> ModelInfo:
        """Which model."""

    @property
    def is_alive(self) -> bool:
        """Whether it can work at once."""

    def run(
        self, function: Callable[Concatenate[Model, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `function(model, *args, **kwargs)` returns or raises."""

    def close(self) -> None:
        """Stop working."""


class InProcess:
    """A worker on the calling thread: without limits, for tests and for other WSGI servers."""

    is_alive = True

    def __init__(self, model: Model) -> None:
        self._model, self.info = model, model.info

    def run(
        self, function: Callable[Concatenate[Model, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `function(model, *args, **kwargs)` returns or raises."""
        return function(self._model, *args, **kwargs)

    def close(self) -> None:
        """Nothing to stop."""


class Workers:
    """The workers of a service, and the line before them."""

    def __init__(self, workers: Sequence[Worker], n_waiting: int) -> None:
        self._workers = workers
        self._turns = Turns(workers, n_waiting, WAIT_S)
        self._large = Turns(workers[1:] or workers, n_waiting, WAIT_S)
        self.info = workers[0].info

    @contextmanager
    def turn(self, n_bytes: int | None) -> Iterator[Worker]:
        """A worker for a body of `n_bytes` (None: nobody knows). Raises BusyError."""
        with ExitStack() as held:
            if n_bytes is None or n_bytes > LARGE:
                held.enter_context(self._large.turn())
            yield held.enter_context(self._turns.turn())

    @property
    def n_waiting(self) -> int:
        """How many requests wait for a worker."""
        return self._turns.n_waiting + self._large.n_waiting

    def refuse(self) -> None:
        """Take no new requests; the service is about to stop."""
        self._turns.close()

    @property
    def is_ready(self) -> bool:
        """Whether requests are taken and worked on; replaces a worker when all have died."""
        if not self._turns.is_open:
            return False
        if any(worker.is_alive for worker in self._workers):
            return True
        with self._turns.turn() as worker:
            return worker.info == self.info

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.close()


def make_workers(settings: Settings) -> Workers:
    """Processes that have loaded their model. Raises BundleError when it does not load."""
    processes = [Supervised(settings) for _ in range(settings.workers)]
    try:
        return Workers(processes, settings.queue)
    except BundleError:
        for process in processes:
            process.close()
        raise
