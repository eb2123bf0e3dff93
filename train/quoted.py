"""Reports of cross-validation that a bundle's card may quote: those of the bundle's own config."""

import json
from pathlib import Path
from typing import Any

from train.config import Config

# Tables of a config.
COMPARED = ("corpus", "vocabulary", "network", "pretraining", "augment", "fit")


def quoted(report: Path, config: Config) -> dict[str, Any] | None:
    """The report in that file; None where it is missing or of another config."""
    if not report.exists():
        return None
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    ours = config.model_dump(mode="json")
    return found if all(ours[table] == found["config"].get(table) for table in COMPARED) else None
