"""A fastai Learner in a folder: logged to log.csv, kept in last.pt after every epoch, resumable."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.callback.fp16 import AMPMode, MixedPrecision
from fastai.callback.progress import ProgressCallback
from fastai.callback.schedule import Learner  # with fit_one_cycle
from fastai.callback.training import GradientClip
from fastai.data.core import DataLoaders
from torch import nn
from torch.utils.data import DataLoader, Dataset

log = logging.getLogger(__name__)

LAST = "last.pt"  # the state after the last epoch that was done
LOG = "log.csv"

Groups = Callable[[nn.Module], Sequence[Sequence[nn.Parameter]]]


def device() -> torch.device:
    """CUDA where there is a GPU, the CPU otherwise."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def loaders(
    training: Dataset[Any], validation: Dataset[Any], *, batch_size: int, validate_by: int
) -> DataLoaders:
    """Of batches whose first two parts go to the network, and the rest to the loss."""
    both = DataLoaders(
        DataLoader(training, batch_size=batch_size, num_workers=0),
        DataLoader(validation, batch_size=validate_by, num_workers=0),
    )
    both.n_inp = 2
    return both


def one_cycle(
    network: nn.Module,
    data: DataLoaders,
    loss: Callable[..., torch.Tensor],
    folder: Path,
    *,
    groups: Groups,
    rates: Sequence[float],
    n_epochs: int,
    weight_decay: float,
    seed: int,
) -> None:
    """Fit `network` in one cycle to its end, each of its `groups` of parameters at its rate.

    Not to the epoch with the lowest validation loss: that one comes before the rate has fallen,
    when the network is less sure of itself and more often wrong. Goes on from `folder/last.pt` when
    a run there was interrupted. Source of the cycle: Smith and Topin (2018).
    """
    folder.mkdir(parents=True, exist_ok=True)
    if device().type == "cuda":  # on a CPU all is repeatable as it is
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
    learner = _learner(network, data, loss, folder, groups=groups, weight_decay=weight_decay)
    keeper = Keeper(folder, seed)
    start = keeper.resume(learner)
    log.info("training on %s, epochs %d to %d", device(), start + 1, n_epochs)
    if start < n_epochs:
        learner.fit_one_cycle(n_epochs, np.array(rates), cbs=[keeper], start_epoch=start)
    network.load_state_dict(weights_of(folder))
    network.cpu().eval()


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """The weights after the last epoch of the run in `folder`, on the CPU."""
    state = torch.load(folder / LAST, map_location="cpu", weights_only=False)
    return dict(state["model"])


class Keeper(Callback):  # type: ignore[misc]
    """Keeps the state of a run after every epoch, and its losses in log.csv.

    Every epoch has its own seed: a resumed run draws what an undisturbed one would have drawn.
    """

    order = 70  # after the Recorder, whose losses it reports

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed, self.start = folder, seed, 0
        self.losses: list[tuple[float, float]] = []  # in training and validation, by epoch

    def resume(self, learner: Learner) -> int:
        """Load the last state if there is one; the epoch to start with."""
        path = self.folder / LAST
        if path.exists():
            state = torch.load(path, map_location=device(), weights_only=False)
            learner.create_opt()
            learner.model.load_state_dict(state["model"])
            learner.opt.load_state_dict(state["optimiser"])
            self.start = int(state["epoch"]) + 1
            self.losses = list(state["losses"])
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
        self.losses.append((training_loss, loss))
        state = {
            "model": self.learn.model.state_dict(),
            "optimiser": self.opt.state_dict(),
            "epoch": self.epoch,
            "losses": self.losses,
        }
        save(state, self.folder / LAST)
        rows = [f"{i},{a:.6f},{b:.6f}\n" for i, (a, b) in enumerate(self.losses)]
        text = "epoch,train_loss,valid_loss\n" + "".join(rows)
        (self.folder / LOG).write_text(text, encoding="utf-8")


def save(state: object, path: Path) -> None:
    """Write whole or not at all: a run may be killed at any moment."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def _learner(
    network: nn.Module,
    data: DataLoaders,
    loss: Callable[..., torch.Tensor],
    folder: Path,
    *,
    groups: Groups,
    weight_decay: float,
) -> Learner:
    """Clips gradients; in half precision where a GPU has bfloat16, which needs no scale to keep."""
    callbacks = [GradientClip(1.0)]
    if device().type == "cuda" and torch.cuda.is_bf16_supported():
        callbacks.append(MixedPrecision(amp_mode=AMPMode.BF16))
    learner = Learner(
        data,
        network.to(device()),
        loss_func=loss,
        splitter=groups,
        wd=weight_decay,
        cbs=callbacks,
        path=folder,
    )
    if not sys.stderr.isatty():  # a bar in a log file is noise; Keeper reports each epoch
        learner.remove_cb(ProgressCallback)
        learner.logger = log.debug
    return learner
