# ruff: noqa: E402 - first of all, whether torch is there
import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from serve.text import PAD, ROW_TOKENS
from train.export import random_rows
from train.network import STRETCHES, Tagger, WordEvidence, by_length, place_features, stretch_mean

VOCABULARY = 50


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return Tagger(VOCABULARY, n_dims=10, n_hidden=12, n_context=8, dropout=0.5).eval()


@pytest.fixture(autouse=True)
def no_grad():
    with torch.no_grad():
        yield


def rows(n_rows, seed=0):
    made = random_rows(n_rows, VOCABULARY, np.random.default_rng(seed))
    return torch.from_numpy(made.ids), torch.from_numpy(made.place)


def test_the_scores_of_a_row_are_log_probabilities(network):
    ids, place = rows(9)
    log_probs = network(ids[None], place[None])
    assert log_probs.shape == (1, 9, 6)
    torch.testing.assert_close(log_probs.exp().sum(dim=2), torch.ones(1, 9))


def test_in_training_a_row_is_also_judged_without_its_neighbours_and_place(network):
    network = copy.deepcopy(network).train()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    ids, place = rows(9)
    (seen,), (alone,) = network(ids[None], place[None])
    assert seen.shape == alone.shape == (9, 6)
    torch.testing.assert_close(alone.exp().sum(dim=1), torch.ones(9))
    torch.testing.assert_close(seen[None], network.eval()(ids[None], place[None]))
    elsewhere, other_place = ids.flip(0), place + 5
    (other_seen,), (other_alone,) = network.train()(elsewhere[None], other_place[None])
    torch.testing.assert_close(other_alone.flip(0), alone)
    assert not torch.allclose(other_seen.flip(0), seen, atol=1e-4)


@pytest.mark.parametrize("n_rows", [1, 2, 17, 200])
def test_a_batch_of_episodes_scores_like_its_episodes(network, n_rows):
    episodes = [rows(n_rows, seed) for seed in range(3)]
    ids, place = (torch.stack(part) for part in zip(*episodes, strict=True))
    together = network(ids, place)
    for i, (one_ids, one_place) in enumerate(episodes):
        alone = network(one_ids[None], one_place[None])[0]
        torch.testing.assert_close(together[i], alone, atol=1e-5, rtol=1e-5)


def test_a_row_of_nothing_but_padding_scores_finite(network):
    nothing = torch.full((1, 4, ROW_TOKENS), PAD)
    assert torch.isfinite(network(nothing, torch.zeros(1, 4, 2))).all()
    ids, place = rows(6)
    ids[3:] = PAD
    assert torch.isfinite(network(ids[None], place[None])).all()


def test_rows_grouped_by_length_score_as_all_together(network):
    ids, _ = rows(300)
    ids[torch.arange(ROW_TOKENS) >= torch.arange(300)[:, None] % (ROW_TOKENS + 1)] = PAD
    torch.testing.assert_close(by_length(network.rows)(ids), network.rows(ids))


def test_padding_behind_the_words_of_a_row_changes_nothing(network):
    ids, _ = rows(8)
    ids[:, 12:] = PAD
    ids[:, 0] = 7
    wider = torch.cat([ids, torch.full((8, 9), PAD)], dim=1)
    torch.testing.assert_close(network.rows(ids), network.rows(wider))
    torch.testing.assert_close(network.rows(ids), network.rows(ids[:, :14]))


def test_padding_after_an_episode_leaves_it_probabilities_and_its_far_rows_alone(network):
    ids, place = rows(300)
    more_ids = torch.cat([ids, torch.full((80, ROW_TOKENS), PAD)])
    more_place = torch.cat([place, place[-1:].expand(80, 2)])
    alone, padded = network(ids[None], place[None])[0], network(more_ids[None], more_place[None])[0]
    torch.testing.assert_close(padded.exp().sum(dim=1), torch.ones(380))
    far = 300 - max(STRETCHES) // 2 - 40  # and what the recurrent layer still remembers
    torch.testing.assert_close(padded[:far], alone[:far], atol=1e-4, rtol=1e-4)


def test_padding_learns_nothing(network):
    torch.manual_seed(1)
    ids, place = rows(5)
    trained = Tagger(VOCABULARY, n_dims=10, n_hidden=12, n_context=8, dropout=0.0)
    with torch.enable_grad():
        trained(ids[None], place[None])[..., 0].sum().backward()
    gradient = trained.rows.embedding.weight.grad
    assert (gradient[PAD] == 0).all()
    assert (gradient[ids.unique()[1:]] != 0).any(dim=1).all()


@pytest.mark.parametrize("change", ["a row before", "a row after", "the place"])
def test_a_row_is_scored_by_what_surrounds_it(network, change):
    ids, place = rows(40)
    before = network(ids[None], place[None])[0, 20]
    if change == "the place":
        place = place + 5000
    else:
        ids[19 if change == "a row before" else 21] = 9
    assert not torch.allclose(network(ids[None], place[None])[0, 20], before, atol=1e-6)


def test_in_evaluation_nothing_is_dropped(network):
    ids, place = rows(12)
    assert torch.equal(network(ids[None], place[None]), network(ids[None], place[None]))
    torch.manual_seed(0)
    trained = network.train()(ids[None], place[None])
    assert not torch.allclose(trained, network.eval()(ids[None], place[None]))


@pytest.mark.parametrize("n_rows", [1, 5, 9, 150])
@pytest.mark.parametrize("stretch", STRETCHES)
def test_a_stretch_mean_is_the_mean_of_the_rows_within_reach(n_rows, stretch):
    values = torch.randn(2, n_rows, 3, generator=torch.Generator().manual_seed(0))
    means = stretch_mean(values, stretch)
    for i in range(n_rows):
        near = values[:, max(0, i - stretch // 2) : i + stretch // 2 + 1]
        torch.testing.assert_close(means[:, i], near.mean(dim=1), atol=1e-5, rtol=1e-5)


def test_word_evidence_is_what_the_words_here_and_around_say():
    evidence = WordEvidence(VOCABULARY)
    evidence.words.weight[2:] = torch.randn(VOCABULARY - 2, 24, generator=torch.manual_seed(0))
    ids, _ = rows(30)
    of_row = []
    for row in ids:
        words = evidence.words.weight[row[row != PAD]]
        of_row.append((words.sum(dim=0) / (1 + len(words)) ** 0.5).view(4, 6))
    expected = torch.stack(
        [
            of_row[i][0]
            + sum(
                torch.stack([r[k] for r in of_row[max(0, i - n // 2) : i + n // 2 + 1]]).mean(dim=0)
                for k, n in enumerate(STRETCHES, start=1)
            )
            for i in range(30)
        ]
    )
    torch.testing.assert_close(evidence(ids[None])[0], expected, atol=1e-5, rtol=1e-5)


def test_place_features_tell_the_start_from_the_rest_and_stay_small():
    places = torch.tensor([[0.0, 9000.0], [150.0, 8850.0], [9000.0, 0.0]])
    features = place_features(places)
    assert features.shape == (3, 4)
    assert (features.abs() <= 1).all()
    assert features[0, 2] == 1
    assert features[2, 3] == 1
    assert features[1, 2] > 0.5 > features[2, 2]
