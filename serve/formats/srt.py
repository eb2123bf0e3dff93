"""SubRip: number, times with comma or dot, text up to the next cue's number or times."""

from serve.errors import MalformedError
from serve.formats.captions import Caption, cues, timing_rows
from serve.formats.lines import lines
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
    firsts = []  # the row of each cue's number, or of its times where it has none
    for i, timing in enumerate(timings):
        free = timing > 0 and (i == 0 or timing - 1 > timings[i - 1])
        numbered = free and rows[timing - 1].text.strip().isdecimal()
        firsts.append(timing - 1 if numbered else timing)
    captions = []
    for first, timing, stop in zip(firsts, timings, [*firsts[1:], len(rows)], strict=False):
        while stop > timing + 1 and not rows[stop - 1].text.strip():
            stop -= 1
        captions.append(Caption(first, timing, timing + 1, stop))
    return Parsed(cues(source, rows, captions))
