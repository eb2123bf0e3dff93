"""Where long text is cut, so that the network sees steps of a sentence; and when a part is said."""

import re

from serve.transcript import Span

LONG_WORDS = 100  # LABELS.md: text of more words is cut into sentences
PIECE_WORDS = 40  # a sentence of more than LONG_WORDS words is cut into pieces of about this many
_SLACK = 10  # words that a piece may be shorter or longer to end at a clause

_SENTENCE_END = re.compile(r"[.?!]\s+")
_WORD = re.compile(r"\S+\s*")
_CLAUSE_END = re.compile(r"[,;:–—)\]-]\s+$")
_LAST_END = re.compile(r"[.?!…][\"'”’)\]]*$")


def is_long(text: str) -> bool:
    """Whether text has so many words that it is cut into sentences."""
    return len(text) > 2 * LONG_WORDS and len(text.split(maxsplit=LONG_WORDS)) > LONG_WORDS


def ends_sentence(text: str) -> bool:
    """Whether text closes with the end of a sentence.

    >>> ends_sentence('He said "no."'), ends_sentence("and then")
    (True, False)
    """
    return _LAST_END.search(text[-8:]) is not None


def sentences(text: str) -> list[Span]:
    """`text` cut after every `.`, `?` or `!` that white space follows; the space goes before.

    >>> sentences("Oh. Really?! Yes, 3.5")
    [(0, 4), (4, 13), (13, 21)]
    """
    places = [m.end() for m in _SENTENCE_END.finditer(text) if m.end() < len(text)]
    return list(zip([0, *places], [*places, len(text)], strict=True))


def pieces(text: str, span: Span) -> list[Span]:
    """One sentence, whole or, when it is long, in pieces of about PIECE_WORDS words."""
    if not is_long(text[slice(*span)]):
        return [span]
    stops = [m.end() for m in _WORD.finditer(text, *span)]  # of each word and its space
    cuts = [span[0]]
    done = 0
    while len(stops) - done > PIECE_WORDS + 2 * _SLACK:
        done += _piece_words(text, [cuts[-1], *stops[done : done + PIECE_WORDS + _SLACK]])
        cuts.append(stops[done - 1])
    return list(zip(cuts, [*cuts[1:], span[1]], strict=True))


def _piece_words(text: str, edges: list[int]) -> int:
    """How many words the next piece takes: up to the clause end nearest to PIECE_WORDS."""
    ends = [
        n
        for n in range(PIECE_WORDS - _SLACK, len(edges))
        if _CLAUSE_END.search(text[edges[n - 1] : edges[n]])
    ]
    return min(ends, key=lambda n: abs(n - PIECE_WORDS), default=PIECE_WORDS)


def said_at(start_s: float | None, end_s: float | None, share: float) -> float | None:
    """When this share of a text, 0 to 1, has been said, as if every character took as long."""
    if share == 0:
        return start_s
    if share == 1:
        return end_s
    if start_s is None or end_s is None:
        return None
    return round(start_s + share * (end_s - start_s), 3)
