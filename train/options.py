"""What the commands of `python -m train` share: options, and the folders they work in."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from train.config import Config, Run, read_config
from train.corpus import Episode, read_episodes
from train.sources import ROOT

RUNS = ROOT / "runs"
MODELS = ROOT / "models"
# Under version control: what the default's card quotes, beside what a reader of the mistakes wrote.
CROSSVAL, OPEN = MODELS / "crossval.json", MODELS / "open.json"
ERRORS, NOTES = MODELS / "errors.tsv", MODELS / "errors.md"
ABLATION = MODELS / "ablation.json"
WRITTEN = MODELS / "written.json"

corpus_option = click.option(
    "--corpus",
    "corpora",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of labelled transcripts to use besides the config's; can be repeated.",
)
config_option = click.option(
    "--config", "config_path", type=click.Path(path_type=Path, exists=True), default=None
)


def chosen_config(
    path: Path | None,
    corpora: Sequence[Path],
    name: str | None = None,
    start: Path | None = None,
) -> Config:
    """The config at `path`, or the project's, with what the command line says besides."""
    config = read_config(path)
    folders = (*config.corpus.folders, *(below_root(corpus) for corpus in corpora))
    called = {} if name is None else {"name": name}
    run = Run.model_validate({**config.run.model_dump(), **called})
    corpus = config.corpus.model_copy(update={"folders": folders})
    begun = config.start
    if start:
        begun = begun.model_copy(update={"folder": str(below_root(start))})
    return config.model_copy(update={"run": run, "corpus": corpus, "start": begun})


def below_root(folder: Path) -> Path:
    """As the config names its folders: a bundle says nothing of this machine."""
    return Path(os.path.relpath(folder, ROOT))


def labelled(folders: Sequence[Path]) -> list[Episode]:
    """The episodes of the folders that have labels of their own."""
    return [e for folder in folders for e in read_episodes(folder) if e.cues is not None]
