"""What the service does when things go wrong around it.

    python bench/chaos.py

Kills a worker and the service (a supervisor as in deploy/ starts it again), fills the disk under
its log, cuts connections, sends slowly, sends what costs too much and 10,000 malformed bodies; and
asks all the while, as an honest client, for a transcript. Writes bench/chaos.json.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from service import children, free_port, memory_mb, wait_until_ready
from speed import machine

ROOT = Path(__file__).parents[1]
EPISODE = (ROOT / "seeds" / "documents" / "000_2ccd4396c5027cf7.txt").read_bytes()
HEAD = (
    b"POST /classify HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 9999\r\n\r\n"
)
SEGUE = [str(Path(sys.executable).with_name("segue")), "serve"]


def main() -> None:
    """Do harm, print, write."""
    report: dict[str, object] = {"machine": machine()}
    with supervised() as service:
        expected = ask(service.port, EPISODE)[1]
        for harm in (cut_connections, slow_senders, too_costly, kill_a_worker, malformed):
            report[harm.__name__] = while_asking(service, expected, harm)
        report["kill_the_service"] = kill_the_service(service)
    text = json.dumps(report, indent=1)
    (ROOT / "bench" / "chaos.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


class Service:
    """A service that is started again whenever it ends, its log on a disk that is full."""

    def __init__(self) -> None:
        self.port = free_port()
        self.is_wanted = True
        self.process = self._start()
        self._thread = threading.Thread(target=self._supervise)
        self._thread.start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "SEGUE_LISTEN": f"127.0.0.1:{self.port}",
            "SEGUE_TIME_LIMIT": "3",
            "SEGUE_MEMORY_MB": "700",
        }
        with Path("/dev/full").open("wb") as full:
            return subprocess.Popen(SEGUE, env=environment, stdout=subprocess.DEVNULL, stderr=full)

    def _supervise(self) -> None:
        while True:
            self.process.wait()
            if not self.is_wanted:
                return
            self.process = self._start()

    def stop(self) -> None:
        """End it for good."""
        self.is_wanted = False
        self.process.terminate()
        self._thread.join()


@contextmanager
def supervised() -> Iterator[Service]:
    """A service, ready."""
    service = Service()
    try:
        wait_until_ready(service.port)
        yield service
    finally:
        service.stop()


def ask(
    port: int, body: bytes, media_type: str = "text/plain", query: str = ""
) -> tuple[int, bytes]:
    """Status and body of an answer; status 0 when the connection failed."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/classify", body, {"Content-Type": media_type})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()


def while_asking(service: Service, expected: bytes, harm: Callable[[Service], object]) -> object:
    """Do harm, with an honest client beside it: what it got, and its longest wait."""
    done, honest, waits = threading.Event(), Counter[str](), [0.0]

    def keep_asking() -> None:
        while not done.is_set():
            began = time.perf_counter()
            status, answer = ask(service.port, EPISODE)
            waits.append(time.perf_counter() - began)
            honest["right" if answer == expected else f"status {status}"] += 1

    client = threading.Thread(target=keep_asking)
    client.start()
    try:
        found = harm(service)
    finally:
        done.set()
        client.join()
    memory = memory_mb(service.process.pid)
    longest = round(max(waits), 2)
    return {"harm": found, "honest": honest, "longest_wait_s": longest, "memory_mb": memory}


def cut_connections(service: Service) -> int:
    """Connections cut in the middle of a body."""
    for _ in range(1000):
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            connection.sendall(HEAD + b"Hi there. " * random.randrange(50))
    return 1000


def slow_senders(service: Service) -> int:
    """Connections that send a byte a second."""
    senders = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(300)]
    for sender in senders:
        sender.sendall(HEAD)
    for _ in range(5):
        for sender in senders:
            sender.sendall(b"x")
        time.sleep(1)
    for sender in senders:
        sender.close()
    return len(senders)


def too_costly(service: Service) -> Counter[str]:
    """Bodies that are small to send and expensive to work on, two at a time."""
    bodies = [
        (b"Hi. " * 2**20, "text/plain"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n" + b"\n" * (31 << 20), "text/vtt"),
        (b"[" * (8 << 20), "application/json"),
        (b'{"a":' * (4 << 20), "application/json"),
        (b"Hi.\n" * 2**20, "text/plain"),
        (b"a" * (16 << 20), "text/plain"),
    ]
    statuses = Counter[str]()

    def send(some: list[tuple[bytes, str]]) -> None:
        for body, media_type in some:
            status, answer = ask(service.port, body, media_type)
            statuses[f"{status} {json.loads(answer or b'{}').get('code')}"] += 1

    senders = [threading.Thread(target=send, args=[bodies[i::2]]) for i in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return statuses


def kill_a_worker(service: Service) -> int:
    """Workers killed, one every two seconds."""
    for _ in range(10):
        found = children(service.process.pid)
        workers = [c for c in found if "spawn_main" in Path(f"/proc/{c}/cmdline").read_text()]
        os.kill(random.choice(workers), signal.SIGKILL)
        time.sleep(2)
    return 10


def malformed(service: Service) -> Counter[str]:
    """Damaged transcripts, by what they were answered with."""
    rng = random.Random(7)
    forms = [
        (b"WEBVTT\n\n00:00.000 --> 00:06.500\nWelcome back.\n\n" * 3, "text/vtt"),
        (b"1\n00:00:00,179 --> 00:00:02,399\nTravis: When\n\n" * 3, "application/x-subrip"),
        (b'{"segments": [{"start": 0.0, "end": 6.5, "text": "Welcome back"}]}', "application/json"),
        (b'{"transcript": "Welcome back.", "drop": ["intro"]}', "application/json"),
        (b"start\tend\ttext\n0\t2760\tIn this episode\n" * 3, "text/plain"),
        (b"00:00:05 Welcome\n(12:34) back\n[05:10] again\n", "text/plain"),
    ]
    statuses = Counter[str]()
    for _ in range(10_000):
        body, media_type = rng.choice(forms)
        statuses[str(ask(service.port, damaged(body, rng), media_type)[0])] += 1
    return statuses


def damaged(body: bytes, rng: random.Random) -> bytes:
    """`body` with a few stretches replaced, repeated or gone."""
    for _ in range(rng.randrange(1, 6)):
        at, n = rng.randrange(len(body) + 1), rng.randrange(8)
        junk = rng.choice(
            [rng.randbytes(n), b"", body[at : at + n] * 3, b"\x00", b"\xff", b"{[\"'"]
        )
        body = body[:at] + junk + body[at + n :]
    return body


def kill_the_service(service: Service) -> dict[str, float]:
    """Seconds from SIGKILL until the supervisor's next one is ready."""
    os.kill(service.process.pid, signal.SIGKILL)
    began = time.perf_counter()
    time.sleep(0.1)
    wait_until_ready(service.port)
    return {"ready_again_after_s": round(time.perf_counter() - began, 2)}


if __name__ == "__main__":
    main()
