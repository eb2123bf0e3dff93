"""Lines with a time in front, behind a name, or alone on the line above.

00:00:05 Welcome | [00:05] Ann: Welcome | [00:01.000 --> 00:04.000]  Welcome | Ann (00:05): Welcome
[1.0s - 4.0s] Welcome
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from serve.formats import markup, speakers
from serve.formats.lines import Line, Spoken, lines, parsed
from serve.formats.times import SECONDS, STAMP, check_order, is_time, seconds
from serve.transcript import Parsed

_RANGE = rf"(?P<start>{STAMP})(?:\s*(?:-->|-|–|—|to)\s*(?P<end>{STAMP}))?"
_HEADING = re.compile(rf"\s*(?P<name>{speakers.NAME}):?\s+{_RANGE}\s*\Z")  # Ann  0:05, text below
_FORMS = (
    re.compile(rf"\s*\[\s*{_RANGE}\s*\]\s*(?:[-–:]\s+)?"),  # [00:05] Welcome
    re.compile(rf"\s*\[(?P<start>{SECONDS})\s?-\s?(?P<end>{SECONDS})\]\s*"),  # [1.0s - 4.0s] Hi
    re.compile(rf"\s*\(\s*{_RANGE}\s*\)\s*(?:[-–:]\s+)?"),  # (00:05) Welcome
    re.compile(rf"\s*{_RANGE}(?:\s*[-–|:]\s+|\s+|\Z)"),  # 00:00:05 Welcome
    re.compile(rf"\s*(?P<name>{speakers.NAME}):?\s*[(\[]\s*{_RANGE}\s*[)\]](?:\s*:\s*|\s*\Z)"),
    re.compile(rf"\s*(?P<name>{speakers.NAME}):\s*[(\[]\s*{_RANGE}\s*[)\]]\s*"),  # Ann: [0:05] Hi
    _HEADING,
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s[^<>]*>\s*")


class Stamped(NamedTuple):
    """What stands in front of a line's speech, up to `begin` in the source."""

    begin: int
    start_s: float | None = None
    end_s: float | None = None
    name: str | None = None


def is_stamped(text: str) -> bool:
    """Whether a line carries a time in one of the forms above."""
    return _stamp(text) is not None


def read(source: str) -> Parsed:
    """A cue a non-blank line; a line without a time goes on at an unknown one."""
    rows = lines(source)
    fronts = {i: _front(row) for i, row in enumerate(rows) if row.text.strip()}
    rests = (rows[i].text[front.begin - rows[i].start :] for i, front in fronts.items())
    known = speakers.names(rests, once=True)
    return parsed(source, rows, _spoken(source, rows, fronts, known), markup.read)


def _front(row: Line) -> Stamped:
    """The time and name in front of a line, if it has them."""
    match = _stamp(row.text)
    if match is None:
        return Stamped(row.stop - len(row.text.lstrip()))
    start_s = seconds(match["start"], row.number)
    end_s = seconds(match["end"], row.number) if match["end"] else None
    check_order(start_s, end_s, f"line {row.number}")
    return Stamped(row.start + match.end(), start_s, end_s, match.groupdict().get("name"))


def _stamp(text: str) -> re.Match[str] | None:
    """The first form that a line has; "We start at 9:30" is speech and no heading."""
    for form in _FORMS:
        match = form.match(text)
        if match and (form is not _HEADING or _heads(match)):
            return match
    return None


def _heads(match: re.Match[str]) -> bool:
    """Whether this is a name above its speech, and a time that there is."""
    return speakers.is_likely(match["name"]) and is_time(match["start"])


def _spoken(
    source: str, rows: Sequence[Line], fronts: dict[int, Stamped], known: speakers.Names
) -> Iterator[Spoken]:
    """Each line's speech with its times: from its stamp, or the one above, to the next stamp."""
    following = [*list(fronts.values())[1:], Stamped(0)]
    open_s: float | None = None  # a stamp that stands alone and waits for its text
    heading: str | None = None
    for (i, front), after in zip(fronts.items(), following, strict=False):  # there may be none
        begin, name = _speaker(source, rows[i], front, known)
        alone = begin == rows[i].stop
        opens = front.start_s is not None or (alone and name is not None)
        start_s = open_s if front.start_s is None else front.start_s
        if opens or name is not None:
            heading = name
        open_s = start_s if alone else None
        end_s = front.end_s
        if end_s is None and after.start_s is not None and not alone:
            end_s = after.start_s if after.start_s >= (start_s or 0.0) else None
        yield Spoken(i, begin, opens, None if alone else start_s, end_s, heading)


def _speaker(
    source: str, row: Line, front: Stamped, known: speakers.Names
) -> tuple[int, str | None]:
    """Where the speech behind the names begins, and whose it is."""
    begin = front.begin
    voice = _VOICE.match(source, begin, row.stop)
    if voice is not None:
        return voice.end(), markup.voice(source, voice.span())
    found = speakers.prefix(source[begin : row.stop])
    if found is not None and found[0] in known:
        return begin + found[1], found[0]
    return begin, front.name
