"""A run over many inputs: leave out what is done, do the rest, tell of each."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing

from serve.batch.files import remove_parts
from serve.batch.manifest import Manifest, Row
from serve.batch.pool import rows_of
from serve.batch.report import Report
from serve.batch.work import Job, Task, failed, is_done, work
from serve.console import progress
from serve.pipeline import Model

MAX_JOBS = 8  # unless more are asked for: each takes about 150 MB
FILES_A_JOB = 16  # a process takes as long to start as some files take

Rows = Generator[tuple[int, Row]]


def do_all(
    tasks: Sequence[Task],
    job: Job,
    model: Model,
    report: Report,
    manifest: Manifest | None = None,
    n_jobs: int | None = None,
) -> None:
    """Do every task that is not done yet, and tell of all: those that were done first.

    Without a manifest (stdout) nothing counts as done. `n_jobs` None: as many as pay.
    """
    made_by = job.digest()
    if manifest is not None:
        _remove_stale_parts(tasks, manifest)
    todo = []
    for task in tasks:
        row = None if manifest is None else manifest.row(task.file)
        if row is not None and is_done(row, task, made_by):
            report.tell(task, row, is_new=False)
        else:
            if manifest is not None and row is not None and row.result == "done":
                # From now on its outputs may be of two kinds of runs.
                manifest.add(failed(task, made_by, "it was to be done again, and was not yet"))
            todo.append(task)
    n_jobs = _n_jobs(todo, n_jobs)
    rows = rows_of(todo, job, made_by, n_jobs) if n_jobs > 1 else _here(todo, job, made_by, model)
    with progress(len(todo)) as step, closing(rows):
        for i, row in _in_order(_kept(rows, manifest, step)):
            report.tell(todo[i], row)


def default_jobs() -> int:
    """The cores that this process may use, up to MAX_JOBS."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MAX_JOBS)
    return min(os.cpu_count() or 1, MAX_JOBS)


def _n_jobs(todo: Sequence[Task], asked: int | None) -> int:
    """How many processes do it; stdin and stdout are this one's."""
    if any(task.given.path is None or not task.outputs for task in todo):
        return 1
    if asked is not None:
        return min(asked, len(todo))
    return min(default_jobs(), 1 + len(todo) // FILES_A_JOB)


def _remove_stale_parts(tasks: Iterable[Task], manifest: Manifest) -> None:
    """Remove what a killed run left half written; what a living one writes is not touched."""
    with manifest.alone() as alone:
        if alone:
            remove_parts({path.parent for task in tasks for path in task.outputs.values()})


def _here(todo: Sequence[Task], job: Job, made_by: str, model: Model) -> Rows:
    """Each task done in this process."""
    for i, task in enumerate(todo):
        yield i, work(model, task, job, made_by)


def _kept(rows: Rows, manifest: Manifest | None, step: Callable[[], None]) -> Rows:
    """The rows, once they are in the manifest."""
    for i, row in rows:
        if manifest is not None:
            manifest.add(row)
        step()
        yield i, row


def _in_order(rows: Iterable[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Rows by index: one that is done early waits for those before it.

    >>> list(_in_order([(1, "b"), (0, "a")]))
    [(0, 'a'), (1, 'b')]
    """
    early: dict[int, Row] = {}
    n_told = 0
    for i, row in rows:
        early[i] = row
        while n_told in early:
            yield n_told, early.pop(n_told)
            n_told += 1
