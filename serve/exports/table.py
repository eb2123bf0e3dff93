"""Segments with their text, for spreadsheets."""

import csv
from io import StringIO

from serve.exports.passages import passages
from serve.tagged import Tagged

COLUMNS = ("first", "last", "label", "score", "start_s", "end_s", "words", "dropped", "text")
MAX_CELL = 32_767  # characters that spreadsheets take in a cell

# Spreadsheets run a cell that begins so, and transcripts come from strangers.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(tagged: Tagged) -> bytes:
    """CSV (RFC 4180) with the byte order mark by which spreadsheets know UTF-8."""
    file = StringIO()
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    for segment, is_dropped, units in passages(tagged):
        text = " ".join(unit.text for unit in units)
        rows.writerow(
            [
                *(segment.first, segment.last, segment.label, segment.score),
                *(segment.start_s, segment.end_s, segment.n_words),
                "yes" if is_dropped else "no",
                _cell(text),
            ]
        )
    return file.getvalue().encode("utf-8-sig")


def _cell(text: str) -> str:
    """Text that stays text, with as much of it as fits.

    >>> _cell("=1+1"), _cell("1+1")
    ("'=1+1", '1+1')
    """
    safe = f"'{text}" if text.startswith(FORMULA) else text
    return safe if len(safe) <= MAX_CELL else safe[: MAX_CELL - 1] + "…"
