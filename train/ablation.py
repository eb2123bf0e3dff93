"""What each ingredient gives: the same training without it, scored on shows it never saw.

One split, harder than the folds of cross-validation: all of `mixed`, all of devtools.fm and a
quarter of Talk Python are left out together. Seeds share vocabulary and pretraining. Most scores
need no smoothing, whose choice is noisy: average precision of advertising by word, and six labels
by the likeliest one. Those of ad spans are under the config's smoothing, which was chosen for the
whole and not for what lacks a part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from serve.bundle import Smoothing, load_model
from serve.smooth import best_path
from train.config import Config
from train.corpus import CorpusError, Episode
from train.crossval import SEEN, UNTUNED, fold_of
from train.evaluate import Scored, score_episode, span_score, truly
from train.examples import IS_AD
from train.metrics import confusion, label_scores, pool_spans
from train.package import write_bundle
from train.run import train_network
from train.sources import Sources, licensed
from train.tune import cool

LEFT_OUT = ("mixed", "devtoolsfm")  # whole, beside fold 0 of the seen show
WRITTEN = Path("seeds/written")
NOTHING, TEXTS = "nothing", "the written texts"
#: What is taken away by changing a table of the config. The written ads reach training only by
#: being put into episodes, so without that most of the written texts are gone, too.
CHANGES: dict[str, dict[str, dict[str, Any]]] = {
    NOTHING: {},
    "reading before labelling": {"pretraining": {"passes": 0.0}},
    "the lent labels": {"corpus": {"lent_labels": False}},
    "rows judged by themselves": {"fit": {"row_loss": 0.0}},
    "ads put into other episodes": {"augment": {"transplant": 0.0}},
    "words hidden while labels are learnt": {"augment": {"word_dropout": 0.0}},
    "other lengths of rows": {"augment": {"rechunk": 0.0}},
}
VARIANTS = (NOTHING, TEXTS, *list(CHANGES)[1:])


def without(config: Config, name: str) -> Config:
    """The config less the ingredient of that name."""
    if name == TEXTS:
        folders = tuple(folder for folder in config.corpus.folders if folder != WRITTEN)
        corpus = config.corpus.model_copy(update={"folders": folders})
        return config.model_copy(update={"corpus": corpus})
    tables = config.model_dump()
    for table, changes in CHANGES[name].items():
        tables[table].update(changes)
    return Config.model_validate(tables)


def is_left_out(episode: Episode) -> bool:
    """Whether the episode is kept from training, labelled or not."""
    return episode.show in LEFT_OUT or (episode.show == SEEN and fold_of(episode) == 0)


def run(config: Config, sources: Sources, folder: Path) -> dict[str, dict[str, Any]]:
    """Scores by show of a network that is trained in `folder` on what is not left out.

    `folder` is one of several beside a folder of vocabularies, which runs on the same text share.
    """
    kept = tuple(e for e in sources.episodes if not is_left_out(e))
    held_out = [e for e in sources.episodes if is_left_out(e) and e.cues is not None and not e.lent]
    if not held_out:
        raise CorpusError(
            f"nothing to score: ablation needs labelled episodes of {', '.join(LEFT_OUT)} or"
            f" {SEEN}; name their folder with --corpus"
        )
    training = licensed(replace(sources, episodes=kept), config.corpus)
    words = f"{len(training.episodes)}-episodes-{len(training.bank.ads)}-ads"
    train_network(config, training, folder, vocabulary=folder.parent / "vocabulary" / words)
    untuned = config.model_copy(update={"smoothing": UNTUNED})
    write_bundle(folder, folder / "bundle", untuned, version="0")
    model = load_model(folder / "bundle")
    scores = [score_episode(e, model) for e in held_out]
    shows = sorted({e.show for e in scores})
    return {
        show: dict(_scores([e for e in scores if e.show == show], config.smoothing))
        for show in shows
    }


def _scores(episodes: Sequence[Scored], smoothing: Smoothing) -> Iterator[tuple[str, Any]]:
    """The figures of one show."""
    n_words = np.concatenate([e.n_words for e in episodes])
    belief = np.concatenate([np.logaddexp.reduce(e.log_probs[:, IS_AD], axis=1) for e in episodes])
    true = np.concatenate([truly(e, IS_AD) for e in episodes])
    precision = average_precision_score(true, belief, sample_weight=n_words)
    yield "ads_average_precision", round(float(precision), 4)
    costs = smoothing.costs()
    cooled = [cool(e, smoothing.temperature) for e in episodes]
    paths = [(e, best_path(e.log_probs, costs, e.n_words)) for e in cooled]
    spans = pool_spans([span_score(e, path, IS_AD) for e, path in paths], np.random.default_rng(0))
    yield "ads_f05", spans["f05"]
    yield "wrongly_cut_s_an_hour", spans["wrongly_cut_s_an_hour"]
    six = [e for e in episodes if e.six]
    if six:
        table = sum(
            confusion(e.allowed.argmax(axis=1), e.log_probs.argmax(axis=1), e.n_words) for e in six
        )
        report = label_scores(np.asarray(table))
        yield "accuracy", report["accuracy"]
        yield "macro_f1", report["macro_f1"]
