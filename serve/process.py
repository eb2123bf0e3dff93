"""A worker in a process of its own, which is replaced when it dies or goes over a limit.

A process costs memory and buys three things that threads cannot have: work on several cores at
once, an end to work that takes too long or too much memory, and a service that lives on when the
work crashes. The process that speaks HTTP hands over the bytes of a request and gets an answer.
"""

import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, Concatenate, ParamSpec, TypeVar

from werkzeug.exceptions import HTTPException

from serve.bundle import load_model
from serve.errors import BundleError, SegueError, TooCostlyError, WorkerError
from serve.pipeline import Model
from serve.result import ModelInfo
from serve.settings import Settings

START_S = 60.0  # for a process to load its model

P = ParamSpec("P")
T = TypeVar("T")


class Process:
    """Calls functions with a model; they, their arguments and answers have to be picklable."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._info: ModelInfo | None = None  # of the process that runs now, once it has loaded
        self._start()

    @property
    def info(self) -> ModelInfo:
        """Which model. Replaces a dead process; raises BundleError when the model does not load."""
        try:
            return self._loaded()
        except (EOFError, OSError):
            raise BundleError("the process that loads the model died") from None

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def run(
        self, function: Callable[Concatenate[Model, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `function(model, *args, **kwargs)` returns or raises.

        A process that dies at work, as when the system is short of memory, is replaced and the
        work done again, once. Raises TooCostlyError over the limits, WorkerError when the work
        fails, BundleError when a new process cannot load the model.
        """
        for _ in range(2):
            with suppress(EOFError, OSError):
                self._loaded()
                self._pipe.send((function, args, kwargs))
                answer: T = self._received(self._settings.time_limit, self._slow())
                return answer
            if self._exit_code() == -signal.SIGABRT:  # how native code ends without memory
                raise TooCostlyError(_too_much_memory(self._settings.memory_mb))
        raise WorkerError("two workers died over the same work")

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

    def _loaded(self) -> ModelInfo:
        """The model of a process that is ready for work, a new one where the last one died."""
        if not self.is_alive:
            self._restart()
        if self._info is None:
            slow = BundleError(f"the model is not loaded after {START_S:g} s")
            self._info = ModelInfo.model_validate(self._received(START_S, slow))
        return self._info

    def _restart(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._info = None
        self._start()

    def _exit_code(self) -> int | None:
        """How a process that died ended; another one takes its place."""
        self._process.join(1)
        code = self._process.exitcode
        self._restart()
        return code

    def _received(self, limit_s: float, slow: SegueError) -> Any:
        """The process's next answer; raises what it sends as an error, and `slow` after a time.

        Raises EOFError or OSError when the process dies.
        """
        if not self._pipe.poll(limit_s):
            self._restart()
            raise slow
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _slow(self) -> TooCostlyError:
        """What to say of work that does not end."""
        return TooCostlyError(
            f"the transcript was worked on for {self._settings.time_limit:g} s, our limit, and not"
            " done; split it into episodes"
        )


def _work(pipe: Connection, settings: Settings) -> None:
    """A worker process: answer until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that speaks HTTP
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
        return TooCostlyError(_too_much_memory(memory_mb))
    except Exception as error:  # noqa: BLE001 - the process lives on, whatever the work did
        where = "".join(traceback.format_tb(error.__traceback__))
        return WorkerError(f"{type(error).__name__}\n{where}")


def _too_much_memory(memory_mb: int) -> str:
    """What to say of work that runs out of memory."""
    return f"the transcript takes more than {memory_mb} MB, our limit; split it into episodes"


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
