"""OpenAI's own client against a server on loopback, as the ad removers use it."""

import json
from threading import Thread

import pytest
from pydantic import SecretStr

from serve.server import addresses, make_server
from serve.settings import Listen, Settings

openai = pytest.importorskip("openai")

WINDOW = (
    "Podcast: Kettle Hour\nEpisode: Steam\n\nTranscript:\n"
    "[0.0s - 9.0s] It rained all week.\n[9.5s - 40.0s] Our sponsor is Leafbox.\n"
)
MESSAGES = [{"role": "system", "content": "Find ads."}, {"role": "user", "content": WINDOW}]


@pytest.fixture(scope="module")
def serve():
    """Starts servers with settings and a model, gives clients for them, and stops them."""
    servers, clients = [], []

    def start(model, token=None):
        server = make_server(Settings(listen=Listen("127.0.0.1", 0), token=token), model)
        Thread(target=server.run, daemon=True).start()
        servers.append(server)
        return f"{next(iter(addresses(server)))}/v1"

    def client(base_url, api_key):
        clients.append(openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0))
        return clients[-1]

    yield lambda model, api_key, token=None: client(start(model, token), api_key)
    for opened in clients:
        opened.close()
    for server in servers:
        server.close()


def test_the_client_lists_models_and_gets_ads(serve, model):
    client = serve(model, "not-needed")
    assert "segue-auto" in [listed.id for listed in client.models.list()]
    given = client.chat.completions.create(
        model="segue-auto",
        messages=MESSAGES,
        temperature=0.0,
        max_completion_tokens=4096,
        response_format={"type": "json_object"},
        timeout=10,
    )
    [ad] = json.loads(given.choices[0].message.content)
    assert (ad["start"], ad["end"]) == (9.5, 40.0)
    assert given.usage.total_tokens > given.usage.completion_tokens > 0

    with client.chat.completions.create(
        model="segue-auto", messages=MESSAGES, stream=True
    ) as stream:
        chunks = list(stream)
    assert chunks[0].choices[0].delta.content == given.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks] == ["stop"]


def test_the_token_is_the_key(serve, model):
    client = serve(model, "kettle", SecretStr("kettle"))
    assert client.chat.completions.create(model="segue-auto", messages=MESSAGES).choices
    with pytest.raises(openai.AuthenticationError) as refused:
        client.with_options(api_key="wrong").models.list()
    assert refused.value.code == "invalid_api_key"
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="segue-auto", messages=[])
    assert "messages" in refused.value.message
