"""The OpenAPI 3.1 description, put together from the models and from a table of routes."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serve.formats import FORMATS
from serve.http.classify import export_types
from serve.http.openapi import chat
from serve.http.openapi.models import Classified, Health, Ready
from serve.http.problems import MEDIA_TYPE, Problem
from serve.http.requests import Envelope
from serve.kinds import KINDS
from serve.labels import LABELS
from serve.options import AUTO, NOTHING

Json = dict[str, Any]
REF = "#/components/schemas/{model}"

#: What each status means; every one of them is a problem.
PROBLEMS = {
    400: "The request makes no sense: `bad_request`.",
    401: "The token is missing or wrong: `unauthorized`.",
    404: "There is nothing at this address: `not_found`.",
    405: "The address does not take this method: `method_not_allowed`.",
    409: "The request contradicts itself: `mismatch`.",
    413: "The body has more than 32 MiB, or 100,000 sentences: `too_large`.",
    415: "The body is compressed, or neither text nor JSON: `unsupported_media_type`.",
    422: "The transcript cannot be read, or takes too much time or memory: `not_utf8`,"
    " `unknown_format`, `malformed`, `no_text`, `bad_transcript`, `too_costly`,"
    " or has no times for an export that needs them: `bad_times`.",
    500: "A fault of the service: `internal_error`.",
    503: "More to do than it can, or stopping: `busy`. `Retry-After` says when to come back.",
}


def document() -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Segue",
            "version": _version(),
            "summary": "Labels the segments of podcast transcripts and cuts the ads.",
        },
        "paths": {
            "/classify": {"post": _classify()},
            "/health": {"get": _get("The process answers.", Health)},
            "/ready": {"get": _get("Requests are taken, and which model works.", Ready, 503)},
            "/metrics": {"get": _metrics()},
        }
        | chat.paths(),
        "components": {
            "schemas": _schemas(Classified, Envelope, Health, Ready, Problem),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _classify() -> Json:
    """POST /classify."""
    text: Json = {}  # any text may be a transcript; a schema cannot tell
    answers = {"anyOf": [_ref(Classified), {"type": "object"}, {"type": "array"}]}
    json_forms = {"anyOf": [_ref(Envelope), {"type": "object"}, {"type": "array"}]}
    exports: Json = {name: {} for name in sorted(export_types() - {"application/json"})}
    return {
        "operationId": "classify",
        "summary": "Label one transcript.",
        "description": "The body is a transcript as text or in one of the JSON forms, with the"
        " options in the query; or a JSON envelope with the options beside the transcript, and"
        " then the query stays empty.",
        "security": [{}, {"token": []}],
        "parameters": _parameters(),
        "requestBody": {
            "required": True,
            "content": {
                "text/plain": text,
                "text/vtt": text,
                "application/x-subrip": text,
                "application/json": {"schema": json_forms},
            },
        },
        "responses": {
            "200": {
                "description": "The result; with `to`, that export as a file.",
                "content": {"application/json": {"schema": answers}} | exports,
            }
        }
        | _problems(400, 401, 413, 415, 422, 500, 503),
    }


def _parameters() -> list[Json]:
    """The query of POST /classify."""
    label = {"type": "string", "enum": [*LABELS]}
    drop = {
        "anyOf": [
            {"type": "array", "items": label, "minItems": 1},
            {"type": "array", "items": {"const": NOTHING}, "minItems": 1, "maxItems": 1},
        ]
    }
    formats = [AUTO, *(name for name in FORMATS if name != AUTO)]
    score = {"type": "number", "minimum": 0, "maximum": 1, "default": 0}
    listed = {"explode": False, "style": "form"}
    return [
        _query("format", "The format; `auto` looks at the content.", {"enum": formats}),
        _query("drop", "Answer with the transcript less these labels, too.", drop) | listed,
        _query("min_score", "Drop only segments that score this or more.", score),
        _query("to", "Answer with this export instead of the result.", {"enum": [*KINDS]}),
    ]


def _metrics() -> Json:
    """GET /metrics."""
    return {
        "operationId": "metrics",
        "summary": "Figures for Prometheus.",
        "security": [{}, {"token": []}],
        "responses": {
            "200": {
                "description": "The figures.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        }
        | _problems(401),
    }


def _get(summary: str, answer: type[BaseModel], *problems: int) -> Json:
    """A GET that answers with a model."""
    content = {"application/json": {"schema": _ref(answer)}}
    return {
        "operationId": answer.__name__.lower(),
        "summary": summary,
        "responses": {"200": {"description": summary, "content": content}} | _problems(*problems),
    }


def _query(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _problems(*statuses: int) -> Json:
    """What else may be answered, by status."""
    content = {MEDIA_TYPE: {"schema": _ref(Problem)}}
    return {str(code): {"description": PROBLEMS[code], "content": content} for code in statuses}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": REF.format(model=model.__name__)}


def _schemas(*models: type[BaseModel]) -> Json:
    """The JSON schemas of models and of what they are made of, by name."""
    _, found = models_json_schema(
        [(model, "validation") for model in models], ref_template=REF, by_alias=True
    )
    schemas: Json = found["$defs"]
    return schemas


def _version() -> str:
    try:
        return version("segue")
    except PackageNotFoundError:
        return "0"
