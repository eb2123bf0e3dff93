"""Audacity's label files: start, end and a name that a person may have typed, divided by tabs.

Source: https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from math import isfinite
from typing import NamedTuple

from serve.errors import LabelsError
from serve.labels import ALLOWED

_SCORE = re.compile(r"\s+[01](?:[.,]\d+)?\s*\Z")  # as `segue tag --to audacity` writes behind it
_FREQUENCIES = "\\"  # a line that begins so says which frequencies the line before it is about


class Region(NamedTuple):
    """A label over some of the episode."""

    start_s: float
    end_s: float
    name: str


def read_regions(text: str) -> list[Region]:
    """The labels of a file; points are remarks, and are left out.

    Names may be written `Sponsor read`, and may have a score behind them. Raises LabelsError naming
    the line.
    """
    found = list(_regions(text))
    if not found:
        raise LabelsError("there is no label over any time in it; export the labels again")
    return found


def _regions(text: str) -> Iterator[Region]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith(_FREQUENCIES):
            continue
        start_s, end_s, typed = _fields(line, number)
        name = label_name(typed)
        if start_s == end_s:
            if name in ALLOWED:
                raise LabelsError(
                    f"line {number}: {typed!r} is a point at {start_s:g} s; drag it over the time"
                    " that it is about, or delete it"
                )
            continue
        if name not in ALLOWED:
            raise LabelsError(f"line {number}: {_unknown(typed, name)}")
        yield Region(start_s, end_s, name)


def _fields(line: str, number: int) -> tuple[float, float, str]:
    """Start, end and name of a line."""
    start, end, typed = [*line.split("\t", 2), "", ""][:3]
    try:
        start_s, end_s = float(start), float(end)
    except ValueError:
        start_s = end_s = float("nan")
    if not (isfinite(start_s) and isfinite(end_s)):
        raise LabelsError(
            f"line {number}: {line!r} is not start<TAB>end<TAB>label with times in seconds; export"
            " the labels from Audacity again, or write them so"
        )
    if end_s < start_s:
        raise LabelsError(
            f"line {number}: the label ends at {end_s:g} s, before it starts at {start_s:g} s; swap"
            " the two times"
        )
    return start_s, end_s, typed.strip()


def label_name(typed: str) -> str:
    """The label that a person meant.

    >>> label_name("Sponsor read 0.98"), label_name("not-ad")
    ('sponsor_read', 'not_ad')
    """
    return re.sub(r"[\s_-]+", "_", _SCORE.sub("", f" {typed}").strip().lower())


def _unknown(typed: str, name: str) -> str:
    """What to do about a name that is no label."""
    if not name:
        return f"the label has no name; give it one of {', '.join(ALLOWED)}, or delete it"
    meant = get_close_matches(name, ALLOWED, n=1)
    hint = f"did you mean {meant[0]}?" if meant else f"the labels are {', '.join(ALLOWED)}"
    return f"{typed!r} is not a label; {hint}"
