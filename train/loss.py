"""The loss: how improbable the network finds what the labels allow."""

from torch import Tensor


def training_loss(
    log_probs: Tensor, allowed: Tensor, weights: Tensor, *, row_loss: float
) -> Tensor:
    """The loss of what `Tagger` returns in training, and outside it: a scalar.

    `row_loss` is what the rows by themselves count, which it returns in training only.
    """
    if log_probs.dim() == allowed.dim():
        return partial_label_loss(log_probs, allowed, weights)
    seen, alone = (partial_label_loss(part, allowed, weights) for part in log_probs)
    return seen + row_loss * alone


def partial_label_loss(log_probs: Tensor, allowed: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean of -log P(any allowed label): a scalar.

    log_probs  (..., n_labels)
    allowed    (..., n_labels), bool; all true where nothing is known
    weights    (...), 0 for padding

    With one allowed label this is cross entropy. Source: Jin and Ghahramani (2002).
    """
    # A finite floor: the log of an impossible label must not make the gradient undefined.
    likelihood = log_probs.float().masked_fill(~allowed, -30.0).logsumexp(dim=-1)
    return -(likelihood * weights).sum() / weights.sum().clamp(min=1e-6)
