"""The measures of EVALUATION.md as functions of spans and labels. Values in, values out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serve.labels import LABELS

Span = tuple[float, float]  # start_s, end_s
MATCH = 0.5  # overlap over union at which a span counts as found
JOIN_S = 5.0  # predicted spans at most this far apart are one
WORDS_A_SECOND = 2.6  # stands in for times where the source has none
MIN_WORDS = 2_000  # labels with fewer true words are left out of macro F1


@dataclass(frozen=True, slots=True)
class SpanScore:
    """One episode's ad spans; `precision` to `f05` are None where it has no ads."""

    precision: float | None
    recall: float | None
    f1: float | None
    f05: float | None
    passed: bool | None  # an episode without ads, and nothing predicted
    wrongly_cut_s: float
    found_s: float
    true_s: float
    duration_s: float
    edge_errors_s: tuple[float, ...]  # of matched starts and ends


def score_spans(predicted: Iterable[Span], true: Sequence[Span], duration_s: float) -> SpanScore:
    """How well the predicted spans of one episode fit the true ones."""
    joined = join(predicted)
    matches = match(joined, true)
    found_s = sum(_overlap(p, t) for p in joined for t in true)
    cut_s = sum(stop - start for start, stop in joined)
    seconds = {
        "wrongly_cut_s": cut_s - found_s,
        "found_s": found_s,
        "true_s": sum(stop - start for start, stop in true),
        "duration_s": duration_s,
    }
    if not true:
        return SpanScore(None, None, None, None, not joined, **seconds, edge_errors_s=())
    precision = len(matches) / len(joined) if joined else 0.0
    recall = len(matches) / len(true)
    return SpanScore(
        precision,
        recall,
        f_beta(precision, recall, 1.0),
        f_beta(precision, recall, 0.5),
        None,
        **seconds,
        edge_errors_s=tuple(abs(a - b) for p, t in matches for a, b in zip(p, t, strict=True)),
    )


def join(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those at most JOIN_S apart made one.

    >>> join([(20.0, 30.0), (0.0, 10.0), (14.0, 16.0)])
    [(0.0, 30.0)]
    """
    joined: list[Span] = []
    for start, stop in sorted(spans):
        if joined and start - joined[-1][1] <= JOIN_S:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def match(predicted: Sequence[Span], true: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Pairs of spans that overlap by MATCH or more, one to one, the best first."""
    pairs = sorted(
        (
            (iou(p, t), i, j)
            for i, p in enumerate(predicted)
            for j, t in enumerate(true)
            if p[0] < t[1] and t[0] < p[1]
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    used_p: set[int] = set()
    used_t: set[int] = set()
    matches = []
    for overlap, i, j in pairs:
        if overlap >= MATCH and i not in used_p and j not in used_t:
            used_p.add(i)
            used_t.add(j)
            matches.append((predicted[i], true[j]))
    return matches


def iou(a: Span, b: Span) -> float:
    """Overlap over the distance between the outermost ends."""
    union = max(a[1], b[1]) - min(a[0], b[0])
    return _overlap(a, b) / union if union > 0 else 0.0


def f_beta(precision: float, recall: float, beta: float) -> float:
    """Weighted harmonic mean; a beta under 1 favours precision (van Rijsbergen, 1979)."""
    if precision + recall == 0:
        return 0.0
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


def pool_spans(scores: Sequence[SpanScore], rng: np.random.Generator) -> dict[str, object]:
    """Means over episodes as EVALUATION.md reports them, with a bootstrap interval for F0.5."""
    with_ads = [s for s in scores if s.f05 is not None]
    without = [s for s in scores if s.passed is not None]
    f05 = np.array([s.f05 for s in with_ads], dtype=float)
    edges = [error for s in with_ads for error in s.edge_errors_s]
    return {
        "episodes": len(scores),
        "episodes_without_ads": len(without),
        "passed_without_ads": sum(bool(s.passed) for s in without),
        "precision": _mean([s.precision for s in with_ads]),
        "recall": _mean([s.recall for s in with_ads]),
        "f1": _mean([s.f1 for s in with_ads]),
        "f05": _mean(f05.tolist()),
        "f05_interval": bootstrap(f05, rng),
        "wrongly_cut_s_an_hour": _ratio(
            3600 * sum(s.wrongly_cut_s for s in scores), sum(s.duration_s for s in scores)
        ),
        "found_share": _ratio(sum(s.found_s for s in scores), sum(s.true_s for s in scores)),
        "edge_error_s": _mean(edges),
        "edge_error_median_s": round(float(np.median(edges)), 4) if edges else None,
    }


def bootstrap(values: npt.NDArray[np.float64], rng: np.random.Generator) -> list[float] | None:
    """95 % interval of the mean over episodes (Efron, 1979), 2,000 draws."""
    if len(values) < 2:
        return None
    means = values[rng.integers(len(values), size=(2000, len(values)))].mean(axis=1)
    return [round(float(q), 4) for q in np.quantile(means, [0.025, 0.975])]


def confusion(
    true: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], n_words: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Words by true label (rows) and predicted label (columns): (n_labels, n_labels)."""
    table = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    np.add.at(table, (true, predicted), n_words)
    return table


def label_scores(table: npt.NDArray[np.int64]) -> dict[str, object]:
    """Accuracy, F1 of each label, macro F1, from a confusion table of words."""
    support, guessed = table.sum(axis=1), table.sum(axis=0)
    labels = {}
    for i, label in enumerate(LABELS):
        hit = int(table[i, i])
        precision, recall = _ratio(hit, int(guessed[i])), _ratio(hit, int(support[i]))
        f1 = f_beta(precision or 0.0, recall or 0.0, 1.0)
        labels[label] = {
            "precision": precision,
            "recall": recall,
            "f1": round(f1, 4),
            "words": int(support[i]),
        }
    counted = [i for i in range(len(LABELS)) if support[i] >= MIN_WORDS]
    return {
        "accuracy": _ratio(int(np.trace(table)), int(table.sum())),
        "macro_f1": _mean([labels[LABELS[i]]["f1"] for i in counted]),
        "macro_over": [LABELS[i] for i in counted],
        "labels": labels,
        "confusion": table.tolist(),
    }


def calibration(
    confidence: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    n_words: npt.NDArray[np.int64],
    n_bins: int = 10,
) -> dict[str, object]:
    """Expected calibration error by words, and the bins of a reliability plot.

    Source: Naeini, Cooper and Hauskrecht (2015).
    """
    which = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    bins = []
    for b in range(n_bins):
        words = n_words[which == b]
        if words.sum():
            bins.append(
                {
                    "confidence": round(
                        float(np.average(confidence[which == b], weights=words)), 4
                    ),
                    "accuracy": round(float(np.average(right[which == b], weights=words)), 4),
                    "words": int(words.sum()),
                }
            )
    total = sum(b["words"] for b in bins)
    error = sum(abs(b["confidence"] - b["accuracy"]) * b["words"] for b in bins) / max(total, 1)
    return {"expected_calibration_error": round(float(error), 4), "bins": bins}


def _overlap(a: Span, b: Span) -> float:
    return max(0.0, min(a[1], b[1]) - max(a[0], b[0]))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return round(float(np.mean(known)), 4) if known else None


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None
