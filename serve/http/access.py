"""Who may ask for what: the token, and the headers that keep answers harmless in a browser."""

import hmac

from flask import Flask, Response, request
from pydantic import SecretStr
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

#: What anybody may see, token or not: pages without data, and what a supervisor asks.
PUBLIC = frozenset({"/", "/docs", "/health", "/openapi.json", "/ready"})
PUBLIC_FOLDERS = ("/page/",)  # only what is read there; what is sent there needs the token


def register(app: Flask, token: SecretStr | None) -> None:
    """Have every address outside PUBLIC demand the token, when there is one."""
    app.after_request(_harmless)
    if token is not None:
        secret = token.get_secret_value().encode()
        app.before_request(lambda: _check(secret))


def _check(secret: bytes) -> None:
    """Refuse a request without the token. Addresses that do not exist need it, too."""
    if _is_public():
        return
    # Not request.authorization, which takes a token with "=" in it for named parts.
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip() if scheme.lower() == "bearer" else ""
    if not hmac.compare_digest(given.encode(), secret):
        what = "is not the right one" if given else "is missing"
        raise Unauthorized(
            f"the token {what}; send the header 'Authorization: Bearer' with the value of the"
            " server's SEGUE_TOKEN",
            www_authenticate=WWWAuthenticate("bearer", {"realm": "segue"}),
        )


def _is_public() -> bool:
    """Whether anybody may see what is asked for."""
    reads = request.method in ("GET", "HEAD")
    return request.path in PUBLIC or (reads and request.path.startswith(PUBLIC_FOLDERS))


def _harmless(answer: Response) -> Response:
    """No guessing of types; no keeping of transcripts in caches along the way."""
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Content-Security-Policy", "default-src 'none'; sandbox")
    answer.headers.setdefault("Referrer-Policy", "no-referrer")
    if not _is_public():
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer
