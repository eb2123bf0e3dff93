"""What WebVTT and SRT share: units cut into captions that fit a screen, and time stamps."""

from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from serve.timeline import Timed

MAX_LINES = 2
SHORTEST_MS = 1  # WebVTT wants the end behind the start


class Caption(NamedTuple):
    """Lines shown from start_ms to end_ms."""

    start_ms: int
    end_ms: int
    lines: list[str]


def captions(said: Timed, width: int, front: str = "") -> Iterator[Caption]:
    """The text of a unit behind `front`, in captions of at most two lines of `width` characters.

    A longer word has a line of its own. Every character takes as long as any other.
    """
    lines = wrap(front + said.unit.text, width, break_long_words=False, break_on_hyphens=False)
    groups = [lines[i : i + MAX_LINES] for i in range(0, len(lines), MAX_LINES)]
    n_all, n_shown = sum(map(len, lines)), 0
    start_ms = round(1000 * said.start_s)
    last_ms = max(start_ms + SHORTEST_MS, round(1000 * said.end_s))
    for group in groups:
        first_ms = start_ms + (last_ms - start_ms) * n_shown // n_all
        n_shown += sum(map(len, group))
        end_ms = start_ms + (last_ms - start_ms) * n_shown // n_all
        yield Caption(first_ms, max(first_ms + SHORTEST_MS, end_ms), group)


def stamp(ms: int, mark: str) -> str:
    """A time as captions write it.

    >>> stamp(3723500, ",")
    '01:02:03,500'
    """
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{ms:03}"
