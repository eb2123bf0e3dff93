"""JSON with the place of every value, so that items can be cut out of it to the character.

Only what a transcript needs is walked; values inside are decoded by `json`, which is in C.
"""

import re
from collections.abc import Callable, Mapping
from json import JSONDecodeError, JSONDecoder
from types import MappingProxyType
from typing import Any, NamedTuple

from serve.errors import MalformedError

_NEXT_KEY = re.compile(  # most members, in one step
    r'[ \t\n\r]*,[ \t\n\r]*"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*'
)
_KEY = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*')
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_BEHIND_VALUE = re.compile(r"[ \t\n\r]*(?:,[ \t\n\r]*|([}\]]))")
_SPACE = re.compile(r"[ \t\n\r]*")
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(-?Infinity|NaN)')
_NO_READERS: Mapping[str, "Reader"] = MappingProxyType({})

#: Reads the value that starts at a place: it, and where it ends.
Reader = Callable[[str, int], tuple[Any, int]]


class Node(NamedTuple):
    """A value, which stands at source[start:stop]."""

    value: Any
    start: int
    stop: int


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = JSONDecoder(parse_constant=_refuse_constant)
scan: Reader = _DECODER.scan_once  # type: ignore[attr-defined] # StopIteration: no value


def read_json(source: str, read: Reader) -> Node:
    """The one value in `source`, read by `read`.

    Raises MalformedError with line and column where the source is not JSON. NaN and Infinity,
    which Python would take, are refused: other programs could not read what we hand back.
    """
    start = _skip(source, 0)
    try:
        value, stop = read(source, start)
        if _skip(source, stop) != len(source):
            raise JSONDecodeError("something follows the end", source, _skip(source, stop))
    except JSONDecodeError as error:
        raise _malformed(source, error.pos, error.msg) from None
    except StopIteration as error:
        raise _malformed(source, error.value, "a value is missing") from None
    except RecursionError:
        raise MalformedError("this JSON is nested too deeply for a transcript") from None
    except ValueError as error:
        raise _refused(source, error) from None
    return Node(value, start, stop)


def read_object(
    source: str, start: int, readers: Mapping[str, Reader] = _NO_READERS
) -> tuple[dict[str, Node], int]:
    """The members of an object, those named in `readers` read by them, and where it ends."""
    found: dict[str, Node] = {}
    place = _skip(source, start + 1)
    if source.startswith("}", place):
        return found, place + 1
    key, value_at = _key(source, place)
    while True:
        if key in found:
            raise MalformedError(
                f"{where(source, value_at)}: {key!r} comes twice in one object; remove one of them"
            )
        value, stop = readers.get(key, scan)(source, value_at)
        found[key] = Node(value, value_at, stop)
        following = _NEXT_KEY.match(source, stop)
        if following is not None:
            key, value_at = following[1], following.end()
            continue
        place, ended = _behind(source, stop, "}")
        if ended:
            return found, place
        key, value_at = _key(source, place)


def read_array(source: str, start: int, read: Reader = scan) -> tuple[list[Node], int]:
    """The items of an array, each read by `read`, and where it ends."""
    found: list[Node] = []
    place = _skip(source, start + 1)
    if source.startswith("]", place):
        return found, place + 1
    while True:
        value, stop = read(source, place)
        found.append(Node(value, place, stop))
        place, ended = _behind(source, stop, "]")
        if ended:
            return found, place


def where(source: str, place: int) -> str:
    r"""A place for a message.

    >>> where('{"a":\n  nul}', 8)
    'line 2, column 3'
    """
    line_start = source.rfind("\n", 0, place) + 1
    return f"line {source.count(chr(10), 0, place) + 1}, column {place - line_start + 1}"


def _key(source: str, place: int) -> tuple[str, int]:
    """The key at `place`, and where its value starts."""
    match = _KEY.match(source, place)
    if match is not None:
        return match[1], match.end()
    if source[place : place + 1] != '"':
        raise JSONDecodeError("a key in double quotes is missing", source, place)
    key, stop = scan(source, place)
    colon = _COLON.match(source, stop)
    if colon is None:
        raise JSONDecodeError("a colon is missing", source, stop)
    return key, colon.end()


def _behind(source: str, stop: int, closing: str) -> tuple[int, bool]:
    """Where the next item starts, or behind the closing bracket and True."""
    match = _BEHIND_VALUE.match(source, stop)
    if match is None or match[1] not in (None, closing):
        raise JSONDecodeError(f"a comma or {closing} is missing", source, _skip(source, stop))
    return match.end(), match[1] is not None


def _skip(source: str, place: int) -> int:
    """The first place that is not white space."""
    return _SPACE.match(source, place).end()  # type: ignore[union-attr] # it always matches


def _malformed(source: str, place: int, problem: str) -> MalformedError:
    """What is wrong with the JSON at this place."""
    cut_off = place >= len(source.rstrip()) or "Unterminated" in problem
    remedy = "the file seems cut off; copy it again" if cut_off else "correct it there"
    return MalformedError(f"{where(source, place)}: not JSON: {problem}; {remedy}")


def _refused(source: str, error: ValueError) -> MalformedError:
    """What `json` refuses without saying where: constants, and numbers of thousands of digits."""
    if str(error) not in ("NaN", "Infinity", "-Infinity"):
        return MalformedError(f"this JSON holds a number that cannot be read: {error}")
    place = next(m.start(1) for m in _CONSTANT.finditer(source) if m[1])
    return MalformedError(
        f"{where(source, place)}: {error} is not JSON; write null where a value is not known"
    )
