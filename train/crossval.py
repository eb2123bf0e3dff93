"""Cross-validation by show: what a model scores on shows that its training never saw.

Four folds. Each leaves out whole shows, a quarter of `mixed` (each episode another show), and a
quarter of the episodes of Talk Python, the one show that is reported as seen. Vocabulary and word
vectors see none of that text either. Smoothing for a fold is chosen on the other folds' left-out
episodes. Every step is kept in the run's folder, so that an interrupted run goes on.
"""

import json
import logging
import pickle
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from serve.bundle import Smoothing, load_model
from serve.smooth import Path as Labelling
from serve.smooth import best_path
from train.baseline import baseline_scores
from train.config import Config
from train.corpus import CorpusError, Episode, share
from train.evaluate import Scored, report_paths, score_episode
from train.package import write_bundle
from train.run import train_network
from train.sources import Sources
from train.tune import cool, tune

log = logging.getLogger(__name__)

GROUPS = (
    ("devtoolsfm", "lex"),
    ("virtualcoffee", "lenny"),
    ("mbmbam", "huberman"),
    ("wan", "harmontown", "cookingissues"),
)
FOLDS = range(len(GROUPS))
SEEN = "talkpython"  # left out by episode, not whole: five of six six-label words are its


UNTUNED = Smoothing(temperature=1, enter_ad=0, leave_ad=0, between_ads=0, content=0)

Scorer = Callable[[Sources, Sequence[Episode], Path], list[Scored]]


def fold_of(episode: Episode) -> int | None:
    """The fold that leaves the episode out; None for those that are always trained on."""
    if episode.show in (SEEN, "mixed"):
        return int(share(episode, "fold:") * len(GROUPS))
    return next((k for k, shows in enumerate(GROUPS) if episode.show in shows), None)


def run_model(config: Config, sources: Sources, folder: Path) -> list[list[Scored]]:
    """What networks trained without a fold say about it, fold by fold."""
    return [_fold(k, sources, folder, lambda *a: _train_and_score(config, *a)) for k in FOLDS]


def run_baseline(sources: Sources, folder: Path) -> list[list[Scored]]:
    """The same for TF-IDF features with logistic regression."""
    return [
        _fold(k, sources, folder, lambda t, h, _: baseline_scores(t.episodes, h)) for k in FOLDS
    ]


def summary(folds: Sequence[Sequence[Scored]], kept: Path) -> dict[str, Any]:
    """Scores by show, over unseen shows and over the seen one; each fold smoothed by the others.

    What was chosen is kept in `kept`; the last entry was chosen by all folds together.
    """
    if not kept.exists():
        others = [tune([e for f in folds if f is not fold for e in f]) for fold in folds]
        chosen = [s.model_dump() for s in (*others, tune([e for f in folds for e in f]))]
        kept.write_text(json.dumps(chosen, indent=1) + "\n", encoding="utf-8")
    *for_fold, final = (Smoothing.model_validate(s) for s in json.loads(kept.read_text()))
    groups: dict[str, list[tuple[Scored, Labelling]]] = defaultdict(list)
    for fold, smoothing in zip(folds, for_fold, strict=True):
        for episode in (cool(e, smoothing.temperature) for e in fold):
            path = best_path(episode.log_probs, smoothing.costs(), episode.n_words)
            groups[episode.show].append((episode, path))
    unseen = [pair for show in sorted(groups) if show != SEEN for pair in groups[show]]
    return {
        "smoothing": final.model_dump(),
        "unseen": report_paths(unseen),
        "seen": report_paths(groups[SEEN]),
        "shows": {show: report_paths(groups[show]) for show in sorted(groups)},
    }


def headline(summary: dict[str, Any]) -> str:
    """The figures to look at first."""
    mixed = summary["shows"]["mixed"]["spans"]["ads"]
    devtools, seen = summary["shows"]["devtoolsfm"], summary["seen"]
    return (
        f"unseen shows: ad spans F0.5 {summary['unseen']['spans']['ads']['f05']:.3f};"
        f" mixed F0.5 {mixed['f05']:.3f}, {mixed['wrongly_cut_s_an_hour']:.0f} s/h wrongly cut;"
        f" devtoolsfm macro F1 {devtools['six_labels']['macro_f1']:.3f};"
        f" seen: F0.5 {seen['spans']['ads']['f05']:.3f},"
        f" macro F1 {seen['six_labels']['macro_f1']:.3f}"
    )


def _fold(k: int, sources: Sources, folder: Path, score: Scorer) -> list[Scored]:
    """Left-out episodes of fold `k` with their scores, kept in `folder`."""
    kept = folder / f"fold-{k}.pickle"
    if not kept.exists():
        held_out = [e for e in sources.episodes if fold_of(e) == k and e.cues is not None]
        if not held_out:
            raise CorpusError(
                f"fold {k} has no labelled episodes: crossval needs some of {SEEN}, mixed,"
                f" {', '.join(GROUPS[k])}; name their folder with --corpus"
            )
        shows = frozenset({e.show for e in held_out} - {SEEN, "mixed"})
        training = tuple(e for e in sources.episodes if e.show not in shows and fold_of(e) != k)
        folder.mkdir(parents=True, exist_ok=True)
        scores = score(Sources(training, sources.bank), held_out, folder / f"fold-{k}")
        kept.write_bytes(pickle.dumps(scores))
        log.info("fold %d: %d episodes scored", k, len(scores))
    scored: list[Scored] = pickle.loads(kept.read_bytes())
    return scored


def _train_and_score(
    config: Config, training: Sources, held_out: Sequence[Episode], folder: Path
) -> list[Scored]:
    """Train without the fold, export, and run the exported bundle."""
    train_network(config, training, folder)
    untuned = config.model_copy(update={"smoothing": UNTUNED})
    write_bundle(folder, folder / "bundle", untuned, version="0")
    model = load_model(folder / "bundle")
    return [score_episode(e, model) for e in held_out]
