"""One JSON object a line, each with the id of its request, and never a word of a transcript."""

import json
import logging
import re
import time
from datetime import UTC, datetime
from uuid import uuid4

from flask import Flask, Response, g, has_request_context, request

log = logging.getLogger("segue")

HEADER = "X-Request-ID"
SAFE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")  # nothing that could forge a line of a log


def register(app: Flask) -> None:
    """Give every request an id, which its answer and its lines in the log carry."""
    app.before_request(_begin)
    app.after_request(_end)


def configure() -> None:
    """Log to stderr as JSON; for the process's start."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.raiseExceptions = False  # a full disk under the log must not stop the service


class JsonFormatter(logging.Formatter):
    """A record as JSON: time, level, message, request_id, and the `fields` of `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; of an exception its class and place, since its message may quote a source."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request_id"] = request_id()
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line | getattr(record, "fields", {}))


def request_id() -> str:
    """The caller's id for this request, or one of ours."""
    if "request_id" not in g:
        sent = request.headers.get(HEADER, "")
        g.request_id = sent if SAFE_ID.fullmatch(sent) else uuid4().hex
    return str(g.request_id)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(answer: Response) -> Response:
    """One line a request; of its address only the rule, nothing that somebody made up."""
    answer.headers[HEADER] = request_id()
    where = request.url_rule or "(no view)"
    fields = {
        "method": request.method if len(request.method) <= 10 else "(long)",
        "route": str(where),
        "status": answer.status_code,
        "milliseconds": round(1000 * (time.perf_counter() - g.began), 1),
        "bytes_in": request.content_length or 0,
        "bytes_out": answer.content_length or 0,
    }
    log.info("%s %s: %d", fields["method"], where, answer.status_code, extra={"fields": fields})
    return answer
