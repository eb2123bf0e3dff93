"""Text that is not letter for letter what stands in the source, and the way back to the source."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

from serve.transcript import Run, Span


def rewrite(
    source: str, span: Span, pattern: re.Pattern[str], spoken: Callable[[re.Match[str]], str]
) -> tuple[str, tuple[Run, ...]]:
    """source[span] with every match of `pattern` replaced by what is spoken there, and its runs.

    >>> text, runs = rewrite("a<b>c", (0, 5), re.compile("<b>"), lambda match: "")
    >>> text, [tuple(run) for run in runs]
    ('ac', [(0, 1, 0, 1), (1, 2, 4, 5)])
    """
    start, stop = span
    parts: list[str] = []
    runs: list[Run] = []
    length, position = 0, start
    for match in pattern.finditer(source, start, stop):
        length = _add(parts, runs, length, source[position : match.start()], position)
        said = spoken(match)
        if said and len(said) == len(match[0]):
            length = _add(parts, runs, length, said, match.start())
        elif said:
            parts.append(said)
            runs.append(Run(length, length + len(said), match.start(), match.end()))
            length += len(said)
        position = match.end()
    _add(parts, runs, length, source[position:stop], position)
    return "".join(parts), tuple(runs)


def straight(source: str, span: Span) -> tuple[str, tuple[Run, ...]]:
    """source[span] as it stands, and its one run (none when it is empty)."""
    start, stop = span
    return source[start:stop], (Run(0, stop - start, start, stop),) if start < stop else ()


def behind(text: str, runs: Sequence[Run], n: int) -> tuple[str, tuple[Run, ...]]:
    """The text and runs without their first `n` characters."""
    kept = []
    for first, stop, start, end in runs:
        if stop <= n:
            continue
        if first < n and stop - first == end - start:
            first, start = n, start + n - first
        kept.append(Run(max(0, first - n), stop - n, start, end))
    return text[n:], tuple(kept)


def spans(runs: Sequence[Run], first: int, stop: int) -> list[Span]:
    """Where text[first:stop] stands in the source; touching spans are one."""
    if len(runs) == 1 and runs[0].stop - runs[0].first == runs[0].end - runs[0].start:
        start, end = runs[0].start + first, min(runs[0].start + stop, runs[0].end)
        return [(start, end)] if start < end else []
    found: list[Span] = []
    begin = max(0, bisect_right(runs, first, key=lambda run: run.first) - 1)
    for i in range(begin, len(runs)):
        run = runs[i]
        if run.first >= stop:
            break
        start, end = run.start, run.end
        if run.stop - run.first == end - start:
            start, end = start + max(0, first - run.first), end - max(0, run.stop - stop)
        if start >= end or run.stop <= first:
            continue
        if found and found[-1][1] == start:
            start = found.pop()[0]
        found.append((start, end))
    return found


def snap(runs: Sequence[Run], place: int) -> int:
    """`place`, or the end of the run that may not be cut there."""
    run = runs[max(0, bisect_right(runs, place, key=lambda run: run.first) - 1)]
    inside = run.first < place < run.stop and run.stop - run.first != run.end - run.start
    return run.stop if inside else place


def _add(parts: list[str], runs: list[Run], length: int, text: str, start: int) -> int:
    """Append text that stands letter for letter at `start`; the new length of the whole."""
    if not text:
        return length
    stop, end = length + len(text), start + len(text)
    if runs and runs[-1].end == start and runs[-1].stop - runs[-1].first == start - runs[-1].start:
        runs[-1] = Run(runs[-1].first, stop, runs[-1].start, end)
    else:
        runs.append(Run(length, stop, start, end))
    parts.append(text)
    return stop
