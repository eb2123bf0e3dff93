"""Lines of a source, and the formats whose cues are lines (LABELS.md, "File format")."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from serve.transcript import Copy, Cue, Parsed, Run, Span
from serve.units.sentences import is_long, said_at, sentences

BOM = "\ufeff"

_BREAK = r"(?:\r\r\n|\r\n|\r|\n)"  # the first where \r\n went through a program that writes \r\n
_LINE = re.compile(rf"{_BREAK}{{2,}}+|([^\r\n]*)(?:{_BREAK}|\Z)")

Reader = Callable[[str, Span], tuple[str, tuple[Run, ...]]]


class Line(NamedTuple):
    """A line of the source: source[start:stop] is `text`; the next line starts at `after`.

    Empty lines behind each other are one, or a file of nothing else would fill the memory.
    """

    text: str
    start: int
    stop: int
    after: int
    number: int  # from 1


class Spoken(NamedTuple):
    """What a line format found in a line; the speech is source[begin:line.stop].

    A heading (a line with nothing but a name or a time) goes with the lines up to the next
    `opens`.
    """

    row: int
    begin: int
    opens: bool = False  # it names who speaks or when
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None


def lines(source: str) -> list[Line]:
    r"""The lines of `source`, ended by \n, \r\n, \r or \r\r\n, without a byte order mark."""
    found = []
    number = 1
    for match in _LINE.finditer(source, 1 if source.startswith(BOM) else 0):
        if match.start() == len(source):
            break
        text = match[1] or ""
        stop = match.start() + len(text)
        found.append(Line(text, match.start(), stop, match.end(), number))
        number += 1 if text else _n_breaks(source[stop : match.end()])
    return found


def _n_breaks(text: str) -> int:
    r"""How many times a line ends in \r and \n.

    >>> _n_breaks("\n"), _n_breaks("\r\n\r\n"), _n_breaks("\n\r\r\n")
    (1, 2, 2)
    """
    return len(re.findall(_BREAK, text))


def whole(rows: Sequence[Line], first: int, stop: int) -> Span:
    """What to cut when rows[first:stop] go: them, and the blank lines after them.

    Blank lines go only where one stays before, or two paragraphs would become one.
    """
    if first == 0 or not rows[first - 1].text.strip():
        while stop < len(rows) and not rows[stop].text.strip():
            stop += 1
    return rows[first].start, rows[stop - 1].after


def parsed(source: str, rows: Sequence[Line], found: Iterable[Spoken], read: Reader) -> Parsed:
    """Cues of the lines in `found`: one a line, or one a sentence of a line of over 100 words."""
    cues: list[Cue] = []
    copies: list[Copy] = []
    headings: list[Span] = []  # lines without speech that wait for the end of what they head
    length = opened = 0  # characters of speech so far, and when the headings were met
    for line in found:
        if line.opens and length > opened:
            copies += [Copy(heading, opened, length) for heading in headings]
            headings = []
        opened = opened if headings else length
        span = whole(rows, line.row, line.row + 1)
        new = _cues_of(source, rows[line.row], line, span, read)
        said = sum(len(cue.text) for cue in new)
        if new[0].whole is None:
            headings.append(span)
        elif len(new) > 1:
            copies.append(Copy(span, length, length + said))
        cues += new
        length += said
    copies += [Copy(heading, opened, length) for heading in headings]
    return Parsed(cues, copies)


def _cues_of(source: str, row: Line, line: Spoken, whole_line: Span, read: Reader) -> list[Cue]:
    """The cues of one line; a heading's cue has no `whole`, a sentence's is the sentence."""
    begin, length = line.begin, row.stop - line.begin
    said = sentences(source[begin : row.stop]) if is_long(row.text) else []
    if len(said) < 2:
        text, runs = read(source, (begin, row.stop))
        span = None if line.opens and not text.strip() else whole_line
        return [Cue(text, runs, span, line.start_s, line.end_s, line.speaker)]
    cues = []
    for a, b in said:
        text, runs = read(source, (begin + a, begin + b))
        start_s, end_s = (said_at(line.start_s, line.end_s, place / length) for place in (a, b))
        cues.append(Cue(text, runs, (begin + a, begin + b), start_s, end_s, line.speaker))
    return cues
