"""What a person at a terminal sees: lines, a bar, and what became of each input."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click

from serve.labels import ADS
from serve.tagged import Tagged

Job = TypeVar("Job")
CLEAR_LINE = "\r\x1b[K"


def say(text: str, *, err: bool = True) -> None:
    """Print a line, over a bar if there is one; names of files may hold bytes that are no text."""
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    click.echo(CLEAR_LINE + clean if err and sys.stderr.isatty() else clean, err=err)


def progress(jobs: Sequence[Job]) -> Iterator[Job]:
    """The jobs, with a bar on stderr while a person waits there and stdout goes elsewhere."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from jobs
        return
    with click.progressbar(jobs, file=sys.stderr, label="tagging") as bar:
        yield from bar


def summary(name: str, tagged: Tagged, outputs: Mapping[str, Path]) -> str:
    """What became of an input, for people.

    "episode.vtt  9120 words, 4 ads (531 words, 3 min 41 s) cut -> out/episode.vtt"
    """
    place = outputs.get("transcript") or next(iter(outputs.values()))
    is_cut = "transcript" in outputs
    return f"{name}  {tagged.result.transcript.n_words} words, {_cut(tagged, is_cut)} -> {place}"


def _cut(tagged: Tagged, is_cut: bool) -> str:
    """What is cut, or would be."""
    dropped = tagged.dropped()
    noun = "ad" if set(tagged.drop) <= set(ADS) else "segment"
    if not dropped:
        return "nothing cut" if is_cut else f"no {noun}s"
    times = [s.end_s - s.start_s for s in dropped if s.end_s is not None and s.start_s is not None]
    n_words = sum(s.n_words for s in dropped)
    size = f"{n_words} word{'' if n_words == 1 else 's'}"
    if len(times) == len(dropped):
        size += f", {duration(sum(times))}"
    plural = "" if len(dropped) == 1 else "s"
    return f"{len(dropped)} {noun}{plural} ({size})" + (" cut" if is_cut else "")


def duration(seconds: float) -> str:
    """A time for people.

    >>> duration(221.4), duration(40), duration(7380)
    ('3 min 41 s', '40 s', '2 h 3 min')
    """
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"
