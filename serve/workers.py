"""Who does the work of requests: processes with a model each, or this very process.

A process costs memory and buys three things that threads cannot have: work on several cores at
once, an end to work that takes too long or too much memory, and a service that lives on when the
work crashes. The process that speaks HTTP hands over the bytes of a request and gets an answer.
"""

import os
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from werkzeug.exceptions import HTTPException

from serve.bundle import load_model
from serve.errors import BundleError, SegueError, TooCostlyError, WorkerError
from serve.pipeline import Model
from serve.result import ModelInfo
from serve.settings import Settings
from serve.turns import Turns

LARGE = 2**20  # bytes; bigger bodies may take every worker but one, so that others are answered
WAIT_S = 20.0  # for a turn; whoever would wait longer is told to come back
START_S = 60.0  # for a process to load its model

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


class Process:
    """A worker in a process of its own, which is replaced when it dies or goes over a limit.

    Functions, their arguments and what they return have to be picklable.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._info: ModelInfo | None = None  # of the process that runs now, once it has loaded
        self._start()

    @property
    def info(self) -> ModelInfo:
        """Which model. Replaces a dead process; raises BundleError when the model does not load."""
        if not self.is_alive:
            self._restart()
        if self._info is None:
            slow = BundleError(f"the model is not loaded after {START_S:g} s")
            self._info = ModelInfo.model_validate(self._received(START_S, slow))
        return self._info

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def run(
        self, function: Callable[Concatenate[Model, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `function(model, *args, **kwargs)` returns or raises.

        Raises TooCostlyError over the limits, WorkerError when the process fails or dies.
        """
        _ = self.info  # waits until the model is loaded
        limit_s = self._settings.time_limit
        slow = TooCostlyError(
            f"the transcript was worked on for {limit_s:g} s, our limit, and not done; split it"
            " into episodes"
        )
        try:
            self._pipe.send((function, args, kwargs))
        except OSError:
            self._restart()
            raise WorkerError("a worker died") from None
        answer: T = self._received(limit_s, slow)
        return answer

    def close(self) -> None:
        """Let the process end; it does when its pipe closes."""
        self._pipe.close()
        self._process.join(1)
        self._process.kill()

    def _start(self) -> None:
        context = get_context("spawn")  # a fork would lose onnxruntime's threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, self._settings), daemon=True)
        self._process.start()
        theirs.close()  # or the end of the process would not close the pipe

    def _restart(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._info = None
        self._start()

    def _received(self, limit_s: float, slow: SegueError) -> Any:
        """The process's next answer; raises what it sends as an error, and `slow` after a time."""
        try:
            if not self._pipe.poll(limit_s):
                self._restart()
                raise slow
            answer = self._pipe.recv()
        except (EOFError, OSError):
            self._restart()
            raise WorkerError("a worker died") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


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
    processes = [Process(settings) for _ in range(settings.workers)]
    try:
        return Workers(processes, settings.queue)
    except BundleError:
        for process in processes:
            process.close()
        raise


def _work(pipe: Connection, settings: Settings) -> None:
    """A worker process: answer until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that speaks HTTP
    if hasattr(os, "nice"):
        os.nice(5)  # HTTP goes first: work can wait a millisecond, /health and refusals should not
    Thread(target=_leave_with_parent, daemon=True).start()
    try:
        model = load_model(settings.model)
    except BundleError as error:
        pipe.send(error)
        return
    _limit_memory(settings.memory_mb)
    answer: Any = model.info
    while True:
        try:
            pipe.send(answer)
            function, args, kwargs = pipe.recv()
        except (EOFError, OSError):
            return
        answer = _answer(lambda: function(model, *args, **kwargs), settings.memory_mb)  # noqa: B023


def _answer(work: Callable[[], Any], memory_mb: int) -> Any:
    """What the work returns or raises; of an error that is not ours, only its class and place."""
    try:
        return work()
    except (SegueError, HTTPException) as error:
        return error
    except MemoryError:
        return TooCostlyError(
            f"the transcript takes more than {memory_mb} MB of memory, our limit; split it into"
            " episodes"
        )
    except Exception as error:  # noqa: BLE001 - the process lives on, whatever the work did
        where = "".join(traceback.format_tb(error.__traceback__))
        return WorkerError(f"{type(error).__name__}\n{where}")


def _limit_memory(memory_mb: int) -> None:
    """Have what is allocated beyond the limit fail, where the system knows such a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb << 20, memory_mb << 20))


def _leave_with_parent() -> None:
    """A service that was killed leaves no worker behind."""
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
