"""Choose the numbers of the [smoothing] table on episodes that training did not see."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from serve.bundle import Smoothing
from serve.labels import ADS, LABELS
from serve.smooth import Path as Labelling
from serve.smooth import Scores, best_path
from train.corpus import Allowed
from train.evaluate import Scored, span_score
from train.metrics import SpanScore

IS_AD = np.isin(LABELS, ADS)
SIDE_BY_SIDE = 64  # episodes; more would be padded more
CUT_PRICE = 0.002  # F0.5 for a second wrongly cut an hour: what is cut is gone for the listener
MOST_CUT = 60.0  # seconds an hour that are charged, so that no one show decides
AD_SPLIT = 0.1  # chosen by folds it was between 0.1 and 0.6, and no better on shows left out
GRID = {
    "enter_ad": (1.0, 2.0, 3.0, 4.5, 6.0, 8.0),
    "leave_ad": (1.0, 2.0, 3.0, 4.5, 6.0, 8.0),
    "between_ads": (1.0, 2.0, 4.0),
    "content": (3.0, 5.0, 8.0, 12.0, 16.0),
    "edge": (0.0, 0.3, 0.4, 0.5),
    "ad_bias": (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5),
}
START = {
    "enter_ad": 3.0,
    "leave_ad": 3.0,
    "between_ads": 2.0,
    "content": 5.0,
    "edge": 0.4,
    "ad_bias": 0.0,
}


class Batch(NamedTuple):
    """Episodes of like length side by side; the shorter ones are padded with units of no words."""

    episodes: Sequence[Scored]
    log_probs: Scores  # (n_episodes, n_units, n_labels)
    n_words: npt.NDArray[np.int64]  # (n_episodes, n_units)


def tune(episodes: Sequence[Scored]) -> Smoothing:
    """The smoothing that scores best over `episodes`.

    First the price of an ad and the bonus for advertising together, for one makes up for the other;
    then two rounds of one number at a time.

    What it maximises is the mean of ad-span F0.5 over shows, less a price for seconds wrongly cut,
    each show counting as the root of its episodes, plus the word accuracy of the six labels.
    """
    temperature = best_temperature(episodes)
    batches = side_by_side([cool(e, temperature) for e in episodes])

    @cache
    def score(*values: float) -> float:
        return _objective(batches, smoothing_of(dict(zip(GRID, values, strict=True))))

    chosen = dict(START)
    for names in (("enter_ad", "ad_bias"), *((name,) for name in (*GRID, *GRID))):
        grid = product(*(GRID[name] for name in names))
        points = [{**chosen, **dict(zip(names, values, strict=True))} for values in grid]
        scores = [score(*(point[n] for n in GRID)) for point in points]
        chosen = points[int(np.argmax(scores))]
    return smoothing_of(chosen).model_copy(update={"temperature": temperature})


def smoothing_of(numbers: dict[str, float]) -> Smoothing:
    """The table for a point of the grid."""
    table = {name: value for name, value in numbers.items() if name != "ad_bias"}
    bias = dict.fromkeys(ADS, numbers["ad_bias"])
    return Smoothing(temperature=1.0, bias=bias, ad_split=AD_SPLIT, **table)


def best_temperature(episodes: Sequence[Scored]) -> float:
    """What to divide scores by so that they are the likeliest probabilities.

    Source: Guo, Pleiss, Sun and Weinberger (2017).
    """
    log_probs = np.concatenate([e.log_probs for e in episodes])
    allowed = np.concatenate([e.allowed for e in episodes])
    n_words = np.concatenate([e.n_words for e in episodes])
    candidates = np.round(np.geomspace(0.7, 3.0, 31), 3)
    return float(min(candidates, key=lambda t: _loss(log_probs / t, allowed, n_words)))


def _loss(scores: Scores, allowed: Allowed, n_words: npt.NDArray[np.int64]) -> float:
    """Nats that the scores lose on what is allowed, over all words."""
    scores = scores - scores.max(axis=1, keepdims=True)  # so that none overflows
    odds = np.exp(np.maximum(scores, -30.0))
    shares = np.where(allowed, odds, 0.0).sum(axis=1) / odds.sum(axis=1)
    return -float(np.log(shares) @ n_words)


def cool(episode: Scored, temperature: float) -> Scored:
    """The episode with its scores divided by `temperature` and normalised again."""
    scores = episode.log_probs / temperature
    scores = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return Scored(
        episode.show, episode.name, scores, episode.allowed, episode.n_words, episode.clock
    )


def side_by_side(episodes: Sequence[Scored]) -> list[Batch]:
    """The episodes by length, many in a batch: smoothing many at once is far faster."""
    ordered = sorted(episodes, key=lambda e: len(e.n_words))
    starts = range(0, len(ordered), SIDE_BY_SIDE)
    return [_batch(ordered[i : i + SIDE_BY_SIDE]) for i in starts]


def labelled(batches: Sequence[Batch], smoothing: Smoothing) -> Iterator[tuple[Scored, Labelling]]:
    """Every episode with its best path."""
    for batch in batches:
        paths = best_path(batch.log_probs, smoothing.costs(), batch.n_words)
        for e, path in zip(batch.episodes, paths, strict=True):
            yield e, path[: len(e.n_words)]


def _batch(episodes: Sequence[Scored]) -> Batch:
    shape = len(episodes), max(len(e.n_words) for e in episodes)
    log_probs = np.zeros((*shape, len(LABELS)), dtype=np.float32)
    n_words = np.zeros(shape, dtype=np.int64)
    for i, e in enumerate(episodes):
        log_probs[i, : len(e.n_words)], n_words[i, : len(e.n_words)] = e.log_probs, e.n_words
    return Batch(episodes, log_probs, n_words)


def _objective(batches: Sequence[Batch], smoothing: Smoothing) -> float:
    scores: dict[str, list[SpanScore]] = {}
    right = words = 0
    for e, path in labelled(batches, smoothing):
        scores.setdefault(e.show, []).append(span_score(e, path, IS_AD))
        if e.six:
            right += int(e.n_words[path == e.allowed.argmax(axis=1)].sum())
            words += int(e.n_words.sum())
    weights = np.sqrt([len(values) for values in scores.values()])
    spans = float(np.average([_worth(values) for values in scores.values()], weights=weights))
    return spans + (right / words if words else 0.0)


def _worth(scores: Sequence[SpanScore]) -> float:
    """A show's mean F0.5, an episode without ads counting 1 or 0, less the price of wrong cuts."""
    f05 = [s.f05 if s.f05 is not None else float(bool(s.passed)) for s in scores]
    hours = sum(s.duration_s for s in scores) / 3600
    cut = sum(s.wrongly_cut_s for s in scores) / hours if hours else 0.0
    return float(np.mean(f05)) - CUT_PRICE * min(cut, MOST_CUT)
