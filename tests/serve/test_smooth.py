from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.labels import LABELS
from serve.smooth import (
    GAP_WORDS,
    WORDS_A_STEP,
    Costs,
    best_path,
    bridged,
    by_sort,
    calibrated,
    evidence,
    runs,
    trimmed,
)

FREE = Costs(np.zeros((len(LABELS), len(LABELS))), np.zeros(len(LABELS)))


def flat(cost, n_labels=3):
    """One price for every change."""
    return np.full((n_labels, n_labels), cost) * ~np.eye(n_labels, dtype=bool)


def scores(n_units, n_labels, seed):
    rng = np.random.default_rng(seed)
    return np.log(rng.dirichlet(np.ones(n_labels), size=n_units)).astype(np.float32)


def total(path, log_probs, costs, n_words):
    """What a labelling is worth, added up without any cleverness."""
    worth = 0.0
    for i, label in enumerate(path):
        steps = int(n_words[i]) / WORDS_A_STEP
        worth += (float(log_probs[i, label]) + costs.bias[label]) * steps
        worth -= costs.switch[path[i - 1], label] if i else 0.0
    return worth


@pytest.mark.parametrize("switch", [flat(0.0), flat(0.3), flat(1.0), flat(5.0),
                                    np.array([[0, 2, 0.1], [0.5, 0, 3], [1, 0, 0.0]])])  # fmt: skip
@pytest.mark.parametrize("bias", [(0.0, 0.0, 0.0), (1.5, 0.0, -0.7)])
@pytest.mark.parametrize("n_words", [(12,) * 6, (1, 40, 3, 0, 25, 12)])
def test_no_other_labelling_is_worth_more(switch, bias, n_words):
    costs, n_words = Costs(switch, np.array(bias)), np.array(n_words)
    for seed in range(4):
        log_probs = scores(6, 3, seed)
        best = max(total(p, log_probs, costs, n_words) for p in product(range(3), repeat=6))
        found = best_path(log_probs, costs, n_words)
        assert total(found, log_probs, costs, n_words) == pytest.approx(best)


@given(st.data())
def test_no_other_labelling_is_worth_more_under_any_costs(data):
    n_units, n_labels = data.draw(st.integers(1, 5)), data.draw(st.integers(2, 3))
    prices = st.floats(0, 6)
    switch = np.array(data.draw(st.lists(prices, min_size=n_labels**2, max_size=n_labels**2)))
    bias = data.draw(st.lists(st.floats(-2, 2), min_size=n_labels, max_size=n_labels))
    costs = Costs(switch.reshape(n_labels, n_labels), np.array(bias))
    n_words = np.array(data.draw(st.lists(st.integers(0, 60), min_size=n_units, max_size=n_units)))
    log_probs = scores(n_units, n_labels, data.draw(st.integers(0, 99)))
    paths = product(range(n_labels), repeat=n_units)
    best = max(total(p, log_probs, costs, n_words) for p in paths)
    found = best_path(log_probs, costs, n_words)
    assert total(found, log_probs, costs, n_words) == pytest.approx(best, abs=1e-6)


def test_without_costs_every_unit_takes_its_most_probable_label():
    log_probs = scores(50, len(LABELS), 1)
    found = best_path(log_probs, FREE, np.full(50, 9))
    assert (found == log_probs.argmax(axis=1)).all()


def test_on_a_tie_the_label_that_comes_first_wins():
    even = np.full((4, len(LABELS)), np.log(1 / 6), dtype=np.float32)
    assert best_path(even, FREE, np.full(4, 12)).tolist() == [0, 0, 0, 0]
    costs = Costs(flat(2.0, len(LABELS)), FREE.bias)
    assert best_path(even, costs, np.full(4, 12)).tolist() == [0, 0, 0, 0]
    without_reads = even.copy()
    without_reads[:, 0] -= 1
    assert best_path(without_reads, costs, np.full(4, 12)).tolist() == [1, 1, 1, 1]


def test_a_doubtful_unit_takes_the_label_of_its_neighbours_where_changes_cost():
    log_probs = np.log(np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.9, 0.1]], np.float32))
    words = np.full(4, 12)
    assert best_path(log_probs, Costs(flat(0.0, 2), np.zeros(2)), words).tolist() == [0, 0, 1, 0]
    assert best_path(log_probs, Costs(flat(1.0, 2), np.zeros(2)), words).tolist() == [0, 0, 0, 0]


def test_the_same_speech_is_labelled_alike_in_fine_and_in_coarse_units():
    coarse = np.log(np.array([[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]], np.float32))
    costs = Costs(flat(1.5, 2), np.zeros(2))
    fine = np.repeat(coarse, 4, axis=0)
    labels = best_path(coarse, costs, np.full(3, 40))
    assert labels.tolist() == [0, 1, 0]
    assert best_path(fine, costs, np.full(12, 10)).tolist() == np.repeat(labels, 4).tolist()


def test_the_first_unit_pays_for_no_change():
    log_probs = np.log(np.array([[0.1, 0.9], [0.1, 0.9]], np.float32))
    assert best_path(log_probs, Costs(flat(99.0, 2), np.zeros(2)), np.full(2, 1)).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("log_probs", "message"),
    [
        (np.zeros(6, np.float32), r"log_probs of shape \(6,\) for n_words of \(2,\)"),
        (np.zeros((3, 6), np.float32), r"log_probs of shape \(3, 6\) for n_words of \(2,\)"),
        (np.full((2, 6), -np.inf, np.float32), "log_probs must be finite"),
        (np.full((2, 6), np.nan, np.float32), "log_probs must be finite"),
    ],
)
def test_scores_that_are_not_finite_or_do_not_fit_are_refused(log_probs, message):
    with pytest.raises(ValueError, match=message):
        best_path(log_probs, FREE, np.ones(2, dtype=np.int64))


def test_episodes_side_by_side_are_labelled_like_each_alone():
    rng = np.random.default_rng(3)
    scores = np.log(rng.dirichlet(np.ones(6), size=(4, 30))).astype(np.float32)
    n_words = rng.integers(1, 40, size=(4, 30))
    lengths = [30, 1, 17, 29]
    for i, n in enumerate(lengths):
        n_words[i, n:] = 0
    costs = Costs(flat(2.0, 6), np.zeros(6), gap=0.2)
    together = best_path(scores, costs, n_words)
    for i, n in enumerate(lengths):
        assert together[i, :n].tolist() == best_path(scores[i, :n], costs, n_words[i, :n]).tolist()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_calibrated_scores_are_log_probabilities_with_the_odds_of_the_temperature(temperature):
    raw = scores(20, 6, 7) - 1.5  # of any size, as those of a network
    probs = np.exp(calibrated(raw, temperature).astype(float))
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-6)
    odds = np.exp((raw[:, :1] - raw[:, 1:]).astype(float) / temperature)
    np.testing.assert_allclose(probs[:, :1] / probs[:, 1:], odds, rtol=1e-4)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_runs_cover_every_unit_once_and_neighbours_differ(path):
    found = list(runs(np.array(path)))
    assert [i for first, stop in found for i in range(first, stop)] == list(range(len(path)))
    assert all(len(set(path[first:stop])) == 1 for first, stop in found)
    labels = [path[first] for first, _ in found]
    assert all(a != b for a, b in pairwise(labels))


def test_a_read_split_between_two_sorts_of_advertising_is_advertising():
    probs = np.array([[0.3, 0.25, 0.4, 0.03, 0.01, 0.01]] * 3, np.float32)
    apart, together = (Costs(flat(0.0, 6), np.zeros(6), split) for split in (1.0, 0.1))
    n_words = np.full(3, 12)
    assert best_path(np.log(probs), apart, n_words).tolist() == [2, 2, 2]
    assert best_path(np.log(probs), together, n_words).tolist() == [0, 0, 0]


def test_two_reads_of_different_sorts_stay_apart_where_the_sort_counts_for_little():
    read, own, talk = [0.9, 0.08, 0.02], [0.08, 0.9, 0.02], [0.04, 0.02, 0.94]
    probs = np.array([row + [1e-6] * 3 for row in (talk, read, read, own, own, talk)], np.float32)
    prices = flat(4.0, 6)
    prices[0, 1] = prices[1, 0] = 1.0
    costs = Costs(prices, np.zeros(6), ad_split=0.1)
    assert best_path(np.log(probs), costs, np.full(6, 24)).tolist() == [2, 0, 0, 1, 1, 2]


@given(st.lists(st.sampled_from([0, 1, 2, 5]), min_size=1, max_size=7), st.integers(0, 99))
def test_each_stretch_of_advertising_is_sorted_as_well_as_can_be(path, seed):
    path, totals = np.array(path), scores(len(path), 6, seed).astype(float)
    prices = np.array([[0.0, 0.7], [1.3, 0.0]])
    found = by_sort(path, totals.copy(), np.pad(prices, (0, 4))[None])
    assert (found[path > 1] == path[path > 1]).all()
    for first, stop in runs((path < 2).astype(int)):
        if path[first] < 2:
            part, costs = totals[first:stop, :2], Costs(prices, np.zeros(2))
            words = np.full(stop - first, WORDS_A_STEP)
            best = max(total(p, part, costs, words) for p in product((0, 1), repeat=len(words)))
            assert total(found[first:stop], part, costs, words) == pytest.approx(best)


@pytest.mark.parametrize("split", [0.0, 0.3, 1.0])
def test_evidence_keeps_content_and_the_order_of_the_ads(split):
    log_probs = np.log(np.random.default_rng(5).dirichlet(np.ones(6), size=20)).astype(np.float32)
    found = evidence(log_probs, split)
    assert (found[:, 2:] == log_probs[:, 2:]).all()
    any_ad = np.logaddexp(log_probs[:, 0], log_probs[:, 1])
    expected = (1 - split) * any_ad[:, None] + split * log_probs[:, :2]
    np.testing.assert_allclose(found[:, :2], expected, atol=1e-5)


def trimmed_one_by_one(path, doubtful, best_content):
    """The same as `trimmed` for one episode, from its docstring alone."""
    path = list(path)
    for first, stop in runs(np.array([label < 2 for label in path])):
        if path[first] >= 2:
            continue
        ends = [i for i in range(first, stop) if not doubtful[i]]
        inner = range(ends[0], ends[-1] + 1) if ends else range(0)
        before = path[first - 1] if first else None
        after = path[stop] if stop < len(path) else None
        for i in (i for i in range(first, stop) if i not in inner):
            is_start = not ends or i < ends[0]
            near = (before if before is not None or ends else after) if is_start else after
            path[i] = best_content[i] if near is None else near
    return path


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(2, 5)), min_size=1))
def test_the_ends_of_advertising_are_trimmed_to_units_that_are_sure(units):
    path, doubtful, best_content = (np.array(part) for part in zip(*units, strict=True))
    expected = trimmed_one_by_one(path, doubtful, best_content)
    assert trimmed(path, doubtful, best_content).tolist() == expected


def test_doubtful_units_stay_in_the_middle_of_an_ad_and_go_at_its_ends():
    sure, maybe, none = [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [0.3, 0.0, 0, 0, 0, 0.7], [0.01] * 6
    none[5] = 0.95
    log_probs = np.log(np.array([none, maybe, sure, maybe, sure, maybe, none]) + 1e-6)
    costs = Costs(np.zeros((6, 6)), np.array([2.0, 0, 0, 0, 0, 0]), edge=0.4)
    path = best_path(log_probs.astype(np.float32), costs, np.full(7, 12))
    assert path.tolist() == [5, 5, 0, 0, 0, 5, 5]


def bridged_one_by_one(path, odds, n_words, gap):
    """The same as `bridged` for one episode, from its docstring alone."""
    is_ad, done = np.array(path) < 2, list(path)
    for i, first_ad in enumerate(is_ad):
        after = next((j for j in range(i + 1, len(path)) if is_ad[j]), None)
        if not first_ad or after in (None, i + 1):
            continue
        words = n_words[i + 1 : after]
        mean = float(odds[i + 1 : after] @ words) / max(float(words.sum()), 1e-9)
        if words.sum() <= GAP_WORDS and mean >= np.log(gap / (1 - gap)):
            done[i + 1 : after] = [path[i]] * (after - i - 1)
    return done


UNITS = st.tuples(st.integers(0, 5), st.sampled_from([-4.0, -1.5, 0.5]), st.integers(1, 250))


@given(st.lists(UNITS, min_size=1, max_size=12), st.sampled_from([0.1, 0.3, 0.6]))
def test_content_between_two_ads_is_one_where_it_may_well_be_it(units, gap):
    path, odds, n_words = (np.array(part) for part in zip(*units, strict=True))
    expected = bridged_one_by_one(path, odds, n_words, gap)
    assert bridged(path, odds, n_words, gap).tolist() == expected
    side_by_side = bridged(*(np.stack([a, a[::-1]], axis=1) for a in (path, odds, n_words)), gap)
    assert side_by_side[:, 0].tolist() == expected
    assert path.tolist() == [label for label, _, _ in units]  # the argument is left alone


def test_a_gap_is_closed_by_its_probability_and_its_length():
    def labelled(probability, n_words=40, gap=0.2):
        ad, talk = np.array([0.98] + [0.004] * 5), np.full(6, (1 - probability) / 5)
        talk[0], talk[5] = probability, talk[5] + 4 * talk[1] - 0.004
        talk[1:5] = 0.001
        prices = Costs(flat(0.5, 6), np.zeros(6), gap=gap)
        log_probs = np.log(np.array([ad, talk, ad])).astype(np.float32)
        return best_path(log_probs, prices, np.array([60, n_words, 60])).tolist()

    assert labelled(0.3) == [0, 0, 0]
    assert labelled(0.1) == labelled(0.3, GAP_WORDS + 1) == labelled(0.3, gap=1.0) == [0, 5, 0]


def with_probabilities(ads):
    """Log probabilities of units; those of the two sorts of advertising are given."""
    ads = np.array(ads)
    probs = np.column_stack([ads, np.full((len(ads), 3), 0.001), 0.997 - ads.sum(axis=1)])
    return np.log(probs).astype(np.float32)


def test_ends_are_trimmed_before_gaps_are_measured():
    sure, doubtful, gap = [0.95, 0.01], [0.44, 0.01], [0.29, 0.01]
    costs = Costs(flat(2.0, 6), np.array([0.5, 0.5, 0, 0, 0, 0]), edge=0.5, gap=0.25)
    log_probs = with_probabilities([sure, doubtful, gap, sure])
    long, short = np.array([60, 150, 300, 60]), np.array([60, 90, 300, 60])
    assert best_path(log_probs, costs, long).tolist() == [0, 5, 5, 0]  # 450 words are no gap
    assert best_path(log_probs, costs, short).tolist() == [0, 0, 0, 0]


def test_what_was_a_gap_is_sorted_like_the_rest_of_the_advertising():
    prices = flat(2.0, 6)
    prices[0, 1] = prices[1, 0] = 0.5
    costs = Costs(prices, np.zeros(6), ad_split=0.1, gap=0.2)
    log_probs = with_probabilities([[0.95, 0.01], [0.01, 0.25], [0.01, 0.95]])
    assert best_path(log_probs, costs, np.full(3, 60)).tolist() == [0, 1, 1]
