# ruff: noqa: E402 - first of all, whether torch is there
import math

import pytest

torch = pytest.importorskip("torch")
from torch.nn.functional import cross_entropy, nll_loss, one_hot

from train.loss import partial_label_loss, training_loss


@pytest.fixture
def scores():
    return torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def weights():
    return torch.rand(2, 7, generator=torch.Generator().manual_seed(2))


def test_with_one_allowed_label_it_is_cross_entropy(scores, weights):
    labels = torch.arange(14).view(2, 7) % 6
    log_probs = scores.log_softmax(dim=2)
    ones = torch.ones(2, 7)
    allowed = one_hot(labels, 6).bool()
    expected = cross_entropy(scores.flatten(0, 1), labels.flatten())
    torch.testing.assert_close(partial_label_loss(log_probs, allowed, ones), expected)
    each = nll_loss(log_probs.flatten(0, 1), labels.flatten(), reduction="none").view(2, 7)
    expected = (each * weights).sum() / weights.sum()
    torch.testing.assert_close(partial_label_loss(log_probs, allowed, weights), expected)


def test_where_everything_is_allowed_nothing_is_lost(scores, weights):
    allowed = torch.ones(2, 7, 6, dtype=torch.bool)
    loss = partial_label_loss(scores.log_softmax(dim=2), allowed, weights)
    assert abs(loss.item()) < 1e-6


@pytest.mark.parametrize("allowed", [(0, 1), (2, 3, 4, 5), (5,), (0, 2, 4)])
def test_the_probabilities_of_what_is_allowed_are_added(scores, weights, allowed):
    probs = scores.softmax(dim=2).tolist()
    mask = torch.tensor([label in allowed for label in range(6)]).expand(2, 7, 6)
    total = sum(
        -math.log(sum(probs[b][r][label] for label in allowed)) * weights[b, r].item()
        for b in range(2)
        for r in range(7)
    )
    found = partial_label_loss(scores.log_softmax(dim=2), mask, weights).item()
    assert found == pytest.approx(total / weights.sum().item(), rel=1e-5)


def test_rows_of_no_weight_do_not_count(scores, weights):
    log_probs, allowed = scores.log_softmax(dim=2), torch.rand(2, 7, 6) < 0.5
    weights[:, 4:] = 0
    found = partial_label_loss(log_probs, allowed, weights)
    torch.testing.assert_close(
        found, partial_label_loss(log_probs[:, :4], allowed[:, :4], weights[:, :4])
    )
    assert partial_label_loss(log_probs, allowed, torch.zeros(2, 7)).item() == 0


def test_the_gradient_stays_finite_where_a_label_is_impossible():
    scores = torch.tensor([[200.0, 0, 0, 0, 0, -200.0], [9.0, 0, 0, 0, 0, -9.0]])
    scores.requires_grad_()
    allowed = torch.tensor([[False, False, False, False, False, True]] * 2)
    loss = partial_label_loss(scores.log_softmax(dim=1), allowed, torch.ones(2))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(scores.grad).all()
    assert scores.grad[1, 5] < 0


def test_half_precision_is_not_added_up_in_halves(scores, weights):
    log_probs, allowed = scores.log_softmax(dim=2), torch.ones(2, 7, 6, dtype=torch.bool)
    assert partial_label_loss(log_probs.half(), allowed, weights).dtype == torch.float32


def test_in_training_rows_by_themselves_count_beside_rows_in_their_place(scores, weights):
    allowed = torch.rand(2, 7, 6, generator=torch.Generator().manual_seed(3)) < 0.5
    seen, alone = scores.log_softmax(dim=2), (2 * scores).log_softmax(dim=2)
    first, second = (partial_label_loss(part, allowed, weights) for part in (seen, alone))
    together = training_loss(torch.stack([seen, alone]), allowed, weights, row_loss=0.4)
    torch.testing.assert_close(together, first + 0.4 * second)
    torch.testing.assert_close(training_loss(seen, allowed, weights, row_loss=0.4), first)
