from http import HTTPStatus

import pytest
from flask import Flask
from werkzeug import exceptions

from serve import errors
from serve.errors import SegueError
from serve.http.problems import STATUS, register, status_of

EXPECTED = {
    "segue_error": 500,
    "bad_transcript": 422,
    "too_large": 413,
    "not_utf8": 422,
    "unknown_format": 422,
    "malformed": 422,
    "no_text": 422,
    "too_costly": 422,
    "bad_request": 400,
    "busy": 503,
    "worker_failed": 500,
    "bad_settings": 500,
    "mismatch": 409,
    "bad_times": 422,
    "bad_labels": 422,
    "bad_output": 500,
    "bad_bundle": 500,
}


def tree(kind=SegueError):
    return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]


def answer_to(error):
    """What an application answers when a view raises `error`."""
    app = Flask("stand-in")
    register(app)

    @app.get("/")
    def view():
        raise error

    return app.test_client().get("/")


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_of_its_own_and_a_status(kind):
    assert "code" in vars(kind)
    assert status_of(kind("why")) == EXPECTED[kind.code]


def test_no_two_errors_share_a_code():
    assert sorted(kind.code for kind in tree()) == sorted(EXPECTED)


def test_the_tree_in_the_docstring_is_the_tree_in_the_code():
    for kind in tree():
        assert f" {kind.__name__} " in f" {errors.__doc__} ".replace("\n", " ")


def test_the_table_names_only_errors_of_ours():
    assert set(STATUS) <= set(tree())


@pytest.mark.parametrize("kind", tree(), ids=lambda kind: kind.__name__)
def test_every_error_becomes_a_problem_and_only_the_senders_faults_are_told(kind):
    answer = answer_to(kind("cue 7: the secret detail"))
    body = answer.get_json()
    assert answer.mimetype == "application/problem+json"
    assert answer.status_code == body["status"] == EXPECTED[kind.code]
    assert body["title"] == HTTPStatus(body["status"]).phrase
    is_ours = body["status"] == 500
    assert ("secret" in body["detail"]) != is_ours
    assert body["code"] == ("internal_error" if is_ours else kind.code)


HTTP_ERRORS = [
    kind
    for kind in exceptions.default_exceptions.values()
    if kind is not exceptions.RequestEntityTooLarge
]


@pytest.mark.parametrize("kind", HTTP_ERRORS, ids=lambda kind: kind.__name__)
def test_what_http_refuses_becomes_a_problem_with_the_name_of_its_status(kind):
    answer = answer_to(kind())
    body = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (kind.code, "application/problem+json")
    assert body["code"] == HTTPStatus(kind.code).name.lower()
    assert body["detail"]


def test_too_many_bytes_have_one_code_whoever_counts_them():
    assert answer_to(exceptions.RequestEntityTooLarge()).get_json()["code"] == "too_large"


def test_headers_of_an_http_error_stay():
    answer = answer_to(exceptions.MethodNotAllowed(valid_methods=["POST"]))
    assert answer.headers["Allow"] == "POST"
    assert answer.headers.getlist("Content-Type") == ["application/problem+json"]


@pytest.mark.parametrize("error", [ValueError("secret"), KeyError("secret"), OSError(5, "secret")])
def test_an_error_that_nobody_foresaw_says_nothing_about_the_inside(error, caplog):
    body = answer_to(error).get_json()
    assert (body["status"], body["code"]) == (500, "internal_error")
    assert "secret" not in body["detail"]
    assert type(error).__name__ in caplog.text
    assert "in view" in caplog.text  # where it was raised
