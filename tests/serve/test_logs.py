import json
import logging
import subprocess
import sys

import pytest

from serve.http.logs import HEADER, JsonFormatter


@pytest.fixture
def lines(caplog):
    """What was logged, as JSON; formatted while the request is there, as a handler does."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(json.loads(self.format(record)))

    handler = Keep()
    handler.setFormatter(JsonFormatter())
    log = logging.getLogger("segue")
    log.addHandler(handler)
    caplog.set_level(logging.INFO, "segue")
    yield found
    log.removeHandler(handler)


def test_a_request_is_one_line_with_figures_and_without_its_text(client, lines):
    answer = client.post("/classify?drop=intro", data="A secret.", content_type="text/plain")
    (line,) = lines
    assert line["message"] == "POST /classify: 200"
    assert (line["method"], line["route"], line["status"]) == ("POST", "/classify", 200)
    assert (line["bytes_in"], line["bytes_out"]) == (9, len(answer.data))
    assert line["milliseconds"] >= 0
    assert line["request_id"] == answer.headers[HEADER]
    assert "secret" not in json.dumps(line)


def test_a_plain_id_of_the_caller_is_kept(client, lines):
    answer = client.get("/health", headers={HEADER: "trace-1.2_3"})
    assert answer.headers[HEADER] == lines[0]["request_id"] == "trace-1.2_3"


@pytest.mark.parametrize("sent", ["", "two words", "x" * 129, 'a"b', "é", "a\tb", "<script>"])
def test_any_other_id_is_replaced(client, sent):
    ours = client.get("/health", headers={HEADER: sent}).headers[HEADER]
    assert len(ours) == 32
    assert ours != client.get("/health", headers={HEADER: sent}).headers[HEADER]


def test_refusals_and_faults_carry_the_id_too(client, model, lines):
    model.log_probs = None
    answer = client.post("/classify", data="Hi.", content_type="text/plain")
    assert answer.status_code == 500
    assert {line["request_id"] for line in lines} == {answer.headers[HEADER]}
    assert [line["level"] for line in lines] == ["error", "info"]


def test_an_exception_is_logged_by_its_class_alone():
    try:
        raise ValueError("a secret word")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it failed", (), sys.exc_info())
    line = json.loads(JsonFormatter().format(record))
    assert (line["message"], line["error"]) == ("it failed", "ValueError")
    assert "secret" not in str(line)


def test_a_full_disk_under_the_log_stops_nothing():
    program = (
        "import logging; from serve.http.logs import configure; configure();"
        "[logging.getLogger('segue').info('x' * 999) for _ in range(99)]; print('alive', flush=1)"
    )
    try:
        full = open("/dev/full", "w")  # noqa: PTH123, SIM115 - a device
    except OSError:
        pytest.skip("needs /dev/full")
    with full:
        done = subprocess.run([sys.executable, "-c", program], stdout=-1, stderr=full, text=True)
    assert done.stdout == "alive\n"
