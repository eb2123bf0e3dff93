from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from train import ablation
from train.ablation import CHANGES, TEXTS, VARIANTS, without
from train.config import read_config
from train.corpus import CorpusError, Episode
from train.crossval import UNTUNED, fold_of
from train.evaluate import Scored
from train.sources import Sources
from train.written import Bank

EYE = np.eye(6, dtype=bool)


@pytest.mark.parametrize("name", CHANGES)
def test_a_variant_is_the_config_less_one_thing(name):
    config = read_config()
    whole, less = config.model_dump(), without(config, name).model_dump()
    keys = [(table, key) for table in whole for key in whole[table]]
    differing = {(table, key) for table, key in keys if whole[table][key] != less[table][key]}
    assert differing == {(t, key) for t, changes in CHANGES[name].items() for key in changes}


def test_the_written_texts_go_and_other_folders_stay(make):
    folders = tuple(Path(name) for name in ("seeds/written", "../corpus"))
    config = make.changed(read_config(), corpus={"folders": folders})
    less = make.changed(config, corpus={"folders": folders[1:]})
    assert without(config, TEXTS) == less
    assert set(VARIANTS) == {TEXTS, *CHANGES}


def labelled(show, n=12, **more):
    return [Episode(show, f"ep-{i}", b"Tea.\nBuy it.\n", EYE[[5, 0]], **more) for i in range(n)]


def test_what_is_scored_was_not_trained_on_and_lent_labels_are_not_reported(
    tiny, tiny_bundle, tmp_path, monkeypatch
):
    shows = ("mixed", "devtoolsfm", "talkpython", "lex", "written")
    episodes = [e for show in shows for e in labelled(show)]
    lent = labelled("devtoolsfm", 1, lent=True)
    seen = []

    def train_network(config, training, folder, *, vocabulary):
        seen.extend(training.episodes)

    monkeypatch.setattr(ablation, "train_network", train_network)
    monkeypatch.setattr(ablation, "write_bundle", lambda *a, **b: None)
    model = ablation.load_model(tiny_bundle)
    monkeypatch.setattr(ablation, "load_model", lambda folder: model)
    scored = []
    score = ablation.score_episode
    monkeypatch.setattr(ablation, "score_episode", lambda e, m: scored.append(e) or score(e, m))
    found = ablation.run(tiny, Sources((*episodes, *lent), Bank()), tmp_path / "whole-0")
    seen_talk = {e.name for e in seen if e.show == "talkpython"}
    assert seen_talk == {e.name for e in episodes if e.show == "talkpython" and fold_of(e) != 0}
    assert {e.show for e in seen} == {"talkpython", "lex", "written"}
    assert {e.show for e in scored} == set(found) == {"mixed", "devtoolsfm", "talkpython"}
    assert not any(e.lent for e in scored)
    assert len(seen) + len(scored) == len(episodes)
    with pytest.raises(CorpusError, match=r"nothing to score: .* name their folder with --corpus"):
        ablation.run(tiny, Sources(tuple(labelled("lex")), Bank()), tmp_path / "whole-0")


def test_the_figures_are_by_word():
    true = EYE[[0, 0, 5, 5]]
    probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]])
    log_probs = np.log(np.concatenate([probs[:, :1], np.full((4, 4), 1e-9), probs[:, 1:]], axis=1))
    episode = Scored("tea", "1", log_probs, true, np.array([10, 30, 20, 40]), np.arange(5.0))
    figures = dict(ablation._scores([episode], UNTUNED))
    # All of the first read is above all else; then 20 wrong words come before the other 30.
    assert figures["ads_average_precision"] == pytest.approx((10 * 1 + 30 * 40 / 60) / 40, abs=1e-4)
    assert figures["accuracy"] == 0.5
    # Units 0 and 2 are found and joined: three seconds, one of them talk, for the two of the read.
    assert figures["ads_f05"] == 1
    assert figures["wrongly_cut_s_an_hour"] == 900
