import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from serve.batch import pool
from serve.batch.files import Input
from serve.batch.pool import rows_of
from serve.batch.work import Job, Task
from serve.errors import BundleError, WorkerError
from serve.options import Options
from serve.process import Process

JOB = Job(Options(drop=("sponsor_read",)), ("transcript",))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def task(name):
    return Task(Input(name, Path(name)), {"transcript": Path("out", name)})


def kill_the_reader(fifo):
    """Kill the only process there is once it reads `fifo`."""
    for _ in range(2000):
        try:
            os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            time.sleep(0.01)
        else:
            (process,) = multiprocessing.active_children()
            os.kill(process.pid, signal.SIGKILL)
            return


def test_a_process_that_dies_costs_the_file_it_was_at():
    for name in ("a.txt", "c.txt"):
        Path(name).write_text("We talk about parsers today.\n")
    os.mkfifo("b.txt")
    killer = threading.Thread(target=kill_the_reader, args=["b.txt"])
    killer.start()
    rows = dict(rows_of([task("a.txt"), task("b.txt"), task("c.txt")], JOB, "0", n_workers=1))
    killer.join()
    assert [rows[i].result for i in range(3)] == ["done", "failed", "done"]
    assert rows[1].error == (
        "the process that worked on it died (signal 9, often for want of memory); the others go on"
    )
    assert multiprocessing.active_children() == []


def test_processes_that_cannot_begin_end_the_run():
    Path("a.txt").write_text("We talk about parsers today.\n")
    job = Job(Options(), ("transcript",), model="nowhere")
    with pytest.raises(BundleError, match=r"nowhere holds no model: manifest\.json is missing"):
        list(rows_of([task("a.txt")] * 2, job, "0", n_workers=2))
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_before_it_begins_ends_the_run(monkeypatch):
    class Dying(Process):
        def __init__(self, model):
            super().__init__(model)
            self._process.kill()

    monkeypatch.setattr(pool, "Process", Dying)
    with pytest.raises(WorkerError, match=r"died before it began to work \(signal 9, often for"):
        list(rows_of([task("a.txt")], JOB, "0", n_workers=1))
    assert multiprocessing.active_children() == []


def test_rows_that_nobody_wants_any_more_stop_the_processes():
    Path("a.txt").write_text("We talk about parsers today.\n")
    rows = rows_of([task("a.txt")] * 9, JOB, "0", n_workers=2)
    assert next(rows)[1].result == "done"
    rows.close()
    assert multiprocessing.active_children() == []
    assert not list(Path("out").glob(".*"))
