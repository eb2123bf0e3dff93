"""What the page gets from the server; the page itself is tested in a browser next door."""

import json

import pytest

from serve import kinds, strip, tag
from serve.app import create_app
from serve.formats import MAX_BYTES
from serve.http.page import STATIC
from serve.http.settings import Settings
from serve.labels import ADS, LABELS
from serve.options import Options
from serve.result import Result
from serve.tagged import tagged_source

VTT = "WEBVTT\n\n" + "\n".join(
    f"00:{i:02}.000 --> 00:{i + 1:02}.000\n<v {who}>{text}\n"
    for i, (who, text) in enumerate(
        [
            (
                "Ann",
                "Welcome back to the show, this one is about kettles and their people.",
            ),
            ("Ann", "It is brought to you by our sponsor Leafbox, who put tea in a box."),
            ("Bob", "So when did you first think that you could mend a kettle of your own?"),
            (
                "Ann",
                "It was the winter in which the river froze, and nothing else was to do.",
            ),
        ]
    )
)
FIXED = {"first": 3, "last": 3, "label": "sponsor_read"}


def ask(client, path, **fields):
    return client.post(f"/page/{path}", json={"transcript": VTT, **fields})


def corrected(model):
    """The result with what FIXED says, put together by hand."""
    first, read, last = tag(VTT.encode(), model).segments
    wide = read.model_copy(update={"last": 3, "end_s": 3.0, "end_byte": VTT.index("own?") + 4})
    late = last.model_copy(
        update={"first": 4, "start_s": 3.0, "start_byte": VTT.index("It was the")}
    )
    return tag(VTT.encode(), model).model_copy(update={"segments": (first, wide, late)})


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.iterdir()))
def test_every_file_comes_with_its_type_and_strict_headers(client, name):
    answer = client.get("/" if name == "index.html" else f"/page/{name}")
    types = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
    kind = name.rpartition(".")[2]
    assert answer.status_code == 200
    assert answer.mimetype == types.get(kind, answer.mimetype)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_file_that_has_not_changed_is_not_sent_again(client):
    tag_of_file = client.get("/page/main.js").headers["ETag"]
    again = client.get("/page/main.js", headers={"If-None-Match": tag_of_file})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["__init__.py", "nothing.js", "..%2f__init__.py", "%2e%2e"])
def test_nothing_else_is_served(client, name):
    answer = client.get(f"/page/{name}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_no_script_writes_markup_and_no_file_names_another_origin():
    for path in STATIC.iterdir():
        content = path.read_text(encoding="utf-8")
        assert not [w for w in ("innerHTML", "insertAdjacentHTML", "outerHTML") if w in content]
        assert "://" not in content.replace("http://www.w3.org/2000/svg", "")


def test_the_choices_are_those_of_the_service(client):
    choices = client.get("/page/options.json").get_json()
    assert choices["labels"] == list(LABELS)
    assert choices["drop"] == list(ADS)
    assert choices["max_bytes"] == MAX_BYTES
    assert {k["name"]: k["extension"] for k in choices["kinds"]} == {
        name: kind.extension for name, kind in kinds.KINDS.items()
    }


def test_units_come_with_the_result(client, model):
    answer = ask(client, "units").get_json()
    units = answer.pop("units")
    assert Result.model_validate_json(json.dumps(answer)) == tag(VTT.encode(), model)
    assert [unit["speaker"] for unit in units] == ["Ann", "Ann", "Bob", "Ann"]
    assert [unit["label"] for unit in units] == ["other", "sponsor_read", "other", "other"]
    assert units[1]["text"].startswith("It is brought to you")
    assert (units[1]["first"], units[1]["last"], units[1]["start_s"]) == (2, 2, 1.0)
    assert units[1]["score"] == pytest.approx(0.9)


def test_a_correction_moves_the_edges_and_counts_as_certain(client, model):
    answer = ask(client, "units", corrections=[FIXED]).get_json()
    assert [s["label"] for s in answer["segments"]] == ["other", "sponsor_read", "other"]
    assert [(s["first"], s["last"]) for s in answer["segments"]] == [(1, 1), (2, 3), (4, 4)]
    assert answer["units"][2]["score"] == 1
    assert 0.9 < answer["segments"][1]["score"] < 1


def test_files_hold_the_corrections(client, model):
    expected = corrected(model)
    answer = ask(client, "files/transcript", corrections=[FIXED], drop=["sponsor_read"])
    assert answer.data == strip(VTT.encode(), expected, ["sponsor_read"])
    answer = ask(client, "files/labels", corrections=[FIXED])
    assert answer.data == b"1\t1\tother\n2\t3\tsponsor_read\n4\t4\tother\n"


@pytest.mark.parametrize("min_score", [0, 0.9, 0.91])
def test_files_without_corrections_are_those_of_the_command(client, model, min_score):
    tagged = tagged_source(VTT.encode(), model, Options(drop=ADS, min_score=min_score))
    for name, kind in kinds.KINDS.items():
        answer = ask(client, f"files/{name}", drop=list(ADS), min_score=min_score)
        assert answer.data == kind.write(tagged)


def test_force_cuts_from_what_is_not_english(client):
    spanish = "Hoy hablamos con Lucía sobre cómo empezó.\nGracias a nuestro sponsor por todo.\n" * 3
    sent = {"transcript": spanish, "drop": ["sponsor_read"]}
    assert client.post("/page/files/transcript", json=sent).get_data(as_text=True) == spanish
    forced = client.post("/page/files/transcript", json={**sent, "force": True})
    assert "sponsor" not in forced.get_data(as_text=True)


@pytest.mark.parametrize(
    ("correction", "message"),
    [
        ({"first": 4, "last": 5, "label": "other"}, "units 4 to 5 are not among the 4"),
        ({"first": 3, "last": 2, "label": "other"}, "units 3 to 2 are not among the 4"),
        (
            {"first": 1, "last": 1, "label": "ad"},
            "corrections.0.label: it should be",
        ),
    ],
)
def test_a_correction_that_fits_nothing_is_refused(client, correction, message):
    answer = ask(client, "units", corrections=[correction])
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert message in answer.get_json()["detail"]


def test_a_kind_that_does_not_exist_is_not_found(client):
    assert ask(client, "files/video").status_code == 404


def test_bytes_that_are_no_utf8_get_the_reason(client):
    answer = client.post("/page/units", data=b"caf\xe9 and tea", content_type="text/plain")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "not_utf8")


def test_the_page_is_open_and_its_calls_want_the_token(model):
    client = create_app(Settings(token="open-sesame"), model).test_client()
    assert client.get("/").status_code == 200
    assert client.get("/page/options.json").status_code == 200
    for path in ("units", "files/labels"):
        assert ask(client, path).status_code == 401
        bearer = {"Authorization": "Bearer open-sesame"}
        sent = client.post(f"/page/{path}", json={"transcript": VTT}, headers=bearer)
        assert sent.status_code == 200


def test_the_public_endpoint_takes_no_corrections(client):
    answer = client.post("/classify", json={"transcript": VTT, "corrections": [FIXED]})
    assert answer.status_code == 400
