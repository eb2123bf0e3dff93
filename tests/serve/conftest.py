"""A model that tells labels by words, for what depends on more than one of them."""

import numpy as np
import pytest

from serve.labels import LABELS

WORDS = {
    "Leafbox": "sponsor_read",
    "our course": "self_promo",
    "Welcome": "intro",
    "hired": "career_advice",
    "library": "library_discussion",
}


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
