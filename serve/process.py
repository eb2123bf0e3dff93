"""A process that holds a model and does what it is told, one thing at a time, until it dies.

A process costs memory and buys three things that threads cannot have: work on several cores at
once, an end to work that takes too long or too much memory, and a program that lives on when the
work crashes. It is spawned, not forked: a fork copies locks, but not the threads that would open
them. It ends by itself when its pipe closes or the process that started it is gone.
"""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from werkzeug.exceptions import HTTPException

from serve.bundle import load_model
from serve.errors import BundleError, SegueError, TooCostlyError, WorkerError

STOP_S = 5  # a process that does not stop by then is killed


class Process:
    """Our end of a process; its first answer is the ModelInfo of what it loaded.

    model      folder of a bundle; None: the default one
    memory_mb  what the work may allocate, where the system knows such a limit
    """

    def __init__(self, model: str | Path | None, memory_mb: int | None = None) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        work = (theirs, model, memory_mb)
        self._process = context.Process(target=_work, args=work, daemon=True)
        self._process.start()
        theirs.close()  # or the end of the process would not close the pipe

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    def send(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Have it call `function(model, *args, **kwargs)`; all of it has to be picklable.

        Raises OSError when it is dead.
        """
        self.pipe.send((function, args, kwargs))

    def answer(self) -> Any:
        """What the function returned, waited for; raises what it raised.

        Raises EOFError or OSError when the process dies.
        """
        answer = self.pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self, *, at_once: bool) -> None:
        """End it, in the midst of work or after it; half a file that it wrote is removed."""
        self.pipe.close()
        if at_once:
            self._process.terminate()
        self._process.join(STOP_S)
        self.kill()

    def kill(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self._process.join()
        self.pipe.close()

    def exit_code(self) -> int:
        """How it ended, once it has: less than 0 is a signal."""
        self._process.join()
        return self._process.exitcode or 0


def too_much_memory(memory_mb: int | None) -> TooCostlyError:
    """What to say of work that runs out of memory."""
    limit = "there is" if memory_mb is None else f"{memory_mb} MB, our limit"
    return TooCostlyError(f"the transcript takes more memory than {limit}; split it into episodes")


def _work(pipe: Connection, folder: str | Path | None, memory_mb: int | None) -> None:
    """What the process does: load, then answer until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that files are cleaned up
    Thread(target=_leave_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        try:
            model = load_model(folder)
        except BundleError as error:
            pipe.send(error)
            return
        gc.freeze()  # what is loaded stays: going through it again took 2 to 7 % of a file's time
        _limit_memory(memory_mb)
        pipe.send(model.info)
        while True:
            function, args, kwargs = pipe.recv()
            pipe.send(_answer(lambda: function(model, *args, **kwargs), memory_mb))  # noqa: B023


def _answer(work: Callable[[], Any], memory_mb: int | None) -> Any:
    """What the work returns or raises; of an error that is not ours, only its class and place."""
    try:
        return work()
    except (SegueError, HTTPException) as error:
        return error
    except MemoryError:
        return too_much_memory(memory_mb)
    except Exception as error:  # noqa: BLE001 - the process lives on, whatever the work did
        where = "".join(traceback.format_tb(error.__traceback__))
        return WorkerError(f"{type(error).__name__}\n{where}")


def _limit_memory(memory_mb: int | None) -> None:
    """Have what is allocated beyond the limit fail, where the system knows such a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    if memory_mb is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb << 20, memory_mb << 20))


def _leave_with_parent() -> None:
    """A program that was killed leaves no process behind, nor one that dies half a file."""
    parent = parent_process()
    if parent is not None:
        parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
