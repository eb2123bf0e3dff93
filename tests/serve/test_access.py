import pytest

from serve.app import create_app
from serve.http.access import PUBLIC
from serve.http.settings import Settings

TOKEN = {"Authorization": "Bearer open-sesame"}


@pytest.fixture
def guarded(model):
    app = create_app(Settings(token="open-sesame"), model)
    app.add_url_rule("/v2/anything", view_func=lambda: "new", methods=["GET", "POST"])
    return app


def test_every_route_that_is_not_public_needs_the_token(guarded):
    client = guarded.test_client()
    rules = [rule for rule in guarded.url_map.iter_rules() if not rule.arguments]
    assert {"/classify", "/metrics", "/page/units", "/v2/anything"} <= {rule.rule for rule in rules}
    for rule in rules:
        for method in rule.methods - {"OPTIONS"}:
            refused = client.open(rule.rule, method=method).status_code == 401
            is_public = rule.rule in {*PUBLIC, "/page/options.json"}
            assert refused == (not is_public), (method, rule.rule)
            assert client.open(rule.rule, method=method, headers=TOKEN).status_code != 401


@pytest.mark.parametrize("token", ["ab=cd", "abcd==", "a,b=c;d", '"quoted"'])
def test_a_token_may_have_any_punctuation(model, token):
    client = create_app(Settings(token=token), model).test_client()
    for scheme, status in (("Bearer", 200), ("bearer", 200), ("Basic", 401)):
        headers = {"Authorization": f"{scheme} {token}"}
        assert client.get("/metrics", headers=headers).status_code == status


def test_an_address_that_does_not_exist_tells_nothing_without_the_token(guarded):
    assert guarded.test_client().get("/nothing").status_code == 401
    assert guarded.test_client().get("/nothing", headers=TOKEN).status_code == 404


@pytest.mark.parametrize(
    "path", ["/classify/", "/CLASSIFY", "//classify", "/docs/../classify", "/page/../classify"]
)
def test_no_spelling_of_an_address_goes_round_the_token(guarded, path):
    answer = guarded.test_client().post(path, data="Hi.", content_type="text/plain")
    assert answer.status_code in (401, 404)


def test_answers_are_harmless_in_a_browser(client):
    answer = client.post("/classify", data="<b>Hi</b>", content_type="text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
