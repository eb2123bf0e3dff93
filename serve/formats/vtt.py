"""WebVTT (W3C), as tolerant as players are. Header, NOTE, STYLE and REGION are never touched.

Rolling captions, as YouTube's, say each line twice: at the bottom when it is new, at the top while
the next one is said. The second time is a copy of the first.
"""

from collections.abc import Iterator, Sequence

from serve.errors import MalformedError
from serve.formats import rolling
from serve.formats.captions import Caption, cues, timing_rows
from serve.formats.lines import Line, lines
from serve.transcript import Parsed


def read(source: str) -> Parsed:
    """The cues of a WebVTT file; ids, settings, tags and missing hours are understood."""
    rows = lines(source)
    if not rows or rows[0].text[:7] not in ("WEBVTT", "WEBVTT ", "WEBVTT\t"):
        raise MalformedError(
            f"line 1: a WebVTT file starts with WEBVTT, this one with"
            f" {(rows[0].text if rows else '')[:40]!r}; add the header or name the real format"
        )
    captions = list(_captions(rows, timing_rows(rows)))
    return rolling.fold(source, rows, captions, cues(source, rows, captions))


def _captions(rows: Sequence[Line], timings: Sequence[int]) -> Iterator[Caption]:
    """Where each cue lies. Its text ends at an empty line or at the next cue."""
    done = 1  # rows before this one are taken
    for timing, following in zip(timings, [*timings[1:], len(rows)], strict=False):
        has_id = timing > done and rows[timing - 1].text.strip() and _is_gap(rows, timing - 2)
        stop = timing + 1
        while stop < following and rows[stop].text:
            stop += 1
        # Editors leave white space on the line between two cues; the id behind it is no text.
        if stop == following < len(rows) and stop - timing > 2 and _is_gap(rows, stop - 2):
            stop -= 1
        while stop > timing + 1 and not rows[stop - 1].text.strip():
            stop -= 1
        yield Caption(timing - 1 if has_id else timing, timing, timing + 1, stop)
        done = stop


def _is_gap(rows: Sequence[Line], i: int) -> bool:
    """Whether a row separates: blank, or the header."""
    return i == 0 or not rows[i].text.strip()
