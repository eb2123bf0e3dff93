"""JSON: Podcasting 2.0, whisper, faster-whisper, whisperX, OpenAI's verbose_json, bare arrays.

The speech is `segments`, or a bare array of them, else `transcription` (whisper.cpp), `utterances`
(AssemblyAI), `chunks` (Hugging Face), `words`, `word_segments`, an array that says what `text`
says, or `text`; those that come beside it are copies, and so is whatever else repeats it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

from serve.errors import MalformedError, UnknownFormatError
from serve.formats.json_copies import TEXT_KEYS, inside, of_items, of_text
from serve.formats.json_nodes import Node, read_array, read_json, read_object, scan, where
from serve.formats.json_text import string
from serve.formats.lines import BOM
from serve.formats.times import check_order
from serve.transcript import Copy, Cue, Parsed
from serve.units.sentences import is_long

SEGMENTS = ("segments", "transcription", "utterances", "chunks")
ARRAYS = (*SEGMENTS, "words", "word_segments")
ENDLESS = 1e12  # no time is as large; integers of any length would not fit a float


def read(source: str) -> Parsed:
    """The cues of a JSON transcript: its segments, with every copy of what they say."""
    source = source.replace(BOM, " ", 1) if source.startswith(BOM) else source
    root = read_json(source, _read_root)
    if isinstance(root.value, list):
        return _from_items(source, root.value, {})
    if not isinstance(root.value, dict) or not _speech_keys(root.value):
        keys = ", ".join(root.value) if isinstance(root.value, dict) else "no object"
        raise UnknownFormatError(
            f"this JSON is no transcript we know: it holds {keys or 'nothing'}, but no segments,"
            " words or text; export it as Podcasting 2.0 or whisper JSON, or as WebVTT"
        )
    key = _speech_keys(root.value)[0]
    if key == "text":
        key = _repeating(root.value) or key
    if key == "text":
        return _from_text(source, root.value[key])
    items = root.value[key].value
    others = {name: node for name, node in root.value.items() if name != key}
    if key not in SEGMENTS:  # read again, with the place of every field
        items = read_array(source, root.value[key].start, _read_item)[0]
    return _from_items(source, items, others, _times_a_second(key, items))


def _read_root(source: str, start: int) -> tuple[Any, int]:
    """A whole transcript: the arrays with the place of each item."""
    if source.startswith("[", start):
        return read_array(source, start, _read_item)
    if source.startswith("{", start):
        readers = dict.fromkeys(ARRAYS, _read_flat) | dict.fromkeys(SEGMENTS, _read_segments)
        return read_object(source, start, readers)
    return scan(source, start)


def _read_segments(source: str, start: int) -> tuple[Any, int]:
    return (
        read_array(source, start, _read_item)
        if source.startswith("[", start)
        else scan(source, start)
    )


def _read_flat(source: str, start: int) -> tuple[Any, int]:
    return read_array(source, start) if source.startswith("[", start) else scan(source, start)


def _read_item(source: str, start: int) -> tuple[Any, int]:
    return read_object(source, start) if source.startswith("{", start) else scan(source, start)


def _speech_keys(root: dict[str, Node]) -> list[str]:
    """Where the speech is, the best place first; empty ones come last."""
    found = [key for key in ARRAYS if key in root and isinstance(root[key].value, list)]
    if "text" in root and isinstance(root["text"].value, str):
        found.append("text")
    return sorted(found, key=lambda key: not root[key].value)


def _repeating(root: dict[str, Node]) -> str | None:
    """The first array that says what `text` says: the same with more detail."""
    said = _squeezed([root["text"].value])
    lists = (name for name, node in root.items() if isinstance(node.value, list))
    return next((name for name in lists if said and _says(root[name].value, said)), None)


def _from_text(source: str, node: Node) -> Parsed:
    """One cue: a text without segments."""
    text, runs = string(source, node)
    return Parsed([Cue(text, runs, (node.start + 1, node.stop - 1))])


def _times_a_second(key: str, items: Sequence[Node]) -> int:
    """What a second counts: 1,000 in AssemblyAI's files, whose words have a whole start and end."""
    fields = [item.value for item in items if isinstance(item.value, dict)]
    if key not in ("utterances", "words") or not all("text" in each for each in fields):
        return 1
    times = [each[name].value for each in fields for name in ("start", "end") if name in each]
    return 1000 if all(type(time) is int for time in times) else 1


def _from_items(
    source: str, items: Sequence[Node], others: dict[str, Node], a_second: int = 1
) -> Parsed:
    """A cue an item, and the copies in `others` and inside the items."""
    cues = _with_ends([_cue(source, item, i, a_second) for i, item in enumerate(items)])
    starts = list(accumulate((len(cue.text) for cue in cues), initial=0))
    copies: list[Copy] = []
    lists = [
        [Copy((n.start, n.stop), a, b) for n, a, b in zip(items, starts, starts[1:], strict=False)]
    ]
    said = _squeezed([cue.text for cue in cues])
    for key, node in others.items():
        if isinstance(node.value, str):
            if key == "text" or _squeezed([node.value]) == said:
                copies += of_text(source, node, cues)
        elif isinstance(node.value, list) and (key in ARRAYS or _says(node.value, said)):
            is_flat = key in ARRAYS and key not in SEGMENTS  # without the place of every field
            flat = node.value if is_flat else read_array(source, node.start)[0]
            lists.append(of_items(flat, cues))
    for item, cue, start in zip(items, cues, starts, strict=False):
        if is_long(cue.text):
            more, more_lists = inside(source, item.value, cue, start)
            copies += more
            lists += more_lists
    return Parsed(cues, copies, lists)


def _says(items: Sequence[Any], said: str) -> bool:
    """Whether the items of an array that we do not know are objects that say this, squeezed."""
    texts = [item.get("text") if isinstance(item, dict) else None for item in items]
    return bool(said) and said == _squeezed([text for text in texts if isinstance(text, str)])


def _squeezed(texts: Sequence[str]) -> str:
    """The texts without white space."""
    return "".join("".join(text.split()) for text in texts)


def _cue(source: str, item: Node, i: int, a_second: int) -> Cue:
    """The cue of the i-th segment (from 0)."""
    fields = item.value
    node = None
    if isinstance(fields, dict):
        node = next((fields[key] for key in TEXT_KEYS if key in fields), None)
    if node is None or not isinstance(node.value, str | None):
        raise MalformedError(
            f"{where(source, item.start)}: segment {i + 1} has no text; every item must be an"
            " object with a string `body` or `text`"
        )
    text, runs = ("", ()) if node.value is None else string(source, node)
    times, a_second = _times(source, fields, a_second)
    if (both := times.get("timestamp")) is not None and isinstance(both.value, list):
        times = _pair(source, both)
    start_s = _time(source, times, ("startTime", "start", "from"), a_second)
    end_s = _time(source, times, ("endTime", "end", "to"), a_second)
    if start_s is not None and end_s is not None and end_s < start_s:
        check_order(start_s, end_s, f"{where(source, item.start)}: segment {i + 1}")
    return Cue(text, runs, None, start_s, end_s, _speaker(fields))


def _times(source: str, fields: dict[str, Node], a_second: int) -> tuple[dict[str, Node], int]:
    """Where a segment's times are, and what a second counts: 1,000 in whisper.cpp's `offsets`."""
    offsets = fields.get("offsets")
    if offsets is None or not isinstance(offsets.value, dict):
        return fields, a_second
    return read_object(source, offsets.start)[0], 1000


def _pair(source: str, node: Node) -> dict[str, Node]:
    """Start and end out of an array of both, as Hugging Face's pipelines have it."""
    return dict(zip(("start", "end"), read_array(source, node.start)[0], strict=False))


def _time(source: str, fields: dict[str, Node], keys: Sequence[str], a_second: int) -> float | None:
    """The first of these fields, in seconds."""
    node = next((fields[key] for key in keys if key in fields), None)
    if node is None or node.value is None:
        return None
    if type(node.value) not in (int, float) or not abs(node.value) < ENDLESS:
        raise MalformedError(
            f"{where(source, node.start)}: {source[node.start : node.stop]:.40} is not a time;"
            " write seconds as a number"
        )
    return float(node.value) / a_second


def _speaker(fields: dict[str, Node]) -> str | None:
    """Who speaks, by the segment or by the first of its words that says so."""
    named = [fields["speaker"].value] if "speaker" in fields else []
    if not named and "words" in fields and isinstance(fields["words"].value, list):
        words = fields["words"].value
        named = [word["speaker"] for word in words if isinstance(word, dict) and "speaker" in word]
    name = named[0] if named else None
    if not isinstance(name, str) or not name.strip():
        return None
    return name.encode("utf-8", "replace").decode().strip()


def _with_ends(cues: list[Cue]) -> list[Cue]:
    """The cues; one that has a start but no end lasts until the next one starts."""
    for i, (cue, following) in enumerate(pairwise(cues)):
        start_s, end_s = cue.start_s, following.start_s
        if cue.end_s is not None or start_s is None or end_s is None:
            continue
        if start_s <= end_s:
            cues[i] = replace(cue, end_s=end_s)
    return cues
