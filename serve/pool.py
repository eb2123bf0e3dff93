"""Processes that each hold the model and do one task at a time.

A pipe to each of them, not one queue for all: when a process dies, it is known which file it was
at, and that file alone is lost. They are spawned, not forked: a fork copies locks, but not the
threads that would open them. They end by themselves when this process is gone.
"""

import gc
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from serve.bundle import load_model
from serve.errors import WorkerError
from serve.manifest import Row
from serve.work import Job, Task, failed, work

STOP_S = 5  # a process that does not stop by then is killed


@dataclass(slots=True, eq=False)
class Worker:
    """A process and our end of the pipe to it; `at` is the index of its task."""

    process: SpawnProcess
    pipe: Connection
    at: int | None = None  # None while it loads the model, and when nothing is left to do
    is_busy: bool = True

    def give(self, at: int | None, tasks: Sequence[Task]) -> None:
        """Send the next task, or none."""
        self.at, self.is_busy = at, at is not None
        with suppress(OSError):  # it has died; the next recv says so
            if at is not None:
                self.pipe.send(tasks[at])

    def stop(self) -> None:
        """End the process: at once when it is busy, and no file stays half written."""
        self.pipe.close()
        if self.is_busy:
            self.process.terminate()
        self.process.join(STOP_S)
        self.process.kill()
        self.process.join()

    def death(self) -> str:
        """How the process ended, for people."""
        self.process.join()
        code = self.process.exitcode or 0
        if code >= 0:
            return f"exit code {code}"
        often = ", often for want of memory" if code == -signal.SIGKILL else ""
        return f"signal {-code}{often}"


def rows_of(
    tasks: Sequence[Task], job: Job, made_by: str, n_workers: int
) -> Generator[tuple[int, Row]]:
    """The index and the row of every task, in the order in which they are done.

    Raises WorkerError when a process dies before it has begun. Close the generator to stop early:
    nothing stays of the files that are being done.
    """
    waiting = deque(range(len(tasks)))
    workers: list[Worker] = []
    try:
        workers.extend(_started(job, made_by) for _ in range(min(n_workers, len(tasks))))
        while busy := [worker for worker in workers if worker.is_busy]:
            ready = wait([worker.pipe for worker in busy])
            for worker in (worker for worker in busy if worker.pipe in ready):
                at = worker.at
                try:
                    row = worker.pipe.recv()
                except (EOFError, OSError):
                    row = _lost(worker, tasks, made_by)
                    workers.remove(worker)
                    workers.extend([_started(job, made_by)] if waiting else [])
                else:
                    worker.give(waiting.popleft() if waiting else None, tasks)
                if at is not None:
                    yield at, row
    finally:
        for worker in workers:
            worker.stop()


def _lost(worker: Worker, tasks: Sequence[Task], made_by: str) -> Row:
    """The row of the task at which a process died."""
    death = worker.death()
    worker.pipe.close()
    if worker.at is None:
        raise WorkerError(f"a process died before it began to work ({death}); try a lower --jobs")
    reason = f"the process that worked on it died ({death}); the others go on"
    return failed(tasks[worker.at], made_by, reason)


def _started(job: Job, made_by: str) -> Worker:
    """A new process that loads the model."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, job, made_by), daemon=True)
    with _deaf_to_interrupts():
        process.start()
    theirs.close()  # or its death would not end the pipe
    return Worker(process, ours)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C from their first moment: this one tells them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(pipe: Connection, job: Job, made_by: str) -> None:
    """What a process does: say that it is ready, then a row for every task, until the pipe ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that files are cleaned up
    model = load_model(job.model)
    gc.freeze()  # what is loaded stays: going through it again took 2 to 7 % of a file's time
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            pipe.send(work(pipe.recv(), job, made_by, model))
