"""Processes that do the tasks of a run.

A pipe to each of them, not one queue for all: when a process dies, it is known which file it was
at, and that file alone is lost.
"""

import signal
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait

from serve.batch.manifest import Row
from serve.batch.work import Job, Task, failed, work
from serve.errors import WorkerError
from serve.process import Process


class Worker:
    """A process, and the index of its task: None while it loads, and when nothing is left to do."""

    def __init__(self, job: Job, made_by: str) -> None:
        self._job, self._made_by = job, made_by
        with _deaf_to_interrupts():
            self.process = Process(job.model)
        self.at: int | None = None
        self.is_busy = True

    def give(self, at: int | None, tasks: Sequence[Task]) -> None:
        """Send the next task, or none."""
        self.at, self.is_busy = at, at is not None
        if at is not None:
            with suppress(OSError):  # it has died; its answer will say so
                self.process.send(work, tasks[at], self._job, self._made_by)

    def lost(self, tasks: Sequence[Task]) -> Row:
        """The row of the task at which the process died."""
        death = _death(self.process.exit_code())
        if self.at is None:
            raise WorkerError(
                f"a process died before it began to work ({death}); try a lower --jobs"
            )
        reason = f"the process that worked on it died ({death}); the others go on"
        return failed(tasks[self.at], self._made_by, reason)


def rows_of(
    tasks: Sequence[Task], job: Job, made_by: str, n_workers: int
) -> Generator[tuple[int, Row]]:
    """The index and the row of every task, in the order in which they are done.

    Raises WorkerError when a process dies before it has begun, BundleError when it cannot load the
    model. Close the generator to stop early: nothing stays of the files that are being done.
    """
    waiting = deque(range(len(tasks)))
    workers: list[Worker] = []
    try:
        workers.extend(Worker(job, made_by) for _ in range(min(n_workers, len(tasks))))
        while busy := [worker for worker in workers if worker.is_busy]:
            ready = wait([worker.process.pipe for worker in busy])
            for worker in (worker for worker in busy if worker.process.pipe in ready):
                at = worker.at
                try:
                    row = worker.process.answer()
                except (EOFError, OSError):
                    row = worker.lost(tasks)
                    workers.remove(worker)
                    worker.process.kill()
                    workers.extend([Worker(job, made_by)] if waiting else [])
                else:
                    worker.give(waiting.popleft() if waiting else None, tasks)
                if at is not None:
                    yield at, row
    finally:
        for worker in workers:
            worker.process.stop(at_once=worker.is_busy)


def _death(code: int) -> str:
    """How a process ended, for people."""
    if code >= 0:
        return f"exit code {code}"
    often = ", often for want of memory" if code == -signal.SIGKILL else ""
    return f"signal {-code}{often}"


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C from their first moment: this one tells them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
