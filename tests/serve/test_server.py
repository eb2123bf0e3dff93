"""The service over real sockets: slow clients, cut connections, a full line, a stop."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from serve.http import connections
from serve.http.settings import Settings
from serve.server import make_server

VTT = b"WEBVTT\n\n00:00.000 --> 00:06.500\nWelcome back to the show about parsers.\n"
POST = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/vtt\r\nContent-Length: %d\r\n\r\n"


class Gate:
    """A model that works only while it may."""

    def __init__(self, model):
        self._model, self.info, self.costs = model, model.info, model.costs
        self.open, self.entered = threading.Event(), threading.Semaphore(0)

    def log_probs(self, units):
        self.entered.release()
        assert self.open.wait(10)
        return self._model.log_probs(units)


@contextmanager
def serving(model, **settings):
    """A running server: its port, and the event that stops it."""
    server = make_server(Settings(listen="127.0.0.1:0", **settings), model)
    stopping = threading.Event()
    thread = threading.Thread(target=server.run, args=[stopping])
    thread.start()
    (address,) = server.addresses
    try:
        yield int(address.rpartition(":")[2]), stopping
    finally:
        stopping.set()
        thread.join(timeout=20)
        assert not thread.is_alive()


def ask(port, body=VTT, path="/classify", method="POST"):
    """Status, JSON and headers of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {"Content-Type": "text/vtt"})
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content, answer.headers


def raw(port, *sent):
    """An open connection over which something was sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    for some in sent:
        connection.sendall(some)
    return connection


@contextmanager
def asking(port, n):
    """`n` requests under way; what they get, once they get it."""
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask(port))) for _ in range(n)]
    for thread in threads:
        thread.start()
    yield answers
    for thread in threads:
        thread.join()


def test_a_full_line_is_told_at_once_when_to_come_back(model):
    gate = Gate(model)
    with serving(gate, workers=1, queue=2) as (port, _):
        with asking(port, 12) as answers:
            gate.entered.acquire(timeout=10)
            while len(answers) < 9:
                time.sleep(0.01)
            assert ask(port, path="/health", method="GET", body=None)[0] == 200
            gate.open.set()
        assert sorted(status for status, _, _ in answers) == [200] * 3 + [503] * 9
        for status, content, headers in answers:
            if status == 503:
                assert content["code"] == "busy"
                assert int(headers["Retry-After"]) > 0


def test_requests_at_work_and_in_line_finish_when_it_stops(model):
    gate = Gate(model)
    with serving(gate, workers=1) as (port, stopping):
        with asking(port, 3) as answers:
            gate.entered.acquire(timeout=10)
            kept = HTTPConnection("127.0.0.1", port, timeout=10)
            kept.connect()
            while "segue_waiting_requests 2.0" not in metrics(port):
                time.sleep(0.01)
            stopping.set()
            while True:
                try:
                    raw(port).close()
                except ConnectionError:  # refused; or reset, when it was in line as the door shut
                    break
                time.sleep(0.02)
            kept.request("GET", "/ready")
            refused = kept.getresponse()
            assert (refused.status, json.loads(refused.read())["code"]) == (503, "busy")
            kept.close()
            gate.open.set()
        assert [status for status, _, _ in answers] == [200] * 3


def metrics(port):
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_slow_senders_hold_no_thread_and_are_ended(model, monkeypatch):
    monkeypatch.setattr(connections, "TRANSFER_S", 0.5)
    with serving(model, workers=1, queue=0) as (port, _):
        slow = [raw(port, POST % 1000, b"WEBVTT") for _ in range(30)]
        assert ask(port)[0] == 200
        for connection in slow:
            assert connection.recv(1) == b""  # closed by the server
            connection.close()


def test_a_connection_that_is_cut_in_its_body_harms_nobody(model):
    with serving(model, workers=1, queue=0) as (port, _):
        for _ in range(20):
            raw(port, POST % 1000, VTT).close()
        assert ask(port)[0] == 200


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GARBAGE\r\n\r\n", 400, "bad_request"),
        (b"POST /classify HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, "bad_request"),
        (
            b"GET / HTTP/1.1\r\nA: " + b"a" * 33_000 + b"\r\n\r\n",
            431,
            "request_header_fields_too_large",
        ),
        (POST % 2**40, 413, "too_large"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "not_implemented"),
    ],
)
def test_what_is_no_proper_http_gets_a_problem_too(model, sent, status, code):
    with serving(model) as (port, _), raw(port, sent[:32_000]) as connection:
        time.sleep(0.1 if sent[32_000:] else 0)  # what is unread at the close resets it
        connection.sendall(sent[32_000:])
        with connection.makefile("rb") as answers:
            answer = answers.read()
    head, _, content = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert b"application/problem+json" in head
    assert json.loads(content)["status"] == status
    assert json.loads(content)["code"] == code


def test_no_answer_holds_anything_of_another_request(model):
    with serving(model, workers=2) as (port, _):
        wrong = []

        def check(name):
            for i in range(20):
                source = VTT.replace(b"parsers", f"{name} {i}".encode())
                status, content, _ = ask(port, source, path="/classify?drop=none")
                if status != 200 or content["stripped"].encode() != source:
                    wrong.append((name, i, status))

        threads = [threading.Thread(target=check, args=[f"talk {n}"]) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
