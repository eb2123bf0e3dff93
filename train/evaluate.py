"""A bundle's scores on labelled episodes, through the pipeline that users run.

`score_episode` keeps the log probabilities, so that smoothing can be tried without another run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from serve.labels import ADS, LABELS
from serve.pipeline import Model
from serve.smooth import Costs, Path, Scores, best_path, runs
from serve.transcript import Transcript
from train.corpus import Allowed, Episode, group_of, read_transcript, unit_labels
from train.metrics import (
    WORDS_A_SECOND,
    Span,
    SpanScore,
    calibration,
    confusion,
    label_scores,
    pool_spans,
    score_spans,
)

SPAN_LABELS = {"ads": ADS, "sponsor_read": ("sponsor_read",)}


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model says about an episode, and what is true."""

    show: str
    name: str
    log_probs: Scores  # (n_units, n_labels)
    allowed: Allowed  # (n_units, n_labels)
    n_words: npt.NDArray[np.int64]  # (n_units,)
    clock: npt.NDArray[np.float64]  # (n_units + 1,), seconds at which units start; the last ends
    second: Allowed | None = None  # (n_units, n_labels), what another reader allows

    @property
    def group(self) -> str:
        """The show, or the episode where each is another show."""
        return group_of(self.show, self.name)

    @property
    def taught(self) -> "Scored":
        """The same by the labels that training goes by: the second reading, if there is one."""
        return self if self.second is None else replace(self, allowed=self.second, second=None)

    @property
    def six(self) -> bool:
        """Whether every unit has exactly one of the six labels."""
        return bool((self.allowed.sum(axis=1) == 1).all())


def score_episode(episode: Episode, model: Model) -> Scored:
    """Run the model over one labelled episode."""
    transcript = read_transcript(episode)
    return scored(episode, transcript, model.log_probs(transcript.units))


def scored(episode: Episode, transcript: Transcript, log_probs: Scores) -> Scored:
    """Log probabilities of any model, with the truth beside them."""
    n_words = np.array([len(unit.text.split()) for unit in transcript.units], dtype=np.int64)
    return Scored(
        episode.show,
        episode.name,
        log_probs,
        unit_labels(episode, transcript),
        n_words,
        _clock(transcript, n_words),
        None if episode.second is None else unit_labels(episode.taught, transcript),
    )


def evaluate(episodes: Sequence[Scored], costs: Costs) -> dict[str, object]:
    """All measures over `episodes`, under one smoothing."""
    return report_paths([(e, best_path(e.log_probs, costs, e.n_words)) for e in episodes])


def report_paths(pairs: Sequence[tuple[Scored, Path]]) -> dict[str, object]:
    """All measures of episodes that have been labelled."""
    report: dict[str, object] = {"episodes": len(pairs), "spans": spans_report(pairs)}
    six = [(e, path) for e, path in pairs if e.six]
    if six:
        table = sum(confusion(e.allowed.argmax(axis=1), path, e.n_words) for e, path in six)
        report["six_labels"] = {"episodes": len(six), **label_scores(np.asarray(table))}
        report["calibration"] = _calibration([e for e, _ in six])
    return report


def spans_report(pairs: Sequence[tuple[Scored, Path]]) -> dict[str, object]:
    """Ad-span measures for what is dropped by default and, where known, sponsor reads alone."""
    report: dict[str, object] = {}
    for name, labels in SPAN_LABELS.items():
        wanted = np.isin(LABELS, labels)
        scores = [
            span_score(e, path, wanted)
            for e, path in pairs
            if name == "ads" or not _only_ad_or_not(e)
        ]
        if scores:
            report[name] = pool_spans(scores, np.random.default_rng(0))
    return report


def span_score(episode: Scored, path: Path, wanted: npt.NDArray[np.bool_]) -> SpanScore:
    """One episode's spans of the wanted labels."""
    true = truly(episode, wanted)
    duration_s = float(episode.clock[-1] - episode.clock[0])
    return score_spans(spans(wanted[path], episode.clock), spans(true, episode.clock), duration_s)


def truly(episode: Scored, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which units have a wanted label for certain: (n_units,)."""
    return np.asarray(~(episode.allowed & ~wanted).any(axis=1))


def spans(mask: npt.NDArray[np.bool_], clock: npt.NDArray[np.float64]) -> list[Span]:
    """Start and end in seconds of each run of true units."""
    return [
        (float(clock[first]), float(clock[stop]))
        for first, stop in runs(mask.astype(np.int64))
        if mask[first]
    ]


def by_show(episodes: Iterable[Scored], costs: Costs) -> dict[str, dict[str, object]]:
    """`evaluate` for each show apart."""
    shows: dict[str, list[Scored]] = {}
    for episode in episodes:
        shows.setdefault(episode.show, []).append(episode)
    return {show: evaluate(shows[show], costs) for show in sorted(shows)}


def _clock(transcript: Transcript, n_words: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """When each unit starts: by the source's times, or by words where it has none.

    A pause after a unit counts as part of it, so neighbouring units touch.
    """
    units = transcript.units
    if any(unit.start_s is None for unit in units):
        return np.concatenate([[0.0], np.cumsum(n_words)]) / WORDS_A_SECOND
    starts = np.array([unit.start_s for unit in units], dtype=np.float64)
    end = units[-1].end_s if units[-1].end_s is not None else starts[-1]
    return np.maximum.accumulate(np.append(starts, max(end, starts[-1])))


def _only_ad_or_not(episode: Scored) -> bool:
    """Whether sponsor reads and self-promotion are not told apart."""
    return bool((episode.allowed[:, : len(ADS)].all(axis=1) & ~episode.allowed[:, len(ADS)]).any())


def _calibration(episodes: Sequence[Scored]) -> dict[str, object]:
    """Of the most probable label of each unit."""
    log_probs = np.concatenate([e.log_probs for e in episodes])
    true = np.concatenate([e.allowed.argmax(axis=1) for e in episodes])
    return calibration(
        np.exp(log_probs.max(axis=1)).astype(np.float64),
        log_probs.argmax(axis=1) == true,
        np.concatenate([e.n_words for e in episodes]),
    )
