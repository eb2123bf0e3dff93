import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
import train.__main__ as command
from serve.labels import LABELS
from train import studies
from train.config import to_toml, with_licences
from train.corpus import CorpusError
from train.evaluate import score_episode
from train.sources import read_sources


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder to run the commands in, with runs of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(studies, "RUNS", tmp_path / "runs")
    return tmp_path


def test_the_headline_names_the_figures_to_look_at_first():
    spans = {"spans": {"ads": {"f05": 0.81234, "wrongly_cut_s_an_hour": 12.4}}}
    six = {**spans, "six_labels": {"macro_f1": 0.7}}
    found = studies.crossval.headline(
        {"unseen": spans, "seen": six, "shows": {"mixed": spans, "devtoolsfm": six}}
    )
    assert found == (
        "unseen shows: ad spans F0.5 0.812; mixed F0.5 0.812, 12 s/h wrongly cut;"
        " devtoolsfm macro F1 0.700; seen: F0.5 0.812, macro F1 0.700"
    )


def test_crossval_writes_a_report_of_every_seed_and_of_the_baseline(
    workplace, config, runner, monkeypatch
):
    spans = {"spans": {"ads": {"f05": 0.8, "wrongly_cut_s_an_hour": 12.0}}}
    six = {**spans, "six_labels": {"macro_f1": 0.7}}
    summary = {"unseen": spans, "seen": six, "shows": {"mixed": spans, "devtoolsfm": six}}
    seeds, bared, chosen = [], [], []

    def run_model(config, sources, folder):
        seeds.append((config.run.seed, folder.name))
        return []

    monkeypatch.setattr(studies.crossval, "check_shows", lambda sources: None)
    monkeypatch.setattr(studies.crossval, "run_model", run_model)
    monkeypatch.setattr(studies.crossval, "run_bare", lambda sources, folder: [folder.name])
    monkeypatch.setattr(studies.crossval, "run_baseline", lambda config, sources, folder: [])

    def choose(seeds, kept):
        chosen.append((len(seeds), kept.parent.name))
        return [studies.crossval.UNTUNED] * 5

    def summarise(folds, smoothing, bare=()):
        assert smoothing == [studies.crossval.UNTUNED] * 5
        bared.append(list(bare))
        return summary

    monkeypatch.setattr(studies.crossval, "choose", choose)

    monkeypatch.setattr(studies.crossval, "summary", summarise)
    (workplace / "tiny.toml").write_text(to_toml(config.model_dump(mode="json")))
    arguments = ["crossval", "--config", "tiny.toml", "--seeds", "2", "--out", "report.json"]
    done = runner.invoke(command.main, arguments, catch_exceptions=False)
    assert done.output == "The report is in report.json.\n"
    assert seeds == [(5, "seed-0"), (6, "seed-1")]
    assert bared == [["seed-0"], ["seed-1"], []]
    assert [n for n, _ in chosen] == [2, 1]
    assert chosen[1][1] == "baseline"
    report = json.loads((workplace / "report.json").read_text())
    assert report["model"] == [summary, summary]
    assert report["baseline"] == summary
    assert report["smoothing"] == studies.crossval.UNTUNED.model_dump()
    assert report["config"] == config.model_dump(mode="json")
    runner.invoke(command.main, [*arguments, "--open-licences"], catch_exceptions=False)
    report = json.loads((workplace / "report.json").read_text())
    assert report["config"] == with_licences(config, open_only=True).model_dump(mode="json")


def test_errors_lists_the_worst_mistakes_of_a_run_by_cue(
    workplace, config, tiny_bundle, runner, monkeypatch
):
    run = workplace / "runs" / "crossval-1" / "seed-0"
    shutil.copytree(tiny_bundle, run / "fold-0" / "bundle")
    only_open = with_licences(config, open_only=True)  # what was left out had any licence
    toml = to_toml(only_open.model_dump(mode="json"))
    (run / "fold-0" / "bundle" / "config.toml").write_text(toml)
    episodes = [e for e in read_sources(config).episodes if e.show == "teapot"]
    nothing = SimpleNamespace(log_probs=lambda units: np.log(np.full((len(units), 6), 1 / 6)))
    pairs = [
        (found, np.full(len(found.n_words), LABELS.index("other")))
        for found in (score_episode(e, nothing) for e in episodes)
    ]
    monkeypatch.setattr(studies.crossval, "read_run", lambda folder: pairs)
    done = runner.invoke(
        command.main, ["errors", "--run", str(run), "--out", "errors.tsv"], catch_exceptions=False
    )
    assert done.output == "The worst mistakes are in errors.tsv.\n"
    table = [line.split("\t") for line in (workplace / "errors.tsv").read_text().splitlines()]
    assert table[0][:5] == ["show", "episode", "kind", "first", "last"]
    assert {row[2] for row in table[1:]} == {"missed"}
    said = {e.name: e.source.decode().splitlines() for e in episodes}
    for _, name, _, first, last, *_ in table[1:]:
        for text in said[name][int(first) - 1 : int(last)]:
            assert "Leafbox" in text or "Our own course" in text


def test_ablation_adds_to_the_report_of_the_same_run(workplace, config, runner, monkeypatch):
    done = []

    def run(config, sources, folder):
        done.append((folder.name, config.fit.row_loss, config.run.seed))
        return {"mixed": {"ads_average_precision": 0.5}}

    monkeypatch.setattr(studies.ablation, "run", run)

    def ablate(*arguments):
        command_line = ["ablation", "--config", "tiny.toml", "--out", "report.json", *arguments]
        found = runner.invoke(command.main, command_line, catch_exceptions=False)
        assert found.output == "The report is in report.json.\n"
        return json.loads((workplace / "report.json").read_text())["without"]

    (workplace / "tiny.toml").write_text(to_toml(config.model_dump(mode="json")))
    assert list(ablate("--seeds", "2", "--less", "nothing")) == ["nothing"]
    rows = "rows judged by themselves"
    report = ablate("--seeds", "1", "--less", rows)
    assert {name: list(seeds) for name, seeds in report.items()} == {
        "nothing": ["seed 0", "seed 1"],
        rows: ["seed 0"],
    }
    row_loss = config.fit.row_loss
    assert done == [
        ("nothing-0", row_loss, 5), ("nothing-1", row_loss, 6),
        ("rows-judged-by-themselves-0", 0.0, 5),
    ]  # fmt: skip
    seed = config.run.model_copy(update={"seed": 9})
    smoothing = config.smoothing.model_copy(update={"enter_ad": 9.5})
    for change in ({"smoothing": smoothing}, {"run": seed}):
        assert list(ablate("--seeds", "1", "--less", "nothing"))  # beside what was there
        other = config.model_copy(update=change)
        (workplace / "tiny.toml").write_text(to_toml(other.model_dump(mode="json")))
        assert list(ablate("--seeds", "1", "--less", rows)) == [rows]


def test_written_trains_on_the_written_texts_and_scores_the_corpus(
    workplace, make, config, corpus, runner
):
    written = workplace / "seeds" / "written"
    shutil.move(corpus, written)
    other = workplace / "other" / "tea"
    other.mkdir(parents=True)
    for path in (written / "kettle").iterdir():
        shutil.copy(path, other / path.name)
    alone = make.changed(config, corpus={"folders": (written,)})
    (workplace / "tiny.toml").write_text(to_toml(alone.model_dump(mode="json")))
    arguments = ["written", "--config", "tiny.toml", "--seeds", "2", "--out", "report.json"]
    done = runner.invoke(
        command.main, [*arguments, "--corpus", str(workplace / "other")], catch_exceptions=False
    )
    assert done.output == "The report is in report.json.\n"
    report = json.loads((workplace / "report.json").read_text())
    assert [set(model["shows"]) for model in report["model"]] == [{"tea"}, {"tea"}]
    first, second = (model["shows"]["tea"]["spans"]["ads"] for model in report["model"])
    assert first["episodes"] == second["episodes"] == 4
    assert report["config"] == alone.model_dump(mode="json")
    shutil.rmtree(other)
    other.mkdir()
    refused = runner.invoke(command.main, [*arguments, "--corpus", str(other)])
    assert refused.exit_code == 2
    assert f"no labelled episodes in {other}" in refused.output


def test_written_refuses_to_train_on_anything_else(workplace, config, corpus, runner):
    (workplace / "tiny.toml").write_text(to_toml(config.model_dump(mode="json")))
    refused = runner.invoke(
        command.main, ["written", "--config", "tiny.toml", "--corpus", str(corpus)]
    )
    assert isinstance(refused.exception, CorpusError)
    assert "kettle, teapot would be trained on" in str(refused.exception)
