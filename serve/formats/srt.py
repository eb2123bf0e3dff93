"""SubRip: number, times with comma or dot, text up to the next cue's number or times."""

from collections.abc import Sequence

from serve.errors import MalformedError
from serve.formats.captions import Caption, cues, timing_rows
from serve.formats.lines import Line, lines
from serve.transcript import Parsed


def read(source: str) -> Parsed:
    """The cues of an SRT file; numbers may be missing or repeat."""
    rows = lines(source)
    timings = timing_rows(rows)
    if not timings and any(row.text.strip() for row in rows):
        raise MalformedError(
            "line 1: no line of this file has a cue's times like 00:00:05,000 --> 00:00:08,500;"
            " name its real format, or leave the format to be found"
        )
    befores = [-1, *timings]
    firsts = [_first(rows, timing, b) for timing, b in zip(timings, befores, strict=False)]
    captions = []
    for first, timing, stop in zip(firsts, timings, [*firsts[1:], len(rows)], strict=False):
        while stop > timing + 1 and not rows[stop - 1].text.strip():
            stop -= 1
        captions.append(Caption(first, timing, timing + 1, stop))
    return Parsed(cues(source, rows, captions))


def _first(rows: Sequence[Line], timing: int, before: int) -> int:
    """The row of a cue's number, or of its times where it has none.

    before  the row of the times of the cue before, -1 for the first cue

    The number stands right above, or over a blank line in a file with one after every line.
    """
    if timing - 1 > before and rows[timing - 1].text.strip().isdecimal():
        return timing - 1
    if timing - 2 <= before or rows[timing - 1].text.strip():
        return timing
    apart = timing == 2 or (timing - 3 > before and not rows[timing - 3].text.strip())
    return timing - 2 if apart and rows[timing - 2].text.strip().isdecimal() else timing
