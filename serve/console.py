"""What a person at a terminal sees: lines, and a bar below them."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import click

CLEAR_LINE = "\r\x1b[K"


def say(text: str, *, err: bool = True) -> None:
    """Print a line, over a bar if there is one; names of files may hold bytes that are no text."""
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if _is_terminal(sys.stderr) and (err or _is_terminal(sys.stdout)):
        click.echo(CLEAR_LINE, err=True, nl=False)
    click.echo(clean, err=err)


@contextmanager
def progress(length: int) -> Iterator[Callable[[], None]]:
    """What to call for every job done: on a terminal it draws a bar with rate and time left."""
    if length < 2 or not _is_terminal(sys.stderr):
        yield lambda: None
        return
    began = time.monotonic()
    with click.progressbar(
        length=length,
        file=sys.stderr,
        label="tagging",
        show_pos=True,
        item_show_func=lambda n_done: (
            f"{n_done / (time.monotonic() - began):.1f}/s" if n_done else ""
        ),
    ) as bar:
        yield lambda: bar.update(1, bar.pos + 1)


def _is_terminal(stream: TextIO | None) -> bool:
    """Whether a person may be looking; a stream that was closed (`2>&-`) is None."""
    return stream is not None and stream.isatty()


def plural(n: int, noun: str) -> str:
    """A number of things.

    >>> plural(1, "word"), plural(2, "word")
    ('1 word', '2 words')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"


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
