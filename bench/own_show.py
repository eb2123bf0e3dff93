"""What labelling half of one's own show brings, with a network that never saw that show as a start.

    python bench/own_show.py --corpus CORPUS --show SHOW --run RUN

RUN is a finished run that was trained without SHOW, such as a fold of `make crossval`. It is scored
on one half of SHOW's labelled episodes; then training starts from it with the other half, as
`make train START=...` does, and the result is scored on the same episodes. Both are smoothed as the
config says. Writes bench/own_show.json.
"""

import json
import logging
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from serve.bundle import load_model
from train.config import Config, read_config
from train.corpus import Episode, read_episodes, share
from train.encoder import read_encoder, shows_seen, write_encoder
from train.evaluate import evaluate, score_episode
from train.learner import device
from train.package import write_bundle
from train.run import train_network
from train.sources import Sources, read_sources

OUT = Path(__file__).with_suffix(".json")
FIGURES = (  # of a report, and what the table calls them
    (("spans", "ads", "f05"), "ad spans, F0.5"),
    (("spans", "ads", "wrongly_cut_s_an_hour"), "seconds wrongly cut an hour"),
    (("spans", "ads", "found_share"), "share of advertising found"),
    (("spans", "sponsor_read", "f05"), "sponsor reads alone, F0.5"),
    (("six_labels", "accuracy"), "six labels, accuracy"),
)
Figures = dict[str, float | None]

folder = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.option("--corpus", type=folder, required=True)
@click.option("--show", required=True)
@click.option("--run", type=folder, required=True)
@click.option("--config", "config_path", type=click.Path(path_type=Path), default=None)
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=True)
def main(corpus: Path, show: str, run: Path, config_path: Path | None, out: Path) -> None:
    """Measure, print, write."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    config = read_config(config_path)
    held_out, own = halves(
        [e for e in read_episodes(corpus) if e.show == show and e.cues is not None]
    )
    with TemporaryDirectory() as name:
        work = Path(name)
        write_encoder(run, work / "encoder")
        start = read_encoder(work / "encoder").facts
        refuse_if_seen(show, start)
        before = figures(run, config, held_out, work)
        began = time.monotonic()
        facts = train(config, own, work)
        seconds = round(time.monotonic() - began)
        after = figures(work / "run", config, held_out, work)
    report = {
        "show": show,
        "machine": {"device": device().type, "cpu": cpu()},
        "labelled": [e.name for e in own],
        "held_out": [e.name for e in held_out],
        "schedule": config.start.model_dump(exclude={"folder"}),
        "train_seconds": seconds,
        "before": before,
        "after": after,
        "start": start,
        "trained_on": facts["trained_on"],
        "validated_on": facts["validated_on"],
    }
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    click.echo(table(report))


def halves(episodes: Sequence[Episode]) -> tuple[list[Episode], list[Episode]]:
    """Episodes in two parts, the same at each call, in no order that a show has."""
    if len(episodes) < 2:
        raise click.UsageError(f"{len(episodes)} labelled episodes of this show: two are needed")
    shuffled = sorted(episodes, key=lambda e: share(e, "own show:"))
    middle = len(shuffled) // 2
    return shuffled[:middle], shuffled[middle:]


def refuse_if_seen(show: str, start: dict[str, Any]) -> None:
    """A start that has read or learned from the show would flatter both figures."""
    if show in shows_seen(start) | set(start["read_for_vocabulary"]):
        raise click.UsageError(f"the run has seen {show}; name one that was trained without it")


def train(config: Config, own: Sequence[Episode], work: Path) -> dict[str, Any]:
    """Train from work/encoder on `own` and what the config has, in work/run; run.json's facts."""
    begun = config.start.model_copy(update={"folder": str(work / "encoder")})
    sources = read_sources(config)
    train_network(
        config.model_copy(update={"start": begun}),
        Sources((*sources.episodes, *own), sources.bank),
        work / "run",
    )
    facts: dict[str, Any] = json.loads((work / "run" / "run.json").read_text(encoding="utf-8"))
    return facts


def figures(run: Path, config: Config, held_out: Sequence[Episode], work: Path) -> Figures:
    """A run's bundle on the held-out episodes, through the pipeline that users run."""
    write_bundle(run, work / "bundle", config, version="0")
    model = load_model(work / "bundle")
    report = evaluate([score_episode(e, model) for e in held_out], model.costs)
    return {name: dig(report, keys) for keys, name in FIGURES}


def dig(report: Any, keys: Sequence[str]) -> float | None:
    """A figure of a report; None where the labels do not tell."""
    for key in keys:
        report = report.get(key, {}) if report else None
    return report if isinstance(report, float) else None


def table(report: dict[str, Any]) -> str:
    """The report as Markdown, for people."""
    lines = [
        f"{report['show']}: {len(report['held_out'])} held-out episodes, before and after training"
        f" on {len(report['labelled'])} others ({report['train_seconds']} s on"
        f" {report['machine']['device']})",
        "",
        "| | before | after |",
        "|---|---|---|",
    ]
    for name, old in report["before"].items():
        new = report["after"][name]
        if old is not None and new is not None:
            lines.append(f"| {name} | {old:.2f} | {new:.2f} |")
    return "\n".join(lines)


def cpu() -> str:
    """What it was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
