"""Fit the network with fastai: one cycle, to its end, and a run that resumes.

A run lives in a folder: `tokenizer.json`, `last.pt`, `log.csv`.
"""

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from fastai.callback.core import Callback
from fastai.callback.fp16 import MixedPrecision
from fastai.callback.progress import CSVLogger, ProgressCallback
from fastai.callback.schedule import Learner  # with fit_one_cycle
from fastai.callback.training import GradientClip
from fastai.data.core import DataLoaders
from fastai.torch_core import set_seed
from torch import nn
from torch.utils.data import DataLoader

from train.batches import Crops, WholeEpisodes
from train.config import Config
from train.examples import Example, ads_of
from train.loss import training_loss
from train.network import Tagger
from train.transplant import Inserts

log = logging.getLogger(__name__)

NOTHING = Inserts()
LAST = "last.pt"  # the state after the last epoch that was done


def device() -> torch.device:
    """CUDA where there is a GPU, the CPU otherwise."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
    """`network` after its last epoch, on the CPU and in evaluation mode.

    Not after the epoch with the lowest validation loss: that one comes before the rate has fallen,
    when the network is less sure of itself and more often wrong. Goes on from `folder/last.pt` when
    a run there was interrupted.
    """
    set_seed(config.run.seed, reproducible=True)
    settings = config.schedule
    learner = _learner(config, network, _loaders(config, training, validation, inserts), folder)
    keeper = Keeper(folder, config.run.seed)
    start = keeper.resume(learner)
    rates = settings.learning_rate * np.array([settings.embedding_rate, 1.0])
    log.info("training on %s, epochs %d to %d", device(), start + 1, settings.n_epochs)
    if start < settings.n_epochs:
        learner.fit_one_cycle(settings.n_epochs, rates, cbs=[keeper], start_epoch=start)
    network.load_state_dict(weights_of(folder))
    return network.cpu().eval()


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """The weights after the last epoch of the run in `folder`, on the CPU."""
    state = torch.load(folder / LAST, map_location="cpu", weights_only=False)
    return dict(state["model"])


class Keeper(Callback):  # type: ignore[misc]
    """Keeps the state of a run after every epoch.

    Every epoch has its own seed: a resumed run draws what an undisturbed one would have drawn.
    """

    order = 70  # after the Recorder, whose losses it reports

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed, self.start = folder, seed, 0

    def resume(self, learner: Learner) -> int:
        """Load the last state if there is one; the epoch to start with."""
        path = self.folder / LAST
        if path.exists():
            state = torch.load(path, map_location=device(), weights_only=False)
            learner.create_opt()
            learner.model.load_state_dict(state["model"])
            learner.opt.load_state_dict(state["optimiser"])
            self.start = int(state["epoch"]) + 1
        return self.start

    def before_epoch(self) -> None:
        """Seed dropout and crops by the epoch."""
        torch.manual_seed(self.seed * 1000 + self.epoch)
        self.dls.train.dataset.epoch = self.epoch

    def after_epoch(self) -> None:
        """Report and save."""
        if self.epoch < self.start:  # fastai skips the epoch, yet ends it
            return
        training_loss, loss = (float(value) for value in self.recorder.values[-1][:2])
        log.info(
            "epoch %d of %d: training loss %.4f, validation loss %.4f",
            self.epoch + 1, self.n_epoch, training_loss, loss,
        )  # fmt: skip
        state = {
            "model": self.learn.model.state_dict(),
            "optimiser": self.opt.state_dict(),
            "epoch": self.epoch,
        }
        _save(state, self.folder / LAST)


def _learner(config: Config, network: nn.Module, loaders: DataLoaders, folder: Path) -> Learner:
    """A fastai Learner: logs to log.csv, clips gradients, uses mixed precision on CUDA."""
    callbacks = [GradientClip(1.0), CSVLogger("log.csv", append=True)]
    if device().type == "cuda":
        callbacks.append(MixedPrecision())
    learner = Learner(
        loaders,
        network.to(device()),
        loss_func=partial(training_loss, row_loss=config.fit.row_loss),
        splitter=_embedding_and_rest,
        wd=config.fit.weight_decay,
        cbs=callbacks,
        path=folder,
    )
    if not sys.stderr.isatty():  # a bar in a log file is noise; Keeper reports each epoch
        learner.remove_cb(ProgressCallback)
        learner.logger = log.debug
    return learner


def _embedding_and_rest(network: Tagger) -> list[list[nn.Parameter]]:
    """Two groups of parameters: word vectors learn more slowly, or rare words are memorised."""
    vectors = list(network.rows.embedding.parameters())
    ours = {id(p) for p in vectors}
    return [vectors, [p for p in network.parameters() if id(p) not in ours]]


def _loaders(
    config: Config,
    training: Sequence[Example],
    validation: Sequence[Example],
    inserts: Inserts,
) -> DataLoaders:
    """Crops for training, whole episodes for validation."""
    ads = [(e.group, ad) for e in training for ad in ads_of(e)] + list(inserts.ads)
    crops = Crops(
        training,
        replace(inserts, ads=ads),
        config.augment,
        n=config.fit.steps_an_epoch * config.fit.batch_size,
        seed=config.run.seed,
    )
    loaders = DataLoaders(
        DataLoader(crops, batch_size=config.fit.batch_size, num_workers=0),
        DataLoader(WholeEpisodes(validation), batch_size=1, num_workers=0),
        device=device(),
    )
    loaders.n_inp = 2  # ids and place go to the network, allowed and weights to the loss
    return loaders


def _save(state: object, path: Path) -> None:
    """Write whole or not at all: a run may be killed at any moment."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)
