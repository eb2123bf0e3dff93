"""The chat completions in the description: OpenAI's shapes, as far as they are read or written."""

from typing import Any

from serve.http.chat.router import AUTO, MODELS, PROFILES

Json = dict[str, Any]

STRING: Json = {"type": "string"}
MESSAGE = {
    "type": "object",
    "required": ["role"],
    "properties": {"role": STRING, "content": {"description": "A string, or a list of parts."}},
}
REQUEST = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "model": {"type": "string", "description": "One of /v1/models; any other is segue-auto."},
        "messages": {"type": "array", "items": MESSAGE, "minItems": 1},
        "stream": {"description": "Whether `true`; the answer is then a stream of one chunk."},
    },
}
MODEL_LIST = {
    "type": "object",
    "properties": {
        "object": {"const": "list"},
        "data": {
            "type": "array",
            "items": {"type": "object", "properties": {"id": {"enum": [*MODELS]}}},
        },
    },
}
COMPLETION = {
    "type": "object",
    "properties": {
        "object": {"const": "chat.completion"},
        "choices": {
            "type": "array",
            "items": {"type": "object", "properties": {"message": MESSAGE}},
        },
    },
}
ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"message": STRING, "type": STRING, "code": STRING},
        }
    },
}
SECURITY: list[Json] = [{}, {"token": []}]


def paths() -> Json:
    """The two routes; what they refuse has the status of other routes and OpenAI's shape."""
    profile = {
        "name": "profile",
        "in": "query",
        "description": "The program that asks; the model's name says it, too.",
        "schema": {"enum": [AUTO, *PROFILES]},
    }
    models = {
        "operationId": "models",
        "summary": "The names of models that a program may choose.",
        "security": SECURITY,
        "responses": {"200": _json("The names.", MODEL_LIST), "default": _error()},
    }
    completions = {
        "operationId": "completions",
        "summary": "Answer the prompts of programs that look for ads.",
        "description": "For MinusPod, Podly, podcast-ad-remover and AdNihilator, told apart by what"
        " they ask. Nothing is generated: the lines of the prompt are labelled.",
        "security": SECURITY,
        "parameters": [profile],
        "requestBody": {"required": True, "content": {"application/json": {"schema": REQUEST}}},
        "responses": {"200": _answer(), "default": _error()},
    }
    return {"/v1/models": {"get": models}, "/v1/chat/completions": {"post": completions}}


def _answer() -> Json:
    answer = _json("The completion.", COMPLETION)
    answer["content"]["text/event-stream"] = {"schema": STRING}
    return answer


def _error() -> Json:
    return _json("It was refused.", ERROR)


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
