"""What every test may ask for; a clean environment and no network come by themselves."""

import json
import os
from copy import deepcopy

import numpy as np
import pytest
from click.testing import CliRunner

from serve.app import create_app
from serve.http.settings import Settings
from serve.labels import ADS, LABELS
from serve.options import Options
from serve.result import ModelInfo
from serve.smooth import Costs
from serve.tagged import tagged_source

TALK = [
    "Welcome to the kettle hour, I am Ann, and with me is Bob, who repairs old kettles.",
    "This episode is brought to you by Leafbox, tea in a box, use code steam at leafbox.example.",
    "How did you get into kettles? I studied metal, and then I was hired by a small workshop.",
    "The steam library parses a whistle into notes, and version 3.5 does it twice as fast.",
    "It rained all week, and the river was so high that we could not cross it on foot.",
    "If you want to support us, our course on descaling is $20 for members of the club.",
]

#: What a training run writes about itself (train.run).
FACTS = {
    "created": "2026-11-21T02:30:00Z",
    "commit": "1f2e3d4c5b6a79880f1e2d3c4b5a69788f0e1d2c",
    "dirty": False,
    "seed": 11,
    "device": "cpu",
    "train_seconds": 1,
    "versions": {"python": "3.11.7", "torch": "2.13.0"},
    "onnx": {"opset": 17, "inputs": ["ids", "place"], "outputs": ["log_probs"]},
    "parity": {"max_abs_diff": 2.1e-06, "tolerance": 1e-4},
    "trained_on": {"kettle": 3},
    "validated_on": {"kettle": 1},
    "read_for_vocabulary": {"kettle": 5},
    "written": {"ads": 2, "passages": 1, "breaks": 3},
}


class StandIn:
    """A model that takes every unit with the word "sponsor" for a read, and all else for talk."""

    info = ModelInfo(name="stand-in", version="0.0.1", sha256="0" * 64)
    costs = Costs(np.zeros((len(LABELS), len(LABELS))), np.zeros(len(LABELS)))
    read_score = 0.9

    def log_probs(self, units):
        rest = (1 - self.read_score) / (len(LABELS) - 1)
        probs = np.full((len(units), len(LABELS)), rest)
        is_read = np.array(["sponsor" in unit.text.lower() for unit in units])
        probs[is_read, LABELS.index("sponsor_read")] = self.read_score
        probs[~is_read, LABELS.index("other")] = self.read_score
        return np.log(probs).astype(np.float32)


class Dictated:
    """A model that gives the units the labels it was told, over and over, with a score of 0.9."""

    info = ModelInfo(name="dictated", version="0.0.1", sha256="0" * 64)
    costs = StandIn.costs

    def __init__(self, labels):
        self.labels = labels

    def log_probs(self, units):
        probs = np.full((len(units), len(LABELS)), 0.02)
        for i in range(len(units)):
            probs[i, LABELS.index(self.labels[i % len(self.labels)])] = 0.9
        return np.log(probs).astype(np.float32)


@pytest.fixture(scope="session")
def tagged():
    """Makes a Tagged of a source whose units have the given labels."""

    def make(source, labels, drop=ADS, min_score=0.0, **how):
        options = Options(drop=drop, min_score=min_score)
        return tagged_source(source, Dictated(labels), options, **how)

    return make


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No test sees the developer's settings."""
    for name in [name for name in os.environ if name.startswith("SEGUE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def model():
    return StandIn()


@pytest.fixture
def app(model):
    return create_app(Settings(), model)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def runner():
    return CliRunner()


@pytest.fixture
def facts():
    """What a training run writes about itself."""
    return deepcopy(FACTS)


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory):
    """The folder of a whole bundle whose network has learnt nothing. Copy it to change it."""
    torch = pytest.importorskip("torch")
    config, export, network, package, vocabulary = (
        pytest.importorskip(f"train.{name}")
        for name in ("config", "export", "network", "package", "vocabulary")
    )
    run = tmp_path_factory.mktemp("run")
    tokenizer = vocabulary.new_tokenizer(TALK * 3, 300)
    tokenizer.save(str(run / "tokenizer.json"))
    torch.set_num_threads(1)
    torch.manual_seed(11)
    tagger = network.Tagger(
        tokenizer.get_vocab_size(), n_dims=16, n_hidden=16, n_context=12, dropout=0.0
    )
    export.export(tagger.eval(), run / "model.onnx")
    (run / "run.json").write_text(json.dumps(FACTS))
    folder = tmp_path_factory.mktemp("models") / "tiny"
    whole = config.read_config()
    named = whole.model_copy(update={"run": whole.run.model_copy(update={"name": "tiny"})})
    package.write_bundle(run, folder, named, version="0.0.1")
    return folder
