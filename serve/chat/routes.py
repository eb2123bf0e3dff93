"""GET /v1/models and POST /v1/chat/completions, in OpenAI's shapes."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from serve.chat.messages import Chat, read_chat
from serve.chat.router import MODELS, answer, profile_of
from serve.pipeline import Model

PREFIX = "/v1"
PROBLEM = "application/problem+json"


def blueprint(model: Model, check_token: Callable[[], None]) -> Blueprint:
    """The routes; `check_token` raises for a request that may not be answered."""
    routes = Blueprint("chat", __name__, url_prefix=PREFIX)
    started = int(time.time())
    routes.before_request(check_token)
    # For all of the application: what is refused before a route is found has a place of its own.
    routes.after_app_request(_as_openai_says_it)

    @routes.get("/models")
    def models() -> Response:
        """The names that a program can choose from; they differ in the profile only."""
        return _json({"object": "list", "data": [_model(name, started) for name in MODELS]})

    @routes.post("/chat/completions")
    def completions() -> Response:
        """One completion, as JSON or as a stream of one chunk."""
        chat = read_chat(request.get_data(cache=False))
        profile = profile_of(request.args.get("profile"), chat.model)
        content = answer(chat.prompt, model, profile)
        return _stream(chat, content) if chat.stream else _json(_completion(chat, content))

    return routes


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


def _stream(chat: Chat, content: str) -> Response:
    """The whole answer as the one chunk of a stream of server-sent events."""
    chunk = _completion(chat, content)
    chunk["object"] = "chat.completion.chunk"
    for choice in chunk["choices"]:
        choice["delta"] = choice.pop("message")
    events = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
    return Response(events, mimetype="text/event-stream", headers={"Cache-Control": "no-cache"})


def _as_openai_says_it(response: Response) -> Response:
    """A problem under /v1 in the shape that OpenAI's clients read; all else as it is."""
    if response.mimetype != PROBLEM or not request.path.startswith(f"{PREFIX}/"):
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


def _json(content: dict[str, Any]) -> Response:
    """An answer as JSON; ASCII only, since names of models are given back as they came."""
    return Response(json.dumps(content), mimetype="application/json")
