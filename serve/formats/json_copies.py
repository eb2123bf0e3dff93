"""Where a JSON transcript repeats its speech: the whole text, lists of words, tokens."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from serve.formats.align import places
from serve.formats.json_nodes import Node, read_array
from serve.formats.json_text import string
from serve.transcript import Copy, Cue, Run, Span
from serve.units.sentences import is_long

#: The text of a segment or word, in the order in which it is looked for.
TEXT_KEYS = ("body", "text", "word")
ITEM_KEYS = (*TEXT_KEYS, "char")

_WORD = re.compile(r"\S+\s*")
_SPECIAL = re.compile(r"\[_[A-Z]+_\d*\]")


def of_text(source: str, node: Node, cues: Sequence[Cue], base: int = 0) -> list[Copy]:
    """The words of a string that repeats these cues, which begin at `base` in the whole speech."""
    text, runs = string(source, node)
    speech = "".join(cue.text for cue in cues)
    if text.strip() == speech.strip():
        lead = len(text) - len(text.lstrip()) - len(speech) + len(speech.lstrip())
        found = _grains(cues)
        grains = [grain for grain, _ in found]
        stops = [min(max(0, end + lead), len(text)) for _, end in found]
    else:
        stops = [m.end() for m in _WORD.finditer(text)]
        words = [text[a:b] for a, b in pairwise([0, *stops])]
        grains = places(words, [cue.text for cue in cues])
    return [
        Copy(span, base + first, base + stop)
        for span, (first, stop) in zip(_between(node, runs, stops), grains, strict=True)
    ]


def _grains(cues: Sequence[Cue]) -> list[tuple[Span, int]]:
    """Stretches of the speech in which no unit begins: what each goes with, and where it ends.

    They are cues, and words of cues that are cut into units. The space in front of such a cue goes
    with all of it: when its first words go, the next ones stay apart from the cue before.
    """
    found: list[tuple[Span, int]] = []
    start = 0
    for cue in cues:
        stop = start + len(cue.text)
        if is_long(cue.text):
            words = [(start + m.start(), start + m.end()) for m in _WORD.finditer(cue.text)]
            found += [((start, stop), words[0][0]), *((word, word[1]) for word in words)]
        else:
            found.append(((start, stop), stop))
        start = stop
    return found


def _between(node: Node, runs: Sequence[Run], stops: Sequence[int]) -> Iterator[Span]:
    """Where a string's text up to each of `stops` stands in the source, from the one before."""
    at = node.start + 1
    k = 0
    for stop in stops:
        while k < len(runs) and runs[k].stop <= stop:
            k += 1
        inside = k < len(runs) and runs[k].first < stop
        end = runs[k].start + stop - runs[k].first if inside else (runs[k - 1].end if k else at)
        yield at, end
        at = end


def of_items(items: Sequence[Node], cues: Sequence[Cue], base: int = 0) -> list[Copy]:
    """The items of an array of words or letters that repeat these cues."""
    said = places([_text_of(item) for item in items], [cue.text for cue in cues])
    return [
        Copy((item.start, item.stop), base + first, base + stop)
        for item, (first, stop) in zip(items, said, strict=True)
    ]


def inside(
    source: str, fields: dict[str, Node], cue: Cue, base: int
) -> tuple[list[Copy], list[list[Copy]]]:
    """What repeats a cue's text inside its own segment: copies, and arrays.

    Needed only where a cue can lose a part of its text. `tokens` that are numbers cannot be told
    apart: they all go with any part.
    """
    copies: list[Copy] = []
    lists: list[list[Copy]] = []
    used = next(key for key in TEXT_KEYS if key in fields)
    for key, node in fields.items():
        if key in TEXT_KEYS and key != used and isinstance(node.value, str):
            copies += of_text(source, node, [cue], base)
        elif _are_words(key, node.value):
            lists.append(of_items(read_array(source, node.start)[0], [cue], base))
        elif key == "tokens" and isinstance(node.value, list) and node.value:
            span = node.start + 1, node.stop - 1
            words = (m.span() for m in _WORD.finditer(cue.text))
            copies += [Copy(span, base + first, base + stop) for first, stop in words]
    return copies, lists


def _are_words(key: str, items: Any) -> bool:
    """Whether this is an array of words, letters, or whisper.cpp's tokens, which are objects."""
    if not isinstance(items, list):
        return False
    return key in ("words", "chars") or (key == "tokens" and isinstance((items or [0])[0], dict))


def _text_of(item: Node) -> str:
    """The word or letter that an item holds; nothing for a token like [_BEG_] or [_TT_50]."""
    value = item.value
    if isinstance(value, dict):
        value = next((value[key] for key in ITEM_KEYS if key in value), None)
    return value if isinstance(value, str) and not _SPECIAL.fullmatch(value) else ""
