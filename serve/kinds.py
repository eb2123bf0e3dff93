"""Everything `segue tag` can write: one table from a kind's name to its extension and its writer.

A new export is a function and a row. Its extension has to be one that no transcript carries
(`.audacity.txt`, not `.txt`): files that end in it are known as Segue's own and never read back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from serve.errors import RequestError
from serve.formats import parse
from serve.labels import Label
from serve.options import chosen
from serve.pipeline import segment_of_unit, strip
from serve.result import Result, Segment
from serve.units import cue_labels


@dataclass(frozen=True, slots=True)
class Tagged:
    """A source with its result, and what the caller wants cut from it."""

    source: bytes
    result: Result
    drop: tuple[Label, ...]
    min_score: float = 0.0
    force: bool = False

    def dropped(self) -> tuple[Segment, ...]:
        """The segments that are cut; none from a source that is not English, unless forced."""
        if self.result.warnings and not self.force:
            return ()
        return tuple(
            s for s in self.result.segments if s.label in self.drop and s.score >= self.min_score
        )


class Kind(NamedTuple):
    """What is appended to the name of the source's file, and what is written there."""

    extension: str
    write: Callable[[Tagged], bytes]
    media_type: str | None = None  # None: the extension tells (serve/classify.py)


def segments(tagged: Tagged) -> bytes:
    """The result, as the endpoint and Python give it."""
    return tagged.result.model_dump_json(indent=2).encode() + b"\n"


def labels(tagged: Tagged) -> bytes:
    """Rows of first cue, last cue and label, cues from 1 and both included (LABELS.md)."""
    transcript = parse(tagged.source, tagged.result.transcript.format)
    of_unit = [tagged.result.segments[i].label for i in segment_of_unit(transcript, tagged.result)]
    rows, last = [], 0
    for label, cues in groupby(cue_labels(transcript, of_unit)):
        first, last = last + 1, last + len(list(cues))
        rows.append(f"{first}\t{last}\t{label}\n")
    return "".join(rows).encode()


def transcript(tagged: Tagged) -> bytes:
    """The source less what is dropped; every other byte as it was."""
    return strip(
        tagged.source,
        tagged.result,
        tagged.drop,
        min_score=tagged.min_score,
        force=tagged.force,
    )


KINDS = {
    "segments": Kind(".segments.json", segments),
    "labels": Kind(".labels.tsv", labels),
    "transcript": Kind("", transcript),
}


def kinds_from(texts: Iterable[str]) -> tuple[str, ...]:
    """Names of kinds out of comma-separated lists. Raises RequestError for a name not in KINDS."""
    try:
        return chosen(texts, tuple(KINDS), "kind")
    except ValueError as error:
        raise RequestError(f"--to: {error}") from None


def is_own(name: str) -> bool:
    """Whether a file of this name was written by Segue and is no transcript.

    >>> is_own("episode.vtt.segments.json"), is_own("episode.json")
    (True, False)
    """
    return name.lower().endswith(tuple(kind.extension for kind in KINDS.values() if kind.extension))
