"""Tags and entities inside captions: WebVTT's, and those that SRT files borrow from HTML."""

import re
from html import unescape

from serve.transcript import Run, Span
from serve.units.runs import rewrite, straight

_SPECIAL = re.compile(r"[<&{\r\n]")
_TOKEN = re.compile(
    r"(?P<break>\r\n|\r|\n|<br ?/?>)"
    r"|(?P<tag></?(?:c|i|b|u|s|v|ruby|rt|lang|font)(?:[.\s][^<>]*)?>|<\d[\d:.]*>|\{\\[^{}]*\})"
    r"|&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,30});"
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")


def read(source: str, span: Span) -> tuple[str, tuple[Run, ...]]:
    """What is said in source[span], in one line, and where it stands."""
    if _SPECIAL.search(source, *span) is None:
        return straight(source, span)
    return rewrite(source, span, _TOKEN, _spoken)


def voice(source: str, span: Span) -> str | None:
    """The name in the first `<v Name>`, or None."""
    match = _VOICE.search(source, *span)
    return unescape(match[1]).strip() or None if match else None


def _spoken(match: re.Match[str]) -> str:
    """What is said at a tag (nothing), a line break (a space) or an entity."""
    if match["break"]:
        return " "
    return "" if match["tag"] else unescape(match[0])
