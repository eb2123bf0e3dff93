"""The episode's time, by segment, by what is cut and by what is kept."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from serve.result import Segment
from serve.tagged import Tagged
from serve.timeline import Timed, timed


class Stretch(NamedTuple):
    """A segment, said from start_s to end_s."""

    segment: Segment
    is_dropped: bool
    start_s: float
    end_s: float


class Interval(NamedTuple):
    """Some of the episode; without an end, up to its end, which a transcript does not know."""

    start_s: float
    end_s: float | None


def stretches(tagged: Tagged) -> list[Stretch]:
    """All segments in order, without overlap; there may be silence between two of them.

    Raises TimesError when the source has no times.
    """
    units = timed(tagged.transcript.units, tagged.transcript.format)
    found = []
    for i, said in groupby(zip(tagged.segment_of_unit, units, strict=True), key=lambda x: x[0]):
        segment, (first, *rest) = tagged.result.segments[i], (unit for _, unit in said)
        last = rest[-1] if rest else first
        found.append(Stretch(segment, tagged.is_dropped(segment), first.start_s, last.end_s))
    return found


def kept_units(tagged: Tagged) -> list[Timed]:
    """What is said in segments that stay."""
    units = timed(tagged.transcript.units, tagged.transcript.format)
    stays = [not tagged.is_dropped(segment) for segment in tagged.result.segments]
    return [unit for i, unit in zip(tagged.segment_of_unit, units, strict=True) if stays[i]]


def cuts(found: Sequence[Stretch]) -> Iterator[tuple[float, float]]:
    """What is dropped, from start to end in seconds; dropped neighbours are one."""
    for is_dropped, group in groupby(found, key=lambda stretch: stretch.is_dropped):
        joined = list(group)
        if is_dropped:
            yield joined[0].start_s, joined[-1].end_s


def keeps(found: Sequence[Stretch]) -> Iterator[Interval]:
    """All that is not cut; what comes behind the last word is kept, however long it is."""
    position = 0.0
    for start_s, end_s in cuts(found):
        if start_s > position:
            yield Interval(position, start_s)
        position = end_s
    yield Interval(position, None)
