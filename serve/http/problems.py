"""Every refusal as RFC 9457 problem+json: what was wrong, where, what to do, and a fixed code.

`code` is the name to program against. It is the code of the error class (serve/errors.py), or for
what HTTP itself refuses the name of the status (`not_found`, `method_not_allowed`, ...).
"""

import json
import logging
import traceback
from http import HTTPStatus
from typing import Literal

from flask import Flask, Response, request
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from serve import errors
from serve.errors import SegueError, TooLargeError, WorkerError
from serve.formats import MAX_BYTES

log = logging.getLogger("segue")

#: Whose fault an error is; a class that is missing here has the status of its nearest ancestor.
STATUS: dict[type[SegueError], HTTPStatus] = {
    SegueError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.TranscriptError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.RequestError: HTTPStatus.BAD_REQUEST,
    errors.BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.MismatchError: HTTPStatus.CONFLICT,
    errors.TimesError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LabelsError: HTTPStatus.UNPROCESSABLE_ENTITY,
}

MEDIA_TYPE = "application/problem+json"
MAX_DETAIL = 1000  # characters
RETRY_AFTER_S = "2"
INTERNAL = (
    "something failed inside Segue while it worked on this request; send it again, and if it fails"
    " again report it with what the server's log says"
)


class Problem(BaseModel):
    """What every error answers."""

    type: Literal["about:blank"] = "about:blank"  # the title is the status's; go by the code
    title: str
    status: int
    detail: str
    code: str


def status_of(error: SegueError) -> HTTPStatus:
    """The status of the nearest ancestor in STATUS."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def code_of(status: HTTPStatus) -> str:
    """The code of what HTTP itself refuses, whether an application or a server says so."""
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLargeError.code
    return status.name.lower()


def register(app: Flask) -> None:
    """Answer every error of `app` with a problem."""
    app.register_error_handler(SegueError, _refused)
    app.register_error_handler(HTTPException, _refused_by_http)
    app.register_error_handler(Exception, _failed)


def _refused(error: SegueError) -> Response:
    """One of our errors; the details of our own faults stay in the log."""
    status = status_of(error)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _failed(error)
    answer = Response()
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = RETRY_AFTER_S
    return _problem(answer, status, error.code, str(error))


def _refused_by_http(error: HTTPException) -> Response:
    """No such address, wrong method, wrong type, too many bytes: headers like Allow stay."""
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _refused(TooLargeError(f"the body has more than {MAX_BYTES >> 20} MiB, our limit"))
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    answer = Response()
    answer.headers.extend(
        (name, value)
        for name, value in error.get_headers()
        if name.lower() not in ("content-type", "content-length")
    )
    return _problem(answer, status, code_of(status), _detail(error, status))


def _failed(error: Exception) -> Response:
    """A fault of ours. The log gets where and which class; a message could quote a transcript."""
    if isinstance(error, WorkerError):
        where = str(error)  # what the worker process said, which keeps to the same rule
    else:
        where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s in %s %s\n%s", type(error).__name__, request.method, request.url_rule, where)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _problem(Response(), status, "internal_error", INTERNAL)


def _detail(error: HTTPException, status: HTTPStatus) -> str:
    """What to tell the sender about an error that is not one of ours."""
    if status == HTTPStatus.NOT_FOUND:
        return f"there is nothing at {request.path!r}; POST a transcript to '/classify'"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = dict(error.get_headers()).get("Allow", "another method")
        return f"{request.path!r} does not take {request.method}; use {allowed}"
    return error.description or status.description


def _problem(answer: Response, status: HTTPStatus, code: str, detail: str) -> Response:
    """`answer` filled with a problem."""
    answer.status_code = int(status)
    answer.data = problem(status, code, detail)
    answer.mimetype = MEDIA_TYPE
    return answer


def problem(status: HTTPStatus, code: str, detail: str) -> bytes:
    """The JSON of RFC 9457; a detail that quotes what was sent is cut to a readable length."""
    cut = detail if len(detail) <= MAX_DETAIL else f"{detail[:MAX_DETAIL]}…"
    found = Problem(title=status.phrase, status=int(status), detail=cut, code=code)
    return json.dumps(found.model_dump()).encode()
