"""Choose the numbers of the [smoothing] table on episodes that training did not see."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from serve.bundle import Smoothing
from serve.labels import ADS, LABELS
from serve.smooth import Path as Labelling
from serve.smooth import best_path
from train.evaluate import Scored, span_score

IS_AD = np.isin(LABELS, ADS)
SIDE_BY_SIDE = 64  # episodes; more would be padded more
T = TypeVar("T")
GRID = {
    "enter_ad": (1.0, 2.0, 3.0, 4.5, 6.0, 8.0),
    "leave_ad": (1.0, 2.0, 3.0, 4.5, 6.0, 8.0),
    "between_ads": (1.0, 2.0, 4.0),
    "content": (3.0, 5.0, 8.0, 12.0, 16.0),
    "ad_split": (1.0, 0.6, 0.3, 0.1),
    "ad_bias": (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5),
}
START = {
    "enter_ad": 3.0,
    "leave_ad": 3.0,
    "between_ads": 2.0,
    "content": 5.0,
    "ad_split": 0.1,
    "ad_bias": 0.0,
}


def tune(episodes: Sequence[Scored]) -> Smoothing:
    """The smoothing that scores best over `episodes`, by two rounds of one number at a time.

    What it maximises is the mean of ad-span F0.5 over shows, each show counting as the root of its
    episodes, plus the word accuracy of the six labels.
    """
    temperature = best_temperature(episodes)
    cooled = [cool(e, temperature) for e in episodes]
    chosen = dict(START)
    for name in (*GRID, *GRID):
        values = GRID[name]
        scores = [_objective(cooled, smoothing_of({**chosen, name: v})) for v in values]
        chosen[name] = values[int(np.argmax(scores))]
    return smoothing_of(chosen).model_copy(update={"temperature": temperature})


def smoothing_of(numbers: dict[str, float]) -> Smoothing:
    """The table for a point of the grid."""
    table = {name: value for name, value in numbers.items() if name != "ad_bias"}
    bias = dict.fromkeys(ADS, numbers["ad_bias"])
    return Smoothing(temperature=1.0, bias=bias, **table)


def best_temperature(episodes: Sequence[Scored]) -> float:
    """What to divide scores by so that they are the likeliest probabilities.

    Source: Guo, Pleiss, Sun and Weinberger (2017).
    """
    candidates = np.round(np.geomspace(0.7, 2.0, 22), 3)
    return float(min(candidates, key=lambda t: sum(_losses(episodes, float(t)))))


def _losses(episodes: Sequence[Scored], temperature: float) -> Iterator[float]:
    for e in episodes:
        log_probs = cool(e, temperature).log_probs
        right = np.where(e.allowed, log_probs, -30.0)
        yield -float(np.logaddexp.reduce(right, axis=1) @ e.n_words)


def cool(episode: Scored, temperature: float) -> Scored:
    """The episode with its scores divided by `temperature` and normalised again."""
    scores = episode.log_probs / temperature
    scores = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return Scored(
        episode.show, episode.name, scores, episode.allowed, episode.n_words, episode.clock
    )


def labelled(
    episodes: Sequence[Scored], smoothing: Smoothing
) -> Iterator[tuple[Scored, Labelling]]:
    """Every episode with its best path; many of like length at once, which is far faster."""
    for together in batched(sorted(episodes, key=lambda e: len(e.n_words)), SIDE_BY_SIDE):
        longest = len(together[-1].n_words)
        scores = np.zeros((len(together), longest, len(LABELS)), dtype=np.float32)
        n_words = np.zeros((len(together), longest), dtype=np.int64)
        for i, e in enumerate(together):
            scores[i, : len(e.n_words)], n_words[i, : len(e.n_words)] = e.log_probs, e.n_words
        paths = best_path(scores, smoothing.costs(), n_words)
        for e, path in zip(together, paths, strict=True):
            yield e, path[: len(e.n_words)]


def batched(items: Sequence[T], n: int) -> Iterator[Sequence[T]]:
    """`items` in order, `n` at a time; itertools has it from Python 3.12 on."""
    return (items[i : i + n] for i in range(0, len(items), n))


def _objective(episodes: Sequence[Scored], smoothing: Smoothing) -> float:
    f05: dict[str, list[float]] = {}
    right = words = 0
    for e, path in labelled(episodes, smoothing):
        score = span_score(e, path, IS_AD)
        f05.setdefault(e.show, []).append(
            score.f05 if score.f05 is not None else float(bool(score.passed))
        )
        if e.six:
            right += int(e.n_words[path == e.allowed.argmax(axis=1)].sum())
            words += int(e.n_words.sum())
    weights = np.sqrt([len(values) for values in f05.values()])
    spans = float(np.average([np.mean(values) for values in f05.values()], weights=weights))
    return spans + (right / words if words else 0.0)
