"""`segue serve`: what it refuses, real sockets, signals."""

import gc
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from serve.errors import SettingsError
from serve.http.settings import Settings
from serve.server import make_server

TALK = "00:00.000 --> 00:01.000\nWelcome back to the show where we talk of parsers.\n\n"
READ = "00:01.000 --> 00:02.000\nThis part of it is brought to you by our sponsor Harbor.\n\n"
SOURCE, KEPT = f"WEBVTT\n\n{TALK}{READ}".encode(), f"WEBVTT\n\n{TALK}".encode()


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"SEGUE_LISTEN": "8000"}, "segue: SEGUE_LISTEN: it should be host:port"),
        (
            {"SEGUE_LISTEN": "0.0.0.0:0"},
            "segue: SEGUE_LISTEN is 0.0.0.0:0, which other machines can",
        ),
        ({"SEGUE_MODEL": "nowhere"}, "segue: nowhere holds no model: manifest.json is missing"),
    ],
)
def test_serve_does_not_start_without_a_model_or_open_to_everybody(segue, environment, message):
    done = segue("serve", env=environment)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(message)


def test_off_loopback_the_launcher_demands_a_token(model):
    open_to_all = Settings(listen="0.0.0.0:0")
    with pytest.raises(SettingsError, match=r"SEGUE_TOKEN is not set; set it to a secret"):
        make_server(open_to_all, model)
    make_server(Settings(listen="0.0.0.0:0", token="open-sesame"), model).close()


# waitress drops the server it could not bind without closing its parts; the command ends anyway.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_address_that_is_taken_is_named(model):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        message = f"^cannot listen on {listen}: Address already in use; set SEGUE_LISTEN to another"
        with pytest.raises(SettingsError, match=message):
            make_server(Settings(listen=listen), model)
    gc.collect()


@pytest.fixture
def served(model):
    """A running server and a connection to it."""
    server = make_server(Settings(listen="127.0.0.1:0", workers=2), model)
    stopping = threading.Event()
    thread = threading.Thread(target=server.run, args=[stopping], daemon=True)
    thread.start()
    (address,) = server.addresses
    connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
    yield connection
    connection.close()
    stopping.set()
    thread.join(timeout=10)


def ask(connection, body, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/classify?drop=sponsor_read", body=body, headers=names)
    answer = connection.getresponse()
    return answer, json.loads(answer.read())


def test_over_a_real_socket_a_transcript_comes_back_stripped(served):
    answer, body = ask(served, SOURCE, content_type="text/vtt")
    assert (answer.status, answer.getheader("content-type")) == (200, "application/json")
    assert body["stripped"].encode() == KEPT


def test_over_a_real_socket_a_chunked_body_is_read(served):
    answer, body = ask(served, iter([SOURCE[:50], SOURCE[50:]]), content_type="text/vtt")
    assert (answer.status, body["stripped"].encode()) == (200, KEPT)


def test_over_a_real_socket_too_many_bytes_are_a_problem(served):
    answer, body = ask(served, b"x" * (32 * 2**20 + 1), content_type="text/plain")
    assert (answer.status, body["code"]) == (413, "too_large")
    assert answer.getheader("content-type") == "application/problem+json"
    assert answer.getheader("server") is None


def test_sigterm_ends_the_server_cleanly(free_port):
    address = f"127.0.0.1:{free_port}"
    program = (
        "import runpy, sys; sys.path.insert(0, sys.argv[1]); from serve.server import *;"
        " from serve.http.settings import Settings;"
        " model = runpy.run_path(sys.argv[1] + '/tests/conftest.py')['StandIn']();"
        f" run(make_server(Settings(listen='{address}'), model))"
    )
    root = str(Path(__file__).parents[2])
    with subprocess.Popen([sys.executable, "-c", program, root]) as process:
        wait_until_healthy(address)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def wait_until_healthy(address):
    for _ in range(200):
        try:
            connection = HTTPConnection(address, timeout=10)
            connection.request("GET", "/health")
            assert json.loads(connection.getresponse().read()) == {"status": "ok"}
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
        finally:
            connection.close()
    pytest.fail(f"nothing answers at {address}")


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
