"""`python -m train COMMAND`: fit, evaluate, crossval, ablation, encoder, errors."""

import json
import logging
import os
from collections.abc import Sequence
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import click

from serve.bundle import load_model
from serve.errors import BundleError
from train import ablation, crossval
from train.card import render
from train.config import Config, Run, read_config, with_licences, with_seed
from train.corpus import CorpusError, Episode, read_episodes
from train.encoder import EncoderError, shows_seen, write_encoder
from train.errors import worst
from train.evaluate import by_show, evaluate, score_episode
from train.export import ParityError
from train.package import rewrite, write_bundle
from train.plot import draw
from train.quoted import quoted
from train.run import parity_on, run_id, train_network
from train.sources import ROOT, read_sources

log = logging.getLogger("train")

DOCUMENTS = ROOT / "seeds" / "documents"
RUNS = ROOT / "runs"
MODELS = ROOT / "models"
# Under version control: what the default's card quotes, beside what a reader of the mistakes wrote.
CROSSVAL, OPEN = MODELS / "crossval.json", MODELS / "open.json"
ABLATION = MODELS / "ablation.json"
ERRORS, NOTES = MODELS / "errors.tsv", MODELS / "errors.md"
WORST = 200  # mistakes that are listed: more than a person reads

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


@click.group()
def main() -> None:
    """Train, export and evaluate Segue's models."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


@main.command()
@corpus_option
@config_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("models/candidate"))
@click.option("--name", default=None, help="What the model calls itself; default: the config's.")
@click.option(
    "--start",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    help="An encoder's folder to start from; default: the config's, which is none.",
)
def fit(
    corpora: Sequence[Path],
    config_path: Path | None,
    out: Path,
    name: str | None,
    start: Path | None,
) -> None:
    """Train a network, export it, score it and write its bundle to OUT."""
    config = _config(config_path, corpora, name, start)
    sources = read_sources(config)
    run = train_network(config, sources, RUNS / f"{config.run.name}-{run_id(config, sources)}")
    documents = _labelled([DOCUMENTS])
    parity = parity_on(documents, run, config)
    write_bundle(run, out, config, version=version("segue"), parity=parity)
    _evaluate(out, documents)
    click.echo(f"The model is in {out}. Serve it with: SEGUE_MODEL={out} make serve")


@main.command("evaluate")
@corpus_option
@click.argument("bundle", type=click.Path(path_type=Path), default=Path("models/candidate"))
def evaluate_command(corpora: Sequence[Path], bundle: Path) -> None:
    """Score BUNDLE on the seed documents and on labelled folders; write metrics and card."""
    _evaluate(bundle, _labelled([DOCUMENTS, *corpora]))


@main.command("crossval")
@corpus_option
@config_option
@click.option("--seeds", "n_seeds", default=3, show_default=True)
@click.option("--baseline/--no-baseline", default=True, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=CROSSVAL, show_default=True)
def crossval_command(
    corpora: Sequence[Path],
    config_path: Path | None,
    n_seeds: int,
    baseline: bool,
    out: Path,
) -> None:
    """Score networks on shows left out of their training; interrupted runs go on."""
    config = _config(config_path, corpora)
    if config.start.folder:
        raise click.UsageError(
            "crossval trains from nothing: an encoder may have seen the shows that are left out;"
            ' set folder = "" in [start]'
        )
    sources = crossval.read_all(config)
    report: dict[str, Any] = {
        "config": config.model_dump(mode="json"),
        "run": run_id(config, sources),
        "folds": list(crossval.FOLDS),
        "model": [],
    }
    runs = RUNS / f"crossval-{run_id(config, sources)}"
    for k in range(n_seeds):
        folder = runs / f"seed-{k}"
        folds = crossval.run_model(with_seed(config, k), sources, folder)
        bared = crossval.run_bare(sources, folder)
        report["model"].append(crossval.summary(folds, folder, bared))
        log.info("seed %d: %s", k, crossval.headline(report["model"][-1]))
    if baseline:
        folds = crossval.run_baseline(config, sources, runs / "baseline")
        report["baseline"] = crossval.summary(folds, runs / "baseline")
        log.info("baseline: %s", crossval.headline(report["baseline"]))
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    click.echo(f"The report is in {out}.")


@main.command("ablation")
@corpus_option
@config_option
@click.option("--less", "names", multiple=True, type=click.Choice(list(ablation.VARIANTS)))
@click.option("--seeds", "n_seeds", default=3, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=ABLATION, show_default=True)
def ablation_command(
    corpora: Sequence[Path],
    config_path: Path | None,
    names: Sequence[str],
    n_seeds: int,
    out: Path,
) -> None:
    """Score trainings LESS one ingredient each (all of them, where none is named).

    What OUT already says of other ingredients of the same run stays.
    """
    config = _config(config_path, corpora)
    whole = run_id(config, crossval.read_all(config))
    report = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    if report.get("run") != whole:
        report = {"run": whole, "config": config.model_dump(mode="json"), "without": {}}
    for k, name in product(range(n_seeds), names or ablation.VARIANTS):
        seeded = with_seed(ablation.without(config, name), k)
        folder = RUNS / f"ablation-{whole}" / f"{name.replace(' ', '-')}-{k}"
        scores = ablation.run(seeded, crossval.read_all(seeded), folder)
        report["without"].setdefault(name, {})[f"seed {k}"] = scores
        log.info("without %s, seed %d: %s", name, k, scores)
        out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    click.echo(f"The report is in {out}.")


@main.command("encoder")
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), default=Path("models/encoder"))
def encoder_command(run: Path, out: Path) -> None:
    """Save the network of a finished RUN, a folder in runs/, for other runs to start from."""
    write_encoder(run, out)
    click.echo(f"The encoder is in {out}. Start from it with: make train START={out}")


@main.command("errors")
@click.option("--run", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option("--out", type=click.Path(path_type=Path), default=ERRORS, show_default=True)
def errors_command(run: Path, out: Path) -> None:
    """List the worst mistakes of a seed's folder below runs/ by cue, without any text."""
    pairs = crossval.read_run(run)
    config = read_config(run / "fold-0" / "bundle" / "config.toml")
    listed = worst(pairs, crossval.read_all(config).episodes, WORST)
    out.write_text(listed, encoding="utf-8")
    click.echo(f"The worst mistakes are in {out}.")


def _config(
    path: Path | None,
    corpora: Sequence[Path],
    name: str | None = None,
    start: Path | None = None,
) -> Config:
    config = read_config(path) if path else read_config()
    folders = (*config.corpus.folders, *(_below_root(corpus) for corpus in corpora))
    run = Run.model_validate({**config.run.model_dump(), "name": name or config.run.name})
    corpus = config.corpus.model_copy(update={"folders": folders})
    begun = config.start
    if start:
        begun = begun.model_copy(update={"folder": str(_below_root(start))})
    return config.model_copy(update={"run": run, "corpus": corpus, "start": begun})


def _below_root(folder: Path) -> Path:
    """As the config names its folders: a bundle says nothing of this machine."""
    return Path(os.path.relpath(folder, ROOT))


def _labelled(folders: Sequence[Path]) -> list[Episode]:
    return [e for folder in folders for e in read_episodes(folder) if e.cues is not None]


def _evaluate(bundle: Path, episodes: Sequence[Episode]) -> None:
    """Score through the pipeline that users run; figures, picture and card go into the bundle."""
    model = load_model(bundle)
    scores = [score_episode(e, model) for e in episodes]
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    trained_on = sorted(shows_seen(manifest))
    config = read_config(bundle / "config.toml")
    # Two of the seed documents are episodes of Talk Python: they are reported by themselves.
    shows = [e for e in scores if e.show != DOCUMENTS.name]
    seen = [e for e in shows if e.show in trained_on]
    unseen = [e for e in shows if e.show not in trained_on]
    metrics = {
        "shows_trained_on": trained_on,
        "all": evaluate(scores, model.costs),
        "shows_seen": evaluate(seen, model.costs) if seen else None,
        "shows_unseen": evaluate(unseen, model.costs) if unseen else None,
        "shows": by_show(scores, model.costs),
        "crossval": None if manifest.get("start") else quoted(CROSSVAL, config),
        "open": quoted(OPEN, with_licences(config, open_only=True)),
    }
    draw(metrics, bundle)
    notes = NOTES.read_text(encoding="utf-8") if NOTES.exists() else ""
    rewrite(bundle, metrics=metrics, card=render(manifest, metrics, notes))
    click.echo(f"The figures are in {bundle}/metrics.json, the card in {bundle}/README.md.")


if __name__ == "__main__":
    try:
        main()
    except (CorpusError, BundleError, EncoderError, ParityError) as error:
        raise SystemExit(f"error: {error}") from error
