"""Scores of units to a labelling: Viterbi with a price for every change of label. numpy only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serve.labels import ADS

Scores = npt.NDArray[np.float32]  # (n_units, n_labels)
Path = npt.NDArray[np.int64]  # (n_units,)
Mask = npt.NDArray[np.bool_]  # (n_units, ...)
Totals = npt.NDArray[np.float64]

# A unit of this many words counts once. Evidence grows with words, so that coarse and fine cues of
# the same speech are smoothed alike.
WORDS_A_STEP = 12
# Content between two ads that is longer, two and a half minutes, is a part of the show however it
# reads. Fixed for all bundles: with 800 words more is found, and much more wrongly cut.
GAP_WORDS = 400


@dataclass(frozen=True, slots=True)
class Costs:
    """What a labelling pays besides its units' scores; chosen on validation data."""

    switch: npt.NDArray[np.float64]  # (n_labels, n_labels), nats to go from row to column
    bias: npt.NDArray[np.float64]  # (n_labels,), nats added to the score of a label
    ad_split: float = 1.0  # how much it counts which sort of advertising a unit is, above 0 to 1
    edge: float = 0.0  # advertising begins and ends with units that are it at this probability
    gap: float = 1.0  # short content between two ads is advertising at this probability


def calibrated(scores: Scores, temperature: float) -> Scores:
    """Log probabilities of scores divided by a temperature: (..., n_labels).

    Source: Guo, Pleiss, Sun and Weinberger (2017).
    """
    cooled = scores / temperature
    normalised = cooled - np.logaddexp.reduce(cooled, axis=-1, keepdims=True)
    return np.asarray(normalised, dtype=np.float32)


def best_path(log_probs: Scores, costs: Costs, n_words: npt.NDArray[np.int64]) -> Path:
    """The labelling with the highest total of scores less switch costs: (..., n_units).

    log_probs  (..., n_units, n_labels), natural logs; episodes side by side when there are axes
               before, shorter ones padded with units of no words
    n_words    (..., n_units)

    The scores are (evidence + bias) * n_words / WORDS_A_STEP; see `evidence`. On a tie the label
    that comes first in LABELS wins. Then the ends of advertising are trimmed, gaps in it are
    closed, and it is sorted where its sort counted for little; see `trimmed`, `bridged` and
    `by_sort`. Raises ValueError when `log_probs` is not finite or the shapes do not fit.
    """
    if log_probs.shape[:-1] != n_words.shape or not n_words.ndim or not n_words.size:
        raise ValueError(f"log_probs of shape {log_probs.shape} for n_words of {n_words.shape}")
    if not np.isfinite(log_probs).all():
        raise ValueError("log_probs must be finite")

    def totals(scores: Scores) -> Totals:
        weighed = (scores + costs.bias) * (n_words / WORDS_A_STEP)[..., None]
        # Labels before episodes: numpy is fastest along the last axis.
        return np.ascontiguousarray(np.moveaxis(weighed, (-2, -1), (0, 1)))

    switch = costs.switch.reshape(1, *costs.switch.shape, *[1] * (n_words.ndim - 1))
    path = _viterbi(totals(evidence(log_probs, costs.ad_split)), switch)
    if costs.edge:
        doubtful = (ad_log_probs(log_probs)[..., 0] < np.log(costs.edge)) | (n_words == 0)
        best_content = log_probs[..., len(ADS) :].argmax(axis=-1) + len(ADS)
        path = trimmed(path, np.moveaxis(doubtful, -1, 0), np.moveaxis(best_content, -1, 0))
    if costs.gap < 1:
        path = bridged(
            path, np.moveaxis(ad_odds(log_probs), -1, 0), np.moveaxis(n_words, -1, 0), costs.gap
        )
    if costs.ad_split < 1:
        path = by_sort(path, totals(log_probs), switch)
    return np.moveaxis(path, 0, -1)


def _viterbi(totals: Totals, switch: Totals) -> Path:
    """The labels whose scores less the prices for changing add up to most: (n_units, ...).

    totals  (n_units, n_labels, ...), scores; overwritten
    switch  (n_units - 1, from, to, ...), any of them 1 where nothing depends on it
    Source: Viterbi (1967).
    """
    switch = np.broadcast_to(switch, (len(totals) - 1, *switch.shape[1:]))
    for before, here, price in zip(totals, totals[1:], switch, strict=False):
        here += (before[:, None] - price).max(axis=0)  # over (from, to, ...)
    path = np.empty((len(totals), *totals.shape[2:]), dtype=np.int64)
    path[-1] = totals[-1].argmax(axis=0)
    for i in range(len(totals) - 1, 0, -1):
        price = np.take_along_axis(switch[i - 1], path[i][None, None], axis=1)[:, 0]
        path[i - 1] = (totals[i - 1] - price).argmax(axis=0)
    return path


def by_sort(path: Path, totals: Totals, switch: Totals) -> Path:
    """`path` with the sort chosen anew of each unit that is advertising; see `_viterbi`.

    Whether something is advertising is best judged by the sum of both sorts, which says nothing of
    which it is; two reads of different sorts, one after the other, would become one.
    """
    n_ads = len(ADS)  # LABELS begins with ADS
    is_ad = path < n_ads
    both_ads = (is_ad[:-1] & is_ad[1:])[:, None, None]  # over content every change is free
    sort = _viterbi(totals[:, :n_ads].copy(), switch[:, :n_ads, :n_ads] * both_ads)
    return np.where(is_ad, sort, path)


def trimmed(path: Path, doubtful: Mask, best_content: Path) -> Path:
    """`path` without the doubtful units at both ends of each stretch of advertising.

    All are (n_units, ...). Such a unit takes the label of the content that it touches, or its own
    best one at the end of an episode. Much of what is cut wrongly is cut there: a stretch goes on
    over units of little evidence until the price of leaving is earned.
    """
    is_ad = path < len(ADS)  # LABELS begins with ADS
    sure = is_ad & ~doubtful
    kept = is_ad & _comes_after(sure, ~is_ad) & _comes_after(sure[::-1], ~is_ad[::-1])[::-1]
    stays = kept | ~is_ad
    behind, has_behind = _nearest_before(path, stays)
    ahead, has_ahead = _nearest_before(path[::-1], stays[::-1])
    choices = [stays, has_behind & (behind >= len(ADS)), (has_ahead & (ahead >= len(ADS)))[::-1]]
    return np.asarray(np.select(choices, [path, behind, ahead[::-1]], best_content))


def bridged(path: Path, odds: Totals, n_words: npt.NDArray[np.int64], gap: float) -> Path:
    """`path` with short content between two ads made advertising where it may well be it.

    path, n_words  (n_units, ...)
    odds           (n_units, ...), log odds of advertising

    Short is at most GAP_WORDS; it may well be advertising where the mean of the odds over its words
    is that of the probability `gap` or more. It takes the label of the ad before it. The middle of
    a long read reads like talk, and to price it like content anywhere takes prices at which short
    ads are never entered.
    """
    path, least = path.copy(), np.log(gap / (1 - gap))
    columns = (a.reshape(len(path), -1).T for a in (path, odds * n_words, n_words))
    for labels, weighed, words in zip(*columns, strict=True):
        for first, stop in list(runs(labels < len(ADS)))[1:-1]:
            said = words[first:stop].sum()
            is_gap = labels[first] >= len(ADS) and said <= GAP_WORDS
            if is_gap and weighed[first:stop].sum() >= least * said:
                labels[first:stop] = labels[first - 1]
    return path


def _nearest_before(path: Path, stays: Mask) -> tuple[Path, Mask]:
    """The label of the latest unit that stays, up to each one, and whether there is any."""
    latest = _latest(stays)
    labels: Path = np.take_along_axis(path, np.maximum(latest, 0), axis=0)
    return labels, latest >= 0


def _latest(mask: Mask) -> npt.NDArray[np.int64]:
    """The index of the latest unit up to each one for which `mask` holds; -1 before the first."""
    index = np.arange(len(mask)).reshape(-1, *[1] * (mask.ndim - 1))
    return np.asarray(np.maximum.accumulate(np.where(mask, index, -1), axis=0))


def _comes_after(this: Mask, that: Mask) -> Mask:
    """Whether the latest unit of `this` is later than that of `that`, up to each unit."""
    return np.asarray(_latest(this) > _latest(that))


def ad_log_probs(log_probs: Scores) -> Scores:
    """Log probability of advertising of any sort: (..., n_units, 1)."""
    any_ad: Scores = np.logaddexp.reduce(log_probs[..., : len(ADS)], axis=-1, keepdims=True)
    return any_ad


def ad_odds(log_probs: Scores) -> Totals:
    """Log odds of advertising of any sort: (..., n_units)."""
    content = np.logaddexp.reduce(log_probs[..., len(ADS) :], axis=-1)
    return np.asarray(ad_log_probs(log_probs)[..., 0] - content, dtype=np.float64)


def evidence(log_probs: Scores, ad_split: float) -> Scores:
    """Log probabilities with those of the ADS drawn towards that of advertising of any sort.

    A read that may be a sponsor's or the show's own has its probability split between the two, and
    either alone could lose to a third label. With `ad_split` 1 nothing changes; with 0 both have
    the probability of advertising, and the first wins.
    """
    ads = log_probs[..., : len(ADS)]  # LABELS begins with ADS
    any_ad = ad_log_probs(log_probs)
    drawn = any_ad + ad_split * (ads - any_ad)
    return np.concatenate([drawn, log_probs[..., len(ADS) :]], axis=-1)


def runs(path: Path | Mask) -> Iterator[tuple[int, int]]:
    """Half-open ranges of equal labels, in order.

    >>> list(runs(np.array([5, 5, 0, 5])))
    [(0, 2), (2, 3), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(path)) + 1
    return zip([0, *edges.tolist()], [*edges.tolist(), len(path)], strict=True)
