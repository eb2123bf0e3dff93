"""Cross-validation by show: what a model scores on shows that its training never saw.

Four folds. Each leaves out whole shows, a quarter of `mixed` (each episode another show), and a
quarter of the episodes of Talk Python, the one show that is reported as seen. Vocabulary and
pretraining, which seeds share, see none of that text either. Smoothing for a fold is chosen on the
other folds' left-out episodes, as the networks of all seeds score them, by the labels that training
goes by. What is left out may be of any licence, what is trained on is the config's choice. Every
step is kept in the run's folder, so that an interrupted run goes on.
"""

import json
import logging
import pickle
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from serve.bundle import Smoothing, load_model
from serve.smooth import best_path
from train.bare import bare
from train.baseline import baseline_scores
from train.config import Config, CorpusChoice, with_licences
from train.corpus import CorpusError, Episode, share
from train.errors import Pair, tally
from train.evaluate import Scored, report_paths, score_episode, spans_report
from train.package import write_bundle
from train.run import train_network
from train.sources import Sources, licensed, read_sources
from train.tune import CUT_PRICE, MOST_CUT, SEARCHED, TEMPERATURES, Tuner, cool

log = logging.getLogger(__name__)

GROUPS = (
    ("devtoolsfm", "lex"),
    ("virtualcoffee", "lenny"),
    ("mbmbam", "huberman"),
    ("wan", "harmontown", "cookingissues"),
)
FOLDS = range(len(GROUPS))
SEEN = "talkpython"  # left out by episode, not whole: most words with six labels are its
SMOOTHING = "smoothing.json"  # beside the folders of the seeds

UNTUNED = Smoothing(temperature=1, enter_ad=0, leave_ad=0, between_ads=0, content=0)

Scorer = Callable[[Sources, Sequence[Episode], Path], list[Scored]]


def read_all(config: Config) -> Sources:
    """The episodes of the config's folders whatever their licences."""
    return read_sources(with_licences(config, open_only=False))


def fold_of(episode: Episode) -> int | None:
    """The fold that leaves the episode out; None for those that are always trained on."""
    if episode.show in (SEEN, "mixed"):
        return int(share(episode, "fold:") * len(GROUPS))
    return next((k for k, shows in enumerate(GROUPS) if episode.show in shows), None)


def check_shows(sources: Sources) -> None:
    """Raise CorpusError if there is nothing to score of a show that every report names.

    Said before the first training, not after the last.
    """
    scored = {e.show for k in FOLDS for e in left_out(k, sources)}
    missing = [show for show in (SEEN, "mixed", GROUPS[0][0]) if show not in scored]
    if missing:
        raise CorpusError(
            f"no labelled episodes of {', '.join(missing)}, which crossval reports by name; name"
            " their folder with --corpus"
        )


def run_model(config: Config, sources: Sources, folder: Path) -> list[list[Scored]]:
    """What networks trained without a fold say about it, fold by fold."""

    def score(training: Sources, held_out: Sequence[Episode], below: Path) -> list[Scored]:
        return _train_and_score(config, training, held_out, below)

    return [_fold(k, config.corpus, sources, folder, score) for k in FOLDS]


def run_bare(sources: Sources, folder: Path) -> list[list[Scored]]:
    """What the networks of `run_model` say of the same episodes without case and punctuation."""

    def score(k: int) -> list[Scored]:
        return _score(folder / f"fold-{k}" / "bundle", [bare(e) for e in left_out(k, sources)])

    return [_kept(folder / f"fold-{k}.bare.pickle", partial(score, k)) for k in FOLDS]


def run_baseline(config: Config, sources: Sources, folder: Path) -> list[list[Scored]]:
    """What TF-IDF features with logistic regression say of the same episodes."""

    def score(training: Sources, held_out: Sequence[Episode], below: Path) -> list[Scored]:
        return baseline_scores(training.episodes, held_out)

    return [_fold(k, config.corpus, sources, folder, score) for k in FOLDS]


def read_run(folder: Path) -> list[Pair]:
    """The left-out episodes of a seed of a finished run, as taught, with their labellings."""
    files = [*(folder / f"fold-{k}.pickle" for k in FOLDS), folder.parent / SMOOTHING]
    if missing := [file.name for file in files if not file.exists()]:
        raise CorpusError(f"{folder} lacks {', '.join(missing)}; name a finished run of crossval")
    folds = [pickle.loads(file.read_bytes()) for file in files[:-1]]
    return [(e.taught, path) for e, path in _smoothed(folds, _read_choice(files[-1])[1])]


def choose(seeds: Sequence[Sequence[Sequence[Scored]]], kept: Path) -> list[Smoothing]:
    """For each fold what the others choose, over all seeds, and last what all choose together.

    One seed's choice is a matter of luck. The choice is kept in the file `kept`, and made anew when
    the number of seeds or what is searched is another.
    """
    of = [*SEARCHED, (CUT_PRICE, MOST_CUT), tuple(TEMPERATURES.tolist())]
    made_of = {"seeds": len(seeds), "of": [list(values) for values in of]}
    if not kept.exists() or _read_choice(kept)[0] != made_of:
        folds, episodes = zip(*((k, e) for f in seeds for k in FOLDS for e in f[k]), strict=True)
        tuner = Tuner([e.taught for e in episodes])
        chosen = [tuner.best(np.not_equal(folds, k)).model_dump() for k in (*FOLDS, None)]
        choice = {"of": made_of, "chosen": chosen}
        part = kept.with_suffix(".part")
        part.write_text(json.dumps(choice, indent=1) + "\n", encoding="utf-8")
        part.rename(kept)
    return _read_choice(kept)[1]


def _read_choice(kept: Path) -> tuple[dict[str, Any], list[Smoothing]]:
    """What the choice in a file was made of, and the choice."""
    choice = json.loads(kept.read_text(encoding="utf-8"))
    return choice["of"], [Smoothing.model_validate(s) for s in choice["chosen"]]


def summary(
    folds: Sequence[Sequence[Scored]],
    chosen: Sequence[Smoothing],
    bared: Sequence[Sequence[Scored]] = (),
) -> dict[str, Any]:
    """Scores by show, over unseen shows and over the seen one; each fold as `chosen` smooths it.

    Episodes that were read twice are also scored by the second reading, and the second reading by
    the first. `bared` are the same folds without case and punctuation, smoothed as they are.
    """
    pairs = _smoothed(folds, chosen)
    groups: dict[str, list[Pair]] = defaultdict(list)
    for episode, path in pairs:
        groups[episode.show].append((episode, path))
    report = {
        **_seen_or_not(pairs),
        "shows": {show: report_paths(groups[show]) for show in sorted(groups)},
        "errors": tally([(e.taught, path) for e, path in pairs]),
    }
    if twice := [(e, path) for e, path in pairs if e.second is not None]:
        report["by_second_reading"] = report_paths([(e.taught, path) for e, path in twice])
        readings = [(e, e.taught.allowed.argmax(axis=1)) for e, _ in twice]
        report["second_reading"] = spans_report(readings)
    return {**report, "bare": _seen_or_not(_smoothed(bared, chosen))} if bared else report


def left_out(k: int, sources: Sources) -> list[Episode]:
    """The labelled episodes of fold `k`, less those whose labels were drawn with a model's help."""
    labelled = [e for e in sources.episodes if e.cues is not None and not e.lent]
    held_out = [e for e in labelled if fold_of(e) == k]
    if not held_out:
        raise CorpusError(
            f"fold {k} has no labelled episodes: crossval needs some of {SEEN}, mixed,"
            f" {', '.join(GROUPS[k])}; name their folder with --corpus"
        )
    return held_out


def _smoothed(folds: Sequence[Sequence[Scored]], chosen: Sequence[Smoothing]) -> list[Pair]:
    """Every episode at its fold's temperature, with its labelling."""
    return [
        (cooled, best_path(cooled.log_probs, smoothing.costs(), cooled.n_words))
        for fold, smoothing in zip(folds, chosen, strict=False)  # the last is no fold's
        for cooled in (cool(e, smoothing.temperature) for e in fold)
    ]


def _seen_or_not(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Scores over all unseen shows, and over the seen one."""
    ordered = sorted(pairs, key=lambda pair: pair[0].show)
    return {
        "unseen": report_paths([pair for pair in ordered if pair[0].show != SEEN]),
        "seen": report_paths([pair for pair in ordered if pair[0].show == SEEN]),
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


def _fold(
    k: int, choice: CorpusChoice, sources: Sources, folder: Path, score: Scorer
) -> list[Scored]:
    """Left-out episodes of fold `k` with their scores, kept in `folder`."""

    def scores() -> list[Scored]:
        held_out = left_out(k, sources)
        training = tuple(e for e in sources.episodes if fold_of(e) != k)
        usable = licensed(Sources(training, sources.bank), choice)
        return score(usable, held_out, folder / f"fold-{k}")

    return _kept(folder / f"fold-{k}.pickle", scores)


def _kept(file: Path, score: Callable[[], list[Scored]]) -> list[Scored]:
    """What `file` holds; made by `score` where it is missing."""
    if not file.exists():
        scores = score()
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(pickle.dumps(scores))
        part.rename(file)
        log.info("%s: %d episodes scored", file.name, len(scores))
    scored: list[Scored] = pickle.loads(file.read_bytes())
    return scored


def _train_and_score(
    config: Config, training: Sources, held_out: Sequence[Episode], folder: Path
) -> list[Scored]:
    """Train without the fold, export, and run the exported bundle; seeds share a beginning."""
    train_network(
        config, training, folder, vocabulary=folder.parents[1] / "vocabulary" / folder.name
    )
    untuned = config.model_copy(update={"smoothing": UNTUNED})
    write_bundle(folder, folder / "bundle", untuned, version="0")
    return _score(folder / "bundle", held_out)


def _score(bundle: Path, episodes: Sequence[Episode]) -> list[Scored]:
    model = load_model(bundle)
    return [score_episode(e, model) for e in episodes]
