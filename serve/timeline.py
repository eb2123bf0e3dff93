"""When each unit is said: a start and an end for every one, in order and without overlap.

Sources leave much of that out: stamps without ends, lines without stamps, several lines with one
stamp, captions that stay on the screen while the next one is said. What is missing is spread by
words between the times around it.
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
    """The units with all their times. Each takes some, up to where the next one starts or less.

    Raises TimesError when no unit has a time, or when times start again in the middle.
    """
    words = list(accumulate((max(1, len(u.text.split())) for u in units), initial=0))
    known = _known(units, words)
    if not known:
        raise TimesError(
            f"this {format} transcript has no times, and they are needed here; use one that has"
            " them, such as WebVTT, or a kind that goes without: segments, labels, transcript,"
            " csv, html"
        )
    places, times = zip(*known, strict=True)
    edges = np.interp(words, places, times).tolist()
    return [
        Timed(unit, start_s, _end(unit, start_s, next_s))
        for unit, (start_s, next_s) in zip(units, pairwise(edges), strict=True)
    ]


def _known(units: Sequence[Unit], words: Sequence[int]) -> list[tuple[int, float]]:
    """Words said before each known time, and the time: from first to last word, both rising."""
    _check_order(units)
    known: list[tuple[int, float]] = []
    for unit, n_words in zip(units, words, strict=False):
        if unit.start_s is None:
            continue
        if not known or unit.start_s > known[-1][1]:
            known.append((n_words, unit.start_s))
    if not known:
        return []
    n_words, start_s = known[0]
    lead_s = max(0.0, start_s - n_words / WORDS_PER_S)
    known[: lead_s == start_s] = [(0, lead_s)]
    n_words, start_s = known[-1]
    end_s = units[-1].end_s
    if end_s is None or end_s <= start_s:
        end_s = start_s + (words[-1] - n_words) / WORDS_PER_S
    return [*known, (words[-1], end_s)]


def _check_order(units: Sequence[Unit]) -> None:
    """Refuse times that start again, as where a file holds two parts.

    Only starts of cues count: the sentences of a long one may reach over the start of the next.
    """
    latest, cue = 0.0, -1
    for unit in units:
        if unit.start_s is None or unit.first_cue == cue:
            continue
        if unit.start_s < latest - TURN_BACK_S:
            raise TimesError(
                f"cue {unit.first_cue + 1} is at {unit.start_s:g} s, behind one at {latest:g} s:"
                " the times start again; split the transcript there, or correct the time"
            )
        latest, cue = max(latest, unit.start_s), unit.first_cue


def _end(unit: Unit, start_s: float, next_s: float) -> float:
    """When a unit that starts at `start_s` ends, if the next one starts at `next_s`."""
    if unit.end_s is None or unit.end_s <= start_s:
        return next_s
    return min(unit.end_s, next_s)
