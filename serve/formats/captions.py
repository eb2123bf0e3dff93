"""What WebVTT and SRT share: a timing line, then lines of text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from serve.errors import MalformedError
from serve.formats import markup, speakers
from serve.formats.lines import Line, whole
from serve.formats.times import STAMP, check_order, seconds
from serve.transcript import Cue, Run, Span
from serve.units.runs import behind

_TIMING = re.compile(rf"\s*({STAMP})\s*-->\s*({STAMP})(?:\s.*)?\Z")
_LIKE_TIMING = re.compile(r"\s*(?:\d|-->)[^-]*-->|\s*-->")


class Caption(NamedTuple):
    """rows[first:stop] of the file: id and timing, then the text rows[text:stop]."""

    first: int
    timing: int
    text: int
    stop: int


def timing_rows(rows: Sequence[Line]) -> list[int]:
    """The rows that hold a cue's times."""
    return [i for i, row in enumerate(rows) if "-->" in row.text and _LIKE_TIMING.match(row.text)]


def times(row: Line) -> tuple[float, float]:
    """Start and end in seconds of the timing in this line."""
    match = _TIMING.match(row.text)
    if match is None:
        raise MalformedError(
            f"line {row.number}: {row.text.strip()!r} is not a cue's timing; write it like"
            " 00:00:05.000 --> 00:00:08.500"
        )
    start_s, end_s = seconds(match[1], row.number), seconds(match[2], row.number)
    check_order(start_s, end_s, f"line {row.number}")
    return start_s, end_s


def cues(source: str, rows: Sequence[Line], captions: Sequence[Caption]) -> list[Cue]:
    """Captions read: text in one line, speakers from `<v Name>` or from `Name:`."""
    spans = [_text_span(rows, caption) for caption in captions]
    texts = [markup.read(source, span) for span in spans]
    known = speakers.names((text for text, _ in texts), once=True)
    found = []
    for caption, span, (text, runs) in zip(captions, spans, texts, strict=True):
        start_s, end_s = times(rows[caption.timing])
        speaker = markup.voice(source, span)
        if speaker is None:
            speaker, text, runs = _named(text, runs, known)
        place = whole(rows, caption.first, caption.stop)
        found.append(Cue(text, runs, place, start_s, end_s, speaker))
    return found


def _named(
    text: str, runs: tuple[Run, ...], known: speakers.Names
) -> tuple[str | None, str, tuple[Run, ...]]:
    """The speaker in front of the text, and the text behind the name."""
    found = speakers.prefix(text)
    if found is None or found[0] not in known:
        return None, text, runs
    return found[0], *behind(text, runs, found[1])


def _text_span(rows: Sequence[Line], caption: Caption) -> Span:
    """Where the text of a caption stands, line breaks inside it included."""
    if caption.text == caption.stop:
        return rows[caption.timing].after, rows[caption.timing].after
    return rows[caption.text].start, rows[caption.stop - 1].stop
