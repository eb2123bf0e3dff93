"""The page at `/`: the files in static/, and the calls that their script makes.

POST /page/units and /page/files/KIND belong to the page and may change with it; programs use
/classify.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from serve.formats import FORMATS, MAX_BYTES
from serve.kinds import KINDS, Tagged
from serve.labels import ADS, LABELS
from serve.page.corrections import PageEnvelope, corrected, rows
from serve.pipeline import Labelled, Model, joined, label_units
from serve.requests import Request, read_request
from serve.result import Result

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
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def page(model: Model, check_token: Callable[[], None], body: Callable[[], bytes]) -> Blueprint:
    """The routes of the page; `body` reads a request's bytes, `check_token` refuses strangers."""
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
        return _json(CHOICES)

    @routes.post("/page/units")
    def units() -> Response:
        """The result for one transcript, and its units with their text."""
        check_token()
        asked = _read(body())
        labelled, result = _tagged(asked, model)
        answer = result.model_dump(mode="json") | {"units": list(rows(labelled))}
        return _json(answer)

    @routes.post("/page/files/<kind>")
    def file(kind: str) -> Response:
        """One kind of output of a transcript, with the corrections that were sent along."""
        check_token()
        if kind not in KINDS:
            raise NotFound
        asked = _read(body())
        _, result = _tagged(asked, model)
        options = asked.options
        force = isinstance(options, PageEnvelope) and options.force
        tagged = Tagged(asked.source, result, options.drop or (), options.min_score, force)
        return Response(KINDS[kind].write(tagged), mimetype="application/octet-stream")

    return routes


CHOICES = {
    "labels": LABELS,
    "drop": ADS,
    "formats": FORMATS,
    "max_bytes": MAX_BYTES,
    "kinds": [{"name": name, "extension": kind.extension} for name, kind in KINDS.items()],
}


def _read(body: bytes) -> Request:
    """What the page sent: an envelope, or bytes that are no UTF-8 and get the reason why not."""
    return read_request(body, request.mimetype, request.args.items(multi=True), PageEnvelope)


def _tagged(asked: Request, model: Model) -> tuple[Labelled, Result]:
    """The labels of a transcript as the user left them."""
    options = asked.options
    labelled = label_units(asked.source, model, options.format)
    if isinstance(options, PageEnvelope):
        labelled = corrected(labelled, options.corrections)
    return labelled, joined(asked.source, labelled, model.info)


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


def _json(content: dict[str, Any]) -> Response:
    """An answer to the script."""
    return Response(json.dumps(content, ensure_ascii=False).encode(), mimetype="application/json")
