"""POST /classify: one transcript in, its result, its stripped text or an export out."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath

from flask import Flask, Response, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from serve.formats import MAX_BYTES
from serve.http.metrics import Metrics
from serve.http.requests import Query, read_request
from serve.http.workers import Workers
from serve.kinds import KINDS, Kind
from serve.labels import ADS
from serve.pipeline import Model
from serve.result import Result
from serve.tagged import Tagged, tagged_source

#: Media types of what is answered, by the end of a file name; all else is text/plain.
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".srt": "application/x-subrip",
    ".tsv": "text/tab-separated-values",
    ".vtt": "text/vtt",
    ".xml": "application/xml",
}
#: What a source is called that came without a name, by its format; all else is transcript.txt.
FILE_NAMES = {name: f"transcript.{name}" for name in ("json", "srt", "tsv", "vtt")}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker made of a request."""

    body: bytes
    media_type: str
    file_name: str | None  # of an export
    n_words: int
    n_segments: Counter[str]  # by label


def register(app: Flask, workers: Workers, metrics: Metrics) -> None:
    """Add the route."""

    @app.post("/classify")
    def classify() -> Response:
        """The result for one transcript, or the export that `to` names."""
        query = tuple(request.args.items(multi=True))
        with workers.turn(request.content_length) as worker:
            answer = worker.run(classified, body(), request.mimetype, query)
        metrics.count(answer.n_words, answer.n_segments)
        response = Response(answer.body, mimetype=answer.media_type)
        if answer.file_name is not None:
            response.headers.set("Content-Disposition", "attachment", filename=answer.file_name)
        return response


def classified(model: Model, sent: bytes, media_type: str, query: Query) -> Answer:
    """The answer to a request; everything that costs time, for a worker to run."""
    asked = read_request(sent, media_type, query)
    options = asked.options
    if options.to is None:
        done = tagged_source(asked.source, model, options)
        return _counted(done.result, _result(done, with_stripped=options.drop is not None))
    kind = KINDS[options.to]
    if options.drop is None:
        options = options.model_copy(update={"drop": ADS})  # as the command has it
    done = tagged_source(asked.source, model, options)
    name = FILE_NAMES.get(done.result.transcript.format, "transcript.txt") + kind.extension
    return _counted(done.result, kind.write(done), _media_type(kind, name), name)


def _result(tagged: Tagged, *, with_stripped: bool) -> bytes:
    """The result as JSON, with the stripped transcript when it is asked for."""
    answer = tagged.result.model_dump(mode="json")
    if with_stripped:
        answer["stripped"] = KINDS["transcript"].write(tagged).decode()
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()


def _media_type(kind: Kind, name: str) -> str:
    """What a file of this kind and name is sent as."""
    return kind.media_type or MEDIA_TYPES.get(PurePath(name).suffix, "text/plain")


def _counted(
    result: Result,
    content: bytes,
    media_type: str = "application/json",
    file_name: str | None = None,
) -> Answer:
    """An answer with what the metrics want to know."""
    n_segments = Counter[str](segment.label for segment in result.segments)
    return Answer(content, media_type, file_name, result.transcript.n_words, n_segments)


def export_types() -> set[str]:
    """Every media type that an export can have."""
    sources = (*FILE_NAMES.values(), "transcript.txt")
    return {_media_type(kind, f + kind.extension) for kind in KINDS.values() for f in sources}


def body() -> bytes:
    """The bytes that were sent; a compressed body would look like a damaged transcript."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaType(f"content-encoding {encoding!r} is not read; send it plain")
    sent = request.get_data(cache=False)
    if len(sent) > MAX_BYTES:
        raise RequestEntityTooLarge
    return sent
