import json
import re

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import LABELS
from serve.smooth import Costs
from train.card import TERMS, render
from train.evaluate import Scored, by_show, evaluate, report_paths

FREE = Costs(np.zeros((6, 6)), np.zeros(6))
SHOWS = ("devtoolsfm", "mixed", "talkpython", "tea")


def scored(show, name, *, n_words=800, ads=True):
    """An episode of six labels, of which the model takes the last for another."""
    true = np.array([0, 1, 2, 3, 4, 5]) if ads else np.array([2, 3, 4, 5])
    believed = np.array([*true[:-1], 0])
    probs = np.full((len(true), 6), 0.02)
    probs[np.arange(len(true)), believed] = 0.9
    return Scored(
        show, name, np.log(probs).astype(np.float32), np.eye(6, dtype=bool)[true],
        np.full(len(true), n_words), np.arange(len(true) + 1) * 60.0,
    )  # fmt: skip


def run(episodes):
    """What crossval says of one seed."""
    pairs = [(e, e.log_probs.argmax(axis=1)) for e in episodes]
    part = {s: report_paths([p for p in pairs if p[0].show == s]) for s in SHOWS}
    unseen = report_paths([p for p in pairs if p[0].show != "talkpython"])
    return {"unseen": unseen, "seen": part["talkpython"], "shows": part}


@pytest.fixture
def episodes():
    return [scored(show, f"ep-{i}") for show in SHOWS for i in range(3)]


@pytest.fixture
def metrics(episodes):
    documents = [scored("documents", "one"), scored("tea", "two", ads=False, n_words=9)]
    return {
        "shows_trained_on": ["tea"],
        "shows_seen": evaluate(documents[1:], FREE),
        "shows_unseen": evaluate(documents[:1], FREE),
        "shows": by_show(documents, FREE),
        "crossval": None,
        "open": None,
    }


@pytest.fixture
def manifest(facts):
    return {"name": "kettle", "version": "1.2.3", **facts}


def rows(card, first):
    """The cells of the table whose head begins with `first`."""
    lines = card[card.index(f"| {first}") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line]


def test_a_card_says_what_the_model_is_and_how_it_was_made(manifest, metrics):
    card = render(manifest, metrics)
    assert card.startswith("---\nlicense: mit\nlanguage: en\nlabels: [sponsor_read, self_promo, ")
    assert "# kettle 1.2.3\n" in card
    assert "Trained in 1 s on cpu, seed 11, commit\n1f2e3d4c5b6a;\n" in card
    assert (
        "ONNX and torch differ by at\nmost 2e-06 nats (allowed: 0.0001); the same segments on"
        in card
    )
    assert "python 3.11.7, torch 2.13.0" in card
    assert "None" not in card


def test_without_cross_validation_a_card_says_so(manifest, metrics):
    card = render(manifest, metrics)
    assert "## On shows left out of training\n\nnot measured: run `make crossval`.\n" in card


def test_a_card_tells_shows_that_were_trained_on_from_others(manifest, metrics):
    table = rows(render(manifest, metrics), "show | episodes")
    assert table[2] == ["**shows trained on**", "1", "–", "0.750", "–"]
    assert table[3] == ["**other shows**", "1", "0.556", "0.833", "–"]
    assert table[4] == ["documents", "1", "0.556", "0.833", "–"]
    assert table[5] == ["tea", "1", "–", "0.750", "–"]


def test_a_card_lists_every_source_with_its_terms(manifest, metrics):
    manifest["read_for_vocabulary"] = {"mbmbam": 4, "kettle": 5}
    manifest["trained_on"] = {"mbmbam": 2, "kettle": 3}
    manifest["lent_labels"] = {"mbmbam": 1}
    manifest["read_again"] = {"kettle": 2}
    table = rows(render(manifest, metrics), "show | trained")
    assert table[2:] == [
        ["kettle", "3", "0", "2", "1", "5", "not known"],
        ["mbmbam", "2", "1", "0", "0", "4", TERMS["mbmbam"]],
    ]
    card = render(manifest, metrics)
    assert "and 2 ads,\n1 passages and 3 ways in and out of a break of" in card


def test_a_card_goes_back_to_what_the_start_of_the_start_had_learned(manifest, metrics, facts):
    first = {**facts, "name": "oak", "sha256": "0ac" * 20, "trained_on": {"mbmbam": 7}}
    second = {
        **facts,
        "name": "elm",
        "sha256": "e1a" * 20,
        "trained_on": {"lex": 8},
        "start": first,
    }
    manifest.update(trained_on={"tea": 9}, read_for_vocabulary={}, start=second)
    card = render(manifest, metrics)
    assert card.index("| tea | 9 |") < card.index("`elm`") < card.index("| lex | 8 |")
    assert card.index("| lex | 8 |") < card.index("`oak`") < card.index("| mbmbam | 7 |")
    assert "CORPUS=path/to/corpus START=path/to/encoder BUNDLE=models/candidate" in card


def test_local_changes_and_an_unknown_commit_are_said(manifest, metrics):
    manifest.update(commit="", dirty=True)
    assert "commit\nunknown with local changes;" in render(manifest, metrics)


def test_a_second_reading_has_its_row_and_what_it_scores_itself(manifest, metrics, episodes):
    mixed = [e for e in episodes if e.show == "mixed"]
    again = report_paths([(e, e.log_probs.argmax(axis=1)) for e in mixed])
    reading = {"ads": {"f05": 0.854, "wrongly_cut_s_an_hour": 28.4}}
    both = {"by_second_reading": again, "second_reading": reading}
    metrics["crossval"] = {"model": [{**run(episodes), **both}]}
    card = render(manifest, metrics)
    assert "mixed, by its second reading" in [row[0] for row in rows(card, "ad spans")]
    assert "scores F0.5 0.854 against them, with\n28 s/h wrongly cut." in card


def test_cross_validation_of_several_seeds_stands_with_its_spread(manifest, metrics, episodes):
    other = [scored(e.show, e.name, n_words=900) for e in episodes]
    metrics["crossval"] = {
        "model": [run(episodes), run(other)],
        "baseline": run(episodes),
    }
    card = render(manifest, metrics)
    spans, labels = rows(card, "ad spans"), rows(card, "six labels")
    assert [row[0] for row in spans[2:]] == ["**all unseen shows**", *SHOWS]
    assert [row[0] for row in labels[2:]] == ["**all unseen shows**", *SHOWS]
    assert all(len(row) == len(spans[0]) for row in spans)
    assert all(len(row) == len(labels[0]) == 4 + len(LABELS) for row in labels)
    assert re.fullmatch(r"\d\.\d{3} ± 0\.000", spans[2][1])
    assert "Mean of 2 seeds, ± standard deviation." in card
    assert "95 % bootstrap interval over the episodes of `mixed`, first seed: F0.5 " in card


def test_one_seed_without_a_baseline_has_no_spread(manifest, metrics, episodes):
    metrics["crossval"] = json.loads(json.dumps({"model": [run(episodes)]}))
    card = render(manifest, metrics)
    assert "One seed." in card
    table = rows(card, "ad spans")
    assert "±" not in table[2][1]
    assert table[2][2] == "–"


def test_figures_that_are_not_known_are_a_dash(manifest, metrics, episodes):
    small = [scored(e.show, e.name, n_words=9, ads=e.show != "tea") for e in episodes]
    metrics["crossval"] = {"model": [run(small), run(small)]}
    card = render(manifest, metrics)
    tea = next(row for row in rows(card, "ad spans") if row[0] == "tea")
    assert tea[1] == "–"
    assert rows(card, "six labels")[2][2] == "–"
    assert "None" not in card


@pytest.fixture
def bared(episodes):
    """A cross-validation of one seed with transcripts laid bare, and its mistakes."""
    found = run(episodes)
    kinds = {kind: {"n": 2, "seconds": 1234} for kind in ("missed", "cut", "edge")}
    bare = {"unseen": found["unseen"], "seen": found["seen"]}
    config = {"corpus": {"open_shows": ["devtoolsfm", "tea"]}}
    model = {**found, "bare": bare, "errors": {"mixed": kinds, "tea": kinds}}
    return {"config": config, "model": [model], "baseline": found}


def test_transcripts_without_case_and_punctuation_stand_beside_whole_ones(manifest, metrics, bared):
    metrics["crossval"] = bared
    for first in ("ad spans", "six labels"):
        table = {row[0]: row[1:] for row in rows(render(manifest, metrics), first)}
        plain = table["unseen shows, without case and punctuation"]
        baseline = 1 if first == "ad spans" else 2
        assert plain[0] == table["**all unseen shows**"][0]
        assert plain[baseline] == "–" != table["**all unseen shows**"][baseline]
        assert table["talkpython, without case and punctuation"][0] == table["talkpython"][0]


def test_pictures_come_from_cross_validation_where_there_is_one(manifest, metrics, bared):
    own = render(manifest, metrics)
    assert own.index("(confusion.png)") > own.index("## This bundle")
    assert "reliability.png" not in own
    metrics["crossval"] = bared
    card = render(manifest, metrics)
    assert card.count("(confusion.png)") == card.count("(reliability.png)") == 1
    assert card.index("(confusion.png)") < card.index("## This bundle")
    assert re.search(r"error on unseen shows:\n0\.\d{3}, on the seen one: 0\.\d{3}\.\n", card)


def test_mistakes_stand_by_show_and_kind_with_what_a_reader_found(manifest, metrics, bared):
    metrics["crossval"] = bared
    card = render(manifest, metrics, "Most misses are jokes.\n")
    cell = "2 (1,234 s)"
    assert rows(card, "show | missed")[2:] == [["mixed", *[cell] * 3], ["tea", *[cell] * 3]]
    assert card.index("Most misses are jokes.") < card.index("## This bundle")
    del bared["model"][0]["errors"]
    assert "What it gets wrong" not in render(manifest, metrics, "Most misses are jokes.\n")


def test_figures_of_open_licences_alone_take_a_paragraph(manifest, metrics, bared):
    assert "openly licensed" not in render(manifest, metrics)
    metrics["open"] = bared
    card = render(manifest, metrics)
    found = bared["model"][0]["unseen"]
    assert "Trained on openly licensed text alone (devtoolsfm, tea, `seeds/written`)" in card
    assert f"ad-span F0.5 {found['spans']['ads']['f05']:.3f} on all unseen shows" in card
    assert f"macro F1 {found['six_labels']['macro_f1']:.3f} on unseen shows" in card


def test_training_scores_are_called_so(manifest, metrics):
    assert "are\ntraining scores: they do not tell how it does on new ones." in render(
        manifest, metrics
    )
