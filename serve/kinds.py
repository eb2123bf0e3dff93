"""Everything `segue tag` can write: one table from a kind's name to its extension and its writer.

A new export is a function and a row. Its extension has to be one that no transcript carries
(`.audacity.txt`, not `.txt`): files that end in it are known as Segue's own and never read back.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from serve import label_files
from serve.errors import RequestError
from serve.exports.audacity import audacity
from serve.exports.chapters import chapters
from serve.exports.concat import concat
from serve.exports.edl import edl
from serve.exports.ffmetadata import ffmetadata
from serve.exports.mpv import mpv
from serve.exports.podcast_json import podcast_json
from serve.exports.report import report
from serve.exports.sponsorblock import sponsorblock
from serve.exports.srt import srt
from serve.exports.table import table
from serve.exports.vtt import vtt
from serve.options import chosen
from serve.strip import cut
from serve.tagged import Tagged
from serve.units import cue_labels


class Kind(NamedTuple):
    """What is appended to the name of the source's file, and what is written there."""

    extension: str
    write: Callable[[Tagged], bytes]
    media_type: str | None = None  # None: the extension tells (serve/http/classify.py)


def segments(tagged: Tagged) -> bytes:
    """The result, as the endpoint and Python give it."""
    return tagged.result.model_dump_json(indent=2).encode() + b"\n"


def labels(tagged: Tagged) -> bytes:
    """Rows of first cue, last cue and label, cues from 1 and both included (LABELS.md)."""
    of_unit = [tagged.result.segments[i].label for i in tagged.segment_of_unit]
    return label_files.written(cue_labels(tagged.transcript, of_unit))


def transcript(tagged: Tagged) -> bytes:
    """The source less what is dropped; every other byte as it was."""
    dropped = [tagged.is_dropped(segment) for segment in tagged.result.segments]
    gone = {unit for unit, segment in enumerate(tagged.segment_of_unit) if dropped[segment]}
    return cut(tagged.transcript, gone).encode()


KINDS = {
    "segments": Kind(".segments.json", segments),
    "labels": Kind(label_files.SUFFIX, labels),
    "transcript": Kind("", transcript),
    "json": Kind(".clean.json", podcast_json),
    "vtt": Kind(".clean.vtt", vtt),
    "srt": Kind(".clean.srt", srt),
    "chapters": Kind(".chapters.json", chapters, "application/json+chapters"),
    "ffmetadata": Kind(".chapters.ffmeta", ffmetadata),
    "sponsorblock": Kind(".sponsorblock.json", sponsorblock),
    "audacity": Kind(".audacity.txt", audacity),
    "edl": Kind(".kodi.edl", edl),
    "mpv": Kind(".mpv.edl", mpv),
    "concat": Kind(".keep.ffconcat", concat),
    "csv": Kind(".segments.csv", table),
    "html": Kind(".report.html", report),
}

MANIFEST = "segue-manifest.jsonl"  # what became of each file (serve.batch.manifest)


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
    extensions = tuple(kind.extension for kind in KINDS.values() if kind.extension)
    return name == MANIFEST or name.lower().endswith(extensions)
