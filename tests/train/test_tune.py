from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import ADS, LABELS
from serve.smooth import best_path
from train.evaluate import Scored, evaluate, span_score
from train.tune import (
    AD_BIAS,
    CONTENT,
    ENTER_AD,
    GAP,
    LEAVE_AD,
    PRICES,
    Outcome,
    Point,
    Tuner,
    best_temperature,
    cool,
    highest_plain,
    labelled,
    side_by_side,
    tune,
)

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
    free = Point(0.0, 0.0, 0.0, 0.0).smoothing()
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


def test_what_is_chosen_is_of_the_grid_and_does_not_change():
    episodes = [episode(talk(), talk(ad=(38, 61)))]
    chosen = tune(episodes)
    assert chosen == tune(episodes)
    assert (chosen.enter_ad, chosen.leave_ad) in set(product(ENTER_AD, LEAVE_AD))
    assert chosen.content in CONTENT
    assert set(chosen.bias) == set(ADS)
    assert set(chosen.bias.values()) <= set(AD_BIAS)


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


def doubtful(n_episodes=70, seed=3):
    """Episodes of many lengths, more than one batch holds; every third has words of ads only."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(n_episodes):
        true = rng.integers(0, 6, 3 + i // 2).repeat(rng.integers(1, 5))
        e = episode(true, true, show=f"show-{i % 4}", n_words=rng.integers(0, 40))
        scores = rng.normal(size=e.log_probs.shape) + 2 * e.allowed
        log_probs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        ads = np.isin(LABELS, ADS)
        partly = np.where(e.allowed[:, ads].any(axis=1)[:, None], ads, ~ads)
        allowed = partly if i % 3 == 0 else e.allowed
        found.append(
            Scored(e.show, str(i), log_probs.astype(np.float32), allowed, e.n_words, e.clock)
        )
    return found


POINT = Point(enter_ad=1.0, leave_ad=3.0, ad_bias=0.5, content=0.5)


def test_an_episode_is_labelled_alike_alone_and_beside_others():
    episodes = doubtful()
    together = {e.name: path for e, path in labelled(side_by_side(episodes), POINT.smoothing())}
    assert len(together) == len(episodes)
    for e in episodes:
        alone = best_path(e.log_probs, POINT.smoothing().costs(), e.n_words)
        assert together[e.name].tolist() == alone.tolist()


def worth_of(episodes, smoothing):
    """The same by the words of the docstring: a loop over shows."""
    shows, right, words = {}, 0, 0
    seconds = {e.group: np.zeros(2) for e in episodes}
    for e in episodes:
        path = best_path(e.log_probs, smoothing.costs(), e.n_words)
        score = span_score(e, path, np.isin(LABELS, ADS))
        shows.setdefault(e.group, []).append(score.passed if score.f05 is None else score.f05)
        seconds[e.group] += score.wrongly_cut_s, score.duration_s
        if e.six:
            right += e.n_words[e.allowed[np.arange(len(path)), path]].sum()
            words += e.n_words.sum()
    weights = [len(values) ** 0.5 for values in shows.values()]
    cut = {show: min(60, 3600 * wrong / whole) for show, (wrong, whole) in seconds.items()}
    worth = [np.mean(values) - 0.002 * cut[show] for show, values in shows.items()]
    return np.average(worth, weights=weights) + (right / words if words else 0)


@pytest.mark.parametrize("part", [slice(None), slice(0, 70, 2), slice(5, 20), slice(0, 1)])
def test_what_is_maximised_is_f05_by_show_less_wrong_cuts_and_word_accuracy(part):
    episodes = doubtful()
    tuner, mask = Tuner(episodes), np.zeros(len(episodes), dtype=bool)
    mask[part] = True
    found = tuner.objective(tuner._outcomes(1.0, POINT), mask)
    assert found == pytest.approx(worth_of(episodes[part], POINT.smoothing()), abs=1e-5)


def test_the_episodes_of_mixed_are_shows_of_their_own():
    true = talk()
    names = "mixed", "mixed", "tea", "tea"
    episodes = [
        replace(episode(true, true, show=show), name=str(i)) for i, show in enumerate(names)
    ]
    tuner = Tuner(episodes)
    half = Outcome(np.array([1.0, 0, 1, 1]), np.zeros(4), np.zeros(4))
    weights = np.array([1, 1, 2**0.5])
    assert tuner.objective(half, np.ones(4, bool)) == pytest.approx(
        weights @ [1, 0, 1] / weights.sum()
    )


def test_the_best_on_a_part_is_what_that_part_alone_chooses():
    episodes = doubtful(12)
    tuner = Tuner(episodes)
    for part in (slice(0, 7), slice(3, 12, 2)):
        mask = np.zeros(len(episodes), dtype=bool)
        mask[part] = True
        assert tuner.best(mask) == tune(episodes[part])


def test_the_best_is_what_brute_force_finds(monkeypatch):
    prices = (1.0, 4.0, 9.0), (1.0, 2.0, 4.0, 8.0), (-1.0, 0.0, 2.0)
    monkeypatch.setattr("train.tune.PRICES", prices)
    episodes = doubtful(30)
    chosen = tune(episodes)
    cooled = [cool(e, chosen.temperature) for e in episodes]

    worth = cache(lambda point: worth_of(cooled, point.smoothing()))
    grid = list(product(*(range(len(values)) for values in prices)))

    def point(place):
        return Point(*(values[i] for values, i in zip(prices, place, strict=True)))

    def around(place):
        near = [p for p in grid if max(abs(a - b) for a, b in zip(p, place, strict=True)) <= 1]
        return np.mean([worth(point(p)) for p in near])

    best = point(max(grid, key=around))
    best = max((best._replace(content=price) for price in CONTENT), key=worth)
    best = max((best._replace(gap=gap) for gap in GAP), key=lambda p: (worth(p), p.gap))
    assert chosen == best.smoothing().model_copy(update={"temperature": chosen.temperature})
    assert len({round(worth(point(p)), 6) for p in grid}) > 4


def test_a_lone_peak_is_not_chosen_where_a_hill_is_as_high():
    scores = {Point(*values): 0.0 for values in product(*PRICES)}
    hill = [Point(a, b, 0.0) for a in ENTER_AD[1:4] for b in LEAVE_AD[1:4]]
    scores |= dict.fromkeys(hill, 0.9) | {Point(ENTER_AD[-1], LEAVE_AD[-1], 2.0): 1.0}
    assert highest_plain(scores)[:2] == (ENTER_AD[2], LEAVE_AD[2])


def test_the_temperature_is_that_of_the_part_alone():
    sure = [cool(e, 0.4) for e in doubtful(20)]
    timid = [cool(e, 1.5) for e in doubtful(20)]
    tuner, first = Tuner([*sure, *timid]), np.arange(40) < 20
    assert tuner.best(first).temperature > 1.5 * tuner.best(~first).temperature


def test_the_temperature_is_the_one_of_the_likeliest_probabilities():
    episodes = [cool(e, 0.6) for e in doubtful()]

    def loss(temperature):
        cooled = [cool(e, temperature) for e in episodes]
        shares = [np.where(e.allowed, np.exp(e.log_probs), 0).sum(axis=1) for e in cooled]
        return -sum(np.log(s) @ e.n_words for s, e in zip(shares, episodes, strict=True))

    found = best_temperature(episodes)
    assert 0.7 < found < 2.0
    assert loss(found) < min(loss(found * 0.9), loss(found * 1.1))
