"""The command in a folder of its own; a model that tells labels by words."""

import numpy as np
import pytest

from serve import cli
from serve.labels import LABELS

WORDS = {
    "Leafbox": "sponsor_read",
    "our course": "self_promo",
    "Welcome": "intro",
    "hired": "career_advice",
    "library": "library_discussion",
}


@pytest.fixture
def here(tmp_path, monkeypatch, model):
    """An empty folder to work in, and the stand-in instead of the shipped model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "load_model", lambda folder: model)
    return tmp_path


@pytest.fixture
def segue(runner, here):
    """Runs the command; no exception but a wanted exit gets through."""

    def run(*arguments, **options):
        return runner.invoke(cli.main, arguments, catch_exceptions=False, **options)

    return run


@pytest.fixture
def listener(model):
    """Labels a unit by the first of WORDS in it, and by `other` where there is none."""

    def log_probs(units):
        labels = [
            next((label for word, label in WORDS.items() if word in unit.text), "other")
            for unit in units
        ]
        probs = np.full((len(units), len(LABELS)), 0.02)
        probs[np.arange(len(units)), [LABELS.index(label) for label in labels]] = 0.9
        return np.log(probs).astype(np.float32)

    model.log_probs = log_probs
    return model
