"""Units to token ids, by one tokenizer.json that training and serving share.

A row holds at most ROW_TOKENS tokens of one unit: a long unit takes several rows, so the network
sees steps of like size whether cues are coarse or fine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

PAD, UNKNOWN = 0, 1  # ids every vocabulary keeps for these
ROW_TOKENS = 24  # most units fit into one row; a longer row is mostly padding

MAX_KNOWN = 50_000  # words, about 15 MB; an hour of speech has two thousand different ones

Ids = npt.NDArray[np.int64]
Words = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Rows:
    """The network's input for one episode."""

    ids: Ids  # (n_rows, ROW_TOKENS), padded with PAD
    place: npt.NDArray[np.float32]  # (n_rows, 2), tokens before the row and after it
    unit: Ids  # (n_rows,), which unit each row belongs to, ascending


def encode(texts: Sequence[str], tokenizer: Tokenizer, known: Words | None = None) -> Rows:
    """Rows of token ids for the units of one episode; a unit without tokens gets one UNKNOWN.

    `known` are words of earlier episodes with their ids, and takes those of this one.
    """
    encoded = [ids or [UNKNOWN] for ids in _ids(texts, tokenizer, {} if known is None else known)]
    n_rows = np.array([-(-len(ids) // ROW_TOKENS) for ids in encoded])
    unit = np.repeat(np.arange(len(encoded)), n_rows)
    table = np.full((len(unit), ROW_TOKENS), PAD, dtype=np.int64)
    row = 0
    for ids in encoded:
        for piece in _even_pieces(ids):
            table[row, : len(piece)] = piece
            row += 1
    return Rows(table, places((table != PAD).sum(axis=1)), unit)


def places(n_tokens: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Tokens before each row and after it: (n_rows, 2)."""
    stops = np.cumsum(n_tokens)
    return np.stack([stops - n_tokens, stops[-1] - stops], axis=1).astype(np.float32)


def pool(log_probs: npt.NDArray[np.float32], unit: Ids, n_units: int) -> npt.NDArray[np.float32]:
    """Mean log probability of each unit's rows: (n_rows, n_labels) to (n_units, n_labels)."""
    starts = np.searchsorted(unit, np.arange(n_units))
    sums = np.add.reduceat(log_probs, starts, axis=0)
    return (sums / np.bincount(unit, minlength=n_units)[:, None]).astype(np.float32)


def fingerprint(tokenizer_json: str) -> str:
    """Hash of all that decides which ids a text gets; a model works only with its own."""
    return sha256(f"rows of {ROW_TOKENS}, even\n{tokenizer_json}".encode()).hexdigest()


def _ids(texts: Sequence[str], tokenizer: Tokenizer, known: Words) -> list[list[int]]:
    """The token ids of each text, every different word tokenised once.

    No rule of our tokenizer looks across a space (train.vocabulary), so a text's ids are those of
    its words; speech repeats them so much that this is most of the work saved.
    """
    split = [text.split(" ") for text in texts]
    words = set(chain.from_iterable(split))
    new = [word for word in words if word not in known]
    batch = tokenizer.encode_batch_fast(new, add_special_tokens=False)
    ids = {word: encoding.ids for word, encoding in zip(new, batch, strict=True)}
    ids.update((word, known[word]) for word in words - ids.keys())
    # It only grows, so that threads can share it. New words come first in `ids`.
    known.update(islice(ids.items(), max(0, MAX_KNOWN - len(known))))
    return [[token for word in words for token in ids[word]] for words in split]


def _even_pieces(ids: list[int]) -> list[list[int]]:
    """`ids` cut into as few pieces of at most ROW_TOKENS as will do, of nearly equal length.

    >>> [len(piece) for piece in _even_pieces(list(range(50)))]
    [17, 17, 16]
    """
    if len(ids) <= ROW_TOKENS:
        return [ids]
    n = -(-len(ids) // ROW_TOKENS)
    size, extra = divmod(len(ids), n)
    stops = np.cumsum([size + (i < extra) for i in range(n)]).tolist()
    return [ids[a:b] for a, b in zip([0, *stops], stops, strict=False)]
