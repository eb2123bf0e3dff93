"""The service under load, on the cores it is given, as ratios to a handler that does nothing.

    taskset -c 0,1 python bench/service.py [SECONDS]

The clients share the cores with the service. Measured in turn: one client alone, against Segue and
against a Flask handler on waitress that answers a constant; sixteen clients at once for SECONDS
(60); 10,000 short requests, with the memory of all processes before and after; and 128 clients at
once, more than may wait; and where the time of a request goes. Writes bench/service.json.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
from speed import machine

ROOT = Path(__file__).parents[1]
EPISODE = ROOT / "seeds" / "documents" / "002_af93ea6e1f4813fd.txt"  # 54 minutes, 10,458 words
SHORT = "Welcome back to the show. This part is brought to you by our sponsor.\n" * 3
CONSTANT = """
import os, flask, waitress
app = flask.Flask("constant")
@app.post("/classify")
def classify():
    flask.request.get_data()
    return {"segments": []}
@app.get("/ready")
def ready():
    return {}
waitress.serve(app, listen=os.environ["SEGUE_LISTEN"], threads=8)
"""
Answer = tuple[int, float, str | None]  # status, seconds, Retry-After


def main() -> None:
    """Measure, print, write."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    episode, short = EPISODE.read_bytes(), SHORT.encode()
    with running([sys.executable, "-c", CONSTANT]) as (port, _):
        constant = summary(load(port, episode, 1, n_requests=500))
    with running([str(Path(sys.executable).with_name("segue")), "serve"]) as (port, pid):
        load(port, episode, 4, n_requests=20)  # warm
        alone = summary(load(port, episode, 1, n_requests=100))
        many = summary(load(port, episode, 16, seconds=seconds))
        load(port, short, 4, n_requests=1000)
        before = memory_mb(pid)
        n_short = summary(load(port, short, 4, n_requests=10_000))
        after = memory_mb(pid)
        crowd = load(port, episode, 128, seconds=10)
    report = {
        "machine": machine() | {"cores": str(len(os.sched_getaffinity(0)))},
        "constant_handler": constant,
        "one_client": alone | where_it_goes(episode, alone["median_ms"]),
        "sixteen_clients": many,
        "short_requests": n_short | {"memory_mb_before": before, "memory_mb_after": after},
        "crowd_of_128": refused(crowd),
        "ratio_to_constant": round(alone["median_ms"] / constant["median_ms"], 1),
        "ratio_p99_of_sixteen_to_median_of_one": round(many["p99_ms"] / alone["median_ms"], 2),
    }
    text = json.dumps(report, indent=1)
    (ROOT / "bench" / "service.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def load(
    port: int, body: bytes, n_clients: int, *, n_requests: int = 10**9, seconds: float = 1e9
) -> list[Answer]:
    """What clients that ask again as soon as they are answered get, all of them together."""
    answers: list[Answer] = []
    end, left = time.perf_counter() + seconds, iter(range(n_requests))

    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        while time.perf_counter() < end and next(left, None) is not None:
            began = time.perf_counter()
            connection.request("POST", "/classify", body, {"Content-Type": "text/plain"})
            answer = connection.getresponse()
            answer.read()
            taken = time.perf_counter() - began
            answers.append((answer.status, taken, answer.getheader("Retry-After")))
            if answer.status == 503:
                time.sleep(0.5)  # less than what Retry-After asks for
        connection.close()

    clients = [threading.Thread(target=ask) for _ in range(n_clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return answers


def summary(answers: list[Answer]) -> dict[str, float]:
    """Times of what was answered, and how much was not answered with 200."""
    taken = np.array([seconds for _, seconds, _ in answers]) * 1000
    return {
        "requests": len(answers),
        "errors": sum(status != 200 for status, _, _ in answers),
        "median_ms": round(float(np.median(taken)), 2),
        "p99_ms": round(float(np.quantile(taken, 0.99)), 2),
    }


def where_it_goes(body: bytes, request_ms: float) -> dict[str, float]:
    """Milliseconds of a request in the pipeline, in reading and JSON, and in HTTP and the pipe."""
    from serve import load_model, tag
    from serve.http.classify import classified

    model = load_model()
    in_tag, in_worker = medians_ms(
        lambda: tag(body, model), lambda: classified(model, body, "text/plain", ())
    )
    return {
        "pipeline_ms": round(in_tag, 2),
        "reading_and_json_ms": round(in_worker - in_tag, 2),
        "http_and_pipe_ms": round(request_ms - in_worker, 2),
        "overhead_share": round(1 - in_tag / request_ms, 3),
    }


def medians_ms(*works: Callable[[], object]) -> list[float]:
    """Of fifty runs of each, in turn, after a few to warm up: what slows the machine slows all."""
    taken = np.zeros((53, len(works)))
    for row in taken:
        for i, work in enumerate(works):
            began = time.perf_counter()
            work()
            row[i] = 1000 * (time.perf_counter() - began)
    return np.median(taken[3:], axis=0).tolist()


def refused(answers: list[Answer]) -> dict[str, object]:
    """What a crowd gets: how many of each status, and how soon they are refused."""
    refusals = [(seconds, retry) for status, seconds, retry in answers if status == 503]
    times = [1000 * seconds for seconds, _ in refusals]
    return {
        "statuses": {str(k): v for k, v in sorted(Counter(a[0] for a in answers).items())},
        "without_retry_after": sum(retry is None for _, retry in refusals),
        "refused_median_ms": round(float(np.median(times)), 1) if times else None,
        "refused_p99_ms": round(float(np.quantile(times, 0.99)), 1) if times else None,
    }


@contextmanager
def running(command: list[str]) -> Iterator[tuple[int, int]]:
    """A server as a process, ready; its port and its process id."""
    port = free_port()
    environment = os.environ | {"SEGUE_LISTEN": f"127.0.0.1:{port}"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, **quiet) as server:
        try:
            wait_until_ready(port)
            yield port, server.pid
        finally:
            server.terminate()


def wait_until_ready(port: int) -> None:
    """Until /ready answers 200."""
    for _ in range(600):
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the service was not ready after 30 s; run `segue serve` to see why")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def children(pid: int) -> list[int]:
    """Processes that any thread of a process started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def memory_mb(pid: int) -> int:
    """Resident memory of a process and of its children."""
    pages = [int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in [pid, *children(pid)]]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") >> 20


if __name__ == "__main__":
    main()
