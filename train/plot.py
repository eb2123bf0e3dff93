"""Pictures for the card: the confusion matrix, and how far the scores can be believed."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from serve.labels import LABELS

mpl.use("Agg")


def draw_confusion(report: dict[str, Any], path: Path) -> None:
    """Words by true and predicted label, as shares of the true label, to a PNG."""
    table = np.array(report["six_labels"]["confusion"], dtype=float)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [label.replace("_", "\n") for label in LABELS]
    axes.set_xticks(range(len(LABELS)), names, fontsize=8)
    axes.set_yticks(range(len(LABELS)), names, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    for (i, j), share in np.ndenumerate(shares):
        color = "white" if share > 0.6 else "black"
        axes.text(j, i, f"{share:.0%}", ha="center", va="center", color=color, fontsize=9)
    axes.set_title("Share of each true label's words", fontsize=10)
    figure.savefig(path, dpi=110, metadata={"Software": None})
