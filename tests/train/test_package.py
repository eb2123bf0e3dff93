import json
import shutil
import tomllib
from hashlib import sha256

import pytest

pytest.importorskip("torch")

from serve.bundle import FILES, load_model
from serve.labels import LABELS
from train.config import Config
from train.package import rewrite, write_bundle


@pytest.fixture
def run(tiny_bundle, facts, tmp_path):
    """The folder of a run that is done."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copyfile(tiny_bundle / name, folder / name)
    (folder / "run.json").write_text(json.dumps(facts))
    return folder


def test_a_bundle_is_what_serving_wants(run, tiny, facts, tmp_path):
    out = tmp_path / "models" / "candidate"
    write_bundle(run, out, tiny, version="1.2.3")
    rewrite(out, metrics={"f05": 0.8}, card="# A card\n")
    model = load_model(out)
    assert (model.info.name, model.info.version) == ("tiny", "1.2.3")
    manifest = json.loads((out / "manifest.json").read_text())
    assert {name: manifest[name] for name in facts} == facts
    assert manifest["labels"] == list(LABELS)
    assert manifest["files"] == {
        name: sha256((out / name).read_bytes()).hexdigest() for name in FILES
    }
    assert json.loads((out / "metrics.json").read_text()) == {"f05": 0.8}
    assert (out / "README.md").read_text() == "# A card\n"
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, "manifest.json"])


def test_the_whole_config_goes_with_the_model(run, tiny, tmp_path):
    write_bundle(run, tmp_path / "out", tiny, version="1")
    read = Config.model_validate(tomllib.loads((tmp_path / "out" / "config.toml").read_text()))
    assert read.model_dump(mode="json") == tiny.model_dump(mode="json")


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json", "run.json"])
def test_a_bundle_is_written_whole_or_not_at_all(run, tiny, tmp_path, missing):
    out = tmp_path / "models" / "candidate"
    write_bundle(run, out, tiny, version="1")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (run / missing).unlink()
    for target in (out, tmp_path / "models" / "new"):
        with pytest.raises(FileNotFoundError, match=missing):
            write_bundle(run, target, tiny, version="2")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in out.parent.iterdir()] == ["candidate"]


def test_the_bundle_that_was_there_is_replaced(run, tiny, tmp_path):
    out = tmp_path / "models" / "candidate"
    write_bundle(run, out, tiny, version="1")
    (out / "confusion.png").write_bytes(b"old")
    write_bundle(run, out, tiny, version="2")
    assert load_model(out).info.version == "2"
    assert not (out / "confusion.png").exists()
    assert [path.name for path in out.parent.iterdir()] == ["candidate"]


def test_new_figures_leave_the_bundle_one_that_loads(run, tiny, tmp_path):
    out = tmp_path / "out"
    write_bundle(run, out, tiny, version="1")
    info = load_model(out).info
    rewrite(out, metrics={"f05": 0.9}, card="# Évaluation\n")
    assert load_model(out).info == info
    assert json.loads((out / "metrics.json").read_text()) == {"f05": 0.9}
    assert (out / "README.md").read_text(encoding="utf-8") == "# Évaluation\n"


def test_pictures_of_the_card_are_listed_with_their_hashes(run, tiny, tmp_path):
    out = tmp_path / "out"
    write_bundle(run, out, tiny, version="1")
    (out / "reliability.png").write_bytes(b"a picture")
    rewrite(out, metrics={}, card="# Card\n")
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["files"]["reliability.png"] == sha256(b"a picture").hexdigest()
    (out / "reliability.png").unlink()  # serving needs none
    assert load_model(out).info.version == "1"
