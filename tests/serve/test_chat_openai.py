"""OpenAI's own client against a server on loopback, as the ad removers use it."""

import json
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from serve.http.settings import Settings
from serve.server import make_server

openai = pytest.importorskip("openai")

WINDOW = (
    "Podcast: Kettle Hour\nEpisode: Steam\n\nTranscript:\n"
    "[0.0s - 9.0s] It rained all week.\n[9.5s - 40.0s] Our sponsor is Leafbox.\n"
)
MESSAGES = [{"role": "system", "content": "Find ads."}, {"role": "user", "content": WINDOW}]


@contextmanager
def client_of(model, api_key, token=None):
    """A client of a running server; both are closed behind it."""
    server = make_server(Settings(listen="127.0.0.1:0", workers=1, token=token), model)
    stopping = Event()
    thread = Thread(target=server.run, args=[stopping], daemon=True)
    thread.start()
    (address,) = server.addresses
    with openai.OpenAI(base_url=f"{address}/v1", api_key=api_key, max_retries=0) as client:
        yield client
    stopping.set()
    thread.join(timeout=10)


@pytest.fixture
def client(model):
    with client_of(model, "not-needed") as opened:
        yield opened


def test_the_models_are_listed(client):
    assert "segue-auto" in [listed.id for listed in client.models.list()]


def test_an_answer_is_read_as_a_completion_and_as_a_stream(client):
    got = client.chat.completions.create(
        model="segue-auto",
        messages=MESSAGES,
        temperature=0.0,
        max_completion_tokens=4096,
        response_format={"type": "json_object"},
        timeout=10,
    )
    [ad] = json.loads(got.choices[0].message.content)
    assert (ad["start"], ad["end"]) == (9.5, 40.0)
    assert got.usage.total_tokens > got.usage.completion_tokens > 0
    with client.chat.completions.create(
        model="segue-auto", messages=MESSAGES, stream=True
    ) as stream:
        chunks = list(stream)
    assert [chunk.choices[0].finish_reason for chunk in chunks] == ["stop"]
    assert chunks[0].choices[0].delta.content == got.choices[0].message.content


def test_the_token_is_the_key(model):
    with client_of(model, "kettle", "kettle") as client:
        assert client.chat.completions.create(model="segue-auto", messages=MESSAGES).choices
        with pytest.raises(openai.AuthenticationError) as refused:
            client.with_options(api_key="wrong").models.list()
        assert refused.value.code == "invalid_api_key"
        with pytest.raises(openai.BadRequestError, match="messages: it should be a list"):
            client.chat.completions.create(model="segue-auto", messages=[])
