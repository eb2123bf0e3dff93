import pytest
from prometheus_client.parser import text_string_to_metric_families

TEXT = "Welcome back to the show today.\nThis is brought to you by our sponsor Leafbox.\n"


@pytest.fixture
def figure(client):
    """The value of a figure of the service by its name and labels."""

    def find(name, /, **labels):
        text = client.get("/metrics").text
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        return next((s.value for s in samples if s.name == name and s.labels == labels), None)

    return find


def test_words_and_segments_are_counted_by_label(client, figure):
    for _ in range(2):
        client.post("/classify?to=labels", data=TEXT, content_type="text/plain")
    assert figure("segue_words_total") == 2 * len(TEXT.split())
    assert figure("segue_segments_total", label="sponsor_read") == 2
    assert figure("segue_segments_total", label="other") == 2


def test_requests_are_counted_and_timed_by_route(client, figure):
    client.post("/classify", data=TEXT, content_type="text/plain")
    client.post("/classify", data="", content_type="text/plain")
    counted = {"method": "POST", "route": "/classify"}
    assert figure("segue_requests_total", **counted, status="200") == 1
    assert figure("segue_requests_total", **counted, status="422") == 1
    assert figure("segue_request_seconds_count", route="/classify") == 2


def test_names_that_callers_make_up_are_not_kept(client, figure):
    client.open("/some/path", method="BREW")
    client.get("/another/path")
    assert figure("segue_requests_total", method="OTHER", route="(no view)", status="404") == 1
    text = client.get("/metrics").text
    assert "BREW" not in text
    assert "some/path" not in text


def test_the_model_and_the_line_are_shown(figure):
    assert figure("segue_model_info", name="stand-in", version="0.0.1", sha256="0" * 64) == 1
    assert figure("segue_waiting_requests") == 0
