import pytest

from serve.kinds import KINDS
from serve.labels import ADS
from serve.options import Options
from serve.tagged import tagged_source

TALK = "Welcome back to the show, this is the one where we talk about parsers and their trees."
READ = "This part of the show is brought to you by our sponsor Harbor, for boats of any size."
VTT = f"WEBVTT\n\n00:00.000 --> 00:06.500\n{TALK}\n\n00:06.500 --> 00:14.000\n{READ}\n\n"
SRT = f"1\n00:00:00,000 --> 00:00:06,500\n{TALK}\n\n2\n00:00:06,500 --> 00:00:14,000\n{READ}\n"


def export(client, kind, source=VTT, query=""):
    return client.post(f"/classify?to={kind}{query}", data=source, content_type="text/plain")


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_is_what_the_command_writes(client, model, kind):
    tagged = tagged_source(VTT.encode(), model, Options(drop=ADS))
    assert export(client, kind).data == KINDS[kind].write(tagged)


@pytest.mark.parametrize(
    ("kind", "source", "media_type", "name"),
    [
        ("transcript", VTT, "text/vtt", "transcript.vtt"),
        ("transcript", SRT, "application/x-subrip", "transcript.srt"),
        ("transcript", TALK, "text/plain", "transcript.txt"),
        ("labels", VTT, "text/tab-separated-values", "transcript.vtt.labels.tsv"),
        ("segments", VTT, "application/json", "transcript.vtt.segments.json"),
        ("chapters", VTT, "application/json+chapters", "transcript.vtt.chapters.json"),
        ("csv", VTT, "text/csv", "transcript.vtt.segments.csv"),
        ("edl", VTT, "text/plain", "transcript.vtt.kodi.edl"),
    ],
)
def test_an_export_has_the_type_and_the_name_of_its_file(client, kind, source, media_type, name):
    answer = export(client, kind, source)
    assert answer.mimetype == media_type
    assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"


def test_an_export_that_needs_times_is_refused_where_there_are_none(client):
    answer = export(client, "edl", TALK)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "bad_times")


def test_an_export_drops_ads_unless_told_otherwise(client):
    assert READ not in export(client, "transcript").text
    assert export(client, "transcript", query="&drop=none").text == VTT
    assert export(client, "transcript", query="&min_score=0.95").text == VTT


def test_an_envelope_names_its_kind_in_the_body(client):
    answer = client.post("/classify", json={"transcript": VTT, "to": "transcript"})
    assert READ not in answer.text
    assert answer.mimetype == "text/vtt"


@pytest.mark.parametrize("kind", ["docx", "", "segments,labels"])
def test_a_kind_that_does_not_exist_is_named_with_those_that_do(client, kind):
    answer = export(client, kind)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert f"to: {kind!r} is not a kind; the kinds are segments" in answer.get_json()["detail"]
