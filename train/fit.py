"""Fit the network to the labels.

A run lives in a folder: `tokenizer.json`, and what train.learner keeps there.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from fastai.torch_core import set_seed
from torch import nn

from train.batches import Crops, WholeEpisodes
from train.config import Config
from train.examples import Example, ads_of
from train.learner import loaders, one_cycle
from train.loss import training_loss
from train.network import Tagger
from train.transplant import Inserts

NOTHING = Inserts()


def new_network(config: Config, vocab_size: int) -> Tagger:
    """An untrained network of the config's sizes."""
    sizes = config.network
    return Tagger(
        vocab_size,
        n_dims=sizes.n_dims,
        n_hidden=sizes.n_hidden,
        n_context=sizes.n_context,
        dropout=sizes.dropout,
    )


def with_vectors(config: Config, vectors: npt.NDArray[np.float32]) -> Tagger:
    """An untrained network of the config's seed that knows the vectors: (vocab_size, n_dims)."""
    set_seed(config.run.seed, reproducible=True)
    network = new_network(config, len(vectors))
    with torch.no_grad():
        network.rows.embedding.weight.copy_(torch.from_numpy(vectors))
    return network


def fit(
    config: Config,
    network: Tagger,
    training: Sequence[Example],
    validation: Sequence[Example],
    folder: Path,
    *,
    inserts: Inserts = NOTHING,
) -> Tagger:
    """`network` after its last epoch, on the CPU and in evaluation mode; see `one_cycle`."""
    set_seed(config.run.seed, reproducible=True)
    settings = config.schedule
    ads = [(e.group, ad) for e in training for ad in ads_of(e)] + list(inserts.ads)
    crops = Crops(
        training,
        replace(inserts, ads=ads),
        config.augment,
        n=settings.steps_an_epoch * settings.batch_size,
        seed=config.run.seed,
    )
    one_cycle(
        network,
        loaders(crops, WholeEpisodes(validation), batch_size=settings.batch_size, validate_by=1),
        partial(training_loss, row_loss=settings.row_loss),
        folder,
        groups=_embedding_and_rest,
        rates=[settings.learning_rate * settings.embedding_rate, settings.learning_rate],
        n_epochs=settings.n_epochs,
        weight_decay=settings.weight_decay,
        seed=config.run.seed,
    )
    return network


def _embedding_and_rest(network: nn.Module) -> list[list[nn.Parameter]]:
    """Two groups of parameters: word vectors learn more slowly, or rare words are memorised."""
    vectors = [p for name, p in network.named_parameters() if name.startswith("rows.embedding.")]
    ours = {id(p) for p in vectors}
    return [vectors, [p for p in network.parameters() if id(p) not in ours]]
