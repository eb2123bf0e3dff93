"""PyTorch network to ONNX, refused unless both give the same scores."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import Tensor, nn

from serve.smooth import Costs, best_path, calibrated
from serve.text import PAD, ROW_TOKENS, UNKNOWN, Rows, places, pool
from train.network import Tagger

OPSET = 17
INPUTS = {"ids": {0: "rows"}, "place": {0: "rows"}}  # (rows, ROW_TOKENS) and (rows, 2)
OUTPUTS = {"log_probs": {0: "rows"}}  # (rows, n_labels)
TOLERANCE = 1e-4  # nats


Words = npt.NDArray[np.int64]  # (n_units,)


class ParityError(Exception):
    """The exported network does not compute what the trained one does."""


class OneEpisode(nn.Module):
    """The network without its axis of episodes: what is exported."""

    def __init__(self, network: Tagger) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, place: Tensor) -> Tensor:
        """(rows, tokens) and (rows, 2) to (rows, n_labels)."""
        log_probs: Tensor = self.network(ids.unsqueeze(0), place.unsqueeze(0)).squeeze(0)
        return log_probs


def export(network: Tagger, path: Path, episodes: Sequence[Rows] = ()) -> float:
    """Write `path` and return the largest difference in log probability.

    Compared over odd shapes and over `episodes`; raises ParityError beyond TOLERANCE.
    """
    episode = OneEpisode(network).eval()
    example = random_rows(7, network.rows.embedding.num_embeddings, np.random.default_rng(0))
    with warnings.catch_warnings():
        # The new exporter freezes the length of a recurrent layer without an error (DESIGN.md).
        warnings.simplefilter("ignore")
        torch.onnx.export(
            episode,
            (torch.from_numpy(example.ids), torch.from_numpy(example.place)),
            path,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={**INPUTS, **OUTPUTS},
            opset_version=OPSET,
            dynamo=False,
            external_data=False,
        )
    return check_parity(episode, path, episodes)


def check_parity(episode: OneEpisode, path: Path, episodes: Sequence[Rows]) -> float:
    """The largest difference in log probability between `episode` and the file at `path`."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()], [o.name for o in session.get_outputs()]
    if names != (list(INPUTS), list(OUTPUTS)):
        raise ParityError(f"{path} has inputs and outputs {names}, not {[*INPUTS]}, {[*OUTPUTS]}")
    largest = 0.0
    vocab_size = episode.network.rows.embedding.num_embeddings
    for rows in [*odd_shapes(vocab_size), *episodes]:
        with torch.no_grad():
            expected = episode(torch.from_numpy(rows.ids), torch.from_numpy(rows.place)).numpy()
        found = session.run(None, {"ids": rows.ids, "place": rows.place})[0]
        if found.shape != expected.shape:
            raise ParityError(
                f"{rows.ids.shape}: {found.shape} from ONNX, {expected.shape} from torch"
            )
        difference = float(np.abs(found - expected).max())
        if not difference <= TOLERANCE:
            raise ParityError(
                f"{rows.ids.shape}: scores differ by {difference:.2g}, more than {TOLERANCE:g}"
            )
        largest = max(largest, difference)
    return largest


def check_segments(
    network: Tagger,
    path: Path,
    episodes: Sequence[tuple[str, Rows, Words]],
    costs: Costs,
    temperature: float = 1.0,
) -> None:
    """Raise ParityError naming the first episode that torch and onnxruntime cut differently.

    An episode is its name, its rows, and the words of each unit.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for name, rows, n_words in episodes:
        with torch.no_grad():
            ids, place = torch.from_numpy(rows.ids), torch.from_numpy(rows.place)
            expected = OneEpisode(network)(ids, place).numpy()
        found = session.run(None, {"ids": rows.ids, "place": rows.place})[0]
        ours, theirs = (
            best_path(
                calibrated(pool(scores, rows.unit, len(n_words)), temperature), costs, n_words
            )
            for scores in (expected, found)
        )
        if not np.array_equal(ours, theirs):
            raise ParityError(f"{name}: torch and onnxruntime give other segments")


def odd_shapes(vocab_size: int) -> Iterator[Rows]:
    """Inputs unlike the one the network was traced with."""
    rng = np.random.default_rng(1)
    for n_rows in (1, 2, 3, 64, 900, 2500):
        yield random_rows(n_rows, vocab_size, rng)
    for filler in (PAD, UNKNOWN):
        ids = np.full((5, ROW_TOKENS), filler, dtype=np.int64)
        yield Rows(ids, places((ids != PAD).sum(axis=1)), np.arange(5))


def random_rows(n_rows: int, vocab_size: int, rng: np.random.Generator) -> Rows:
    """Rows of random tokens and lengths."""
    ids = rng.integers(UNKNOWN, vocab_size, size=(n_rows, ROW_TOKENS))
    ids[np.arange(ROW_TOKENS) >= rng.integers(1, ROW_TOKENS + 1, size=(n_rows, 1))] = PAD
    return Rows(ids, places((ids != PAD).sum(axis=1)), np.arange(n_rows))
