from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.smooth import Costs
from train.baseline import baseline_scores
from train.corpus import Episode
from train.evaluate import evaluate

FREE = Costs(np.zeros((6, 6)), np.zeros(6))


@pytest.fixture(scope="module")
def scores(make):
    stretches = [("intro", 8), ("library_discussion", 12), ("sponsor_read", 10), ("other", 12),
                 ("self_promo", 8), ("career_advice", 12)]  # fmt: skip
    training = [make.talk(*stretches[i:], *stretches[:i], name=str(i)) for i in range(6)]
    partly = make.talk(("not_ad", 10), ("ad", 10), name="partly")
    unlabelled = Episode("kettle", "new", b"Tea.\n", None)
    held_out = make.talk(*stretches[::-1], name="held-out")
    return baseline_scores([*training, partly, unlabelled], [held_out])


def test_an_episode_may_be_shorter_than_the_reach_of_its_windows(make):
    talk = make.talk(("intro", 3), ("sponsor_read", 4), name="short")
    (episode,) = baseline_scores([talk, make.talk(("other", 30), name="long")], [talk])
    assert episode.log_probs.shape == (7, 6)


def test_an_obvious_toy_set_is_told_apart(scores):
    report = evaluate(scores, FREE)
    assert report["six_labels"]["accuracy"] > 0.8
    assert report["spans"]["ads"]["f05"] == 1.0


def test_its_scores_are_log_probabilities_and_forbid_nothing(scores):
    (episode,) = scores
    assert episode.log_probs.dtype == np.float32
    np.testing.assert_allclose(np.exp(episode.log_probs).sum(axis=1), 1, atol=0.01)
    assert episode.log_probs.min() >= np.log(1e-4) - 1e-5


def test_it_learns_from_the_second_reading(make):
    first = make.talk(("not_ad", 20), ("ad", 20))
    contrary = make.talk(("sponsor_read", 20), ("other", 20))
    six = make.talk(("intro", 9), ("self_promo", 9))
    twice = [replace(first, second=contrary.cues), six]
    (learnt,) = baseline_scores(twice, [first])
    (wanted,) = baseline_scores([replace(first, cues=contrary.cues), six], [first])
    assert (learnt.log_probs == wanted.log_probs).all()
