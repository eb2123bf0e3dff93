"""`python -m train COMMAND`: fit, evaluate, tune, encoder, and the studies."""

import json
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import click
from pydantic import ValidationError

from serve.bundle import load_model, read_smoothing
from serve.errors import BundleError
from train.card import render
from train.config import Config, read_config, to_toml, with_licences, with_smoothing_for
from train.corpus import CorpusError, Episode
from train.encoder import EncoderError, shows_seen, write_encoder
from train.evaluate import by_show, evaluate, score_episode
from train.export import ParityError
from train.options import (
    CROSSVAL,
    NOTES,
    OPEN,
    RUNS,
    chosen_config,
    config_option,
    corpus_option,
    labelled,
)
from train.package import rewrite, write_bundle
from train.plot import draw
from train.quoted import quoted
from train.run import parity_on, run_id, train_network
from train.sources import ROOT, read_sources
from train.studies import ablation_command, crossval_command, errors_command, written_command
from train.tune import cool, tune

DOCUMENTS = ROOT / "seeds" / "documents"


@click.group()
def main() -> None:
    """Train, export and evaluate Segue's models."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")


for study in (crossval_command, ablation_command, written_command, errors_command):
    main.add_command(study)


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
@click.option(
    "--open-licences",
    is_flag=True,
    help="Train on the config's open_shows and seeds/written alone.",
)
def fit(
    corpora: Sequence[Path],
    config_path: Path | None,
    out: Path,
    name: str | None,
    start: Path | None,
    open_licences: bool,
) -> None:
    """Train a network, export it, score it and write its bundle to OUT."""
    config = chosen_config(config_path, corpora, name, start)
    if open_licences and config.start.folder:
        raise click.UsageError(
            f"{config.start.folder} may have learnt from text of any licence; leave out --start,"
            ' and set folder = "" in [start]'
        )
    config = with_licences(config, open_only=True) if open_licences else config
    sources = read_sources(config)
    run = train_network(config, sources, RUNS / f"{config.run.name}-{run_id(config, sources)}")
    documents = labelled([DOCUMENTS])
    config = with_smoothing_for(config, sources.shows)
    parity = parity_on(documents, run, config)
    write_bundle(run, out, config, version=version("segue"), parity=parity)
    _evaluate(out, documents)
    click.echo(f"The model is in {out}. Serve it with: SEGUE_MODEL={out} make serve")


@main.command("evaluate")
@corpus_option
@click.argument("bundle", type=click.Path(path_type=Path), default=Path("models/candidate"))
def evaluate_command(corpora: Sequence[Path], bundle: Path) -> None:
    """Score BUNDLE on the seed documents and on labelled folders; write metrics and card."""
    _evaluate(bundle, labelled([DOCUMENTS, *corpora]))


@main.command("tune")
@corpus_option
@click.option("--show", "shows", multiple=True, help="Only this show; can be repeated.")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, file_okay=False))
def tune_command(corpora: Sequence[Path], shows: Sequence[str], bundle: Path) -> None:
    """Print the [smoothing] that suits BUNDLE best on labelled shows that it was not trained on.

    What it scores on them afterwards says little: report other shows.
    """
    model = load_model(bundle)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    episodes = [e for e in labelled(corpora) if not shows or e.show in shows]
    if missing := sorted(set(shows) - {e.show for e in episodes}):
        raise click.UsageError(f"no labelled episodes of {', '.join(missing)}; see --corpus")
    if not episodes:
        raise click.UsageError("no labelled episodes: name a folder of some with --corpus")
    if seen := sorted({e.show for e in episodes} & shows_seen(manifest)):
        raise click.UsageError(
            f"{bundle} was trained on {', '.join(seen)}; name others with --show"
        )
    undo = 1 / read_smoothing(bundle).temperature  # the bundle divides by it
    chosen = tune([cool(score_episode(e, model), undo) for e in episodes])
    click.echo(to_toml({"smoothing": chosen.model_dump()}), nl=False)


@main.command("encoder")
@click.argument("run", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), default=Path("models/encoder"))
def encoder_command(run: Path, out: Path) -> None:
    """Save the network of a finished RUN, a folder in runs/, for other runs to start from."""
    write_encoder(run, out)
    click.echo(f"The encoder is in {out}. Start from it with: make train START={out}")


def _config_of(bundle: Path) -> Config:
    """The config that a bundle was made with; raises BundleError where older code made it."""
    path = bundle / "config.toml"
    try:
        return read_config(path)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BundleError(
            f"{path}: {where}: {first['msg']}: another version of Segue made it; train it again"
        ) from None


def _evaluate(bundle: Path, episodes: Sequence[Episode]) -> None:
    """Score through the pipeline that users run; figures, picture and card go into the bundle."""
    model = load_model(bundle)
    scores = [score_episode(e, model) for e in episodes]
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    trained_on = sorted(shows_seen(manifest))
    config, text = _config_of(bundle), manifest.get("text")
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
        "crossval": None if manifest.get("start") else quoted(CROSSVAL, config, text),
        "open": quoted(OPEN, with_licences(config, open_only=True), text),
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
