"""The commands that measure, with reports under version control."""

import json
import logging
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import click

from train import ablation, alone, crossval
from train.config import Config, read_config, with_licences, with_seed
from train.errors import worst
from train.options import (
    ABLATION,
    CROSSVAL,
    ERRORS,
    RUNS,
    WRITTEN,
    chosen_config,
    config_option,
    corpus_option,
    labelled,
)
from train.run import run_id, text_id
from train.sources import Sources, read_sources

log = logging.getLogger(__name__)

WORST = 200  # mistakes that are listed: more than a person reads


@click.command("crossval")
@corpus_option
@config_option
@click.option("--seeds", "n_seeds", default=3, show_default=True)
@click.option("--baseline/--no-baseline", default=True, show_default=True)
@click.option(
    "--open-licences", is_flag=True, help="Train on openly licensed text alone; score on all."
)
@click.option("--out", type=click.Path(path_type=Path), default=CROSSVAL, show_default=True)
def crossval_command(
    corpora: Sequence[Path],
    config_path: Path | None,
    n_seeds: int,
    baseline: bool,
    open_licences: bool,
    out: Path,
) -> None:
    """Score networks on shows left out of their training; interrupted runs go on."""
    config = _from_nothing(chosen_config(config_path, corpora))
    config = with_licences(config, open_only=True) if open_licences else config
    sources = crossval.read_all(config)
    crossval.check_shows(sources)
    run = run_id(config, sources)
    report: dict[str, Any] = {
        "config": config.model_dump(mode="json"),
        "run": run,
        "text": text_id(sources),
        "model": [],
    }
    runs = RUNS / f"crossval-{run}"
    folders = [runs / f"seed-{k}" for k in range(n_seeds)]
    seeds = [
        crossval.run_model(with_seed(config, k), sources, folder)
        for k, folder in enumerate(folders)
    ]
    chosen = crossval.choose(seeds, runs / crossval.SMOOTHING)
    report["smoothing"] = chosen[-1].model_dump()
    for k, (folder, folds) in enumerate(zip(folders, seeds, strict=True)):
        bared = crossval.run_bare(sources, folder)
        report["model"].append(crossval.summary(folds, chosen, bared))
        log.info("seed %d: %s", k, crossval.headline(report["model"][-1]))
    if baseline:
        report["baseline"] = _baseline(config, sources, runs / "baseline")
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    click.echo(f"The report is in {out}.")


def _baseline(config: Config, sources: Sources, folder: Path) -> dict[str, Any]:
    """What TF-IDF features with logistic regression score."""
    folds = crossval.run_baseline(config, sources, folder)
    report = crossval.summary(folds, crossval.choose([folds], folder / crossval.SMOOTHING))
    log.info("baseline: %s", crossval.headline(report))
    return report


def _from_nothing(config: Config) -> Config:
    """The config, if it trains from nothing."""
    if config.start.folder:
        raise click.UsageError(
            "studies train from nothing: an encoder may have seen the shows that are left out;"
            ' set folder = "" in [start]'
        )
    return config


@click.command("ablation")
@corpus_option
@config_option
@click.option("--less", "names", multiple=True, type=click.Choice(ablation.VARIANTS))
@click.option("--seeds", "n_seeds", default=3, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=ABLATION, show_default=True)
def ablation_command(
    corpora: Sequence[Path],
    config_path: Path | None,
    names: Sequence[str],
    n_seeds: int,
    out: Path,
) -> None:
    """Score trainings LESS one ingredient each; all of them in turn, where none is named.

    What OUT already says of other ingredients of the same run under the same smoothing stays.
    """
    config = _from_nothing(chosen_config(config_path, corpora))
    whole, tables = run_id(config, crossval.read_all(config)), config.model_dump(mode="json")
    report = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    if report.get("run") != whole or report["config"]["smoothing"] != tables["smoothing"]:
        report = {"run": whole, "config": tables, "without": {}}
    for k, name in product(range(n_seeds), names or ablation.VARIANTS):
        seeded = with_seed(ablation.without(config, name), k)
        folder = RUNS / f"ablation-{whole}" / f"{name.replace(' ', '-')}-{k}"
        scores = ablation.run(seeded, crossval.read_all(seeded), folder)
        report["without"].setdefault(name, {})[f"seed {k}"] = scores
        log.info("without %s, seed %d: %s", name, k, scores)
        out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    click.echo(f"The report is in {out}.")


@click.command("written")
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of labelled transcripts to score; can be repeated.",
)
@config_option
@click.option("--seeds", "n_seeds", default=3, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=WRITTEN, show_default=True)
def written_command(
    corpora: Sequence[Path], config_path: Path | None, n_seeds: int, out: Path
) -> None:
    """Train on seeds/written alone, as on a machine without a corpus, and score CORPUS."""
    config = _from_nothing(chosen_config(config_path, ()))
    sources, episodes = read_sources(config), labelled(corpora)
    if not episodes:
        raise click.UsageError(f"no labelled episodes in {', '.join(map(str, corpora))}")
    run = run_id(config, sources)
    report: dict[str, Any] = {"config": config.model_dump(mode="json"), "run": run, "model": []}
    for k in range(n_seeds):
        folder = RUNS / f"written-{run}" / f"seed-{k}"
        report["model"].append(alone.run(with_seed(config, k), sources, episodes, folder))
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    click.echo(f"The report is in {out}.")


@click.command("errors")
@click.option("--run", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--out", type=click.Path(path_type=Path), default=ERRORS, show_default=True)
def errors_command(run: Path, out: Path) -> None:
    """List the worst mistakes of a seed's folder below runs/ by cue, without any text."""
    pairs = crossval.read_run(run)
    config = read_config(run / "fold-0" / "bundle" / "config.toml")
    listed = worst(pairs, crossval.read_all(config).episodes, WORST)
    out.write_text(listed, encoding="utf-8")
    click.echo(f"The worst mistakes are in {out}.")
