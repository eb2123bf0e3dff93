"""Strings of a JSON source: what they say, and where every character of it stands."""

import re

from serve.formats.json_nodes import Node
from serve.transcript import Run
from serve.units.runs import rewrite, straight

_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\."
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def string(source: str, node: Node) -> tuple[str, tuple[Run, ...]]:
    """The text of a string node, and its runs; half a surrogate pair is read as U+FFFD."""
    span = node.start + 1, node.stop - 1
    if source.find("\\", *span) < 0:
        return straight(source, span)
    return rewrite(source, span, _ESCAPE, _spoken)


def _spoken(match: re.Match[str]) -> str:
    """The character that an escape stands for."""
    escape = match[0]
    if escape[1] != "u":
        return _SHORT.get(escape[1], escape[1])
    code = int(escape[2:6], 16)
    if len(escape) == 12:
        code = 0x10000 + ((code - 0xD800) << 10) + int(escape[8:], 16) - 0xDC00
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
