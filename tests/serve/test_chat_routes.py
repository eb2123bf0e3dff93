"""/v1 over HTTP: what is taken, what is refused, and how."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from serve.app import create_app
from serve.http.chat.router import MODELS
from serve.http.settings import Settings

WINDOW = (
    "Podcast: Kettle Hour\nEpisode: Steam\n\nTranscript:\n"
    "[0.0s - 9.0s] It rained all week.\n[9.5s - 40.0s] Our sponsor is Leafbox.\n"
)


def ask(client, user=WINDOW, query="", headers=None, **more):
    body = {"model": "segue-auto", "messages": [{"role": "user", "content": user}], **more}
    return client.post(f"/v1/chat/completions{query}", json=body, headers=headers)


def content_of(response):
    assert response.status_code == 200, response.get_json()
    return response.get_json()["choices"][0]["message"]["content"]


def test_the_models_are_listed_by_names_that_minuspod_takes_for_its_own(client):
    listed = client.get("/v1/models").get_json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == [*MODELS]
    assert all(set(model) == {"id", "object", "created", "owned_by"} for model in listed["data"])
    assert not any("claude" in name for name in MODELS)


def test_an_answer_has_openais_shape(client):
    got = ask(client).get_json()
    assert {"id", "object", "created", "model", "choices", "usage"} == set(got)
    assert (got["object"], got["model"]) == ("chat.completion", "segue-auto")
    [choice] = got["choices"]
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert choice["message"]["role"] == "assistant"
    usage = got["usage"]
    assert usage["prompt_tokens"] == len(WINDOW.split())
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_the_same_question_has_the_same_answer(client):
    first, second = ask(client).get_json(), ask(client).get_json()
    assert (first["id"], first["choices"]) == (second["id"], second["choices"])
    assert first["id"] != ask(client, "ping").get_json()["id"]


def test_what_is_for_models_that_write_is_ignored(client):
    more = {
        "temperature": 0.0,
        "max_tokens": 1,
        "max_completion_tokens": 4096,
        "response_format": {"type": "json_object"},
        "reasoning_effort": "low",
        "never_heard_of": [1],
        "stream": None,
    }
    assert content_of(ask(client, **more)) == content_of(ask(client))


def test_content_may_be_a_list_of_parts(client):
    half = len("Podcast: Kettle Hour\nEpisode: Steam\n")
    parts = [{"type": "text", "text": WINDOW[: half - 1]}, {"type": "text", "text": WINDOW[half:]}]
    assert content_of(ask(client, [*parts, {"type": "image_url"}])) == content_of(ask(client))


def test_the_last_message_of_the_user_counts(client):
    turns = [
        {"role": "user", "content": "ping"},
        {"role": "assistant", "content": None},
        {"role": "user", "content": WINDOW},
    ]
    assert content_of(ask(client, messages=turns)) == content_of(ask(client))


@pytest.mark.parametrize(
    ("query", "name"),
    [("?profile=par", "segue-auto"), ("", "segue-par"), ("", "openai/segue-par")],
)
def test_a_program_can_be_named(client, query, name):
    [ad] = json.loads(content_of(ask(client, query=query, model=name)))
    assert ad["label"] == "Ad"


def test_a_program_that_is_named_may_stamp_its_lines_otherwise(client):
    user = "[0.5] It rained all week.\n[9.5] Our sponsor is Leafbox."
    found = json.loads(content_of(ask(client, user, model="segue-podly")))
    assert [line["segment_offset"] for line in found["ad_segments"]] == [9.5]


def test_the_query_wins_over_the_model(client):
    got = ask(client, query="?profile=minuspod", model="segue-par")
    assert "category" in json.loads(content_of(got))[0]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"{", "not JSON"),
        (b"[" * 9999, "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b"[]", "messages"),
        (b"{}", "messages"),
        (b'{"messages": []}', "messages"),
        (b'{"messages": ["hi"]}', "'hi'"),
    ],
)
def test_a_body_without_messages_is_refused_as_openai_would(client, body, what):
    got = client.post("/v1/chat/completions", data=body)
    assert got.status_code == 400
    assert got.mimetype == "application/json"
    error = got.get_json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"]) == ("invalid_request_error", "bad_request")
    assert what in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("POST", "/v1/chat/completions?profile=siri", 400, "bad_request"),
    ],
)
def test_what_is_refused_elsewhere_under_v1_has_the_same_shape(client, method, path, status, code):
    body = {"messages": [{"role": "user", "content": "ping"}]}
    got = client.open(path, method=method, json=body if method == "POST" else None)
    assert (got.status_code, got.get_json()["error"]["code"]) == (status, code)


def test_other_paths_keep_their_problems(client):
    assert client.get("/nothing").mimetype == "application/problem+json"


def test_too_long_a_body_is_refused(client, app):
    app.config["MAX_CONTENT_LENGTH"] = 100
    got = ask(client, "x" * 200)
    assert (got.status_code, got.get_json()["error"]["code"]) == (413, "too_large")


def test_a_fault_of_ours_is_a_server_error(client, model):
    model.log_probs = None
    got = ask(client)
    assert (got.status_code, got.get_json()["error"]["type"]) == (500, "server_error")


def test_a_token_is_asked_for_where_one_is_set(model):
    client = create_app(Settings(token=SecretStr("kettle")), model).test_client()
    for got in (ask(client), client.get("/v1/models")):
        assert (got.status_code, got.get_json()["error"]["code"]) == (401, "invalid_api_key")
        assert got.headers["WWW-Authenticate"]
    assert content_of(ask(client, headers={"Authorization": "Bearer kettle"}))


def test_any_key_will_do_where_none_is_set(client):
    assert content_of(ask(client, headers={"Authorization": "Bearer not-needed"}))


MARKERS = st.sampled_from(
    [
        "[1.0s - 2.0s] ", "[2.0-1.0] ", "[1.5] ", "[00:10] ", "[LINE 3] ", "*[LINE 4] ", "\n",
        "[seq=1 start=0 end=1] ", "[TRANSCRIPT START]", "[TRANSCRIPT END]", "\nTranscript:\n",
        "=== WINDOW 1/9: 0.0-10.0 minutes ===", "=== AUDIO", ">>> CANDIDATE AD START [1.0s] >>>",
        "Original boundaries: 1.00s - 2.00s", "Segments needing a category:", '[{"index": 0}]',
        '[{"index": 1, "start": NaN, "end": 1e999}]', "identify 0 major topic changes",
        "Provide exactly 0 titles, one per line:", "**Detected Ad Block**: 1.0s - 2.0s",
        "**CONTEXT SEGMENTS**:", "Search window: 1s to 2s", "our sponsor Leafbox", "***", "'", "}",
        "summary", "\ud83d", "\x00", "[9999999.99999999999999999999s - 0.0s] sponsor", "ping",
    ]
)  # fmt: skip
MESSAGES = st.lists(MARKERS | st.text(max_size=20), max_size=30).map("".join)
SYSTEMS = st.sampled_from(["", "SHOW SEGMENTS:", "You label the substantive SHOW CONTENT"])


@given(system=SYSTEMS, user=MESSAGES, name=st.sampled_from([*MODELS, "gpt"]))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_message_is_answered(client, system, user, name):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    assert content_of(ask(client, messages=messages, model=name)).strip()
