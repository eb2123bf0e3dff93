"""The page at `/`: the files in static/, and the calls that their script makes.

POST /page/units and /page/files/KIND belong to the page and may change with it; programs use
/classify.
"""

import json
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import NotFound

from serve.formats import FORMATS, MAX_BYTES, parse
from serve.http.classify import body
from serve.http.page.corrections import PageEnvelope, corrected, rows
from serve.http.requests import Query, read_request
from serve.http.workers import Workers
from serve.kinds import KINDS
from serve.labels import ADS, LABELS
from serve.pipeline import Labelled, Model, joined, label_units
from serve.tagged import Tagged

#: Python reads other types from the machine it runs on, and browsers run no text/plain as script.
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".vtt": "text/vtt",
}
STATIC = Path(__file__).parent / "static"
FILES = {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in TYPES}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def register(app: Flask, workers: Workers) -> None:
    """Add the routes."""
    routes = Blueprint("page", __name__)
    routes.after_request(_harden)

    @routes.get("/")
    def index() -> Response:
        """The page itself."""
        return _static("index.html")

    @routes.get("/page/<name>")
    def static(name: str) -> Response:
        """A script, a style sheet, a picture or the example."""
        return _static(name)

    @routes.get("/page/options.json")
    def options() -> Response:
        """What a user can choose from."""
        return Response(_json(CHOICES), mimetype="application/json")

    @routes.post("/page/units")
    def units() -> Response:
        """The result for one transcript, and its units with their text."""
        with workers.turn(request.content_length) as worker:
            answer = worker.run(units_of, body(), request.mimetype, _query())
        return Response(answer, mimetype="application/json")

    @routes.post("/page/files/<kind>")
    def file(kind: str) -> Response:
        """One kind of output of a transcript, with the corrections that were sent along."""
        if kind not in KINDS:
            raise NotFound
        with workers.turn(request.content_length) as worker:
            answer = worker.run(file_of, kind, body(), request.mimetype, _query())
        return Response(answer, mimetype="application/octet-stream")

    app.register_blueprint(routes)


def units_of(model: Model, sent: bytes, media_type: str, query: Query) -> bytes:
    """The answer to a request for units; for a worker to run."""
    labelled, tagged = _tagged(model, sent, media_type, query)
    return _json(tagged.result.model_dump(mode="json") | {"units": list(rows(labelled))})


def file_of(model: Model, kind: str, sent: bytes, media_type: str, query: Query) -> bytes:
    """The answer to a request for a file; for a worker to run."""
    _, tagged = _tagged(model, sent, media_type, query)
    return KINDS[kind].write(tagged)


CHOICES = {
    "labels": LABELS,
    "drop": ADS,
    "formats": FORMATS,
    "max_bytes": MAX_BYTES,
    "kinds": [{"name": name, "extension": kind.extension} for name, kind in KINDS.items()],
}


def _query() -> tuple[tuple[str, str], ...]:
    return tuple(request.args.items(multi=True))


def _tagged(model: Model, sent: bytes, media_type: str, query: Query) -> tuple[Labelled, Tagged]:
    """The labels of a transcript as the user left them.

    The page sends an envelope, or bytes that are no UTF-8 and get the reason why not.
    """
    asked = read_request(sent, media_type, query, PageEnvelope)
    source, options = asked.source, asked.options
    transcript = parse(source, options.format)
    labelled, force = label_units(transcript, model), False
    if isinstance(options, PageEnvelope):
        labelled, force = corrected(labelled, options.corrections), options.force
    result = joined(source, labelled, model.info)
    drop = options.drop or ()
    return labelled, Tagged(source, transcript, result, drop, options.min_score, force)


def _static(name: str) -> Response:
    """A file of the page, asked for again each time but sent only when it has changed."""
    if name not in FILES:
        raise NotFound
    answer = Response(FILES[name], mimetype=TYPES[Path(name).suffix])
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    return cast(Response, answer.make_conditional(request))


def _harden(answer: Response) -> Response:
    """Nothing that is not the page's own may run in it, nor may others frame or embed it."""
    answer.headers.update(HEADERS)
    return answer


def _json(content: dict[str, Any]) -> bytes:
    """An answer to the script."""
    return json.dumps(content, ensure_ascii=False).encode()
