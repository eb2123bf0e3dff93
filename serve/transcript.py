"""What every format is read into. Values only: no methods that do work.

A format module reads its source into `Parsed`; `serve.units` makes that a `Transcript`. Positions
are characters of the source, half-open. Cues are counted from 0 here, from 1 outside (results,
label files, messages).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

Span = tuple[int, int]  # half-open


@dataclass(frozen=True, slots=True)
class Unit:
    """What the network labels: a sentence of a long cue, a cue, or several whole cues."""

    text: str  # what is said, without markup, escapes or speaker name
    span: Span  # from the first to the last character of the text in the source
    first_cue: int  # cues[first_cue:stop_cue]
    stop_cue: int
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None


class Piece(NamedTuple):
    """Source text that is cut when all of units[first:stop] are dropped; there is always one."""

    span: Span
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """A source, its units, and how to cut units out of it."""

    source: str  # decoded UTF-8, a byte order mark included
    format: str
    units: tuple[Unit, ...]
    n_cues: int
    pieces: tuple[Piece, ...]  # speech and its copies, wherever the format repeats it
    lists: tuple[tuple[Piece, ...], ...] = ()  # JSON arrays: an item goes with its comma


class Run(NamedTuple):
    """text[first:stop] stands at source[start:end].

    Letter for letter when both are equally long; otherwise as one, like `&amp;` for `&`, and
    nothing is ever cut inside it.
    """

    first: int
    stop: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cue:
    """What the source breaks its text into (LABELS.md)."""

    text: str  # what is said; white space around it belongs to it
    runs: tuple[Run, ...]  # where the text stands, in order; markup lies between runs
    whole: Span | None  # what goes when the whole cue goes; None: `Parsed` says it elsewhere
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None


class Copy(NamedTuple):
    """Source that goes with speech[first:stop]; speech is the texts of all cues, joined by nothing.

    An empty range is a place between two units: it goes when both of them go.
    """

    span: Span
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a format module reads: the cues, and what else repeats or frames their text."""

    cues: Sequence[Cue]
    copies: Sequence[Copy] = ()
    lists: Sequence[Sequence[Copy]] = ()  # JSON arrays, all their items in order
