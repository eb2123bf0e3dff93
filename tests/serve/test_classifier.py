import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve import classifier
from serve.bundle import load_model
from serve.classifier import OVERLAP, WINDOW, windows
from serve.labels import LABELS
from serve.transcript import Unit

SENTENCES = [
    "Welcome to the kettle hour, I am Ann.",
    "This episode is brought to you by Leafbox, use code steam at leafbox dot com.",
    "How did you get into kettles?",
    "And it rained, and then it rained, and " * 8,  # several rows
    "Mm.",
]


@pytest.fixture(scope="module")
def model(tiny_bundle):
    return load_model(tiny_bundle)


def units(n):
    texts = (f"{SENTENCES[i % 5]} {'tea ' * (i * 7 % 11)}" for i in range(n))
    return [Unit(text, (i, i + 1), i, i + 1) for i, text in enumerate(texts)]


@given(st.integers(1, 5 * WINDOW))
def test_windows_take_every_row_once_and_see_what_they_take(n_rows):
    stop = 0
    for seen, wanted in windows(n_rows):
        assert wanted.start == stop
        assert seen.start <= wanted.start < wanted.stop <= seen.stop <= n_rows
        assert seen.start in (0, wanted.start - OVERLAP)
        assert seen.stop in (n_rows, wanted.stop + OVERLAP)
        stop = wanted.stop
    assert stop == n_rows


def test_five_hours_are_one_run():
    assert list(windows(WINDOW)) == [(slice(0, WINDOW), slice(0, WINDOW))]


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64, 301])
def test_every_unit_gets_probabilities_that_add_up_to_one(model, n):
    log_probs = model.log_probs(units(n))
    assert log_probs.shape == (n, len(LABELS))
    assert log_probs.dtype == np.float32
    np.testing.assert_allclose(np.exp(log_probs).sum(axis=1), 1, atol=1e-5)


def test_the_same_units_score_the_same_to_the_bit(model, tiny_bundle):
    first = model.log_probs(units(90))
    assert (model.log_probs(units(90)) == first).all()
    assert (load_model(tiny_bundle).log_probs(units(90)) == first).all()


def test_a_unit_is_scored_with_its_neighbours_in_view(model):
    alone = model.log_probs(units(1))
    assert not np.allclose(model.log_probs(units(9))[:1], alone, atol=1e-6)


def test_a_very_long_episode_scores_in_windows_as_in_one_run(model, monkeypatch):
    talk = units(700)
    whole = model.log_probs(talk)
    monkeypatch.setattr(classifier, "WINDOW", 300)
    assert len(list(windows(1000))) == 4
    np.testing.assert_allclose(model.log_probs(talk), whole, atol=2e-3)


def test_without_enough_overlap_windows_would_tell(model, monkeypatch):
    """The test above proves something only if this one holds."""
    talk = units(700)
    whole = model.log_probs(talk)
    monkeypatch.setattr(classifier, "WINDOW", 300)
    monkeypatch.setattr(classifier, "OVERLAP", 0)
    assert np.abs(model.log_probs(talk) - whole).max() > 2e-3
