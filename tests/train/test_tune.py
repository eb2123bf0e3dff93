import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import ADS, LABELS
from train.evaluate import Scored, evaluate
from train.tune import GRID, START, best_temperature, cool, smoothing_of, tune

READ, OTHER = LABELS.index("sponsor_read"), LABELS.index("other")


def episode(true, believed, *, show="tea", sure=0.9, n_words=12):
    """Units of twelve words, on a clock of five seconds a unit."""
    probs = np.full((len(true), 6), (1 - sure) / 5)
    probs[np.arange(len(true)), believed] = sure
    return Scored(
        show,
        "one",
        np.log(probs).astype(np.float32),
        np.eye(6, dtype=bool)[true],
        np.full(len(true), n_words),
        np.arange(len(true) + 1) * 5.0,
    )


def talk(n=120, ad=(40, 60)):
    true = np.full(n, OTHER)
    true[slice(*ad)] = READ
    return true


def f05(episodes, smoothing):
    return evaluate(episodes, smoothing.costs())["spans"]["ads"]["f05"]


def test_false_alarms_of_one_unit_make_changes_dear():
    rng = np.random.default_rng(0)
    episodes = []
    for show in ("tea", "kettle", "river"):
        believed = talk()
        believed[rng.choice(np.r_[0:30, 70:120], 6, replace=False)] = READ
        believed[rng.choice(np.r_[42:58], 3, replace=False)] = OTHER
        episodes.append(episode(talk(), believed, show=show))
    free = smoothing_of({**dict.fromkeys(START, 0.0), "ad_split": 1.0})
    chosen = tune(episodes)
    assert f05(episodes, free) < 0.6
    assert f05(episodes, chosen) == 1.0
    assert chosen.enter_ad + chosen.leave_ad > np.log(0.9 / 0.02)  # what one unit is worth


def test_short_ads_that_are_known_for_sure_keep_changes_cheap():
    true = talk(ad=(40, 42))
    episodes = [episode(true, true, show=show, sure=0.93) for show in ("tea", "kettle")]
    chosen = tune(episodes)
    assert f05(episodes, chosen) == 1.0
    assert chosen.enter_ad + chosen.leave_ad < 2 * np.log(0.93 / 0.014)


def test_what_is_chosen_is_of_the_grid_and_does_not_change(make):
    episodes = [episode(talk(), talk(ad=(38, 61)))]
    chosen = tune(episodes)
    assert chosen == tune(episodes)
    for name in ("enter_ad", "leave_ad", "between_ads", "content"):
        assert getattr(chosen, name) in GRID[name]
    assert set(chosen.bias) == set(ADS)
    assert set(chosen.bias.values()) <= set(GRID["ad_bias"])


def test_scores_too_sure_of_themselves_are_cooled_and_timid_ones_are_not():
    rng = np.random.default_rng(1)
    true = rng.integers(0, 6, 4000)
    wrong = rng.random(4000) < 0.4
    believed = np.where(wrong, (true + 1) % 6, true)
    assert best_temperature([episode(true, believed, sure=0.97)]) > 1.3
    assert best_temperature([episode(true, true, sure=0.5)]) == 0.7
    assert best_temperature([episode(true, believed, sure=0.6)]) == pytest.approx(1.0, abs=0.1)


def test_cooled_scores_are_probabilities_in_the_same_order():
    warm = episode(talk(), talk())
    cooled = cool(warm, 2.0)
    np.testing.assert_allclose(np.exp(cooled.log_probs).sum(axis=1), 1, atol=1e-5)
    assert (cooled.log_probs.argmax(axis=1) == warm.log_probs.argmax(axis=1)).all()
    assert np.exp(cooled.log_probs).max() < 0.9
    np.testing.assert_allclose(cool(warm, 1.0).log_probs, warm.log_probs, atol=1e-6)
    assert (cooled.clock is warm.clock) and (cooled.allowed is warm.allowed)


def test_partial_labels_can_be_tuned_on():
    partly = episode(talk(), talk())
    both = Scored(
        partly.show,
        partly.name,
        partly.log_probs,
        np.where((talk() == READ)[:, None], np.isin(LABELS, ADS), ~np.isin(LABELS, ADS)),
        partly.n_words,
        partly.clock,
    )
    assert f05([both], tune([both])) == 1.0
