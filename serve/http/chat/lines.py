"""Lines of transcript inside a prompt, in the ways in which programs stamp them."""

import re
from typing import NamedTuple

_TIME = r"[0-9]{1,7}(?:\.[0-9]{1,20})?"
_SPAN = re.compile(
    rf"^[ \t]*\[({_TIME})s?[ \t]*-[ \t]*({_TIME})s?\][ \t]?(.*)$", re.MULTILINE
)  # [45.0s - 48.0s] Hi | [45.0s-48.0s] Hi | [45.00-48.00] Hi
_START = re.compile(rf"^[ \t]*\[({_TIME})\][ \t]?(.*)$", re.MULTILINE)  # [45.0] Hi
_CLOCK = re.compile(
    r"^[ \t]*\[([0-9]{1,4}):([0-5][0-9](?:\.[0-9]{1,9})?)\][ \t]?(.*)$", re.MULTILINE
)  # [05:30] Hi


class Line(NamedTuple):
    """A line of transcript; times in seconds where it has them."""

    text: str
    start_s: float | None = None
    end_s: float | None = None


def with_spans(text: str) -> list[Line]:
    """The lines with a start and an end in front; all others are left out."""
    return [Line(m[3].strip(), float(m[1]), float(m[2])) for m in _SPAN.finditer(text)]


def with_starts(text: str) -> list[Line]:
    """The lines with a start in seconds in front."""
    return [Line(m[2].strip(), float(m[1])) for m in _START.finditer(text)]


def with_clocks(text: str) -> list[Line]:
    """The lines with minutes and seconds in front; minutes go on counting beyond the hour."""
    return [Line(m[3].strip(), 60.0 * int(m[1]) + float(m[2])) for m in _CLOCK.finditer(text)]


def behind(text: str, marker: str) -> str:
    """What follows the last `marker`, or all of the text where there is none."""
    return text.rpartition(marker)[2]
