"""Label files (LABELS.md, "File format"): rows of first cue, last cue and label, from 1."""

from collections.abc import Sequence
from itertools import groupby

from serve.errors import LabelsError
from serve.labels import ALLOWED

SUFFIX = ".labels.tsv"


def written(labels: Sequence[str]) -> bytes:
    r"""The file for the labels of all cues.

    >>> written(["intro", "intro", "other"])
    b'1\t2\tintro\n3\t3\tother\n'
    """
    rows, last = [], 0
    for label, cues in groupby(labels):
        first, last = last + 1, last + len(list(cues))
        rows.append(f"{first}\t{last}\t{label}\n")
    return "".join(rows).encode()


def read(text: str) -> list[str]:
    """The label name of each cue. Raises LabelsError naming the line."""
    labels: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            first, last, name = line.split("\t")
            span = range(int(first), int(last) + 1)
        except ValueError:
            name, span = "", range(0)
        if name not in ALLOWED:
            raise LabelsError(
                f"line {number}: {line!r} is not first<TAB>last<TAB>label with one of"
                f" {', '.join(ALLOWED)}"
            )
        if span.start != len(labels) + 1 or not span:
            raise LabelsError(
                f"line {number}: runs from cue {span.start} to cue {span.stop - 1}, but"
                f" cue {len(labels) + 1} comes next; every cue needs exactly one label"
            )
        labels += [name] * len(span)
    if not labels:
        raise LabelsError("the file is empty; it needs a row for every segment")
    return labels
