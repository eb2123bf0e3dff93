"""Folders of labelled transcripts to episodes, and which of them training may see.

Two layouts are read: `labels/<show>/<episode>.tsv` beside `transcripts/<show>/<episode>.json`, and
a transcript of any format with `<file name>.labels.tsv` next to it (what `segue tag --to labels`
writes); there the show is the folder's name. Transcripts of the first layout may be lent labels
from elsewhere, so that labels can be kept where the transcripts cannot. Where a transcript's own
labels leave something open (`ad`, `not_ad`), lent ones are a second reading: training goes by it,
scores by the first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from serve import label_files
from serve.errors import LabelsError, TranscriptError
from serve.formats import parse
from serve.labels import ALLOWED, LABELS
from serve.transcript import Transcript

MANY_SHOWS = ("mixed", "written")  # folders in which each episode is a show of its own

#: Episodes of `mixed` that are no shows of their own, and whose they are (told by phrases they
#: share): cross-validation leaves out the episodes of one maker together.
SISTERS = {
    "1e4cab11-c8ce-41bd-8b49-4ad6d76f07cc-1560896613335": "tim-ferriss",
    "recode-decode-anna-wiener-1584619754994": "recode",
    "vmp3653306934-1560896724993": "recode",
    "vmp6809481263-1560896563827": "recode",
    "the-tim-ferriss-show-jack-kornfield-1584619311439": "tim-ferriss",
    "thetimferrissshow-ben-horowitz-final-1584619322915": "tim-ferriss",
    "pc-sugar-rebroadcast-mix-181116": "freakonomics",
    "sports-series-episode-3-mix-180926-r1a": "freakonomics",
}

ALLOWED_BY = {name: np.isin(LABELS, labels) for name, labels in ALLOWED.items()}

Allowed = npt.NDArray[np.bool_]  # (n_units or n_cues, n_labels), the labels that may be right


class CorpusError(Exception):
    """A label file or folder that cannot be used."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A transcript; labelled unless `cues` is None."""

    show: str
    name: str
    source: bytes
    cues: Allowed | None  # (n_cues, n_labels)
    lent: bool = False  # labels drawn with a model's guesses in view: to train on, not to report
    second: Allowed | None = None  # (n_cues, n_labels), what another reader allows

    @property
    def taught(self) -> "Episode":
        """The episode with the labels that training goes by: the second reading, if there is one.

        Some labels only say `ad` or `not_ad`, and were drawn by other rules than LABELS.md.
        """
        return self if self.second is None else replace(self, cues=self.second, second=None)

    @property
    def group(self) -> str:
        """The show, or the episode where each is another show."""
        return group_of(self.show, self.name)


def group_of(show: str, name: str) -> str:
    """The show, or the episode of that name where each is another show.

    >>> group_of("lex", "one"), group_of("mixed", "one")
    ('lex', 'mixed/one')
    """
    return f"{show}/{name}" if show in MANY_SHOWS else show


def read_episodes(
    folder: Path, *, unlabelled: bool = False, lent: Path | None = None
) -> Iterator[Episode]:
    """The episodes below `folder` in order of their paths; without labels only when asked for.

    `lent` is a folder of labels for transcripts that have none of their own, or partial ones:
    `<show>/<episode>.tsv` each, and SHA256SUMS, which says what transcripts they were drawn on.
    """
    if not folder.is_dir():
        raise CorpusError(
            f"{folder} is not a folder; CORPUS names a folder of labelled transcripts"
        )
    if (folder / "transcripts").is_dir():
        yield from _read_corpus(folder, unlabelled=unlabelled, lent=lent)
    else:
        for labels in sorted(folder.rglob(f"*{label_files.SUFFIX}")):
            path = labels.with_name(labels.name.removesuffix(label_files.SUFFIX))
            if not path.is_file():
                raise CorpusError(f"{labels} has no transcript beside it; put {path.name} there")
            written = "written" in (folder.name, *labels.relative_to(folder).parts)
            show = "written" if written else labels.parent.name
            yield Episode(show, path.name, path.read_bytes(), read_labels(labels))


def read_labels(path: Path) -> Allowed:
    """The labels that a label file allows each cue: (n_cues, n_labels)."""
    try:
        names = label_files.read(path.read_text(encoding="utf-8"))
    except LabelsError as error:
        raise CorpusError(f"{path}, {error}") from None
    return np.array([ALLOWED_BY[name] for name in names])


def unit_labels(episode: Episode, transcript: Transcript) -> Allowed:
    """What is allowed for each unit: that of its cue, of the middle one where it has several."""
    if episode.cues is None:
        raise CorpusError(f"{episode.show}/{episode.name} has no labels")
    if len(episode.cues) != transcript.n_cues:
        raise CorpusError(
            f"{episode.show}/{episode.name}: the labels cover {len(episode.cues)} cues, the"
            f" transcript has {transcript.n_cues}; label it again"
        )
    middle = [(unit.first_cue + unit.stop_cue - 1) // 2 for unit in transcript.units]
    return episode.cues[middle]


def read_transcript(episode: Episode) -> Transcript:
    """The parsed source; the error names the episode."""
    try:
        return parse(episode.source)
    except TranscriptError as error:
        raise CorpusError(f"{episode.show}/{episode.name}: {error}") from error


def share(episode: Episode, salt: str = "") -> float:
    """A number in [0, 1) that belongs to the episode for ever: splits by it move no other.

    Sisters have the same.
    """
    name = SISTERS.get(episode.name, episode.name)
    digest = sha256(f"{salt}{episode.show}/{name}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def split(
    episodes: Iterable[Episode], validation_share: float
) -> tuple[list[Episode], list[Episode]]:
    """The labelled episodes to train on, and those to validate on; CorpusError without either."""
    labelled = [e for e in episodes if e.cues is not None]
    training = [e for e in labelled if share(e) >= validation_share]
    validation = [e for e in labelled if share(e) < validation_share]
    if not training or not validation:
        raise CorpusError(
            f"{len(training)} episodes to train on and {len(validation)} to validate on: both need"
            " at least one; add labelled transcripts or change validation_share"
        )
    return training, validation


def _read_corpus(folder: Path, *, unlabelled: bool, lent: Path | None) -> Iterator[Episode]:
    """Layout one: transcripts/<show>/<episode>.json with labels/<show>/<episode>.tsv."""
    known = _sums(lent) if lent else {}
    for path in sorted((folder / "transcripts").glob("*/*.json")):
        show, name, source = path.parent.name, path.stem, path.read_bytes()
        own = folder / "labels" / show / f"{name}.tsv"
        other = None
        if lent and known.get(f"{show}/{path.name}") == sha256(source).hexdigest():
            other = read_labels(lent / show / own.name)
        if own.exists():
            cues = read_labels(own)
            is_partial = bool((cues.sum(axis=1) > 1).any())
            yield Episode(show, name, source, cues, second=other if is_partial else None)
        elif other is not None:
            yield Episode(show, name, source, other, lent=True)
        elif unlabelled:
            yield Episode(show, name, source, None)


def _sums(folder: Path) -> dict[str, str]:
    """The hash of each transcript that `folder` has labels for, as `sha256sum` writes them."""
    rows = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (row.split("  ", 1) for row in rows)}
