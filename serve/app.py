"""The HTTP endpoint: POST /classify, GET /health, GET /ready, and the page at /.

Any WSGI server runs `serve.app:create_app()`; `segue serve` is serve/server.py.
"""

import hmac
import json
import logging
import os
from typing import Any

from flask import Flask, Response, request
from pydantic import SecretStr
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import RequestEntityTooLarge, Unauthorized, UnsupportedMediaType

from serve.bundle import load_model
from serve.formats import MAX_BYTES
from serve.page import page
from serve.pipeline import Model, strip, tag
from serve.problems import register
from serve.requests import Request, read_request
from serve.settings import Settings, read_settings

log = logging.getLogger("segue")


def create_app(settings: Settings | None = None, model: Model | None = None) -> Flask:
    """The application with its model loaded; settings from the environment unless given.

    Raises SettingsError or BundleError: the application starts with its model or not at all.
    """
    settings = read_settings(os.environ) if settings is None else settings
    loaded = load_model(settings.model) if model is None else model
    app = Flask(__name__, static_folder=None)
    # One byte more than we take: a chunked body is cut off at this length without an error.
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES + 1
    register(app)
    app.after_request(_log)
    app.register_blueprint(page(loaded, lambda: _check_token(settings.token), _body))

    @app.post("/classify")
    def classify() -> Response:
        """The result for one transcript, and the stripped transcript when `drop` is given."""
        _check_token(settings.token)
        query = tuple(request.args.items(multi=True))
        return _json(_classified(read_request(_body(), request.mimetype, query), loaded))

    @app.get("/health")
    def health() -> Response:
        """The process is alive."""
        return _json({"status": "ok"})

    @app.get("/ready")
    def ready() -> Response:
        """The model is loaded; which one."""
        return _json({"status": "ready", "model": loaded.info.model_dump()})

    return app


def _classified(asked: Request, model: Model) -> dict[str, Any]:
    """The answer to a request, ready for JSON."""
    options = asked.options
    result = tag(asked.source, model, options.format)
    answer: dict[str, Any] = result.model_dump(mode="json")
    if options.drop is not None:
        kept = strip(asked.source, result, options.drop, min_score=options.min_score)
        answer["stripped"] = kept.decode()
    return answer


def _check_token(token: SecretStr | None) -> None:
    """Refuse a request without the token, when one is set."""
    if token is None:
        return
    sent = request.authorization
    given = sent.token if sent is not None and sent.type == "bearer" else None
    if given is None or not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        what = "is not the right one" if given else "is missing"
        raise Unauthorized(
            f"the token {what}; send the header 'Authorization: Bearer' with the value of the"
            " server's SEGUE_TOKEN",
            www_authenticate=WWWAuthenticate("bearer", {"realm": "segue"}),
        )


def _body() -> bytes:
    """The bytes that were sent; a compressed body would look like a damaged transcript."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise UnsupportedMediaType(f"content-encoding {encoding!r} is not read; send it plain")
    body = request.get_data(cache=False)
    if len(body) > MAX_BYTES:
        raise RequestEntityTooLarge
    return body


def _json(answer: dict[str, Any]) -> Response:
    """An answer as JSON, in the order in which it was built."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    return Response(text.encode(), mimetype="application/json")


def _log(answer: Response) -> Response:
    """One line a request; never a word of a transcript, nor a path somebody made up."""
    where = request.url_rule or "(no view)"
    size = request.content_length or 0
    log.info("%s %s: %d, %d bytes in", request.method, where, answer.status_code, size)
    return answer
