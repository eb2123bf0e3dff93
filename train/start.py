"""What training starts from: an encoder, or a vocabulary and weights made of all the text."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from serve.text import PAD, encode
from train.config import Config
from train.encoder import Encoder, with_weights
from train.fit import with_vectors
from train.learner import save
from train.network import Tagger
from train.pretrain import pretrain
from train.sources import Sources, readable_units
from train.vocabulary import new_tokenizer, word_vectors

VECTOR_SCALE = 0.5  # of the root mean square; larger vectors learn more slowly


def first_network(
    config: Config, encoder: Encoder | None, sources: Sources, folder: Path
) -> tuple[Tokenizer, Tagger]:
    """A tokenizer and a network to train; kept in `folder` where no encoder brings them."""
    if encoder:
        return encoder.tokenizer, with_weights(config, encoder)
    weights_file = folder / "pretrained.pt"
    if not (folder / "vectors.npy").exists():
        _write_vocabulary(config, _texts(sources), folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    vectors = np.load(folder / "vectors.npy")
    network = with_vectors(config, vectors)
    if config.pretraining.passes:
        if not weights_file.exists():
            rows = [encode(units, tokenizer) for units in _streams(sources)]
            save(pretrain(config, vectors, rows, folder / "pretraining"), weights_file)
        network.load_state_dict(torch.load(weights_file, weights_only=True), strict=False)
    return tokenizer, network


def _write_vocabulary(config: Config, texts: Sequence[Sequence[str]], folder: Path) -> None:
    """Tokenizer and word vectors; the vectors go last, and say that both are there."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = new_tokenizer((" ".join(units) for units in texts), config.vocabulary.size)
    tokenizer.save(str(folder / "tokenizer.json"))
    ids = (encode(units, tokenizer).ids for units in texts)
    vectors = word_vectors(
        (table[table != PAD].tolist() for table in ids),
        tokenizer.get_vocab_size(),
        config.network.n_dims,
        window=config.vocabulary.window,
        seed=config.run.seed,
    )
    np.save(folder / "vectors.npy", vectors * VECTOR_SCALE)


def _texts(sources: Sources) -> list[list[str]]:
    """The units of every episode, and the lines of every written text."""
    return [*_said(sources), *sources.bank.texts]


def _streams(sources: Sources) -> list[list[str]]:
    """The units of every episode, and all written texts as one: each is too short for a crop."""
    written = list(chain.from_iterable(sources.bank.texts))
    return [*_said(sources), *([written] if written else [])]


def _said(sources: Sources) -> list[list[str]]:
    return [units for e in sources.episodes if (units := readable_units(e))]
