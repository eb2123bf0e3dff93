"""Fit the network with fastai: one cycle, best checkpoint, early stopping, and a run that resumes.

A run lives in a folder: `tokenizer.json`, `vectors.npy`, `last.pt`, `best.pt`, `log.csv`.
"""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.callback.fp16 import MixedPrecision
from fastai.callback.progress import CSVLogger, ProgressCallback
from fastai.callback.schedule import Learner  # with fit_one_cycle
from fastai.callback.training import GradientClip
from fastai.data.core import DataLoaders
from fastai.torch_core import set_seed
from torch import nn
from torch.utils.data import DataLoader

from train.batches import Crops, Example, Stretch, WholeEpisodes, ads_of
from train.config import Config
from train.loss import partial_label_loss
from train.network import Tagger

log = logging.getLogger(__name__)

BEST = "best.pt"  # weights with the lowest validation loss


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
    inserts: Sequence[tuple[str, Stretch]] = (),
) -> Tagger:
    """`network` with the lowest validation loss, on the CPU and in evaluation mode.

    Goes on from `folder/last.pt` when a run there was interrupted.
    """
    set_seed(config.run.seed, reproducible=True)
    settings = config.schedule
    learner = _learner(config, network, _loaders(config, training, validation, inserts), folder)
    keeper = Keeper(folder, config.run.seed, settings.patience)
    start = keeper.resume(learner, settings.n_epochs)
    rates = settings.learning_rate * np.array([settings.embedding_rate, 1.0])
    log.info("training on %s, epochs %d to %d", device(), start + 1, settings.n_epochs)
    if start < settings.n_epochs:
        learner.fit_one_cycle(settings.n_epochs, rates, cbs=[keeper], start_epoch=start)
    state = torch.load(folder / BEST, map_location="cpu", weights_only=True)
    network.load_state_dict(state)
    return network.cpu().eval()


class Keeper(Callback):  # type: ignore[misc]
    """Keeps the last and the best state of a run, stops it when it no longer gets better.

    Every epoch has its own seed: a resumed run draws what an undisturbed one would have drawn.
    """

    order = 70  # after the Recorder, whose validation loss it reads

    def __init__(self, folder: Path, seed: int, patience: int) -> None:
        self.folder, self.seed, self.patience = folder, seed, patience
        self.best, self.best_epoch, self.start = float("inf"), -1, 0

    def resume(self, learner: Learner, n_epochs: int) -> int:
        """Load last.pt if there is one; the epoch to start with, `n_epochs` when none is left."""
        path = self.folder / "last.pt"
        if not path.exists():
            return 0
        state = torch.load(path, map_location=device(), weights_only=False)
        learner.create_opt()
        learner.model.load_state_dict(state["model"])
        learner.opt.load_state_dict(state["optimiser"])
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.start = n_epochs if state["stopped"] else int(state["epoch"]) + 1
        return self.start

    def before_epoch(self) -> None:
        """Seed dropout and crops by the epoch."""
        torch.manual_seed(self.seed * 1000 + self.epoch)
        self.dls.train.dataset.epoch = self.epoch

    def after_epoch(self) -> None:
        """Save; stop when patience has run out."""
        if self.epoch < self.start:  # fastai skips the epoch, yet ends it
            return
        training_loss, loss = (float(value) for value in self.recorder.values[-1][:2])
        log.info(
            "epoch %d of %d: training loss %.4f, validation loss %.4f",
            self.epoch + 1, self.n_epoch, training_loss, loss,
        )  # fmt: skip
        if loss < self.best:
            self.best, self.best_epoch = loss, self.epoch
            _save(self.learn.model.state_dict(), self.folder / BEST)
        stopped = self.epoch - self.best_epoch >= self.patience
        state = {
            "model": self.learn.model.state_dict(),
            "optimiser": self.opt.state_dict(),
            "epoch": self.epoch,
            "best": self.best,
            "best_epoch": self.best_epoch,
            "stopped": stopped,
        }
        _save(state, self.folder / "last.pt")
        if stopped:
            raise CancelFitException


def _learner(config: Config, network: nn.Module, loaders: DataLoaders, folder: Path) -> Learner:
    """A fastai Learner: logs to log.csv, clips gradients, uses mixed precision on CUDA."""
    callbacks = [GradientClip(1.0), CSVLogger("log.csv", append=True)]
    if device().type == "cuda":
        callbacks.append(MixedPrecision())
    learner = Learner(
        loaders,
        network.to(device()),
        loss_func=partial_label_loss,
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
    inserts: Sequence[tuple[str, Stretch]],
) -> DataLoaders:
    """Crops for training, whole episodes for validation."""
    ads = [(e.group, ad) for e in training for ad in ads_of(e)] + list(inserts)
    crops = Crops(
        training,
        ads,
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
