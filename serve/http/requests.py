"""What a request to /classify holds: a source and options, from a body, its type and a query.

Three ways to send a transcript: as it is, with options in the query; as JSON that is a transcript
itself, likewise; or as a string in a JSON envelope, with the options beside it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, Strict, ValidationError, WithJsonSchema, field_validator
from werkzeug.exceptions import UnsupportedMediaType

from serve.errors import EncodingError, RequestError
from serve.kinds import KINDS
from serve.options import AUTO, Options, explained

TEXT_TYPES = ("", "application/x-subrip")  # and text/*; only a hint, formats look for themselves
Query = Iterable[tuple[str, str]]  # names may be repeated


class Choices(Options):
    """Options, and which one of the command's kinds to answer with instead of the result."""

    to: Annotated[str | None, WithJsonSchema({"enum": [*KINDS, None]})] = None

    @field_validator("to")
    @classmethod
    def _kind(cls, name: str | None) -> str | None:
        """Refuse a kind that does not exist."""
        if name is not None and name not in KINDS:
            raise ValueError(f"{name!r} is not a kind; the kinds are {', '.join(KINDS)}")
        return name


class Envelope(Choices):
    """A transcript inside JSON, with its options."""

    transcript: str
    min_score: Annotated[float, Strict()] = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)


C = TypeVar("C", bound=Choices)


@dataclass(frozen=True, slots=True)
class Request:
    """What to label, and how."""

    source: bytes
    options: Choices


def read_request(
    body: bytes, media_type: str, query: Query, envelope: type[Envelope] = Envelope
) -> Request:
    """The source and the options of a request; an `envelope` is the options of what it held.

    Raises RequestError, EncodingError, or UnsupportedMediaType when the type of the body is
    neither text nor JSON.
    """
    if media_type == "application/json" or media_type.endswith("+json"):
        content = _json(body)
        if isinstance(content, dict) and isinstance(content.get("transcript"), str):
            return _from_envelope(content, query, envelope)
        if not isinstance(content, dict | list):
            raise RequestError(
                f"the body is the JSON value {_short(content)}; send an object or an array"
            )
        options = _checked(Choices, _options(query))
        # What says it is JSON is not read as lines of text when no JSON form fits.
        told = options.model_copy(update={"format": "json"}) if options.format == AUTO else options
        return Request(body, told)
    if not media_type.startswith("text/") and media_type not in TEXT_TYPES:
        raise UnsupportedMediaType(
            f"a body of type {media_type!r} is not read; send a transcript as text/plain, text/vtt,"
            " application/x-subrip or application/json"
        )
    return Request(body, _checked(Choices, _options(query)))


def _from_envelope(content: dict[str, Any], query: Query, kind: type[Envelope]) -> Request:
    """A transcript that came as a string; all else stands beside it, nothing in the query."""
    names = ", ".join(sorted({name for name, _ in query}))
    if names:
        raise RequestError(
            f"the query has {names}, but the body is an envelope; put the options beside"
            " 'transcript' in the body"
        )
    envelope = _checked(kind, content)
    return Request(_utf8(envelope.transcript), envelope)


def _checked(kind: type[C], values: dict[str, Any]) -> C:
    """Choices from values as they were sent. Raises RequestError naming the field at fault."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise RequestError(explained(error, kind)) from None


def _options(query: Query) -> dict[str, Any]:
    """The query as values of Choices: `drop` may be repeated, the others may not."""
    values: dict[str, Any] = {}
    for name, value in query:
        if name == "drop":
            values.setdefault(name, []).append(value)
        elif name in values:
            raise RequestError(f"{name}: it stands in the query twice; say it once")
        else:
            values[name] = value
    return values


def _json(body: bytes) -> Any:
    """The body as JSON; a message about a fault says where it is."""
    try:
        return json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"the body is not UTF-8: byte {error.start} is 0x{body[error.start]:02x}; JSON has to"
            " be sent as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise RequestError(
            f"the body is not JSON: line {error.lineno}, column {error.colno}: {error.msg}; mend"
            " it, or send a transcript that is not JSON as text/plain"
        ) from None
    except RecursionError:
        raise RequestError("the body is JSON nested too deeply; send it less nested") from None
    except ValueError:  # an integer of more than 4,300 digits
        raise RequestError("the body holds a number of absurd length; remove it") from None


def _utf8(text: str) -> bytes:
    """A string out of JSON as bytes; JSON can escape what UTF-8 cannot hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        half = f"\\u{ord(text[error.start]):04x}"
        raise RequestError(
            f"transcript: character {error.start + 1} is {half}, half of a surrogate pair; send"
            " both halves, or the character itself"
        ) from None


def _short(value: object) -> str:
    """A JSON value for a message, cut to a readable length."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
