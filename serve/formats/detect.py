"""Which format a source is in, by its first lines."""

import re

from serve.errors import UnknownFormatError
from serve.formats import timed_text, tsv

HEAD = 2**16  # characters looked at
_FOREIGN = (
    (re.compile(r"(?:<\?xml|<tt[\s>]|<rss|<transcript)"), "XML", "convert it to WebVTT or SRT"),
    (re.compile(r"\[Script Info\]"), "SubStation Alpha", "convert it to WebVTT or SRT"),
    (re.compile(r"\{\\rtf"), "RTF", "save it as plain text"),
    (re.compile(r"%PDF"), "PDF", "save its text as plain text"),
    (
        re.compile(r"\d+:\d\d:\d\d\.\d{3},\d+:\d\d:\d\d\.\d{3}[ \t]*[\r\n]"),
        "YouTube's SBV",
        "convert it to WebVTT or SRT",
    ),
)
# Not `[[music]] Welcome` or `[{inaudible}] yes`, which are speech.
_JSON = re.compile(r"\{\s*(?:[\"}]|\Z)|\[\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*(?:[\[\]{\"\d]|\Z)|\]|\Z)")
_VTT = re.compile(r"WEBVTT(?:\s|\Z)")
_STAMP = r"[\d:]+:\d+(?:[,.]\d+)?"
_SRT = re.compile(rf"(?:\d+[ \t]*[\r\n]+)?[ \t]*{_STAMP}[ \t]*-->")
# A cue's times further down, below a line of credits, say; on a line of their own, since speech may
# have an arrow between two times.
_TIMING = re.compile(rf"[\r\n][ \t]*{_STAMP}[ \t]*-->[ \t]*{_STAMP}[ \t]*[\r\n]")
_STRONG = re.compile(r"(?m)^#{1,6} \S|\]\((?:https?|mailto):|^\s*</?[a-zA-Z][^<>]*>|^---[ \t]*$")
_LIST = re.compile(r"(?m)^\s*[-*+] \S")
_FRONT = re.compile(r"---[ \t]*(?:\r\n|\r|\n)|<!DOCTYPE|<html|# ", re.IGNORECASE)


def detect(source: str) -> str:
    """The format of a source that is not blank. Raises UnknownFormatError for what we cannot read.

    >>> detect("WEBVTT"), detect("[00:05] Hello."), detect("Hello.")
    ('vtt', 'timed_text', 'plain')
    """
    head = source[:HEAD].lstrip("\ufeff \t\r\n")
    for pattern, name, remedy in _FOREIGN:
        if pattern.match(head):
            raise UnknownFormatError(f"line 1: this looks like {name}, which is not read; {remedy}")
    if _JSON.match(head):
        return "json"
    if _VTT.match(head):
        return "vtt"
    if _SRT.match(head) or _TIMING.search(head):
        return "srt"
    if head.lower().startswith(tsv.HEADER):
        return "tsv"
    return _line_format(head)


def _line_format(head: str) -> str:
    """timed_text, notes or plain."""
    rows = [row for row in re.split(r"[\r\n]+", head) if row.strip()][:200]
    stamped = sum(timed_text.is_stamped(row) for row in rows)
    if _FRONT.match(head):  # notes, also when they list chapters with their times
        return "timed_text" if 3 * stamped >= 2 * len(rows) else "notes"
    headed = stamped > 1 and any(timed_text.is_stamped(row) for row in rows[:2])
    if stamped >= len(rows) * (0.1 if headed else 0.5):
        return "timed_text"
    strong = sum(bool(_STRONG.search(row)) for row in rows)
    marked = strong + sum(bool(_LIST.search(row)) for row in rows)
    return "notes" if strong and 10 * marked >= len(rows) else "plain"
