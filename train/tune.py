"""Choose the numbers of the [smoothing] table on episodes that training did not see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product, starmap
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from serve.bundle import Smoothing
from serve.labels import ADS, LABELS
from serve.smooth import Path as Labelling
from serve.smooth import Scores, best_path, calibrated
from train.corpus import Allowed
from train.evaluate import Scored, span_score
from train.examples import IS_AD

SIDE_BY_SIDE = 64  # episodes; more would be padded more
CUT_PRICE = 0.002  # F0.5 for a second wrongly cut an hour: what is cut is gone for the listener
MOST_CUT = 60.0  # seconds an hour that are charged, so that no one show decides
TEMPERATURES = np.round(np.geomspace(0.7, 3.0, 16), 2)
# The three prices that make up for each other are tried in all combinations, with the first of
# CONTENT and of GAP, whose others are tried after them.
ENTER_AD = (2.0, 3.0, 4.5, 6.0, 8.0, 12.0)
LEAVE_AD = (1.0, 3.0, 4.5, 6.0, 8.0, 12.0)
AD_BIAS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
PRICES = (ENTER_AD, LEAVE_AD, AD_BIAS)
CONTENT = (3.0, 5.0, 8.0, 12.0)
GAP = (0.12, 0.07, 0.2, 1.0)  # on networks of an earlier run 0.05 to 0.2 did much the same
# Left out of the search. BETWEEN_ADS moves no edge of advertising; of 0.5 to 4 it tells the two
# sorts apart best on shows left out. For AD_SPLIT earlier searches took 0.1 to 0.6, and scored no
# better; EDGE they chose almost everywhere.
BETWEEN_ADS, AD_SPLIT, EDGE = 2.0, 0.1, 0.5
SEARCHED = (ENTER_AD, LEAVE_AD, AD_BIAS, CONTENT, GAP, (BETWEEN_ADS, AD_SPLIT, EDGE))

Mask = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


class Point(NamedTuple):
    """The numbers that are chosen."""

    enter_ad: float
    leave_ad: float
    ad_bias: float
    content: float = CONTENT[0]
    gap: float = GAP[0]

    def smoothing(self) -> Smoothing:
        """The table; the temperature is left at 1."""
        return Smoothing(
            temperature=1.0,
            enter_ad=self.enter_ad,
            leave_ad=self.leave_ad,
            between_ads=BETWEEN_ADS,
            content=self.content,
            ad_split=AD_SPLIT,
            edge=EDGE,
            gap=self.gap,
            bias=dict.fromkeys(ADS, self.ad_bias),
        )


class Outcome(NamedTuple):
    """What a smoothing makes of each episode; all are (n_episodes,)."""

    f05: Values  # of ad spans; without ads 1 where none is found, 0 otherwise
    cut_s: Values  # seconds wrongly cut
    right: Values  # words rightly labelled, where all six labels are known


class Batch(NamedTuple):
    """Episodes of like length side by side; the shorter ones are padded with units of no words."""

    episodes: Sequence[Scored]
    log_probs: Scores  # (n_episodes, n_units, n_labels)
    n_words: npt.NDArray[np.int64]  # (n_episodes, n_units)


def tune(episodes: Sequence[Scored]) -> Smoothing:
    """The smoothing that scores best over `episodes`; see Tuner."""
    return Tuner(episodes).best(np.ones(len(episodes), dtype=bool))


class Tuner:
    """Chooses smoothing on any part of the episodes; what each scores is worked out once.

    What is maximised is the mean of ad-span F0.5 over shows, less a price for seconds wrongly cut
    (MOST_CUT at most), each show counting as the root of its episodes, plus the word accuracy of
    the six labels. Every episode of `mixed` is a show of its own. Of PRICES the point is taken
    whose neighbours score well, too.
    """

    def __init__(self, episodes: Sequence[Scored]) -> None:
        self.episodes = episodes
        self.shows = np.unique([e.group for e in episodes], return_inverse=True)[1]
        self.hours = np.array([e.clock[-1] - e.clock[0] for e in episodes]) / 3600
        self.words = np.array([e.n_words.sum() if e.six else 0 for e in episodes])
        self._batches = cache(self._cooled)
        self._outcomes = cache(self._outcome)

    def best(self, part: Mask) -> Smoothing:
        """The smoothing that scores best on the episodes where `part` is true: (n_episodes,)."""
        chosen = [e for e, is_in in zip(self.episodes, part, strict=True) if is_in]
        temperature = best_temperature(chosen)

        def score(point: Point) -> float:
            return self.objective(self._outcomes(temperature, point), part)

        prices = highest_plain({p: score(p) for p in starmap(Point, product(*PRICES))})
        point = max((prices._replace(content=price) for price in CONTENT), key=score)
        # On a tie as little as can be is made advertising.
        point = max((point._replace(gap=gap) for gap in GAP), key=lambda p: (score(p), p.gap))
        return point.smoothing().model_copy(update={"temperature": temperature})

    def objective(self, outcome: Outcome, part: Mask) -> float:
        """What is maximised, over a part of the episodes."""
        present = np.bincount(self.shows[part]) > 0

        def by_show(values: Values) -> Values:
            return np.asarray(np.bincount(self.shows[part], values[part])[present], np.float64)

        n_episodes = by_show(np.ones(len(part)))
        f05 = by_show(outcome.f05) / n_episodes
        cut = by_show(outcome.cut_s) / np.maximum(by_show(self.hours), 1e-9)
        worth = f05 - CUT_PRICE * np.minimum(cut, MOST_CUT)
        n_words = self.words[part].sum()
        accuracy = outcome.right[part].sum() / n_words if n_words else 0.0
        return float(np.average(worth, weights=np.sqrt(n_episodes)) + accuracy)

    def _outcome(self, temperature: float, point: Point) -> Outcome:
        batches, places = self._batches(temperature)
        found = np.zeros((3, len(self.episodes)))
        for e, path in labelled(batches, point.smoothing()):
            score = span_score(e, path, IS_AD)
            f05 = float(bool(score.passed)) if score.f05 is None else score.f05
            right = e.n_words[path == e.allowed.argmax(axis=1)].sum() if e.six else 0
            found[:, places[id(e)]] = f05, score.wrongly_cut_s, right
        return Outcome(*found)

    def _cooled(self, temperature: float) -> tuple[list[Batch], dict[int, int]]:
        """The episodes at a temperature, many in a batch, and which is which."""
        episodes = [cool(e, temperature) for e in self.episodes]
        return side_by_side(episodes), {id(e): i for i, e in enumerate(episodes)}


def highest_plain(scores: Mapping[Point, float]) -> Point:
    """The point of PRICES whose score and its neighbours' are the highest on average.

    Neighbours are at most one step away in every price. The best point by itself is often a lone
    peak: luck, and other shows score less there than all around.
    """
    table = np.array([scores[p] for p in starmap(Point, product(*PRICES))])
    table = table.reshape([len(values) for values in PRICES])
    padded = np.pad(table, 1, constant_values=np.nan)
    means = np.nanmean(sliding_window_view(padded, (3, 3, 3)), axis=(3, 4, 5))
    at = np.unravel_index(means.argmax(), means.shape)
    return Point(*(values[i] for values, i in zip(PRICES, at, strict=True)))


def best_temperature(episodes: Sequence[Scored]) -> float:
    """What to divide scores by so that they are the likeliest probabilities.

    Source: Guo, Pleiss, Sun and Weinberger (2017).
    """
    log_probs = np.concatenate([e.log_probs for e in episodes])
    allowed = np.concatenate([e.allowed for e in episodes])
    n_words = np.concatenate([e.n_words for e in episodes])
    return float(min(TEMPERATURES, key=lambda t: _loss(log_probs / t, allowed, n_words)))


def _loss(scores: Scores, allowed: Allowed, n_words: npt.NDArray[np.int64]) -> float:
    """Nats that the scores lose on what is allowed, over all words."""
    scores = scores - scores.max(axis=1, keepdims=True)  # so that none overflows
    odds = np.exp(np.maximum(scores, -30.0))
    shares = np.where(allowed, odds, 0.0).sum(axis=1) / odds.sum(axis=1)
    return -float(np.log(shares) @ n_words)


def cool(episode: Scored, temperature: float) -> Scored:
    """The episode with its scores divided by `temperature` and normalised again."""
    return replace(episode, log_probs=calibrated(episode.log_probs, temperature))


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
