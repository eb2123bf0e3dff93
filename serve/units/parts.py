"""Which text becomes one unit: sentences of long cues, cues, or several fine cues together."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from serve.transcript import Cue, Span
from serve.units.runs import snap
from serve.units.sentences import LONG_WORDS, ends_sentence, pieces, sentences

FINE_WORDS = 4  # cues whose median has fewer words are joined: captions have 6 and more
JOINED_WORDS = 16  # of joined cues at most: about a sentence of speech
JOINED_GAP_S = 1.5  # a longer silence ends a unit


class Part(NamedTuple):
    """The text of a unit: cues[cue:stop_cue], cut to text[first:stop] when it is one cue."""

    cue: int
    stop_cue: int
    first: int
    stop: int


def are_fine(cues: Sequence[Cue]) -> bool:
    """Whether the cues are words rather than sentences or captions."""
    n_words = [n for cue in cues if (n := len(cue.text.split(maxsplit=FINE_WORDS)))]
    return bool(n_words) and median(n_words) < FINE_WORDS


def parts(cues: Sequence[Cue], *, join: bool) -> Iterator[Part]:
    """What becomes a unit, in order; `join` whether cues are joined into sentences."""
    waiting: list[int] = []  # cues with text that wait to become one unit
    n_waiting = 0  # words in them
    for i, cue in enumerate(cues):
        n_words = len(cue.text.split())
        if not n_words:
            continue
        fits = join and n_waiting + n_words <= JOINED_WORDS
        if waiting and not (fits and _continues(cues[waiting[0]], cues[waiting[-1]], cue)):
            yield _joined(cues, waiting)
            waiting, n_waiting = [], 0
        if n_words > LONG_WORDS:
            yield from (Part(i, i + 1, *span) for span in _spans_of_long(cue))
        else:
            waiting.append(i)
            n_waiting += n_words
    if waiting:
        yield _joined(cues, waiting)


def _continues(first: Cue, last: Cue, cue: Cue) -> bool:
    """Whether a cue belongs to the unit that goes from `first` to `last`."""
    gap_s = 0.0 if cue.start_s is None or last.end_s is None else cue.start_s - last.end_s
    same_speaker = cue.speaker is None or cue.speaker == first.speaker
    return same_speaker and gap_s <= JOINED_GAP_S and not ends_sentence(last.text.rstrip())


def _joined(cues: Sequence[Cue], waiting: Sequence[int]) -> Part:
    """All of the cues from the first to the last that waited."""
    return Part(waiting[0], waiting[-1] + 1, 0, len(cues[waiting[-1]].text))


def _spans_of_long(cue: Cue) -> Iterator[Span]:
    """The sentences of a cue, the longest of them in pieces; they cover its text."""
    found = [piece for one in sentences(cue.text) for piece in pieces(cue.text, one)]
    places = sorted({snap(cue.runs, stop) for _, stop in found})
    return ((a, b) for a, b in pairwise([0, *places]) if cue.text[a:b].strip())
