"""Scores of units to a labelling: Viterbi with a price for every change of label. numpy only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]  # (n_units, n_labels)
Path = npt.NDArray[np.int64]  # (n_units,)

# A unit of this many words counts once. Evidence grows with words, so that coarse and fine cues of
# the same speech are smoothed alike.
WORDS_A_STEP = 12


@dataclass(frozen=True, slots=True)
class Costs:
    """What a labelling pays besides its units' scores; chosen on validation data."""

    switch: npt.NDArray[np.float64]  # (n_labels, n_labels), nats to go from row to column
    bias: npt.NDArray[np.float64]  # (n_labels,), nats added to the score of a label


def best_path(log_probs: Scores, costs: Costs, n_words: npt.NDArray[np.int64]) -> Path:
    """The labelling with the highest total of scores less switch costs: (n_units,).

    The scores are (log_probs + bias) * n_words / WORDS_A_STEP. On a tie the label that comes first
    in LABELS wins. Raises ValueError when `log_probs` is not 2-d and finite.
    Source: Viterbi (1967).
    """
    if log_probs.ndim != 2 or not np.isfinite(log_probs).all():
        raise ValueError(f"log_probs must be finite and 2-d, got shape {log_probs.shape}")
    scores = (log_probs + costs.bias) * (np.maximum(n_words, 1) / WORDS_A_STEP)[:, None]
    came_from = np.zeros(scores.shape, dtype=np.int64)
    total = np.zeros(scores.shape[1])
    for i, unit in enumerate(scores):
        arrivals = total[:, None] - costs.switch if i else np.zeros_like(costs.switch)
        came_from[i] = arrivals.argmax(axis=0)
        total = arrivals.max(axis=0) + unit
    path = np.empty(len(scores), dtype=np.int64)
    label = int(total.argmax())
    for i in range(len(scores) - 1, -1, -1):
        path[i] = label
        label = int(came_from[i, label])
    return path


def runs(path: Path) -> Iterator[tuple[int, int]]:
    """Half-open ranges of equal labels, in order.

    >>> list(runs(np.array([5, 5, 0, 5])))
    [(0, 2), (2, 3), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(path)) + 1
    return zip([0, *edges.tolist()], [*edges.tolist(), len(path)], strict=True)
