r"""Whisper's TSV: start\tend\ttext, times in milliseconds."""

import re

from serve.errors import MalformedError
from serve.formats.lines import lines, whole
from serve.formats.times import check_order
from serve.transcript import Cue, Parsed
from serve.units.runs import straight

HEADER = "start\tend\ttext"

_MILLISECONDS = re.compile(r" *[0-9]{1,12} *")


def read(source: str) -> Parsed:
    """A cue a row; the header may be missing."""
    rows = lines(source)
    cues = []
    for i, row in enumerate(rows):
        if not row.text.strip() or (i == 0 and row.text.strip().lower() == HEADER):
            continue
        fields = row.text.split("\t", 2)
        start_s, end_s = _times(fields, row.number)
        begin = row.stop - len(fields[2])
        text, runs = straight(source, (begin, row.stop))
        cues.append(Cue(text, runs, whole(rows, i, i + 1), start_s, end_s))
    return Parsed(cues)


def _times(fields: list[str], line: int) -> tuple[float, float]:
    """The first two of three fields in seconds."""
    if len(fields) < 3 or not all(_MILLISECONDS.fullmatch(field) for field in fields[:2]):
        raise MalformedError(
            f"line {line}: a row has start and end in whole milliseconds and a text, divided by"
            f" tabs; this one has {fields!r:.80}"
        )
    start_s, end_s = int(fields[0]) / 1000, int(fields[1]) / 1000
    check_order(start_s, end_s, f"line {line}")
    return start_s, end_s
