"""Reports of cross-validation that a bundle's card may quote: those of its own config and text."""

import json
from pathlib import Path
from typing import Any

from train.config import Config

# Tables of a config.
COMPARED = ("corpus", "vocabulary", "network", "pretraining", "augment", "fit")


def quoted(report: Path, config: Config, text: str | None) -> dict[str, Any] | None:
    """The report in that file; None where it is missing, of another config, or of other text.

    text  train.run.text_id of what the bundle was trained on
    """
    if not report.exists():
        return None
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    ours = config.model_dump(mode="json")
    same = all(ours[table] == found["config"].get(table) for table in COMPARED)
    return found if same and found.get("text") == text else None
