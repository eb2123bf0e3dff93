import hashlib
import io
import json
import logging

import pytest

from serve import strip, tag
from serve.app import create_app
from serve.errors import BundleError, SettingsError
from serve.formats import MAX_BYTES
from serve.http.settings import Settings
from serve.result import Result

TALK = "Welcome back to the show, this is the one where we talk about parsers and why they are fun."
READ = "This part of the show is brought to you by our sponsor Harbor. Try it – it’s free for you."
MORE = "So when did you first think that you could write a parser of your own and get away with it?"
CUES = (
    ("00:00.000 --> 00:06.500", TALK),
    ("00:06.500 --> 00:14.000", READ),
    ("00:14.000 --> 00:20.250", MORE),
)
VTT = "WEBVTT\n\n" + "".join(f"{times}\n{text}\n\n" for times, text in CUES)
KEPT = "WEBVTT\n\n" + "".join(f"{times}\n{text}\n\n" for times, text in (CUES[0], CUES[2]))
WHISPER = json.dumps(
    {"language": "en", "segments": [{"start": 0.0, "end": 6.5, "text": t} for _, t in CUES]}
)
SPANISH = (
    "Bienvenidos a un nuevo episodio del programa.\nHoy hablamos con Lucía sobre cómo empezó.\n"
    "Gracias a nuestro sponsor por hacer posible este episodio.\nVamos con la primera pregunta.\n"
)


def post(client, body, type="text/vtt", query=""):
    return client.post(f"/classify{query}", data=body, content_type=type)


def envelope(client, query="", **fields):
    return post(client, json.dumps(fields), "application/json", query)


def problem(answer, status, code):
    """The detail of a problem, after everything else about it was checked."""
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert sorted(body) == ["code", "detail", "status", "title", "type"]
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    return body["detail"]


def test_a_vtt_body_gets_the_same_result_as_python(client, model):
    answer = post(client, VTT)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert Result.model_validate_json(answer.data) == tag(VTT.encode(), model)
    assert list(answer.get_json()) == ["schema", "model", "transcript", "warnings", "segments"]


def test_segments_cover_the_body_and_name_cues_bytes_and_seconds(client):
    first, read, last = post(client, VTT).get_json()["segments"]
    assert [s["label"] for s in (first, read, last)] == ["other", "sponsor_read", "other"]
    assert (read["first"], read["last"], read["score"]) == (2, 2, 0.9)
    assert (read["start_s"], read["end_s"]) == (6.5, 14.0)
    assert VTT.encode()[read["start_byte"] : read["end_byte"]].decode() == READ


@pytest.mark.parametrize(
    "type",
    ["text/vtt", "text/plain", "text/plain; charset=utf-8", "application/x-subrip", "text/x", None],
)
def test_the_type_of_a_text_body_is_only_a_hint(client, type):
    assert post(client, VTT, type).get_json()["transcript"]["format"] == "vtt"


@pytest.mark.parametrize("type", ["application/json", "application/vnd.whisper+json", "text/plain"])
def test_json_that_is_a_transcript_is_read_as_it_was_sent(client, type):
    answer = post(client, WHISPER, type, "?drop=sponsor_read").get_json()
    assert answer["transcript"]["sha256"] == hashlib.sha256(WHISPER.encode()).hexdigest()
    assert READ[:20] not in answer["stripped"]
    assert json.loads(answer["stripped"])["language"] == "en"


def test_a_json_array_is_a_transcript(client):
    body = json.dumps([{"start": 0.0, "end": 6.5, "text": text} for _, text in CUES])
    assert post(client, body, "application/json").get_json()["transcript"]["n_cues"] == 3


def test_an_envelope_counts_bytes_in_the_utf8_of_its_string(client, model):
    sent = json.dumps({"transcript": VTT, "format": "vtt", "min_score": 0})  # escapes – and ’
    answer = post(client, sent, "application/json")
    assert Result.model_validate_json(answer.data) == tag(VTT.encode(), model)


def test_stripped_comes_only_when_drop_is_given(client):
    assert "stripped" not in post(client, VTT).get_json()
    assert "stripped" not in envelope(client, transcript=VTT, drop=None).get_json()
    assert post(client, VTT, query="?drop=sponsor_read").get_json()["stripped"] == KEPT
    assert envelope(client, transcript=VTT, drop=["sponsor_read"]).get_json()["stripped"] == KEPT


def test_stripped_is_what_python_gives(client, model):
    result = tag(VTT.encode(), model)
    stripped = strip(VTT.encode(), result, drop=("sponsor_read", "intro")).decode()
    for query in ("?drop=sponsor_read,intro", "?drop=sponsor_read&drop=intro"):
        assert post(client, VTT, query=query).get_json()["stripped"] == stripped


def test_dropping_nothing_gives_the_source_back(client):
    source = "\ufeff" + VTT.replace("\n", "\r\n")
    assert post(client, source, query="?drop=none").get_json()["stripped"] == source
    for drop in ([], ["none"]):
        assert envelope(client, transcript=source, drop=drop).get_json()["stripped"] == source


def test_min_score_keeps_lower_scoring_segments_and_changes_nothing_else(client):
    dropped = post(client, VTT, query="?drop=sponsor_read&min_score=0.9").get_json()
    kept = post(client, VTT, query="?drop=sponsor_read&min_score=0.91").get_json()
    assert (dropped.pop("stripped"), kept.pop("stripped")) == (KEPT, VTT)
    assert dropped == kept


def test_a_source_that_is_not_english_comes_back_whole_with_a_warning(client):
    answer = post(client, SPANISH, "text/plain", "?drop=sponsor_read").get_json()
    assert [w["code"] for w in answer["warnings"]] == ["not_english"]
    assert "sponsor_read" in [s["label"] for s in answer["segments"]]
    assert answer["stripped"] == SPANISH


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "?drop=sponsor",
            "drop: 'sponsor' is not a label; the labels are sponsor_read, self_promo,",
        ),
        ("?drop=", "drop: a label is missing; the labels are sponsor_read"),
        ("?drop=none,intro", "drop: 'none' stands alone; leave it out or leave the others out"),
        ("?format=docx", "format: 'docx' is not a format; the formats are auto, "),
        ("?min_score=high", "min_score: it should be a valid number, unable to parse string"),
        ("?min_score=1.5", "min_score: it should be less than or equal to 1, not '1.5'"),
        ("?min_score=nan", "min_score: it should be a finite number, not 'nan'"),
        ("?format=vtt&format=srt", "format: it stands in the query twice; say it once"),
        ("?dorp=intro", "'dorp' is not known here; known are format, drop, min_score, to"),
        ("?transcript=Hi", "'transcript' is not known here; known are format, drop, min_score, to"),
    ],
)
def test_a_wrong_query_is_named(client, query, message):
    assert problem(post(client, VTT, query=query), 400, "bad_request").startswith(message)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"drop": "intro"}, """drop: 'intro' is not a list of labels; write for example ["""),
        ({"drop": [1]}, "drop: [1] is not a list of labels"),
        ({"drop": ["ads"]}, "drop: 'ads' is not a label; the labels are"),
        ({"format": None}, "format: it should be a valid string, not None"),
        ({"min_score": "0.5"}, "min_score: it should be a valid number, not '0.5'"),
        ({"min_score": True}, "min_score: it should be a valid number, not True"),
        ({"min_score": -1}, "min_score: it should be greater than or equal to 0, not -1"),
        (
            {"text": "x"},
            "'text' is not known here; known are format, drop, min_score, to, transcript",
        ),
    ],
)
def test_a_wrong_envelope_is_named(client, fields, message):
    answer = envelope(client, transcript=VTT, **fields)
    assert problem(answer, 400, "bad_request").startswith(message)


def test_all_that_is_wrong_is_said_at_once(client):
    detail = problem(envelope(client, transcript=VTT, drop=["ads"], foo=1), 400, "bad_request")
    assert "'ads' is not a label" in detail
    assert "'foo' is not known here" in detail


def test_an_envelope_takes_no_query(client):
    answer = envelope(client, "?drop=intro&format=vtt", transcript=VTT)
    assert problem(answer, 400, "bad_request") == (
        "the query has drop, format, but the body is an envelope; put the options beside"
        " 'transcript' in the body"
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b'{"segments": [\n  {"start": 0 "end": 1}]}',
            "line 2, column 15: Expecting ',' delimiter",
        ),
        (b"", "the body is not JSON: line 1, column 1: Expecting value"),
        (b"WEBVTT", "or send a transcript that is not JSON as text/plain"),
        (b'"hello"', 'the body is the JSON value "hello"; send an object or an array'),
        (b"null", "the body is the JSON value null; send an object or an array"),
        (b"[" * 100_000, "the body is JSON nested too deeply; send it less nested"),
        (b"[" + b"9" * 5000 + b"]", "the body holds a number of absurd length; remove it"),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_its_place(client, body, message):
    assert message in problem(post(client, body, "application/json"), 400, "bad_request")


def test_json_that_is_not_utf8_is_refused_with_its_byte(client):
    answer = post(client, '{"transcript": "café"}'.encode("latin-1"), "application/json")
    assert "byte 19 is 0xe9; JSON has to be sent as UTF-8" in problem(answer, 422, "not_utf8")


def test_half_a_character_in_an_envelope_is_refused_with_its_place(client):
    answer = post(client, b'{"transcript": "Hi \\ud83d there"}', "application/json")
    assert problem(answer, 400, "bad_request") == (
        "transcript: character 4 is \\ud83d, half of a surrogate pair; send both halves, or the"
        " character itself"
    )


def test_half_a_character_in_a_json_transcript_stays_as_it_was_sent(client):
    body = WHISPER.replace("Welcome", "\\ud83d Welcome")
    answer = post(client, body, "application/json", "?drop=none")
    assert answer.get_json()["stripped"] == body


def test_a_whole_character_that_json_escapes_in_two_halves_is_kept(client):
    body = b'{"transcript": "Hi \\ud83d\\ude00 there", "drop": []}'
    assert post(client, body, "application/json").get_json()["stripped"] == "Hi 😀 there"


@pytest.mark.parametrize(
    ("body", "type", "code"),
    [
        (b"", "text/plain", "no_text"),
        (b" \n\n", "text/plain", "no_text"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\ncaf\xe9\n", "text/vtt", "not_utf8"),
        (b'{"transcript": ""}', "application/json", "no_text"),
    ],
)
def test_a_transcript_that_cannot_be_read_is_the_senders_fault(client, body, type, code):
    assert problem(post(client, body, type), 422, code)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"[1, 2]", b'["Hi there"]', b'{"transcript": 7}', b'{"transcript": ["Hi"]}'],
)
@pytest.mark.parametrize("query", ["", "?format=auto"])
def test_json_that_is_neither_envelope_nor_transcript_is_refused(client, body, query):
    answer = post(client, body, "application/json", query)
    assert answer.status_code == 422
    assert answer.get_json()["code"] in ("unknown_format", "malformed", "no_text")


@pytest.mark.parametrize(
    "type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "audio/mpeg"]
)
def test_other_types_are_refused_with_the_ones_that_are_read(client, type):
    detail = problem(post(client, VTT, type), 415, "unsupported_media_type")
    assert detail == (
        f"a body of type {type.partition(';')[0]!r} is not read; send a transcript as text/plain,"
        " text/vtt, application/x-subrip or application/json"
    )


def test_a_compressed_body_is_refused(client):
    answer = client.post("/classify", data=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert "'gzip' is not read" in problem(answer, 415, "unsupported_media_type")


def chunked(client, body):
    """A body without a length, as gunicorn hands it on."""
    return client.post(
        "/classify",
        input_stream=io.BytesIO(body),
        content_type="text/plain",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )


@pytest.mark.parametrize("send", [post, chunked])
@pytest.mark.parametrize("n_over", [1, 2, 2**20])
def test_a_body_over_the_limit_is_refused(client, send, n_over):
    answer = send(client, b"x" * (MAX_BYTES + n_over))
    assert problem(answer, 413, "too_large") == "the body has more than 32 MiB, our limit"


def test_a_body_that_says_it_is_over_the_limit_is_not_read(client):
    said = {"CONTENT_LENGTH": str(2**40)}
    answer = client.post("/classify", content_type="text/vtt", environ_overrides=said)
    assert problem(answer, 413, "too_large")


@pytest.mark.parametrize("send", [post, chunked])
def test_a_body_of_the_very_limit_is_read_to_its_end(client, send):
    body = VTT.encode() + b"NOTE "
    body += b"x" * (MAX_BYTES - len(body))
    assert send(client, body).get_json()["transcript"]["sha256"] == hashlib.sha256(body).hexdigest()


def test_health_and_ready_say_that_the_service_is_up_and_with_which_model(client, model):
    assert client.get("/health").get_json() == {"status": "ok"}
    assert client.get("/ready").get_json() == {
        "status": "ready",
        "model": {"name": "stand-in", "version": "0.0.1", "sha256": "0" * 64},
    }


def test_an_unknown_address_is_a_problem_too(client):
    detail = problem(client.get("/clasify"), 404, "not_found")
    assert detail == "there is nothing at '/clasify'; POST a transcript to '/classify'"


def test_a_wrong_method_is_a_problem_that_says_which_is_right(client):
    answer = client.get("/classify")
    assert problem(answer, 405, "method_not_allowed").startswith(
        "'/classify' does not take GET; use"
    )
    assert "POST" in answer.headers["Allow"]


@pytest.fixture
def guarded(model):
    return create_app(Settings(token="open-sesame"), model).test_client()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "the token is missing"),
        ("Bearer", "the token is missing"),
        ("Basic b3Blbi1zZXNhbWU6", "the token is missing"),
        ("Bearer open-sesam", "the token is not the right one"),
        ("Bearer öpen-sesame", "the token is not the right one"),
    ],
)
def test_without_the_token_nothing_is_classified(guarded, header, message):
    headers = {} if header is None else {"Authorization": header}
    answer = guarded.post("/classify", data=VTT, content_type="text/vtt", headers=headers)
    assert problem(answer, 401, "unauthorized").startswith(message)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_the_token_it_is(guarded, scheme):
    headers = {"Authorization": f"{scheme} open-sesame"}
    answer = guarded.post("/classify", data=VTT, content_type="text/vtt", headers=headers)
    assert answer.status_code == 200


def test_health_and_ready_need_no_token(guarded):
    assert guarded.get("/health").status_code == guarded.get("/ready").status_code == 200


def test_a_fault_of_ours_leaks_neither_into_the_answer_nor_into_the_log(client, model, caplog):
    def fail(units):
        raise ValueError(f"cannot score {units[0].text!r}")

    model.log_probs = fail
    detail = problem(post(client, VTT), 500, "internal_error")
    assert detail.startswith("something failed inside Segue while it worked on this request; send")
    assert "ValueError in POST /classify" in caplog.text
    assert "test_app.py" in caplog.text  # where it happened
    assert "parsers" not in caplog.text + detail


def test_the_log_holds_no_word_of_a_transcript(client, caplog):
    caplog.set_level(logging.DEBUG)
    post(client, VTT, query="?drop=sponsor_read")
    post(client, '{"transcript": "parsers', "application/json")
    client.get("/parsers")
    assert "POST /classify: 200" in caplog.text
    assert "GET (no view): 404" in caplog.text
    assert "parsers" not in caplog.text


def test_the_application_starts_with_its_model_or_not_at_all(tmp_path):
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        create_app(Settings(model=tmp_path))


def test_the_settings_come_from_the_environment_unless_given(monkeypatch, model):
    monkeypatch.setenv("SEGUE_WORKERS", "none")
    with pytest.raises(SettingsError, match="SEGUE_WORKERS"):
        create_app(model=model)


def test_the_same_request_gets_the_same_bytes(client):
    answers = {post(client, VTT, query="?drop=sponsor_read").data for _ in range(5)}
    assert len(answers) == 1
