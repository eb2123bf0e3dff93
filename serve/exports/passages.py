"""Segments with what is said in them; they need no times."""

from itertools import groupby
from typing import NamedTuple

from serve.result import Segment
from serve.tagged import Tagged
from serve.transcript import Unit


class Passage(NamedTuple):
    """A segment and its units."""

    segment: Segment
    is_dropped: bool
    units: tuple[Unit, ...]


def passages(tagged: Tagged) -> list[Passage]:
    """All segments in order."""
    pairs = zip(tagged.segment_of_unit, tagged.transcript.units, strict=True)
    found = []
    for i, said in groupby(pairs, key=lambda pair: pair[0]):
        segment = tagged.result.segments[i]
        units = tuple(unit for _, unit in said)
        found.append(Passage(segment, tagged.is_dropped(segment), units))
    return found
