from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from serve.labels import LABELS
from train.metrics import (
    bootstrap,
    calibration,
    confusion,
    f_beta,
    iou,
    join,
    label_scores,
    match,
    pool_spans,
    score_spans,
)


@st.composite
def disjoint(draw, most=4):
    """Spans in order that do not touch."""
    edges = draw(st.lists(st.integers(0, 60), max_size=2 * most, unique=True).map(sorted))
    return [(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]


def test_spans_at_most_five_seconds_apart_are_one():
    assert join([]) == []
    assert join([(0.0, 10.0), (15.0, 20.0)]) == [(0.0, 20.0)]
    assert join([(0.0, 10.0), (15.1, 20.0)]) == [(0.0, 10.0), (15.1, 20.0)]
    assert join([(30.0, 31.0), (0.0, 50.0), (52.0, 53.0)]) == [(0.0, 53.0)]


@pytest.mark.parametrize(
    ("a", "b", "overlap"),
    [
        ((0, 10), (0, 10), 1.0),
        ((0, 10), (5, 10), 0.5),
        ((0, 10), (5, 15), 1 / 3),
        ((0, 10), (10, 20), 0.0),
        ((0, 10), (30, 40), 0.0),
        ((5, 5), (5, 5), 0.0),
    ],
)
def test_overlap_is_over_the_ends_of_both(a, b, overlap):
    assert iou(a, b) == iou(b, a) == pytest.approx(overlap)


@given(disjoint(), disjoint())
def test_as_many_spans_are_matched_as_any_matching_could(predicted, true):
    few, many = sorted((predicted, true), key=len)
    best = max(
        sum(iou(a, b) >= 0.5 for a, b in zip(few, chosen, strict=True))
        for chosen in permutations(many, len(few))
    )
    found = match(predicted, true)
    assert len(found) == best
    assert len({p for p, _ in found}) == len({t for _, t in found}) == len(found)
    assert all(iou(p, t) >= 0.5 for p, t in found)


def test_the_best_overlap_is_matched_first():
    assert match([(0, 10)], [(0, 5), (0, 9)]) == [((0, 10), (0, 9))]
    assert match([(0, 8), (1, 9)], [(1, 9)]) == [((1, 9), (1, 9))]


def test_an_episode_worked_out_by_hand():
    true = [(100.0, 160.0), (1000.0, 1060.0), (2000.0, 2060.0)]
    predicted = [(98.0, 130.0), (133.0, 165.0), (1040.0, 1100.0), (3000.0, 3030.0)]
    # Joined: (98, 165), (1040, 1100), (3000, 3030). The first overlaps 60 of 67: found. The second
    # overlaps 20 of 100: not found. One of three is right, one of three is found.
    score = score_spans(predicted, true, 3600.0)
    assert (score.precision, score.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert (score.f1, score.f05) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert score.found_s == 60 + 20
    assert score.true_s == 180
    assert score.wrongly_cut_s == (67 - 60) + (60 - 20) + 30
    assert score.edge_errors_s == (2.0, 5.0)
    assert score.passed is None


def test_precision_counts_double():
    score = score_spans([(0.0, 10.0)], [(0.0, 10.0), (50.0, 60.0)], 100.0)
    assert (score.precision, score.recall) == (1.0, 0.5)
    assert score.f05 == pytest.approx(1.25 * 0.5 / (0.25 + 0.5))
    assert score.f1 == pytest.approx(2 / 3)
    assert f_beta(0.0, 0.0, 0.5) == 0.0


def test_an_episode_without_ads_passes_or_fails():
    clean, cut = score_spans([], [], 60.0), score_spans([(5.0, 9.0)], [], 60.0)
    assert (clean.passed, cut.passed) == (True, False)
    assert (clean.f05, cut.f05) == (None, None)
    assert (cut.wrongly_cut_s, cut.found_s) == (4.0, 0.0)


def test_an_episode_whose_ads_are_all_missed_scores_nothing():
    score = score_spans([], [(0.0, 10.0)], 60.0)
    assert (score.precision, score.recall, score.f1, score.f05) == (0.0, 0.0, 0.0, 0.0)
    assert score.edge_errors_s == ()


@given(disjoint())
def test_a_perfect_prediction_is_perfect(true):
    apart = [(a * 10, b * 10) for a, b in true]
    score = score_spans(apart, apart, 600.0)
    assert score.f05 in (1.0, None)
    assert score.wrongly_cut_s == 0
    assert set(score.edge_errors_s) <= {0.0}


def test_episodes_are_pooled_as_the_report_wants_them():
    scores = [
        score_spans([(0.0, 10.0)], [(0.0, 12.0)], 1800.0),
        score_spans([], [(0.0, 8.0)], 1800.0),
        score_spans([(0.0, 30.0)], [], 1800.0),
        score_spans([], [], 1800.0),
    ]
    found = pool_spans(scores, np.random.default_rng(0))
    assert found["episodes"] == 4
    assert (found["episodes_without_ads"], found["passed_without_ads"]) == (2, 1)
    assert (found["precision"], found["recall"], found["f1"], found["f05"]) == (0.5, 0.5, 0.5, 0.5)
    assert found["wrongly_cut_s_an_hour"] == 15.0
    assert found["found_share"] == 0.5
    assert (found["edge_error_s"], found["edge_error_median_s"]) == (1.0, 1.0)
    assert found["f05_interval"] == [0.0, 1.0]


def test_nothing_to_pool_is_not_a_score_of_nothing():
    found = pool_spans([], np.random.default_rng(0))
    assert (found["f05"], found["f05_interval"], found["wrongly_cut_s_an_hour"]) == (None,) * 3


def test_the_bootstrap_interval_holds_the_mean_and_narrows_with_more_episodes():
    rng = np.random.default_rng(0)
    few, many = rng.random(12), rng.random(400)
    narrow, wide = (bootstrap(v, np.random.default_rng(1)) for v in (many, few))
    assert narrow[0] < many.mean() < narrow[1]
    assert wide[1] - wide[0] > 3 * (narrow[1] - narrow[0])
    error = few.std() / np.sqrt(12)
    assert wide == pytest.approx([few.mean() - 1.96 * error, few.mean() + 1.96 * error], abs=0.03)
    assert bootstrap(few, np.random.default_rng(1)) == wide
    assert bootstrap(few[:1], rng) is None


def test_words_are_counted_by_true_and_predicted_label():
    table = confusion(np.array([0, 0, 5]), np.array([0, 5, 5]), np.array([7, 2, 30]))
    assert (table[0, 0], table[0, 5], table[5, 5], table.sum()) == (7, 2, 30, 39)


def test_label_scores_worked_out_by_hand():
    table = np.zeros((6, 6), dtype=np.int64)
    table[0, 0], table[0, 5] = 3000, 1000  # reads: 3000 of 4000 found
    table[5, 5], table[5, 0] = 9000, 1000  # other: 9000 of 10000
    table[2, 5] = 1999  # intro: none, and too few to count
    found = label_scores(table)
    assert found["accuracy"] == pytest.approx(12000 / 15999, abs=1e-4)
    read, other = found["labels"]["sponsor_read"], found["labels"]["other"]
    assert (read["precision"], read["recall"], read["f1"], read["words"]) == (0.75,) * 3 + (4000,)
    assert (other["precision"], other["recall"]) == (pytest.approx(9000 / 11999, abs=1e-4), 0.9)
    assert found["macro_over"] == ["sponsor_read", "other"]
    assert found["macro_f1"] == pytest.approx((0.75 + other["f1"]) / 2, abs=1e-4)
    assert found["labels"]["intro"]["f1"] == 0
    assert found["labels"]["self_promo"] == {"precision": None, "recall": None, "f1": 0, "words": 0}
    assert list(found["labels"]) == list(LABELS)
    assert found["confusion"] == table.tolist()


def test_where_no_label_has_enough_words_there_is_no_macro_f1():
    found = label_scores(np.eye(6, dtype=np.int64) * 1999)
    assert (found["accuracy"], found["macro_f1"], found["macro_over"]) == (1.0, None, [])


def test_calibration_worked_out_by_hand():
    confidence = np.array([0.95, 0.95, 0.62, 1.0])
    right = np.array([True, False, True, True])
    found = calibration(confidence, right, np.array([30, 10, 60, 100]))
    assert found["bins"] == [
        {"confidence": 0.62, "accuracy": 1.0, "words": 60},
        {"confidence": round((0.95 * 40 + 100) / 140, 4), "accuracy": 0.9286, "words": 140},
    ]
    error = (0.38 * 60 + abs(138 / 140 - 130 / 140) * 140) / 200
    assert found["expected_calibration_error"] == pytest.approx(error, abs=1e-3)


def test_scores_that_can_be_believed_have_no_calibration_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.3, 1, 40_000)
    right = rng.random(40_000) < confidence
    found = calibration(confidence, right, np.ones(40_000, dtype=np.int64))
    assert found["expected_calibration_error"] < 0.02
    overconfident = calibration(np.full(40_000, 0.99), right, np.ones(40_000, dtype=np.int64))
    assert overconfident["expected_calibration_error"] > 0.3
