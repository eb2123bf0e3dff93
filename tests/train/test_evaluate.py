from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import ADS, LABELS
from serve.pipeline import tag
from serve.smooth import Costs
from train.corpus import ALLOWED, Episode
from train.evaluate import by_show, evaluate, score_episode, spans
from train.metrics import WORDS_A_SECOND

FREE = Costs(np.zeros((6, 6)), np.zeros(6))


def cues(*labels):
    return np.array([np.isin(LABELS, ALLOWED[label]) for label in labels])


class Oracle:
    """A model that says of every unit what it is asked to, whatever the unit."""

    costs = FREE

    def __init__(self, *labels):
        self.labels = [LABELS.index(label) for label in labels]

    def log_probs(self, units):
        probs = np.full((len(units), 6), 0.02)
        probs[np.arange(len(units)), self.labels] = 0.9
        return np.log(probs).astype(np.float32)


def captions(labels, seconds=60, show="tea"):
    """An episode of captions, each of as many seconds, with a second of silence before the next."""
    blocks = [
        f"{i * seconds // 60:02}:{i * seconds % 60:02}.000 -->"
        f" {(i * seconds + seconds - 1) // 60:02}:{(i * seconds + seconds - 1) % 60:02}.000\n"
        f"And this is what was said in caption {i}, no more.\n"
        for i in range(len(labels))
    ]
    return Episode(show, "one", ("WEBVTT\n\n" + "\n".join(blocks)).encode(), cues(*labels))


def test_where_there_are_times_the_clock_is_theirs():
    labels = ("intro", "sponsor_read", "other")
    found = score_episode(captions(labels), Oracle(*labels))
    assert found.clock.tolist() == [0, 60, 120, 179]
    assert found.n_words.tolist() == [11, 11, 11]
    assert found.six


def test_where_there_are_none_words_stand_in_for_them():
    episode = Episode("tea", "1", b"One two three.\nFour.\n", cues("intro", "other"))
    found = score_episode(episode, Oracle("intro", "other"))
    np.testing.assert_allclose(found.clock, np.array([0, 3, 4]) / WORDS_A_SECOND)


def test_a_second_reading_is_kept_beside_the_labels_that_are_scored():
    episode = captions(("not_ad", "ad"))
    once = score_episode(episode, Oracle("intro", "sponsor_read"))
    assert once.second is None
    assert once.taught is once
    second = cues("intro", "sponsor_read")
    found = score_episode(replace(episode, second=second), Oracle("intro", "sponsor_read"))
    assert (found.allowed == once.allowed).all()
    assert not found.six
    assert found.taught.six
    assert (found.taught.allowed == second).all()


def test_the_clock_never_goes_back():
    source = b"""{"segments": [
        {"start": 5.0, "end": 9.0, "text": " This is the first of three things that were said."},
        {"start": 3.0, "end": 4.0, "text": " This is the second of three things that were said."},
        {"start": 8.0, "text": " This is the third of three things that were said here."}]}"""
    found = score_episode(Episode("tea", "1", source, cues(*["other"] * 3)), Oracle(*["other"] * 3))
    assert found.clock.tolist() == [5, 5, 8, 8]


def test_spans_are_runs_on_the_clock():
    clock = np.array([0.0, 1, 2, 4, 8])
    assert spans(np.array([True, True, False, True]), clock) == [(0, 2), (4, 8)]
    assert spans(np.array([False, False]), clock[:3]) == []


def test_a_perfect_model_scores_perfectly():
    labels = ("intro", "sponsor_read", "other", "self_promo", "library_discussion")
    report = evaluate([score_episode(captions(labels), Oracle(*labels))], FREE)
    ads, reads = report["spans"]["ads"], report["spans"]["sponsor_read"]
    assert (ads["f05"], reads["f05"]) == (1.0, 1.0)
    assert (ads["found_share"], ads["wrongly_cut_s_an_hour"]) == (1.0, 0.0)
    assert report["six_labels"]["accuracy"] == 1.0
    assert report["calibration"]["expected_calibration_error"] == pytest.approx(0.1, abs=0.02)


def test_either_kind_of_ad_will_do_for_what_is_dropped_but_not_for_reads_alone():
    true, said = ("other", "sponsor_read", "other"), ("other", "self_promo", "other")
    report = evaluate([score_episode(captions(true), Oracle(*said))], FREE)
    assert report["spans"]["ads"]["f05"] == 1.0
    assert report["spans"]["sponsor_read"]["f05"] == 0.0
    assert report["six_labels"]["accuracy"] == pytest.approx(2 / 3, abs=1e-4)


def test_seconds_of_content_that_were_cut_are_counted_by_the_hour():
    true, said = ("other", "sponsor_read", "other"), ("other", "sponsor_read", "sponsor_read")
    (found,) = [score_episode(captions(true), Oracle(*said))]
    ads = evaluate([found], FREE)["spans"]["ads"]
    assert ads["wrongly_cut_s_an_hour"] == pytest.approx(3600 * 59 / 179, abs=1e-3)
    assert ads["f05"] == 1.0  # 60 of 119 seconds is just half
    assert ads["edge_error_s"] == pytest.approx(59 / 2)


def test_partial_labels_count_for_ad_spans_and_not_for_six_labels():
    true = ("not_ad", "ad", "not_ad")
    report = evaluate([score_episode(captions(true), Oracle("intro", "self_promo", "other"))], FREE)
    assert report["spans"]["ads"]["f05"] == 1.0
    assert "sponsor_read" not in report["spans"]
    assert "six_labels" not in report
    assert "calibration" not in report


def test_an_episode_that_is_not_advertising_at_all_has_no_reads_either():
    true = ("not_ad", "not_ad")
    report = evaluate([score_episode(captions(true), Oracle("other", "other"))], FREE)
    for kind in ("ads", "sponsor_read"):
        found = report["spans"][kind]
        assert (found["episodes_without_ads"], found["passed_without_ads"]) == (1, 1)


def test_reads_known_as_such_count_where_other_ads_are_not_told_apart():
    true = ("other", "sponsor_read", "other")
    episodes = [
        score_episode(captions(true), Oracle(*true)),
        score_episode(captions(("not_ad", "ad")), Oracle("other", "other")),
    ]
    report = evaluate(episodes, FREE)
    assert report["spans"]["ads"]["episodes"] == 2
    assert report["spans"]["sponsor_read"]["episodes"] == 1
    assert report["six_labels"]["episodes"] == 1


def test_smoothing_is_part_of_what_is_scored():
    labels = ["other"] * 4 + ["sponsor_read"] + ["other"] * 4
    found = score_episode(captions(["other"] * 9), Oracle(*labels))
    dear = Costs(np.full((6, 6), 9.0) * ~np.eye(6, dtype=bool), np.zeros(6))
    assert evaluate([found], FREE)["spans"]["ads"]["passed_without_ads"] == 0
    assert evaluate([found], dear)["spans"]["ads"]["passed_without_ads"] == 1


def test_shows_are_reported_apart_in_the_order_of_their_names():
    episodes = [
        score_episode(captions(("other",), show=show), Oracle("other"))
        for show in ("tea", "kettle", "tea")
    ]
    found = by_show(episodes, FREE)
    assert {show: part["episodes"] for show, part in found.items()} == {"kettle": 1, "tea": 2}
    assert list(found) == ["kettle", "tea"]


def test_what_is_scored_is_what_users_get(model, make):
    episode = make.talk(("other", 3), ("sponsor_read", 2), ("other", 4))
    episode = Episode("tea", "1", episode.source.replace(b"Leafbox", b"Our sponsor"), episode.cues)
    found = score_episode(episode, model)
    report = evaluate([found], model.costs)
    segments = tag(episode.source, model).segments
    assert [s.label for s in segments if s.label in ADS] == ["sponsor_read"]
    assert report["spans"]["ads"]["f05"] == report["six_labels"]["accuracy"] == 1.0
