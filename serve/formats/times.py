"""Time stamps of text formats: hours may be missing, decimals follow a dot or a comma."""

import re

from serve.errors import MalformedError

#: One stamp; `seconds` takes what it matches.
STAMP = r"\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,9})?"
#: A time that says its unit, as in prompts to language models: 45.0s
SECONDS = r"\d{1,6}(?:\.\d{1,9})?s"

_PARTS = re.compile(r"(?:(\d+):)?(\d+):(\d+)(?:[.,](\d+))?\Z")


def seconds(stamp: str, line: int) -> float:
    """The time of a stamp, which stands in this line (from 1).

    >>> seconds("01:02:03,500", 1), seconds("75:10", 1), seconds("45.5s", 1)
    (3723.5, 4510.0, 45.5)
    """
    if stamp.endswith("s"):
        return float(stamp[:-1])
    match = _PARTS.match(stamp)
    if match is None:
        raise MalformedError(
            f"line {line}: {stamp!r} is not a time; write hours, minutes and seconds like"
            " 00:12:34.500"
        )
    if _overflows(match):
        raise MalformedError(
            f"line {line}: {stamp!r} is not a time: minutes and seconds must be below 60; correct"
            " the stamp"
        )
    hours, minutes, secs, decimals = match.groups()
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(secs)
    return float(f"{whole}.{decimals or 0}")


def is_time(stamp: str) -> bool:
    """Whether `seconds` takes it: 119:97 is a psalm."""
    match = _PARTS.match(stamp)
    return match is not None and not _overflows(match)


def _overflows(match: re.Match[str]) -> bool:
    """Whether seconds, or minutes after hours, are 60 or more."""
    hours, minutes, secs, _ = match.groups()
    return int(secs) >= 60 or (hours is not None and int(minutes) >= 60)


def check_order(start_s: float | None, end_s: float | None, where: str) -> None:
    """Refuse a cue that ends before it starts; `where` says which one, like `line 12`."""
    if start_s is not None and end_s is not None and end_s < start_s:
        raise MalformedError(
            f"{where}: the cue ends at {end_s:g} s, before it starts at {start_s:g} s; swap the"
            " two times or remove the cue"
        )
