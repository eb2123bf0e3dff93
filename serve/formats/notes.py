"""Show notes and articles, in Markdown or simple HTML: a cue a line, cut like plain text.

Front matter and rules (---) are lines like any other. Marks are not read: of a link its text.
"""

import re
from html import unescape

from serve.formats.lines import Spoken, lines, parsed
from serve.transcript import Parsed
from serve.units.runs import rewrite

_FRONT = re.compile(r"\s*(?:(?:#{1,6}|[-*+>])(?:\s+|\Z))?")  # it always matches
_MARK = re.compile(
    r"(?P<space><br ?/?>)"
    r"|!?\[(?P<link>[^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s+\"[^\"]*\")?\)"
    r"|<(?P<address>https?://[^<>\s]+)>"
    r"|(?P<nothing>\*{1,3}|__|`+|<!--[^<>]*-->|</?[a-zA-Z][^<>]*>)"
    r"|&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,30});"
)


def read(source: str) -> Parsed:
    """The cues of show notes or an article."""
    rows = lines(source)
    found = (
        Spoken(i, row.start + _FRONT.match(row.text).end())  # type: ignore[union-attr]
        for i, row in enumerate(rows)
        if row.text.strip()
    )
    return parsed(source, rows, found, lambda source, span: rewrite(source, span, _MARK, _spoken))


def _spoken(match: re.Match[str]) -> str:
    """What is read at a mark."""
    if match["space"]:
        return " "
    if match["nothing"] is not None:
        return ""
    if match["link"] is not None:
        return re.sub(r"[*`]+|__", "", match["link"])
    return match["address"] or unescape(match[0])
