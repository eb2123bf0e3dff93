# ruff: noqa: E402 - first of all, whether torch is there
import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from serve.bundle import load_model
from serve.formats import parse
from serve.pipeline import tag
from serve.text import encode
from train import learner
from train.batches import Crops
from train.examples import encode_episode
from train.export import OneEpisode, export
from train.fit import fit, new_network, with_vectors
from train.learner import weights_of
from train.package import write_bundle
from train.vocabulary import new_tokenizer, word_vectors


@pytest.fixture(scope="module")
def toy(make):
    """Two episodes, encoded, with their tokenizer and word vectors."""
    episodes = make.two_talks()
    texts = [[unit.text for unit in parse(e.source).units] for e in episodes]
    tokenizer = new_tokenizer((text for units in texts for text in units), 200)
    streams = [encode(units, tokenizer).ids.ravel().tolist() for units in texts]
    vectors = word_vectors(streams, tokenizer.get_vocab_size(), 12, window=2, seed=0)
    examples = [encode_episode(e, tokenizer) for e in episodes]
    return SimpleNamespace(
        episodes=episodes, tokenizer=tokenizer, vectors=vectors, examples=examples
    )


@pytest.fixture
def lively(make, tiny):
    """A configuration in which everything that chance decides is on."""
    return make.changed(
        tiny,
        network={"dropout": 0.3},
        augment={"crop_rows": 16, "word_dropout": 0.2, "transplant": 0.5, "rechunk": 0.5},
    )


def run(config, toy, folder):
    folder.mkdir(exist_ok=True)
    network = with_vectors(config, toy.vectors)
    return fit(config, network, toy.examples, toy.examples, folder)


def same(one, other):
    """Whether two networks have the same weights, bit for bit."""
    theirs = other.state_dict()
    return all(torch.equal(weights, theirs[name]) for name, weights in one.state_dict().items())


def last(folder):
    return torch.load(folder / "last.pt", weights_only=False)


def test_two_episodes_learnt_by_heart_come_back_from_the_bundle(make, tiny, toy, tmp_path):
    config = make.changed(
        tiny,
        fit={"n_epochs": 8, "steps_an_epoch": 12, "learning_rate": 2e-2},
        smoothing={"temperature": 1.0},
    )
    network = run(config, toy, tmp_path / "run")
    export(network, tmp_path / "run" / "model.onnx")
    toy.tokenizer.save(str(tmp_path / "run" / "tokenizer.json"))
    (tmp_path / "run" / "run.json").write_text(json.dumps({"seed": 5, "parity": {}}))
    write_bundle(tmp_path / "run", tmp_path / "bundle", config, version="0.0.1")
    model = load_model(tmp_path / "bundle")
    for episode, example in zip(toy.episodes, toy.examples, strict=True):
        units = parse(episode.source).units
        found = model.log_probs(units)
        with torch.no_grad():
            rows = [torch.from_numpy(a) for a in (example.rows.ids, example.place)]
            trained = OneEpisode(network)(*rows).numpy()
        assert (found.argmax(axis=1) == episode.cues.argmax(axis=1)).all()
        np.testing.assert_allclose(found, trained, atol=1e-4)
        labels = [segment.label for segment in tag(episode.source, model).segments]
        assert labels[:2] == ["intro", "sponsor_read" if episode.show == "kettle" else "other"]


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:.*deterministic")  # says what a GPU cannot repeat
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no accelerator")
def test_a_gpu_learns_what_the_cpu_learns(make, tiny, toy, tmp_path, monkeypatch):
    config = make.changed(tiny, fit={"n_epochs": 8, "steps_an_epoch": 12, "learning_rate": 2e-2})
    accelerated = run(config, toy, tmp_path / "gpu")
    monkeypatch.setattr(learner, "device", lambda: torch.device("cpu"))
    plain = run(config, toy, tmp_path / "cpu")
    assert next(accelerated.parameters()).device.type == "cpu"
    for example in toy.examples:
        rows = [torch.from_numpy(a) for a in (example.rows.ids, example.place)]
        with torch.no_grad():
            found, expected = (OneEpisode(network)(*rows) for network in (accelerated, plain))
        assert (found.argmax(dim=1) == expected.argmax(dim=1)).all()


def test_one_seed_gives_the_same_weights_bit_for_bit_and_another_gives_others(
    make, lively, toy, tmp_path
):
    first, again = (run(lively, toy, tmp_path / name) for name in ("first", "again"))
    other = run(make.changed(lively, run={"seed": 6}), toy, tmp_path / "other")
    assert same(first, again)
    assert not same(first, other)


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(
    epoch, lively, toy, tmp_path, monkeypatch
):
    undisturbed = run(lively, toy, tmp_path / "undisturbed")
    draw = Crops.__getitem__

    def killed(crops, index):
        if crops.epoch == epoch and index == 5:
            raise KeyboardInterrupt
        return draw(crops, index)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Crops, "__getitem__", killed)
        run(lively, toy, tmp_path / "killed")
    assert (tmp_path / "killed" / "last.pt").exists() == (epoch > 0)
    resumed = run(lively, toy, tmp_path / "killed")
    assert same(resumed, undisturbed)
    one, other = last(tmp_path / "killed"), last(tmp_path / "undisturbed")
    assert one["epoch"] == other["epoch"]
    logs = [(tmp_path / name / "log.csv").read_text() for name in ("killed", "undisturbed")]
    ours, theirs = ([row.split(",")[::2] for row in text.splitlines()] for text in logs)
    assert ours == theirs  # the training loss is smoothed over what the process saw
    assert all(torch.equal(weights, other["model"][k]) for k, weights in one["model"].items())


def test_a_finished_run_is_not_trained_further(tiny, toy, tmp_path, monkeypatch):
    done = run(tiny, toy, tmp_path / "run")
    monkeypatch.setattr(Crops, "__getitem__", None)
    assert same(run(tiny, toy, tmp_path / "run"), done)


def test_the_last_epoch_is_what_is_kept(tiny, toy, tmp_path):
    network = run(tiny, toy, tmp_path / "run")
    kept = weights_of(tmp_path / "run")
    assert all(torch.equal(weights, kept[name]) for name, weights in network.state_dict().items())
    assert not network.training
    rows = list(csv.DictReader((tmp_path / "run" / "log.csv").read_text().splitlines()))
    assert len(rows) == tiny.fit.n_epochs
    assert not list((tmp_path / "run").glob("*.tmp"))


def test_where_nobody_watches_there_is_no_bar_but_a_line_an_epoch(
    tiny, toy, tmp_path, capfd, caplog, monkeypatch
):
    monkeypatch.setattr(learner.sys.stderr, "isatty", lambda: False, raising=False)
    with caplog.at_level("INFO", logger="train.learner"):
        run(tiny, toy, tmp_path / "run")
    lines = [record.getMessage() for record in caplog.records if "epoch" in record.getMessage()]
    assert lines[0] == "training on cpu, epochs 1 to 3"
    assert [text.partition(":")[0] for text in lines[1:]] == [f"epoch {i} of 3" for i in (1, 2, 3)]
    assert capfd.readouterr() == ("", "")


def test_training_starts_from_the_word_vectors(make, tiny, toy, tmp_path):
    still = make.changed(
        tiny, fit={"learning_rate": 1e-20, "weight_decay": 0.0, "n_epochs": 1, "steps_an_epoch": 1}
    )
    network = run(still, toy, tmp_path / "run")
    np.testing.assert_allclose(network.rows.embedding.weight.detach().numpy(), toy.vectors)


def test_a_new_network_has_the_sizes_of_the_config(tiny):
    network = new_network(tiny, 321)
    assert network.rows.embedding.weight.shape == (321, 12)
    assert network.context.hidden_size == 8
