"""What a labelling gets wrong about advertising, stretch by stretch, without a word of the text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from serve.labels import ALLOWED, LABELS
from serve.smooth import Path as Labelling
from serve.smooth import runs
from train.corpus import CorpusError, Episode, read_transcript
from train.evaluate import Scored, truly
from train.examples import IS_AD

Kind = Literal["missed", "cut", "edge"]
CUT, MISSED, FOUND = 1, 2, 3  # of a unit: content called an ad, an ad called content, an ad found
NAMES = {np.isin(LABELS, labels).tobytes(): name for name, labels in ALLOWED.items()}
COLUMNS = ("show", "episode", "kind", "first", "last", "seconds", "words", "ad_probability",
           "true", "said")  # fmt: skip

Pair = tuple[Scored, Labelling]


@dataclass(frozen=True, slots=True)
class Mistake:
    """Neighbouring units[first:stop] that are all ads called content, or all content called ads."""

    kind: Kind  # an edge touches an ad that was found; the others stand alone
    first: int
    stop: int
    seconds: float
    n_words: int
    ad_probability: float  # mean over words
    true: str  # the label that most words have
    said: str


def mistakes(episode: Scored, path: Labelling) -> Iterator[Mistake]:
    """Those of one episode, in order."""
    outcome = CUT * IS_AD[path] + MISSED * truly(episode, IS_AD)
    for first, stop in runs(outcome):
        if outcome[first] in (CUT, MISSED):
            yield _mistake(episode, path, outcome, first, stop)


def tally(pairs: Iterable[Pair]) -> dict[str, dict[str, dict[str, int]]]:
    """How many mistakes of each kind a show has, and their seconds."""
    shows: dict[str, dict[str, dict[str, int]]] = {}
    for episode, path in pairs:
        none = {kind: {"n": 0, "seconds": 0} for kind in ("missed", "cut", "edge")}
        kinds = shows.setdefault(episode.show, none)
        for m in mistakes(episode, path):
            kinds[m.kind]["n"] += 1
            kinds[m.kind]["seconds"] += round(m.seconds)
    return dict(sorted(shows.items()))


def worst(pairs: Iterable[Pair], episodes: Iterable[Episode], n: int) -> str:
    """The `n` mistakes of most seconds, the longest first, as tab-separated lines below a head.

    `first` and `last` are cues, counted from 1, both included. Raises CorpusError when one of the
    `episodes` is missing or is not what was scored.
    """
    known = {(e.show, e.name): e for e in episodes}
    found = [(episode, m) for episode, path in pairs for m in mistakes(episode, path)]
    found.sort(key=lambda pair: -pair[1].seconds)
    lines = [COLUMNS, *(_row(e, m, known.get((e.show, e.name))) for e, m in found[:n])]
    return "".join("\t".join(line) + "\n" for line in lines)


def _mistake(
    episode: Scored, path: Labelling, outcome: npt.NDArray[np.int64], first: int, stop: int
) -> Mistake:
    here = slice(first, stop)
    kind: Kind = "cut" if outcome[first] == CUT else "missed"
    words = episode.n_words[here]
    ad = np.exp(episode.log_probs[here][:, IS_AD]).sum(axis=1)
    return Mistake(
        kind="edge" if FOUND in outcome[max(first - 1, 0) : stop + 1] else kind,
        first=first,
        stop=stop,
        seconds=float(episode.clock[stop] - episode.clock[first]),
        n_words=int(words.sum()),
        ad_probability=float(np.average(ad, weights=np.maximum(words, 1))),
        true=_most([NAMES[row.tobytes()] for row in episode.allowed[here]], words),
        said=_most([LABELS[label] for label in path[here]], words),
    )


def _most(names: Sequence[str], words: npt.NDArray[np.int64]) -> str:
    """The name that most words have."""
    counts: Counter[str] = Counter()
    for name, n in zip(names, words, strict=True):
        counts[name] += int(n)
    return counts.most_common(1)[0][0]


def _row(scored: Scored, m: Mistake, episode: Episode | None) -> tuple[str, ...]:
    units = read_transcript(episode).units if episode else ()
    if len(units) != len(scored.n_words):
        raise CorpusError(
            f"{scored.show}/{scored.name} was scored in {len(scored.n_words)} units and has"
            f" {len(units)} now; the run is of another corpus or code: score it again"
        )
    cues = (str(units[m.first].first_cue + 1), str(units[m.stop - 1].stop_cue))
    figures = (f"{m.seconds:.0f}", str(m.n_words), f"{m.ad_probability:.2f}")
    return scored.show, scored.name, m.kind, *cues, *figures, m.true, m.said
