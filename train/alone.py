"""What a network scores that learnt from seeds/written alone, as on a machine without a corpus."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serve.bundle import load_model
from train.config import Config, with_smoothing_for
from train.corpus import CorpusError, Episode
from train.evaluate import by_show, score_episode
from train.package import write_bundle
from train.run import train_network
from train.sources import Sources


def run(
    config: Config, sources: Sources, episodes: Sequence[Episode], folder: Path
) -> dict[str, Any]:
    """Figures by show of `episodes`, and how long training took since its last start.

    Raises CorpusError where the sources have other shows in them.
    """
    if others := sorted({e.show for e in sources.episodes} - {"written"}):
        raise CorpusError(
            f"{', '.join(others)} would be trained on: leave only seeds/written in [corpus]; the"
            " folders named with --corpus are scored"
        )
    train_network(config, sources, folder)
    write_bundle(folder, folder / "bundle", with_smoothing_for(config, sources.shows), version="0")
    model = load_model(folder / "bundle")
    made = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    scores = [score_episode(e, model) for e in episodes]
    return {"train_seconds": made["train_seconds"], "shows": by_show(scores, model.costs)}
