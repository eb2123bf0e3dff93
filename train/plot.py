"""Pictures for the card: the confusion matrix, and how far the scores can be believed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from serve.labels import LABELS
from train.card_crossval import unseen_labels

mpl.use("Agg")


def draw(metrics: Mapping[str, Any], folder: Path) -> None:
    """confusion.png and reliability.png of unseen shows.

    Without a cross-validation the first is of all episodes there are, and there is no second.
    """
    unseen = unseen_labels(metrics["crossval"])
    draw_confusion(unseen or metrics["all"], folder / "confusion.png")
    reliability = folder / "reliability.png"
    reliability.unlink(missing_ok=True)
    if unseen:
        seen = metrics["crossval"]["model"][0]["seen"]
        draw_reliability({"unseen shows": unseen, "seen show": seen}, reliability)


def draw_reliability(parts: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Share of words labelled rightly against the probability of their label, to a PNG.

    Source: Niculescu-Mizil and Caruana (2005).
    """
    figure = Figure(figsize=(5.2, 5.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    for name, part in parts.items():
        if "calibration" in part:
            bins = part["calibration"]["bins"]
            error = part["calibration"]["expected_calibration_error"]
            axes.plot(
                [b["confidence"] for b in bins],
                [b["accuracy"] for b in bins],
                marker="o",
                label=f"{name}, expected calibration error {error:.3f}",
            )
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xlabel("probability of the likeliest label")
    axes.set_ylabel("share of words labelled rightly")
    axes.legend(loc="upper left", fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def draw_confusion(report: Mapping[str, Any], path: Path) -> None:
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
