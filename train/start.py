"""What training starts from: an encoder, or a vocabulary and weights made of all the text."""

import json
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from serve.text import PAD, encode
from train.config import Config
from train.corpus import CorpusError
from train.encoder import Encoder, with_weights
from train.fit import with_vectors
from train.learner import save
from train.network import Tagger
from train.pretrain import LABELLING, pretrain
from train.sources import Sources, readable_units
from train.vocabulary import new_tokenizer, word_vectors

VECTOR_SCALE = 0.5  # of the root mean square; larger vectors learn more slowly


def first_network(
    config: Config, encoder: Encoder | None, sources: Sources, folder: Path
) -> tuple[Tokenizer, Tagger]:
    """A tokenizer and a network to train; kept in `folder` where no encoder brings them."""
    if encoder:
        return encoder.tokenizer, with_weights(config, encoder)
    if not (folder / "vectors.npy").exists():
        _write_vocabulary(config, _texts(sources), folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    vectors = np.load(folder / "vectors.npy")
    network = with_vectors(config, vectors)
    if config.pretraining.passes:
        made = _what_makes_it(config)
        weights_file = folder / f"pretrained-{made}.pt"
        if not weights_file.exists():
            rows = [encode(units, tokenizer) for units in _streams(sources)]
            save(pretrain(config, vectors, rows, folder / f"pretraining-{made}"), weights_file)
        missing, unknown = network.load_state_dict(
            torch.load(weights_file, weights_only=True), strict=False
        )
        if unknown or not all(name.startswith(LABELLING) for name in missing):
            raise CorpusError(f"{weights_file} is of another network; remove it to read anew")
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
    part = folder / "vectors.part.npy"
    np.save(part, vectors * VECTOR_SCALE)
    part.rename(folder / "vectors.npy")


def _what_makes_it(config: Config) -> str:
    """A hash of the choices that pretraining depends on, but for the seed, which runs share."""
    wanted: dict[str, Any] = {
        "pretraining": True,
        "network": True,
        "augment": {"crop_rows"},
        "fit": {"batch_size", "steps_an_epoch", "weight_decay"},
    }
    choices = config.model_dump(mode="json", include=wanted)
    return sha256(json.dumps(choices, sort_keys=True).encode()).hexdigest()[:8]


def _texts(sources: Sources) -> list[list[str]]:
    """The units of every episode, and the lines of every written text."""
    return [*_said(sources), *sources.bank.texts]


def _streams(sources: Sources) -> list[list[str]]:
    """The units of every episode, and all written texts as one: each is too short for a crop."""
    written = list(chain.from_iterable(sources.bank.texts))
    return [*_said(sources), *([written] if written else [])]


def _said(sources: Sources) -> list[list[str]]:
    return [units for e in sources.episodes if (units := readable_units(e))]
