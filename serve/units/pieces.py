"""Which stretches of the source go with which units."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np

from serve.transcript import Copy, Cue, Parsed, Piece
from serve.units.parts import Part
from serve.units.runs import spans


def pieces(parsed: Parsed, parts: Sequence[Part]) -> tuple[Piece, ...]:
    """Whole cues, the text of units that are less than a cue, and copies."""
    owners = Owners(parsed.cues, parts)
    return (
        *_joined(owners.pieces(_whole_cues(parsed.cues))),
        *_inside(parsed.cues, parts),
        *_joined(owners.pieces(parsed.copies)),
    )


def item_lists(parsed: Parsed, parts: Sequence[Part]) -> tuple[tuple[Piece, ...], ...]:
    """JSON arrays, every item with the units it belongs to."""
    owners = Owners(parsed.cues, parts)
    return tuple(tuple(owners.pieces(items)) for items in parsed.lists)


class Owners:
    """Which units a stretch of the speech belongs to."""

    def __init__(self, cues: Sequence[Cue], parts: Sequence[Part]) -> None:
        starts = list(accumulate((len(cue.text) for cue in cues), initial=0))
        self._starts = [starts[part.cue] + part.first for part in parts]
        self._stops = [starts[part.stop_cue - 1] + part.stop for part in parts]

    def pieces(self, copies: Iterable[Copy]) -> list[Piece]:
        """Each copy as a piece of the units it belongs to."""
        copies = list(copies)
        firsts = np.searchsorted(self._stops, [copy.first for copy in copies], side="right")
        stops = np.searchsorted(self._starts, [copy.stop for copy in copies], side="left")
        between = firsts >= stops  # such a copy lies between two units, and goes when both do
        n = len(self._starts)
        firsts, stops = (
            np.where(between, np.maximum(stops - 1, 0), firsts),
            np.where(between, np.minimum(firsts + 1, n), stops),
        )
        spans = [copy.span for copy in copies]
        return list(map(Piece, spans, firsts.tolist(), stops.tolist()))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Pieces; those of the same units that touch become one."""
    last: Piece | None = None
    for piece in pieces:
        if last is not None and _touch(last, piece):
            span = (last.span[0], max(last.span[1], piece.span[1]))
            last = Piece(span, piece.first, piece.stop)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _touch(last: Piece, piece: Piece) -> bool:
    """Whether two pieces of the same units are one stretch of the source."""
    same = last.first == piece.first and last.stop == piece.stop
    return same and last.span[0] <= piece.span[0] <= last.span[1]


def _whole_cues(cues: Sequence[Cue]) -> Iterator[Copy]:
    """What goes with each cue as a whole."""
    start = 0
    for cue in cues:
        stop = start + len(cue.text)
        if cue.whole is not None:
            yield Copy(cue.whole, start, stop)
        start = stop


def _inside(cues: Sequence[Cue], parts: Sequence[Part]) -> Iterator[Piece]:
    """The text of each unit that is less than its cue: it goes while the cue stays."""
    for i, part in enumerate(parts):
        if part.stop_cue - part.cue == 1 and part.stop - part.first < len(cues[part.cue].text):
            for span in spans(cues[part.cue].runs, part.first, part.stop):
                yield Piece(span, i, i + 1)
