"""Corrected labels beside a copy of their transcript, as `make train` reads them."""

from collections.abc import Iterable
from itertools import groupby

from serve import label_files
from serve.batch.files import write_whole
from serve.console import say
from serve.corrections.coverage import UNLABELLED, cover
from serve.corrections.files import Correction
from serve.corrections.regions import read_regions
from serve.errors import LabelsError, SegueError
from serve.formats import parse


def import_all(corrections: Iterable[Correction]) -> int:
    """Write every correction that can be used; say what became of each. How many failed."""
    return sum(not _import_one(correction) for correction in corrections)


def labels_from(name: str, content: bytes, transcript: bytes) -> list[str]:
    """The label name of each cue of a transcript, by a file of labels.

    name  of the file: rows over cues where it ends in .labels.tsv, else rows over seconds

    Raises LabelsError or TranscriptError.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelsError(f"byte {error.start} is not UTF-8; save the labels as UTF-8") from None
    parsed = parse(transcript)
    if not name.lower().endswith(label_files.SUFFIX):
        return cover(parsed, read_regions(text))
    labels = label_files.read(text)
    if len(labels) != parsed.n_cues:
        raise LabelsError(
            f"the labels cover {len(labels)} cues, the transcript has {parsed.n_cues}; give"
            " --transcripts the ones that were tagged, not those without their ads"
        )
    return labels


def _import_one(correction: Correction) -> bool:
    """Do one file of labels from reading to writing; whether it went well."""
    path = correction.path
    try:
        source = correction.transcript.read()
        labels = labels_from(path.name, path.read_bytes(), source)
        write_whole(correction.transcript_to, source)
        write_whole(correction.labels_to, label_files.written(labels))
    except SegueError as error:
        say(f"{path}: {error}")
        return False
    except OSError as error:
        say(f"{error.filename or path}: {error.strerror or error}")
        return False
    except Exception as error:  # noqa: BLE001 - our fault in one file must not stop the others
        say(f"{path}: Segue itself failed ({type(error).__name__}: {error}); please report it")
        return False
    say(f"{path}  {_summary(labels)} -> {correction.labels_to}", err=False)
    return True


def _summary(labels: list[str]) -> str:
    """What was read, for people: "612 cues, 15 segments, 20 cues not_ad"."""
    n_open = labels.count(UNLABELLED)
    without = f", {n_open} cues not_ad" if n_open else ""
    return f"{len(labels)} cues, {len(list(groupby(labels)))} segments{without}"
