"""The exported network behind `Model`: onnxruntime on one thread, no torch."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from serve.labels import LABELS
from serve.result import ModelInfo
from serve.smooth import Costs, Scores, calibrated
from serve.text import Rows, Words, encode, pool
from serve.transcript import Unit

WINDOW = 4096  # rows of one run, about five hours of speech; keeps memory bounded beyond
OVERLAP = 256  # rows of context on both sides; what lies beyond moves no score that matters


class OnnxModel:
    """Scores units with a bundle's network; made by `serve.bundle.load_model`."""

    def __init__(
        self,
        network: Path,
        tokenizer: Tokenizer,
        *,
        info: ModelInfo,
        costs: Costs,
        temperature: float,
    ) -> None:
        self.info, self.costs = info, costs
        self.tokenizer = tokenizer
        self.temperature = temperature
        self.words: Words = {}  # tokenised so far
        self._session = onnxruntime.InferenceSession(
            network, _one_thread(), providers=["CPUExecutionProvider"]
        )

    def log_probs(self, units: Sequence[Unit]) -> Scores:
        """Calibrated log probability of each label for each unit: (n_units, n_labels)."""
        rows = encode([unit.text for unit in units], self.tokenizer, self.words)
        pooled = pool(self._row_log_probs(rows), rows.unit, len(units))
        return calibrated(pooled, self.temperature)

    def _row_log_probs(self, rows: Rows) -> npt.NDArray[np.float32]:
        """One run for the whole episode, or overlapping windows: (n_rows, n_labels)."""
        scores = np.empty((len(rows.ids), len(LABELS)), dtype=np.float32)
        for seen, wanted in windows(len(rows.ids)):
            feed = {"ids": rows.ids[seen], "place": rows.place[seen]}
            answer = self._session.run(["log_probs"], feed)[0]
            scores[wanted] = answer[wanted.start - seen.start : wanted.stop - seen.start]
        return scores


def windows(n_rows: int) -> Iterator[tuple[slice, slice]]:
    """What the network sees and what is taken from it, window by window.

    >>> [(s.start, s.stop, w.start, w.stop) for s, w in windows(5000)]
    [(0, 4352, 0, 4096), (3840, 5000, 4096, 5000)]
    """
    for start in range(0, n_rows, WINDOW):
        stop = min(start + WINDOW, n_rows)
        yield slice(max(0, start - OVERLAP), min(n_rows, stop + OVERLAP)), slice(start, stop)


def _one_thread() -> onnxruntime.SessionOptions:
    """Deterministic and a good neighbour: a server runs many requests side by side."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return options
