import json
import re
import shutil
import tomllib
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

pytest.importorskip("torch")
import train.__main__ as command
from serve.bundle import Smoothing, load_model
from serve.errors import BundleError
from serve.labels import ADS, LABELS
from train import run as run_module
from train import start as start_module
from train.config import to_toml, with_licences
from train.corpus import CorpusError, Episode
from train.examples import IS_AD
from train.quoted import COMPARED, quoted
from train.run import run_id, train_network
from train.sources import Sources, read_sources, readable_units
from train.tune import AD_SPLIT
from train.written import Bank


@pytest.fixture(autouse=True)
def outside_a_checkout(monkeypatch):
    monkeypatch.setattr(run_module, "_git", lambda *arguments: "")


def test_sources_are_the_episodes_and_the_written_texts(config):
    sources = read_sources(config)
    assert {e.show for e in sources.episodes} == {"kettle", "teapot"}
    assert [ad.text for ad in sources.bank.ads] == ["Leafbox sends tea, use code steam."]


def test_closed_licences_are_not_even_read_for_words(make, config):
    choice = {"open_licences_only": True, "open_shows": ("kettle",)}
    assert {e.show for e in read_sources(make.changed(config, corpus=choice)).episodes} == {
        "kettle"
    }


def test_a_run_leaves_a_network_and_says_how_it_was_made(config, tmp_path):
    folder = train_network(config, read_sources(config), tmp_path / "run")
    facts = json.loads((folder / "run.json").read_text())
    counts = [sum(facts[name].values()) for name in ("trained_on", "validated_on")]
    assert sum(counts) == sum(facts["read_for_vocabulary"].values()) == 8
    assert facts["written"] == {"ads": 1, "passages": 0, "breaks": 1}
    assert (facts["seed"], facts["device"], facts["commit"], facts["dirty"]) == (5, "cpu", "", None)
    assert facts["parity"]["max_abs_diff"] < facts["parity"]["tolerance"]
    assert {"python", "torch", "fastai", "onnxruntime"} <= set(facts["versions"])
    assert (folder / "model.onnx").exists()


def test_a_run_is_the_same_to_the_byte_from_text_to_network(config, tmp_path):
    for name in ("one", "two"):
        train_network(config, read_sources(config), tmp_path / name)
    for file in ("tokenizer.json", "vectors.npy", "model.onnx"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_run_is_known_by_all_that_decides_what_it_computes(make, config, corpus):
    sources = read_sources(config)
    same = make.changed(config, run={"name": "other"}, smoothing={"content": 1.0})
    assert run_id(same, read_sources(same)) == run_id(config, sources)
    for change in ({"run": {"seed": 6}}, {"fit": {"n_epochs": 2}}):
        assert run_id(make.changed(config, **change), sources) != run_id(config, sources)
    for path in ("teapot/0.txt", "teapot/0.txt.labels.tsv", "ads/tea.toml", "breaks.toml"):
        text = (corpus / path).read_text()
        changed = text.replace("tea", "cha").replace("Tea", "Cha").replace("intro", "other")
        (corpus / path).write_text(changed)
        assert run_id(config, read_sources(config)) != run_id(config, sources), path
        (corpus / path).write_text(text)
    assert run_id(config, read_sources(config)) == run_id(config, sources)
    first, *others = sources.episodes
    twice = replace(first, second=~first.cues)
    assert run_id(config, replace(sources, episodes=(twice, *others))) != run_id(config, sources)


def test_runs_on_the_same_text_can_share_a_vocabulary(make, config, tmp_path, monkeypatch):
    words = tmp_path / "words"
    train_network(config, read_sources(config), tmp_path / "one", vocabulary=words)
    monkeypatch.setattr(start_module, "pretrain", None)
    monkeypatch.setattr(start_module, "word_vectors", None)  # made once
    other = make.changed(config, run={"seed": 8})
    train_network(other, read_sources(other), tmp_path / "two", vocabulary=words)
    tokenizers = [path / "tokenizer.json" for path in (words, tmp_path / "one", tmp_path / "two")]
    assert len({path.read_bytes() for path in tokenizers}) == 1
    one, two = (tmp_path / name / "model.onnx" for name in ("one", "two"))
    assert one.read_bytes() != two.read_bytes()


def test_a_finished_run_is_not_repeated(config, tmp_path):
    (tmp_path / "run.json").write_text("{}")
    assert train_network(config, Sources((), Bank()), tmp_path) == tmp_path


def test_without_episodes_to_validate_on_a_run_is_refused(make, config, tmp_path):
    all_training = make.changed(config, corpus={"validation_share": 1e-9})
    with pytest.raises(
        CorpusError,
        match=r"^8 episodes to train on and 0 to validate on: both need at least one; add labelled"
        " transcripts or change validation_share$",
    ):
        train_network(all_training, read_sources(all_training), tmp_path / "run")


def test_an_unlabelled_episode_that_cannot_be_read_is_left_out_with_a_warning(caplog):
    assert readable_units(Episode("tea", "1", b"One.\n", None)) == ["One."]
    assert readable_units(Episode("tea", "2", b"\xff\xfe", None)) == []
    assert "left out: tea/2: byte 0, line 1: the transcript looks like UTF-16" in caplog.text
    with pytest.raises(CorpusError, match="tea/3"):
        readable_units(Episode("tea", "3", b"\xff\xfe", np.ones((1, 6), bool)))


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(run_module, "ROOT", tmp_path)
    assert run_module._git("rev-parse", "HEAD") == ""


@pytest.fixture
def workplace(tmp_path, corpus, monkeypatch):
    """A folder to run the commands in, with documents and runs of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "RUNS", tmp_path / "runs")
    for name, file in {
        "CROSSVAL": "crossval.json",
        "OPEN": "open.json",
        "NOTES": "errors.md",
    }.items():
        monkeypatch.setattr(command, name, tmp_path / file)
    monkeypatch.setattr(
        command, "DOCUMENTS", shutil.copytree(corpus / "teapot", tmp_path / "documents")
    )
    return tmp_path


def test_fit_makes_a_bundle_with_figures_and_a_card(workplace, config, runner):
    (workplace / "tiny.toml").write_text(to_toml(config.model_dump(mode="json")))
    done = runner.invoke(
        command.main,
        ["fit", "--config", "tiny.toml", "--out", "models/mine", "--name", "mine"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    assert done.output == (
        "The figures are in models/mine/metrics.json, the card in models/mine/README.md.\n"
        "The model is in models/mine. Serve it with: SEGUE_MODEL=models/mine make serve\n"
    )
    out = workplace / "models" / "mine"
    assert load_model(out).info.name == "mine"
    (run,) = (workplace / "runs").iterdir()
    assert run.name == f"mine-{run_id(config, read_sources(config))}"
    assert (run / "log.csv").exists()
    assert (out / "confusion.png").read_bytes().startswith(b"\x89PNG")
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["all"]["episodes"] == 4
    assert list(metrics["shows"]) == ["documents"]
    assert metrics["crossval"] is None
    assert "# mine " in (out / "README.md").read_text()


def test_fit_on_openly_licensed_text_learns_from_nothing_else(workplace, make, config, runner):
    choice = {"open_shows": ("kettle",), "validation_share": 0.5}
    kettle = make.changed(config, corpus=choice)
    (workplace / "tiny.toml").write_text(to_toml(kettle.model_dump(mode="json")))
    arguments = ["fit", "--config", "tiny.toml", "--out", "open", "--open-licences"]
    assert runner.invoke(command.main, arguments, catch_exceptions=False).exit_code == 0
    manifest = json.loads((workplace / "open" / "manifest.json").read_text())
    assert set(manifest["trained_on"]) == set(manifest["read_for_vocabulary"]) == {"kettle"}
    done = runner.invoke(command.main, [*arguments, "--start", str(workplace)])
    assert done.exit_code == 2
    assert "may have learnt from text of any licence; leave out --start" in done.output


def test_fit_on_written_texts_alone_smooths_as_the_config_says_for_them(
    workplace, config, corpus, runner
):
    folder = corpus.rename(corpus.with_name("written"))
    tables = {**config.model_dump(mode="json"), "corpus": {**config.corpus.model_dump(mode="json")}}
    tables["corpus"]["folders"] = [str(folder)]
    (workplace / "tiny.toml").write_text(to_toml(tables))
    arguments = ["fit", "--config", "tiny.toml", "--out", "mine"]
    assert runner.invoke(command.main, arguments, catch_exceptions=False).exit_code == 0
    assert command.read_smoothing(workplace / "mine") == config.smoothing_written
    assert config.smoothing_written != config.smoothing


def test_evaluate_scores_a_bundle_on_folders_of_ones_own(workplace, corpus, tiny_bundle, runner):
    shutil.copytree(tiny_bundle, workplace / "candidate")
    report = {"config": None, "model": []}
    (workplace / "crossval.json").write_text(
        json.dumps({**report, "config": dict.fromkeys(COMPARED)})
    )
    done = runner.invoke(
        command.main, ["evaluate", "candidate", "--corpus", str(corpus)], catch_exceptions=False
    )
    assert done.exit_code == 0
    metrics = json.loads((workplace / "candidate" / "metrics.json").read_text())
    assert {show: part["episodes"] for show, part in metrics["shows"].items()} == {
        "documents": 4,
        "kettle": 4,
        "teapot": 4,
    }
    assert metrics["shows_trained_on"] == ["kettle"]
    assert metrics["crossval"] is None  # of another config
    assert load_model(workplace / "candidate").info.name == "tiny"


def test_tune_prints_the_smoothing_that_suits_a_bundle(workplace, corpus, tiny_bundle, runner):
    """The same network prints the same, whatever temperature its bundle has."""
    tables = []
    for temperature in (1.0, 1.7):
        bundle = shutil.copytree(tiny_bundle, workplace / f"bundle-{temperature}")
        config = (bundle / "config.toml").read_text()
        config = re.sub(r"temperature = .*", f"temperature = {temperature}", config)
        (bundle / "config.toml").write_text(config)
        manifest = json.loads((bundle / "manifest.json").read_text())
        manifest["files"]["config.toml"] = sha256(config.encode()).hexdigest()
        (bundle / "manifest.json").write_text(json.dumps(manifest))
        command_line = ["tune", str(bundle), "--corpus", str(corpus), "--show", "teapot"]
        done = runner.invoke(command.main, command_line, catch_exceptions=False)
        assert done.exit_code == 0
        tables.append(tomllib.loads(done.output))
    assert tables[0] == tables[1]
    assert Smoothing.model_validate(tables[0]["smoothing"]).ad_split == AD_SPLIT


@pytest.mark.parametrize(
    ("show", "message"),
    [
        ("pot", "no labelled episodes of pot; see --corpus"),
        ("kettle", "was trained on kettle; name others with --show"),
    ],
)
def test_tune_refuses_what_would_tell_it_nothing(
    workplace, corpus, tiny_bundle, runner, show, message
):
    command_line = ["tune", str(tiny_bundle), "--corpus", str(corpus), "--show", show]
    done = runner.invoke(command.main, command_line)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())


def test_a_bundle_of_older_code_is_not_evaluated(workplace, tiny_bundle):
    bundle = shutil.copytree(tiny_bundle, workplace / "older")
    config = bundle / "config.toml"
    config.write_text(re.sub(r"row_loss = .*\n", "", config.read_text()))
    with pytest.raises(BundleError, match=r"row_loss: Field required: another version of Segue"):
        command._config_of(bundle)


def test_a_corpus_that_is_not_there_is_refused(workplace, runner):
    done = runner.invoke(command.main, ["evaluate", "candidate", "--corpus", "nowhere"])
    assert done.exit_code == 2
    assert "Directory 'nowhere' does not exist" in done.output.replace('"', "'").replace("\n", " ")


def test_what_training_calls_an_ad_is_what_strip_cuts():
    assert [label for label, is_ad in zip(LABELS, IS_AD, strict=True) if is_ad] == list(ADS)


def test_reports_of_the_same_config_and_text_are_quoted_and_of_others_not(make, config, tmp_path):
    report = {"config": config.model_dump(mode="json"), "text": "0a", "model": []}
    file = tmp_path / "report.json"
    assert quoted(file, config, "0a") is None
    file.write_text(json.dumps(report))
    assert quoted(file, config, "0a") == report
    assert quoted(file, config, "0b") is None
    assert quoted(file, make.changed(config, smoothing={"content": 1.0}), "0a") == report
    assert quoted(file, make.changed(config, fit={"n_epochs": 7}), "0a") is None
    open_only = with_licences(config, open_only=True)
    assert quoted(file, open_only, "0a") is None
    assert with_licences(open_only, open_only=False) == config
