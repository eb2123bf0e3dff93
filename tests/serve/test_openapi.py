import pytest

from serve.formats import FORMATS
from serve.http.problems import Problem
from serve.kinds import KINDS
from serve.result import Result

TEXT = "00:01 Welcome back to the show today.\n00:05 This is brought to you by Leafbox.\n"


@pytest.fixture
def described(client):
    return client.get("/openapi.json").get_json()


def test_every_route_is_described_and_nothing_else(app, described):
    rules = {
        (rule.rule, method.lower())
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith("page.")  # its calls are no interface for programs
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    found = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert rules - found == {("/openapi.json", "get"), ("/docs", "get")}
    assert found <= rules


def test_every_reference_leads_somewhere(described):
    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            node = list(node.values())
        if isinstance(node, list):
            for one in node:
                yield from references(one)

    names = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(references(described)) <= names


def test_options_list_every_format_and_kind(described):
    operation = described["paths"]["/classify"]["post"]
    enums = {p["name"]: p["schema"].get("enum") for p in operation["parameters"]}
    assert set(enums["format"]) == {"auto", *FORMATS}
    assert enums["to"] == [*KINDS]


def test_the_schemas_have_the_fields_of_the_models(client, described):
    schemas = described["components"]["schemas"]
    answer = client.post("/classify?drop=none", data=TEXT, content_type="text/plain").get_json()
    assert set(schemas["Classified"]["properties"]) == set(answer)
    assert set(answer) - {"stripped"} == set(Result.model_json_schema()["properties"])
    assert set(schemas["Problem"]["properties"]) == set(Problem.model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_has_a_type_that_is_described(client, described, kind):
    answer = client.post(f"/classify?to={kind}", data=TEXT, content_type="text/plain")
    content = described["paths"]["/classify"]["post"]["responses"]["200"]["content"]
    assert answer.status_code == 200
    assert answer.mimetype in content


def test_the_page_shows_all_of_it_and_loads_nothing_from_elsewhere(client, described):
    page = client.get("/docs")
    assert page.mimetype == "text/html"
    for path in described["paths"]:
        assert path in page.text
    for name in described["components"]["schemas"]:
        assert f'id="{name}"' in page.text
    assert "://" not in page.text.replace("https://json-schema.org", "")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
