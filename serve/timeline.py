"""When each unit is said: a start and an end for every one, in order and without overlap.

Sources leave much of that out: stamps without ends, lines without stamps, captions that stay on the
screen while the next one is said. What is missing is spread by words between the times around it.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from serve.errors import TimesError
from serve.transcript import Unit

WORDS_PER_S = 2.5  # of speech whose end no source gives: 150 words a minute
TURN_BACK_S = 10.0  # speakers who talk at once go back less; a second part goes back more


class Timed(NamedTuple):
    """A unit, said from start_s to end_s."""

    unit: Unit
    start_s: float
    end_s: float


def timed(units: Sequence[Unit], format: str) -> list[Timed]:
    """The units with all their times. A unit ends where the next one starts, or before.

    Raises TimesError when no unit has a time, or when times start again in the middle.
    """
    words = list(accumulate((max(1, len(u.text.split())) for u in units), initial=0))
    known = _known(units, words)
    if not known:
        raise TimesError(
            f"this {format} transcript has no times, which this kind of output is made of; leave"
            " the kind out of --to, or tag a transcript with times, such as WebVTT"
        )
    places, times = zip(*known, strict=True)
    edges = np.interp(words, places, np.maximum.accumulate(times)).tolist()
    return [
        Timed(unit, start_s, max(start_s, _end(unit, next_s)))
        for unit, (start_s, next_s) in zip(units, pairwise(edges), strict=True)
    ]


def _known(units: Sequence[Unit], words: Sequence[int]) -> list[tuple[int, float]]:
    """Words said before each known time, and the time: first and last are of the whole speech."""
    known: list[tuple[int, float]] = []
    latest, end_s = 0.0, None
    for unit, n_words in zip(units, words, strict=False):
        time_s = end_s if unit.start_s is None else unit.start_s
        if time_s is not None:
            _check_order(unit, time_s, latest)
            latest = max(latest, time_s)
            known.append((n_words, time_s))
        end_s = unit.end_s
    if end_s is not None:
        known.append((words[-1], end_s))
    if known and known[0][0] > 0:
        known.insert(0, (0, max(0.0, known[0][1] - known[0][0] / WORDS_PER_S)))
    if known and known[-1][0] < words[-1]:
        n_words, time_s = known[-1]
        known.append((words[-1], max(latest, time_s) + (words[-1] - n_words) / WORDS_PER_S))
    return known


def _check_order(unit: Unit, time_s: float, latest: float) -> None:
    """Refuse times that start again, as where a file holds two parts."""
    if time_s < latest - TURN_BACK_S:
        raise TimesError(
            f"cue {unit.first_cue + 1} is at {time_s:g} s, behind one at {latest:g} s: the times"
            " start again; split the transcript there, or correct the time"
        )


def _end(unit: Unit, next_s: float) -> float:
    """When a unit ends, if the next one starts at `next_s`."""
    return next_s if unit.end_s is None else min(unit.end_s, next_s)
