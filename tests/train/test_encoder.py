# ruff: noqa: E402 - first of all, whether torch is there
import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from safetensors.numpy import load_file

import train.__main__ as command
from serve.bundle import load_model
from serve.text import encode
from train import run as run_module
from train.batches import Crops
from train.config import read_config, to_toml
from train.encoder import EncoderError, read_encoder, shows_seen, with_weights, write_encoder
from train.export import OneEpisode
from train.fit import new_network
from train.learner import weights_of
from train.options import MODELS
from train.run import run_id, train_network
from train.sources import Sources
from train.written import Bank

STILL = {"n_epochs": 1, "learning_rate": 1e-20}


def episodes(make, show, n=5):
    """Short episodes of a show, some of which are left for validation."""
    stretches = [("intro", 3), ("sponsor_read", 3), ("other", 4), ("library_discussion", 6)]
    return tuple(
        make.talk(*stretches[i % 3 :], ("self_promo", 2), show=show, name=f"{i}") for i in range(n)
    )


@pytest.fixture(scope="module")
def config(make, tiny):
    return make.changed(
        tiny, corpus={"validation_share": 0.4}, fit={"n_epochs": 1, "steps_an_epoch": 2}
    )


@pytest.fixture(scope="module")
def run(make, config, tmp_path_factory):
    """A finished run on one show, from nothing."""
    sources = Sources(episodes(make, "kettle"), Bank())
    return train_network(config, sources, tmp_path_factory.mktemp("runs") / "first")


@pytest.fixture(scope="module")
def encoder(run, tmp_path_factory):
    """The folder that other runs start from."""
    folder = tmp_path_factory.mktemp("models") / "encoder"
    write_encoder(run, folder)
    return folder


@pytest.fixture(scope="module")
def started(make, config, encoder):
    """A config whose runs start from the encoder."""
    start = {"folder": str(encoder), "n_epochs": 2, "learning_rate": 1e-2}
    return make.changed(config, start=start)


@pytest.fixture(scope="module")
def own(make):
    """Another show's episodes."""
    return Sources(episodes(make, "teapot"), Bank())


def trained(run):
    return weights_of(run)


def test_an_encoder_holds_the_runs_weights_to_half_precision(run, encoder):
    names = ("README.md", "encoder.json", "tokenizer.json", "weights.safetensors")
    assert sorted(path.name for path in encoder.iterdir()) == list(names)
    found = load_file(encoder / "weights.safetensors")
    kept = {name: w for name, w in trained(run).items() if not name.startswith("alone.")}
    expected = {name: weights.half().numpy() for name, weights in kept.items()}
    assert found.keys() == expected.keys()
    assert all((found[name] == weights).all() for name, weights in expected.items())
    assert (encoder / "tokenizer.json").read_bytes() == (run / "tokenizer.json").read_bytes()


def test_an_encoder_says_what_it_was_made_of(run, encoder):
    facts, made = (
        json.loads(path.read_text()) for path in (encoder / "encoder.json", run / "run.json")
    )
    assert facts["sizes"] == {"n_dims": 12, "n_hidden": 12, "n_context": 8}
    assert facts["made"] == {name: made[name] for name in facts["made"]}
    assert made["start"] is None
    readme = (encoder / "README.md").read_text()
    assert "START=models/encoder" in readme
    assert "| kettle | " in readme


def test_a_network_of_the_encoder_scores_like_the_one_it_was_made_of(run, encoder, config, make):
    first = read_encoder(encoder)
    rows = encode([make.line(label, 3) for label in ("intro", "other", "self_promo")] * 9,
                  first.tokenizer)  # fmt: skip
    original = new_network(config, first.tokenizer.get_vocab_size())
    original.load_state_dict(trained(run))
    with torch.no_grad():
        expected, found = (
            OneEpisode(n.eval())(torch.from_numpy(rows.ids), torch.from_numpy(rows.place)).numpy()
            for n in (original, with_weights(config, first))
        )
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


def test_a_run_begins_with_the_encoders_tokenizer_and_weights(make, started, encoder, own, run):
    folder = run.parent / "still"
    still = make.changed(started, start=STILL, fit={"weight_decay": 0.0})
    train_network(still, own, folder)
    assert (folder / "tokenizer.json").read_bytes() == (encoder / "tokenizer.json").read_bytes()
    found = trained(folder)
    assert len(found) > len(read_encoder(encoder).weights)  # the layer for training is new
    for name, weights in read_encoder(encoder).weights.items():
        assert torch.equal(found[name], weights.float())
    assert not (folder / "vectors.npy").exists()


def test_a_run_that_started_from_an_encoder_says_so_and_what_that_has_seen(started, own, run):
    folder = train_network(started, own, run.parent / "says")
    assert len((folder / "log.csv").read_text().splitlines()) == 1 + started.start.n_epochs
    facts, before = (json.loads((f / "run.json").read_text()) for f in (folder, run))
    assert facts["read_for_vocabulary"] == {}
    assert facts["start"]["name"] == "encoder"
    assert facts["start"]["trained_on"] == before["trained_on"]
    assert shows_seen(before) == {"kettle"}
    assert shows_seen(facts) == {"kettle", "teapot"}
    write_encoder(folder, run.parent / "second")  # and hands it on
    assert shows_seen(read_encoder(run.parent / "second").facts) == {"kettle", "teapot"}


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(started, own, tmp_path, monkeypatch):
    train_network(started, own, tmp_path / "undisturbed")
    draw = Crops.__getitem__

    def killed(crops, index):
        if crops.epoch == 1 and index == 5:
            raise KeyboardInterrupt
        return draw(crops, index)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Crops, "__getitem__", killed)
        train_network(started, own, tmp_path / "killed")
    assert (tmp_path / "killed" / "last.pt").exists()
    train_network(started, own, tmp_path / "killed")
    one, other = ((tmp_path / name / "model.onnx") for name in ("killed", "undisturbed"))
    assert one.read_bytes() == other.read_bytes()


def test_a_run_is_known_by_what_its_encoder_holds_and_not_by_where_it_lies(
    make, config, started, encoder, own, tmp_path
):
    first = run_id(started, own)
    copy = shutil.copytree(encoder, tmp_path / "copy")
    moved = make.changed(started, start={"folder": str(copy)})
    assert run_id(moved, own) == first
    facts = (copy / "encoder.json").read_text()
    (copy / "encoder.json").write_text(facts.replace('"kettle"', '"samovar"'))
    assert run_id(moved, own) != first
    assert run_id(make.changed(started, start={"n_epochs": 3}), own) != first
    assert run_id(config, own) == run_id(make.changed(config, start={"n_epochs": 3}), own) != first


def test_other_sizes_are_refused_by_name(make, config, encoder):
    other = make.changed(config, network={"n_hidden": 16})
    with pytest.raises(
        EncoderError,
        match=r"^encoder does not fit: n_hidden is 12 in the encoder and 16 in the config; give"
        r" \[network\] the encoder's sizes, or train from nothing$",
    ):
        with_weights(other, read_encoder(encoder))


@pytest.mark.parametrize("missing", ["run.json", "last.pt", "tokenizer.json"])
def test_an_encoder_is_written_whole_or_not_at_all(run, tmp_path, missing):
    shutil.copytree(run, tmp_path / "run")
    write_encoder(tmp_path / "run", tmp_path / "out")
    before = (tmp_path / "out" / "encoder.json").read_bytes()
    (tmp_path / "run" / missing).unlink()
    with pytest.raises(EncoderError, match=rf"run is no finished run: {missing} is missing; name"):
        write_encoder(tmp_path / "run", tmp_path / "out")
    assert (tmp_path / "out" / "encoder.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "run"]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("encoder.json", None, r"holds no encoder: encoder\.json is missing; name a folder that"),
        ("weights.safetensors", None, r"holds no encoder: weights\.safetensors is missing"),
        ("encoder.json", b"{", r"encoder\.json is not JSON: "),
        ("weights.safetensors", b"tea", r"weights\.safetensors is not what encoder\.json says"),
        ("tokenizer.json", b"{}", r"tokenizer\.json is not what encoder\.json says"),
        ("encoder.json", (b'"intro"', b'"outro"'), "was made for other labels or other rules"),
        ("encoder.json", (b'fingerprint": "', b'fingerprint": "0'), "was made for other labels"),
    ],
)
def test_an_encoder_that_is_damaged_or_foreign_is_refused(
    encoder, tmp_path, file, content, message
):
    folder = shutil.copytree(encoder, tmp_path / "copy")
    if content is None:
        (folder / file).unlink()
    else:
        source = (folder / file).read_bytes()
        new = source.replace(*content) if isinstance(content, tuple) else content
        (folder / file).write_bytes(new)
    with pytest.raises(EncoderError, match=message):
        read_encoder(folder)


@pytest.fixture
def workplace(make, tmp_path, own, monkeypatch):
    """A folder to run the commands in, with a labelled show and documents."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_module, "_git", lambda *arguments: "")
    monkeypatch.setattr(command, "RUNS", tmp_path / "runs")
    for show in ("teapot", "kettle"):
        (tmp_path / show).mkdir()
        for episode in episodes(make, show):
            labels = (f"{i}\t{i}\t{'other' if i > 3 else 'intro'}\n"
                      for i in range(1, len(episode.cues) + 1))  # fmt: skip
            (tmp_path / show / f"{episode.name}.txt").write_bytes(episode.source)
            (tmp_path / show / f"{episode.name}.txt.labels.tsv").write_text("".join(labels))
    monkeypatch.setattr(command, "DOCUMENTS", tmp_path / "kettle")
    return tmp_path


def test_the_commands_save_an_encoder_and_start_from_it(workplace, make, config, run, runner):
    done = runner.invoke(command.main, ["encoder", str(run), "--out", "first"])
    assert done.output == ("The encoder is in first. Start from it with: make train START=first\n")
    mine = make.changed(config, corpus={"folders": (workplace / "teapot",)})
    (workplace / "tiny.toml").write_text(to_toml(mine.model_dump(mode="json")))
    done = runner.invoke(
        command.main,
        ["fit", "--config", "tiny.toml", "--start", "first", "--out", "mine"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    assert load_model(workplace / "mine").info.name == "tiny"
    manifest, metrics = (
        json.loads((workplace / "mine" / name).read_text())
        for name in ("manifest.json", "metrics.json")
    )
    assert manifest["start"]["name"] == "first"
    assert metrics["shows_trained_on"] == ["kettle", "teapot"]
    assert metrics["crossval"] is None
    card = (workplace / "mine" / "README.md").read_text()
    assert "Training started from `first` (encoder.json " in card
    assert "make train CORPUS=path/to/corpus START=path/to/encoder BUNDLE=" in card


def test_cross_validation_starts_from_nothing(workplace, started, runner):
    (workplace / "tiny.toml").write_text(to_toml(started.model_dump(mode="json")))
    done = runner.invoke(command.main, ["crossval", "--config", "tiny.toml"])
    assert done.exit_code == 2
    assert "studies train from nothing: an encoder may have seen" in done.output


def test_the_shipped_encoder_fits_the_shipped_config():
    with_weights(read_config(), read_encoder(MODELS / "encoder"))
