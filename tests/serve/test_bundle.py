import json
import shutil
from hashlib import sha256

import numpy as np
import pytest
from pydantic import ValidationError

from serve import bundle
from serve.bundle import FILES, Smoothing, default_folder, load_model, read_smoothing
from serve.errors import BundleError
from serve.labels import LABELS
from serve.text import fingerprint

SMOOTHING = {"temperature": 1.2, "enter_ad": 3.0, "leave_ad": 2.0, "between_ads": 1.0, "content": 5}


@pytest.fixture
def folder(tiny_bundle, tmp_path):
    """A bundle to spoil."""
    return shutil.copytree(tiny_bundle, tmp_path / "tiny")


def change(folder, **facts):
    """Write other facts into the manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))


def put(folder, name, content):
    """Replace a file as one would who knows about the hashes."""
    (folder / name).write_bytes(content)
    hashes = {name: sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    change(folder, files=hashes)


def refused(folder, message):
    return pytest.raises(BundleError, match=message.replace("FOLDER", str(folder)))


def test_a_bundle_says_who_it_is(tiny_bundle):
    model = load_model(tiny_bundle)
    assert (model.info.name, model.info.version) == ("tiny", "0.0.1")
    assert model.info.sha256 == sha256((tiny_bundle / "model.onnx").read_bytes()).hexdigest()
    smoothing = read_smoothing(tiny_bundle)
    assert model.temperature == smoothing.temperature
    assert (model.costs.switch == smoothing.costs().switch).all()


def test_a_bundle_is_found_by_the_name_of_its_folder_too(tiny_bundle):
    assert load_model(str(tiny_bundle)).info == load_model(tiny_bundle).info


def test_a_folder_without_a_manifest_is_no_model(tmp_path):
    message = (
        "FOLDER holds no model: manifest.json is missing; name a folder that `make train`"
        " wrote, or leave it out to use the model that comes with Segue"
    )
    with refused(tmp_path, message):
        load_model(tmp_path)
    with refused(tmp_path / "nowhere", message):
        load_model(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 2}', b"\xff\xfe"])
def test_a_manifest_that_cannot_be_read_is_named(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content)
    with refused(tmp_path, "FOLDER/manifest.json cannot be read as a manifest: "):
        load_model(tmp_path)


def test_a_file_is_no_bundle(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(BundleError, match=r"model\.onnx/manifest\.json cannot be read as a"):
        load_model(tmp_path / "model.onnx")


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_with_both_hashes(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with refused(
        folder,
        rf"FOLDER/{name} is damaged: its sha256 is [0-9a-f]{{12}}…, the manifest says"
        r" [0-9a-f]{12}…; copy the bundle again or export it again",
    ):
        load_model(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with refused(folder, rf"FOLDER/{name} cannot be read: No such file or directory"):
        load_model(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_manifest_lists_every_file(folder, name):
    files = json.loads((folder / "manifest.json").read_text())["files"]
    del files[name]
    change(folder, files=files)
    with refused(folder, rf"FOLDER/manifest\.json does not list {name}; export it again"):
        load_model(folder)


@pytest.mark.parametrize("labels", [["ad", "show"], [*LABELS[1:], LABELS[0]], LABELS[:5]])
def test_foreign_labels_are_refused(folder, labels):
    change(folder, labels=labels)
    with refused(
        folder,
        rf"FOLDER has the labels {', '.join(labels)}; this version of Segue needs"
        rf" {', '.join(LABELS)}, in this order",
    ):
        load_model(folder)


def test_a_model_of_another_text_path_is_refused(folder):
    ours = fingerprint((folder / "tokenizer.json").read_text())
    change(folder, text_fingerprint="0123456789abcdef")
    with refused(
        folder,
        rf"FOLDER was made with another text path: its fingerprint is 0123456789ab…, this code has"
        rf" {ours[:12]}…; use the version of Segue it was made with, or train again",
    ):
        load_model(folder)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x0a" * 40])
def test_a_network_that_does_not_load_is_the_bundles_fault(folder, content):
    put(folder, "model.onnx", content)
    with refused(folder, "FOLDER: the model does not load: "):
        load_model(folder)


def test_a_tokenizer_that_does_not_load_is_the_bundles_fault(folder):
    put(folder, "tokenizer.json", b'{"version": "1.0"}')
    change(folder, text_fingerprint=fingerprint('{"version": "1.0"}'))
    with refused(folder, "FOLDER: the model does not load: "):
        load_model(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[smoothing\n",
        b"\xff\xfe",
        b"[smoothing]\ntemperature = 1.0\n",
        b"[smoothing]\ntemperature = 0\nenter_ad = 1\nleave_ad = 1\nbetween_ads = 1\ncontent = 1\n",
        b"[smoothing]\ntemperature = 1\nenter_ad = 1\nleave_ad = 1\nbetween_ads = 1\ncontent = 1\n"
        b"bias = {advert = 1}\n",
    ],
)
def test_a_config_that_cannot_be_read_is_named(folder, content):
    put(folder, "config.toml", content)
    with refused(folder, r"FOLDER/config\.toml: the \[smoothing\] table cannot be read: "):
        load_model(folder)


def test_all_that_smoothing_says_reaches_the_costs():
    costs = Smoothing(**SMOOTHING, ad_split=0.3, edge=0.4, gap=0.2).costs()
    assert (costs.ad_split, costs.edge, costs.gap) == (0.3, 0.4, 0.2)
    plain = Smoothing(**SMOOTHING).costs()
    assert (plain.ad_split, plain.edge, plain.gap) == (1.0, 0.0, 1.0)


def test_what_a_change_of_label_costs_depends_on_what_is_advertising():
    costs = Smoothing(**SMOOTHING, bias={"self_promo": -0.5, "other": 0.25}).costs()
    assert costs.switch.tolist() == [
        [0, 1, 2, 2, 2, 2],
        [1, 0, 2, 2, 2, 2],
        [3, 3, 0, 5, 5, 5],
        [3, 3, 5, 0, 5, 5],
        [3, 3, 5, 5, 0, 5],
        [3, 3, 5, 5, 5, 0],
    ]
    assert costs.bias.tolist() == [0, -0.5, 0, 0, 0, 0.25]


@pytest.mark.parametrize("name", ["enter_ad", "leave_ad", "between_ads", "content", "temperature"])
def test_no_cost_is_below_nothing_and_none_is_left_out(name):
    with pytest.raises(ValidationError, match=name):
        Smoothing(**{**SMOOTHING, name: -1})
    with pytest.raises(ValidationError, match=name):
        Smoothing(**{key: value for key, value in SMOOTHING.items() if key != name})


def test_the_temperature_makes_the_scores_flatter(folder, tiny_bundle):
    text = (folder / "config.toml").read_text()
    temperature = f"temperature = {read_smoothing(folder).temperature!r}"
    assert temperature in text
    put(folder, "config.toml", text.replace(temperature, "temperature = 4.0").encode())
    units = [type("Said", (), {"text": "welcome to the kettle hour"})()]
    sharp, flat = load_model(tiny_bundle).log_probs(units), load_model(folder).log_probs(units)
    assert np.ptp(flat) < np.ptp(sharp)
    assert flat.argmax() == sharp.argmax()


def test_the_default_model_lies_in_the_checkout_or_in_the_wheel(tmp_path, monkeypatch):
    assert default_folder().parts[-2:] == ("models", "default")
    monkeypatch.setattr(bundle, "files", lambda package: tmp_path)
    assert default_folder().parts[-2:] == ("models", "default")
    (tmp_path / "default_model").mkdir()
    assert default_folder() == tmp_path / "default_model"


def test_without_a_name_the_default_model_is_loaded(tiny_bundle, monkeypatch):
    monkeypatch.setattr(bundle, "default_folder", lambda: tiny_bundle)
    assert load_model().info.name == "tiny"
