"""The README says what is true: settings, kinds, formats, codes, versions, commands."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from serve import errors
from serve.app import create_app
from serve.cli import main
from serve.formats import FORMATS
from serve.http.openapi.document import document
from serve.http.problems import status_of
from serve.http.settings import PREFIX, Settings
from serve.kinds import KINDS
from serve.labels import LABELS

ROOT = Path(__file__).parents[1]


def tree(kind):
    return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]


README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


#: Errors that a client can get; no address takes files of labels.
ANSWERED = [
    kind
    for kind in tree(errors.SegueError)
    if status_of(kind("")) < 500 and kind not in (errors.LabelsError, errors.MismatchError)
] + [errors.BusyError]


@pytest.mark.parametrize("name", [*FORMATS, *KINDS, *LABELS])
def test_readme_names_every_format_kind_and_label(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", [PREFIX + field.upper() for field in Settings.model_fields])
def test_readme_names_every_setting(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("kind", ANSWERED)
def test_readme_names_every_code_a_client_can_get(kind):
    assert f"`{kind.code}`" in README


def test_readme_names_every_address_for_people_and_programs():
    described = {"/", "/docs", "/openapi.json", *document()["paths"]}
    assert [path for path in described if not re.search(rf"`(?:POST )?{path}[`?]", README)] == []


def test_readme_names_only_options_that_exist():
    known = {o for command in main.commands.values() for p in command.params for o in p.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - known <= {"--data-binary"}


def test_every_make_target_of_the_readme_exists():
    named = set(re.findall(r"(?:`|\$ )make ([a-z]+)", README))
    assert named <= set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))


def test_changelog_begins_with_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", changelog, flags=re.MULTILINE)[1] == version("segue")


def test_the_readme_counts_the_written_texts_right():
    written = ROOT / "seeds" / "written"
    ads, passages = (
        sum(
            len(tomllib.loads(path.read_text())[table])
            for path in (written / folder).glob("*.toml")
        )
        for folder, table in (("ads", "ad"), ("negatives", "passage"))
    )
    documents = len(list((written / "episodes").glob("*.labels.tsv")))
    assert f"{ads:,} ads, {passages:,} passages and {documents} documents" in README


def test_every_link_to_a_file_leads_somewhere():
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [t for t in targets if not (ROOT / t).exists()] == []


def test_the_python_example_of_the_readme_runs():
    example = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)[1]
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_shows_what_tagging_the_seeds_prints(tmp_path):
    seeds = sorted((ROOT / "seeds" / "documents").glob("*.txt"))
    command = [Path(sys.executable).with_name("segue"), "tag", *seeds, "--out", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed = [line.split(" -> ")[0] for line in done.stdout.splitlines()]
    assert printed
    assert [line for line in printed if f"    {line} -> out/" not in README] == []


def test_the_readme_shows_how_an_answer_of_the_service_begins():
    shown = re.search(r"\n    (\{\"schema\".*?) …\n", README)[1]
    seed = ROOT / "seeds" / "documents" / "002_af93ea6e1f4813fd.txt"
    client = create_app(Settings()).test_client()
    answer = client.post("/classify", data=seed.read_bytes(), content_type="text/plain")
    assert len(shown) > 300
    assert answer.get_data(as_text=True).startswith(shown)


def test_the_figures_of_the_readme_are_those_of_the_files():
    report = json.loads((ROOT / "models" / "crossval.json").read_text(encoding="utf-8"))
    speed = json.loads((ROOT / "bench" / "speed.json").read_text(encoding="utf-8"))
    assert accuracy_table(report) in README
    times = speed["milliseconds"]
    for figure in (
        f"{times['tag']['median']:.0f} ms",
        f"{times['tag']['p99']:.0f} ms",
        f"{speed['peak_memory_mb']} MB",
        f"{speed['ready_after_s']:.1f} s",
        f"{speed['ratio_to_tfidf']:.1f} times",
    ):
        assert figure in README, figure


def accuracy_table(report):
    """The README's table of scores; print it after a new cross-validation."""
    lines = ["| shows left out of training | Segue | TF-IDF |", "|---|---|---|"]
    measures = [
        ("all of them, ad spans, F0.5", "unseen", ("spans", "ads", "f05")),
        ("all with six labels, macro F1", "unseen", ("six_labels", "macro_f1")),
        ("devtools.fm, ad spans, F0.5", "devtoolsfm", ("spans", "ads", "f05")),
        ("devtools.fm, six labels, macro F1", "devtoolsfm", ("six_labels", "macro_f1")),
        ("mainstream shows (`mixed`), ad spans, F0.5", "mixed", ("spans", "ads", "f05")),
        ("new episodes of Talk Python, ad spans, F0.5", "talkpython", ("spans", "ads", "f05")),
        ("new episodes of Talk Python, accuracy", "talkpython", ("six_labels", "accuracy")),
    ]
    for name, show, keys in measures:
        found = [figure(run, show, keys) for run in report["model"]]
        ours = sum(found) / len(found)
        lines.append(f"| {name} | {ours:.2f} | {figure(report['baseline'], show, keys):.2f} |")
    return "\n".join(lines)


def figure(run, show, keys):
    part = run["unseen"] if show == "unseen" else run["shows"][show]
    for key in keys:
        part = part[key]
    return part


def test_the_smoothing_of_the_config_is_what_cross_validation_chose():
    report = json.loads((ROOT / "models" / "crossval.json").read_text(encoding="utf-8"))
    config = tomllib.loads((ROOT / "train" / "config.toml").read_text(encoding="utf-8"))
    shipped = tomllib.loads((ROOT / "models/default/config.toml").read_text(encoding="utf-8"))
    assert config["smoothing"] == shipped["smoothing"] == report["smoothing"]
