"""A worker in a process of its own, which is replaced when it dies or goes over a limit."""

import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

from serve.errors import BundleError, SegueError, TooCostlyError, WorkerError
from serve.http.settings import Settings
from serve.pipeline import Model
from serve.process import Process, too_much_memory
from serve.result import ModelInfo

START_S = 60.0  # for a process to load its model

P = ParamSpec("P")
T = TypeVar("T")


class Supervised:
    """Calls functions with a model; they, their arguments and answers have to be picklable."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
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
        return self._process.is_alive

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
                self._process.send(function, *args, **kwargs)
                answer: T = self._answer(self._settings.time_limit, self._slow())
                return answer
            died_of = self._process.exit_code()
            self._replace()
            if died_of == -signal.SIGABRT:  # how native code ends without memory
                raise too_much_memory(self._settings.memory_mb)
        raise WorkerError("two workers died over the same work")

    def close(self) -> None:
        """End the process."""
        self._process.stop(at_once=True)

    def _start(self) -> None:
        self._process = Process(self._settings.model, self._settings.memory_mb)
        self._info: ModelInfo | None = None  # once it has loaded

    def _replace(self) -> None:
        self._process.kill()
        self._start()

    def _loaded(self) -> ModelInfo:
        """The model of a process that is ready for work, a new one where the last one died."""
        if not self.is_alive:
            self._replace()
        if self._info is None:
            slow = BundleError(f"the model is not loaded after {START_S:g} s")
            self._info = ModelInfo.model_validate(self._answer(START_S, slow))
        return self._info

    def _answer(self, limit_s: float, slow: SegueError) -> Any:
        """The process's next answer; raises what it sends as an error, and `slow` after a time.

        Raises EOFError or OSError when the process dies.
        """
        if not self._process.pipe.poll(limit_s):
            self._replace()
            raise slow
        return self._process.answer()

    def _slow(self) -> TooCostlyError:
        """What to say of work that does not end."""
        return TooCostlyError(
            f"the transcript was worked on for {self._settings.time_limit:g} s, our limit, and not"
            " done; split it into episodes"
        )
