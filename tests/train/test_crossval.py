import shutil
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import LABELS
from train import crossval
from train.corpus import CorpusError, Episode, share
from train.crossval import FOLDS, GROUPS, SEEN, UNTUNED, fold_of
from train.evaluate import Scored
from train.sources import Sources
from train.written import Bank

OTHER = LABELS.index("other")


def episodes(n=24):
    shows = [show for group in GROUPS for show in group]
    labelled = [
        Episode(show, f"ep-{i}", b"Tea.\n", np.eye(6, dtype=bool)[[OTHER]])
        for show in (*shows, SEEN, "mixed", "written")
        for i in range(n)
    ]
    return (*labelled, Episode(SEEN, "no-labels", b"Tea.\n", None))


@pytest.fixture
def sources():
    return Sources(episodes(), Bank())


def scored(episode):
    """An episode that was scored as if all of it were one read too many in two."""
    true = np.array([OTHER] * 6 + [0] * 4 + [OTHER] * 6)
    believed = np.full(16, OTHER) if share(episode) < 0.5 else true
    probs = np.full((16, 6), 0.02)
    probs[np.arange(16), believed] = 0.9
    return Scored(
        episode.show, episode.name, np.log(probs).astype(np.float32),
        np.eye(6, dtype=bool)[true], np.full(16, 300), np.arange(17) * 60.0,
    )  # fmt: skip


@pytest.fixture
def calls(monkeypatch):
    """What the baseline was trained on and asked for, fold by fold."""
    made = []

    def score(training, held_out):
        made.append((training, held_out))
        return [scored(e) for e in held_out]

    monkeypatch.setattr(crossval, "baseline_scores", score)
    return made


def test_no_show_is_in_two_groups():
    assert all(not set(a) & set(b) for a, b in combinations(GROUPS, 2))
    assert not {SEEN, "mixed", "written"} & {show for group in GROUPS for show in group}


def test_a_show_of_a_group_is_left_out_as_a_whole():
    for k, shows in enumerate(GROUPS):
        assert {fold_of(e) for e in episodes() if e.show in shows} == {k}


def test_mixed_and_the_seen_show_are_left_out_by_episode():
    for show in ("mixed", SEEN):
        folds = [fold_of(e) for e in episodes(200) if e.show == show]
        assert set(folds) == set(FOLDS)
        assert max(folds.count(k) for k in FOLDS) < 80
    assert fold_of(Episode("written", "1", b"", None)) is None
    assert fold_of(Episode("a-show-of-ones-own", "1", b"", None)) is None


def test_labels_that_were_lent_are_trained_on_but_not_reported():
    show = GROUPS[0][0]
    lent = Episode(show, "lent", b"Tea.\n", np.eye(6, dtype=bool)[[OTHER]], lent=True)
    sources = Sources((*episodes(), lent), Bank())
    assert lent not in crossval.left_out(0, sources)
    assert all(e.lent is False for e in crossval.left_out(0, sources))


def test_nothing_that_is_left_out_is_trained_on_or_read_for_words(tiny, sources, calls, tmp_path):
    crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    assert len(calls) == len(GROUPS)
    for k, (training, held_out) in enumerate(calls):
        assert {e.show for e in held_out} == {*GROUPS[k], SEEN, "mixed"}
        assert not {e.show for e in training} & set(GROUPS[k])
        assert not {(e.show, e.name) for e in training} & {(e.show, e.name) for e in held_out}
        assert "written" in {e.show for e in training}
        assert all(fold_of(e) != k for e in training)
    left_out = [(e.show, e.name) for _, held_out in calls for e in held_out]
    labelled = [e for e in sources.episodes if e.cues is not None and e.show != "written"]
    assert sorted(left_out) == sorted((e.show, e.name) for e in labelled)


def test_a_fold_that_was_scored_is_not_scored_again(tiny, sources, calls, tmp_path):
    first = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    (tmp_path / "baseline" / "fold-2.pickle").unlink()
    again = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    assert len(calls) == len(GROUPS) + 1
    assert [[e.name for e in fold] for fold in again] == [[e.name for e in fold] for fold in first]


def test_networks_are_trained_without_the_fold_and_scored_as_bundles(
    sources, tiny, tiny_bundle, tmp_path, monkeypatch
):
    trained = []

    def train_network(config, training, folder, *, vocabulary):
        trained.append((training, folder.name))
        assert vocabulary == tmp_path / "vocabulary" / folder.name

    monkeypatch.setattr(crossval, "train_network", train_network)
    monkeypatch.setattr(crossval, "write_bundle", lambda *a, **b: None)
    loaded = crossval.load_model(tiny_bundle)
    monkeypatch.setattr(crossval, "load_model", lambda folder: loaded)
    folds = crossval.run_model(tiny, sources, tmp_path / "seed-0")
    assert [name for _, name in trained] == [f"fold-{k}" for k in FOLDS]
    assert all(not {e.show for e in t.episodes} & set(GROUPS[int(n[-1])]) for t, n in trained)
    assert [len(fold) for fold in folds] == [
        sum(fold_of(e) == k and e.cues is not None for e in sources.episodes) for k in FOLDS
    ]


def test_a_fold_with_nothing_to_leave_out_is_refused_with_what_to_do(tiny, calls, tmp_path):
    with pytest.raises(
        CorpusError,
        match=r"^fold 0 has no labelled episodes: crossval needs some of talkpython, mixed,"
        " devtoolsfm, lex; name their folder with --corpus$",
    ):
        crossval.run_baseline(tiny, Sources((), Bank()), tmp_path)


def test_a_show_that_the_report_names_and_lacks_is_said_before_the_training(sources):
    crossval.check_shows(sources)
    less = tuple(e for e in sources.episodes if e.show not in ("mixed", "devtoolsfm"))
    with pytest.raises(CorpusError, match=r"^no labelled episodes of mixed, devtoolsfm, which .*"):
        crossval.check_shows(Sources(less, Bank()))


def spied(monkeypatch):
    """The episodes that each choice of smoothing is made on, instead of the choice."""
    asked = []

    def best(tuner, part):
        kept = [e for e, is_in in zip(tuner.episodes, part, strict=True) if is_in]
        asked.append([(e.show, e.name) for e in kept])
        return UNTUNED

    monkeypatch.setattr(crossval.Tuner, "best", best)
    return asked


def test_every_fold_is_smoothed_by_the_others(tiny, sources, calls, tmp_path, monkeypatch):
    folds = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    asked = spied(monkeypatch)
    chosen = crossval.choose([folds, folds], tmp_path / "smoothing.json")
    for fold, names in zip(folds, asked, strict=False):
        assert not set(names) & {(e.show, e.name) for e in fold}
    assert set(asked[-1]) == {(e.show, e.name) for fold in folds for e in fold}
    assert len(chosen) == len(asked) == len(GROUPS) + 1
    again = crossval.choose([folds, folds], tmp_path / "smoothing.json")  # what was kept is taken
    assert (again, len(asked)) == (chosen, len(GROUPS) + 1)
    crossval.choose([folds], tmp_path / "smoothing.json")  # of another number of seeds
    assert len(asked) == 2 * (len(GROUPS) + 1)


def test_smoothing_is_chosen_on_what_the_networks_of_all_seeds_say(
    tiny, sources, calls, tmp_path, monkeypatch
):
    folds = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    asked = spied(monkeypatch)
    crossval.choose([folds, folds, folds], tmp_path / "smoothing.json")
    sizes = [len(fold) for fold in folds]
    assert [len(names) for names in asked] == [3 * (sum(sizes) - size) for size in (*sizes, 0)]


def test_the_seen_show_is_reported_apart_from_the_unseen(
    tiny, sources, calls, tmp_path, monkeypatch
):
    spied(monkeypatch)
    folds = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    report = crossval.summary(folds, [UNTUNED] * 5)
    shows = report["shows"]
    assert list(shows) == sorted({*(s for group in GROUPS for s in group), SEEN, "mixed"})
    assert report["seen"] == shows[SEEN]
    assert report["unseen"]["episodes"] == sum(
        part["episodes"] for show, part in shows.items() if show != SEEN
    )


def read_twice(folds, second):
    """The folds, with a second reading of each episode of `mixed`: (n_units,) labels."""
    allowed = np.eye(6, dtype=bool)[second]
    return [[replace(e, second=allowed) if e.show == "mixed" else e for e in f] for f in folds]


def test_the_second_reading_is_scored_against_and_scored(sources, calls, tiny, tmp_path):
    folds = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    once = crossval.summary(folds, [UNTUNED] * 5)
    assert not {"by_second_reading", "second_reading"} & once.keys()
    moved = np.array([OTHER] * 9 + [0] * 4 + [OTHER] * 3)  # three units later: one of four is left
    report = crossval.summary(read_twice(folds, moved), [UNTUNED] * 5)
    assert {name: report[name] for name in once if name != "errors"} == {
        name: part for name, part in once.items() if name != "errors"
    }
    assert report["errors"]["mixed"] != once["errors"]["mixed"]  # counted by the second reading
    assert report["by_second_reading"]["spans"]["ads"]["f05"] == 0
    assert report["second_reading"]["ads"]["f05"] == 0
    same = np.array([OTHER] * 6 + [0] * 4 + [OTHER] * 6)
    report = crossval.summary(read_twice(folds, same), [UNTUNED] * 5)
    assert report["by_second_reading"] == once["shows"]["mixed"]
    assert report["second_reading"]["ads"]["f05"] == 1


def test_smoothing_is_chosen_by_the_labels_that_training_goes_by(
    sources, calls, tiny, tmp_path, monkeypatch
):
    folds = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    seen = []
    monkeypatch.setattr(crossval, "Tuner", lambda episodes: seen.extend(episodes) or Chooser())
    crossval.choose([read_twice(folds, np.full(16, OTHER))], tmp_path / "smoothing.json")
    assert {(e.show == "mixed", bool(e.allowed[:, 0].any())) for e in seen} == {
        (True, False),
        (False, True),
    }


class Chooser:
    def best(self, part):
        return UNTUNED


def test_bare_folds_are_made_by_the_bundles_that_are_there(sources, tiny_bundle, tmp_path):
    run = tmp_path / "seed-0"
    for k in FOLDS:
        shutil.copytree(tiny_bundle, run / f"fold-{k}" / "bundle")
    (run / "fold-0.pickle").write_bytes(b"scored before")
    bared = crossval.run_bare(sources, run)
    assert (run / "fold-0.pickle").read_bytes() == b"scored before"
    for k in FOLDS:
        names = [(e.show, e.name) for e in crossval.left_out(k, sources)]
        assert [(e.show, e.name) for e in bared[k]] == names
        shutil.rmtree(run / f"fold-{k}")  # the second time, what was kept is taken
    again = crossval.run_bare(sources, run)
    assert [len(fold) for fold in again] == [len(fold) for fold in bared]


def test_bare_folds_are_scored_without_case_and_punctuation(sources, tmp_path, monkeypatch, model):
    texts = []
    monkeypatch.setattr(crossval, "load_model", lambda folder: model)
    read = type(model).log_probs

    def log_probs(self, units):
        texts.extend(unit.text for unit in units)
        return read(self, units)

    monkeypatch.setattr(type(model), "log_probs", log_probs)
    crossval.run_bare(sources, tmp_path)
    assert set(texts) == {"tea"}


def test_bare_folds_are_reported_under_the_smoothing_of_their_folds(
    sources, calls, tiny, tmp_path, monkeypatch
):
    folds = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    report = crossval.summary(folds, [UNTUNED] * 5, folds)
    assert report["bare"] == {name: report[name] for name in ("unseen", "seen")}
    assert "bare" not in crossval.summary(folds, [UNTUNED] * 5)


def test_a_report_counts_mistakes_by_show(sources, calls, tiny, tmp_path, monkeypatch):
    spied(monkeypatch)
    folds = crossval.run_baseline(tiny, sources, tmp_path / "baseline")
    found = crossval.summary(folds, [UNTUNED] * 5)["errors"]
    for show, kinds in found.items():
        missed = [e for f in folds for e in f if e.show == show and share(e) < 0.5]
        assert kinds["missed"] == {"n": len(missed), "seconds": 240 * len(missed)}
        assert kinds["cut"]["n"] == kinds["edge"]["n"] == 0


def test_closed_licences_are_left_out_and_scored_but_not_trained_on(
    sources, calls, make, tiny, tmp_path
):
    config = make.changed(
        tiny, corpus={"open_licences_only": True, "open_shows": ("mbmbam", "lex")}
    )
    crossval.run_baseline(config, sources, tmp_path)
    for k, (training, held_out) in enumerate(calls):
        assert {e.show for e in training} == {"mbmbam", "lex", "written"} - set(GROUPS[k])
        assert {e.show for e in held_out} == {*GROUPS[k], SEEN, "mixed"}


def test_a_finished_run_is_read_with_its_smoothing(sources, calls, tiny, tmp_path, monkeypatch):
    spied(monkeypatch)
    with pytest.raises(
        CorpusError, match=r"lacks fold-0.pickle, .*; name a finished run of crossv"
    ):
        crossval.read_run(tmp_path)
    folds = crossval.run_baseline(tiny, sources, tmp_path / "seed-0")
    crossval.choose([folds], tmp_path / "smoothing.json")
    pairs = crossval.read_run(tmp_path / "seed-0")
    assert [(e.show, e.name) for e, _ in pairs] == [(e.show, e.name) for f in folds for e in f]
    assert all((path == e.log_probs.argmax(axis=1)).all() for e, path in pairs)
