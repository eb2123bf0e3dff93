"""GET /v1/models and POST /v1/chat/completions, in OpenAI's shapes."""

import json
import time
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, request

from serve.http.chat.messages import Chat, read_chat
from serve.http.chat.router import MODELS, answer, profile_of
from serve.http.classify import body
from serve.http.problems import MEDIA_TYPE
from serve.http.workers import Workers
from serve.pipeline import Model

PREFIX = "/v1"


def register(app: Flask, workers: Workers) -> None:
    """Add the routes."""
    routes = Blueprint("chat", __name__, url_prefix=PREFIX)
    started = int(time.time())
    # For all of the application: what is refused before a route is found has a place of its own.
    routes.after_app_request(_as_openai_says_it)

    @routes.get("/models")
    def models() -> Response:
        """The names that a program can choose from; they differ in the profile only."""
        listed = {"object": "list", "data": [_model(name, started) for name in MODELS]}
        return Response(json.dumps(listed), mimetype="application/json")

    @routes.post("/chat/completions")
    def completions() -> Response:
        """One completion, as JSON or as a stream of one chunk."""
        profile = request.args.get("profile")
        with workers.turn(request.content_length) as worker:
            content, media_type = worker.run(completed, body(), profile)
        return Response(content, mimetype=media_type)

    app.register_blueprint(routes)


def completed(model: Model, sent: bytes, profile: str | None) -> tuple[bytes, str]:
    """The answer to a request and its media type; what costs time, for a worker to run."""
    chat = read_chat(sent)
    content = answer(chat.prompt, model, profile_of(profile, chat.model))
    completion = _completion(chat, content)
    if chat.stream:
        return _stream(completion), "text/event-stream"
    # ASCII only, since names of models are given back as they came.
    return json.dumps(completion).encode(), "application/json"


def _model(name: str, created: int) -> dict[str, Any]:
    """An item of the list of models."""
    return {"id": name, "object": "model", "created": created, "owned_by": "segue"}


def _completion(chat: Chat, content: str) -> dict[str, Any]:
    """The whole answer. Its id is the same for the same question; tokens are words."""
    n_words = len(content.split())
    asked = json.dumps([chat.model, *chat.prompt])
    return {
        "id": f"chatcmpl-{sha256(asked.encode()).hexdigest()[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": chat.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": chat.n_words,
            "completion_tokens": n_words,
            "total_tokens": chat.n_words + n_words,
        },
    }


def _stream(completion: dict[str, Any]) -> bytes:
    """The whole answer as the one chunk of a stream of server-sent events."""
    chunk = completion | {"object": "chat.completion.chunk"}
    for choice in chunk["choices"]:
        choice["delta"] = choice.pop("message")
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()


def _as_openai_says_it(response: Response) -> Response:
    """A problem under /v1 in the shape that OpenAI's clients read; all else as it is."""
    if response.mimetype != MEDIA_TYPE or not request.path.startswith(f"{PREFIX}/"):
        return response
    problem = json.loads(response.get_data())
    status = HTTPStatus(response.status_code)
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    unknown_key = status == HTTPStatus.UNAUTHORIZED
    response.data = json.dumps(
        {
            "error": {
                "message": problem["detail"],
                "type": "server_error" if ours else "invalid_request_error",
                "param": None,
                "code": "invalid_api_key" if unknown_key else problem["code"],
            }
        }
    )
    response.mimetype = "application/json"
    return response
