"""Bytes to segments, and segments to clean bytes: the whole flow on one screen. Read this first."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import numpy as np
import numpy.typing as npt

from serve.errors import MismatchError, RequestError
from serve.formats import parse
from serve.labels import ADS, LABELS, Label
from serve.language import warnings_for
from serve.result import ModelInfo, Result, Segment, TranscriptInfo
from serve.smooth import Costs, Path, Scores, best_path, runs
from serve.strip import cut
from serve.transcript import Transcript, Unit


class Model(Protocol):
    """What `tag` needs of a model; `serve.bundle.load_model` gives the real one."""

    @property
    def info(self) -> ModelInfo:
        """Name, version and hash."""

    @property
    def costs(self) -> Costs:
        """Prices of changing the label, chosen on validation data."""

    def log_probs(self, units: Sequence[Unit]) -> Scores:
        """Calibrated log probability of each label for each unit: (n_units, n_labels)."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A transcript with what the network and the smoothing say of each unit."""

    transcript: Transcript
    path: Path  # (n_units,), indices of LABELS
    probs: Scores  # (n_units, n_labels), calibrated
    n_words: npt.NDArray[np.int64]  # (n_units,)


def tag(source: bytes, model: Model, format: str = "auto") -> Result:
    """Label every unit of a transcript and join equal neighbours into segments.

    Raises TranscriptError when `source` cannot be read or holds no text.
    """
    return joined(source, label_units(parse(source, format), model), model.info)


def label_units(transcript: Transcript, model: Model) -> Labelled:
    """The label of every unit of a transcript, and the probabilities of all of them."""
    log_probs = model.log_probs(transcript.units)
    n_words = np.array([len(unit.text.split()) for unit in transcript.units])
    path = best_path(log_probs, model.costs, n_words)
    return Labelled(transcript, path, np.exp(log_probs), n_words)


def joined(source: bytes, labelled: Labelled, info: ModelInfo) -> Result:
    """The result that labelled units make: equal neighbours are one segment."""
    transcript = labelled.transcript
    return Result(
        model=info,
        transcript=TranscriptInfo(
            format=transcript.format,
            sha256=sha256(source).hexdigest(),
            n_cues=transcript.n_cues,
            n_units=len(transcript.units),
            n_words=int(labelled.n_words.sum()),
            duration_s=_duration_s(transcript.units),
        ),
        warnings=warnings_for(transcript.units),
        segments=_segments(labelled),
    )


def strip(
    source: bytes,
    result: Result,
    drop: Sequence[Label] = ADS,
    *,
    min_score: float = 0.0,
    force: bool = False,
) -> bytes:
    """The source less the units of every segment whose label is in `drop`; the rest to the byte.

    Segments that score below `min_score` stay. A source that is probably not English comes back
    whole unless `force` is set. Raises MismatchError when `result` was made from another source,
    RequestError when `drop` holds what is no label.
    """
    unknown = next((name for name in drop if name not in LABELS), None)
    if unknown is not None:
        raise RequestError(f"drop: {unknown!r} is not a label; give a list of {', '.join(LABELS)}")
    found = sha256(source).hexdigest()
    if found != result.transcript.sha256:
        raise MismatchError(
            f"this result belongs to a source with sha256 {result.transcript.sha256[:12]}…, but the"
            f" source given has {found[:12]}…; tag the source again and strip with that result"
        )
    if result.warnings and not force:
        return source
    transcript = parse(source, result.transcript.format)
    return cut(transcript, dropped_units(transcript, result, drop, min_score)).encode()


def dropped_units(
    transcript: Transcript, result: Result, drop: Sequence[Label], min_score: float = 0.0
) -> frozenset[int]:
    """The indices of the units inside dropped segments."""
    wanted = {i for i, s in enumerate(result.segments) if s.label in drop and s.score >= min_score}
    return frozenset(i for i, s in enumerate(segment_of_unit(transcript, result)) if s in wanted)


def segment_of_unit(transcript: Transcript, result: Result) -> list[int]:
    """The index of the segment that each unit lies in: n_units long."""
    starts = [segment.start_byte for segment in result.segments]
    at = byte_offsets(transcript.source)[[unit.span[0] for unit in transcript.units]]
    return [int(i) for i in np.searchsorted(starts, at, side="right") - 1]


def byte_offsets(source: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where each character starts in the UTF-8 of `source`, and its end: (len(source) + 1,).

    >>> byte_offsets("aé!").tolist()
    [0, 1, 3, 4]
    """
    if source.isascii():
        return np.arange(len(source) + 1)
    codes = np.frombuffer(source.encode("utf-32-le"), dtype=np.uint32)
    widths = 1 + (codes >= 0x80) + (codes >= 0x800) + (codes >= 0x10000)
    return np.concatenate([[0], np.cumsum(widths)])


def _segments(labelled: Labelled) -> tuple[Segment, ...]:
    """Runs of equal labels, described as the result wants them."""
    path, probs, n_words = labelled.path, labelled.probs, labelled.n_words
    units, at = labelled.transcript.units, byte_offsets(labelled.transcript.source)
    found = []
    for first, stop in runs(path):
        label, words = int(path[first]), n_words[first:stop]
        start_s, end_s = _times(units[first], units[stop - 1])
        weights = np.maximum(words, 1)
        found.append(
            Segment(
                label=LABELS[label],
                score=round(float(np.average(probs[first:stop, label], weights=weights)), 4),
                first=units[first].first_cue + 1,
                last=units[stop - 1].stop_cue,
                start_s=start_s,
                end_s=end_s,
                start_byte=int(at[units[first].span[0]]),
                end_byte=int(at[units[stop - 1].span[1]]),
                n_words=int(words.sum()),
            )
        )
    return tuple(found)


def _times(first: Unit, last: Unit) -> tuple[float | None, float | None]:
    """Start and end of a segment; neither where the source's times start again inside it."""
    if first.start_s is not None and last.end_s is not None and last.end_s < first.start_s:
        return None, None
    return first.start_s, last.end_s


def _duration_s(units: Sequence[Unit]) -> float | None:
    """The latest end in the source, or None when it has no times."""
    return max((unit.end_s for unit in units if unit.end_s is not None), default=None)
