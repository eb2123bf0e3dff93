"""Reading before labelling: the network guesses words that are hidden from it, in all text.

A network that knows which words keep company, and what is said before and after what, needs fewer
labels. Source: Devlin et al. (2019); here the words hidden in a row are guessed together, from what
is known of that row, because the network has one vector a row and none a word.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from serve.text import PAD, ROW_TOKENS, UNKNOWN, Ids, Rows
from train.batches import crop_start
from train.config import Config
from train.fit import with_vectors
from train.learner import loaders, one_cycle
from train.network import Tagger

log = logging.getLogger(__name__)

# Of all tokens; a commoner word is guessed less often, or "the" and "and" would be most of what is
# learnt. Source: Mikolov et al. (2013).
RARE = 1e-3
LABELLING = ("head.", "alone.", "evidence.")  # what only labels teach
N_VALIDATION = 64  # crops, the same after every epoch

Batch = tuple[Ids, npt.NDArray[np.float32], Ids]


class Guesser(nn.Module):
    """A tagger whose rows in context say which words were hidden from it."""

    def __init__(self, tagger: Tagger) -> None:
        super().__init__()
        self.tagger = tagger
        vocab_size, n_dims = tagger.rows.embedding.weight.shape
        self.guess = nn.Linear(tagger.n_seen, n_dims)
        self.commonness = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, ids: Tensor, place: Tensor) -> Tensor:
        """(n_episodes, n_rows, n_tokens) and (n_episodes, n_rows, 2) to word vectors of the guess.

        Returns (n_episodes, n_rows, n_dims), near the vectors of the words that each row lacks.
        """
        rows = self.tagger.encoded(ids)
        guesses: Tensor = self.guess(self.tagger.in_context(rows, place))
        return guesses

    def loss(self, guesses: Tensor, hidden: Tensor) -> Tensor:
        """Mean nats of the hidden words among all that are hidden in the batch: a scalar.

        hidden  (n_episodes, n_rows, n_tokens), ids of the words to guess, PAD elsewhere

        The whole vocabulary would take ten times as long.
        """
        hidden = hidden.flatten(0, 1)
        row, column = (hidden != PAD).nonzero(as_tuple=True)
        rows, at = torch.unique(row, return_inverse=True)
        words, which = torch.unique(hidden[row, column], return_inverse=True)
        with torch.autocast(guesses.device.type, enabled=False):  # half precision is too coarse
            vectors = self.tagger.rows.embedding(words)
            scores = guesses.float().flatten(0, 1)[rows] @ vectors.T + self.commonness[words]
            log_probs: Tensor = scores.log_softmax(dim=1)
        return -log_probs[at, which].mean()


class HiddenWords(Dataset[Batch]):
    """`n` crops of any text an epoch with words hidden in them; set `epoch` before each one.

    `hidden_words` is the share of words that is hidden in any row, `hidden_rows` that of rows of
    which all are.
    """

    def __init__(
        self,
        texts: Sequence[Rows],
        *,
        crop_rows: int,
        hidden_words: float,
        hidden_rows: float,
        n: int,
        seed: int,
    ) -> None:
        self.texts, self.crop_rows, self.n = texts, crop_rows, n
        self.hidden_words, self.hidden_rows = hidden_words, hidden_rows
        self.seed, self.epoch = seed, 0
        lengths = np.array([len(text.ids) for text in texts])
        self.weights = lengths / lengths.sum()
        counts = np.bincount(np.concatenate([text.ids.ravel() for text in texts]))
        counts[[PAD, UNKNOWN]] = 0
        self.chance = np.sqrt(RARE * counts.sum() / np.maximum(counts, 1)).clip(max=1)
        self.chance[[PAD, UNKNOWN]] = 0

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.seed, self.epoch, index])
        text = self.texts[rng.choice(len(self.texts), p=self.weights)]
        start = crop_start(len(text.ids), self.crop_rows, rng)
        said = text.ids[start : start + self.crop_rows]
        ids = np.full((self.crop_rows, ROW_TOKENS), PAD, dtype=np.int64)
        ids[: len(said)] = said
        place = text.place[start : start + self.crop_rows]
        place = np.pad(place, ((0, self.crop_rows - len(said)), (0, 0)), mode="edge")
        hidden = rng.random(ids.shape) < self.hidden_words
        hidden |= rng.random((len(ids), 1)) < self.hidden_rows
        hidden &= ids != PAD
        guessed = hidden & (rng.random(ids.shape) < self.chance[ids])
        return np.where(hidden, UNKNOWN, ids), place, np.where(guessed, ids, PAD)


def pretrain(
    config: Config, vectors: npt.NDArray[np.float32], texts: Sequence[Rows], folder: Path
) -> dict[str, Tensor]:
    """Weights of a tagger that has read `texts`, less those that only labels teach.

    vectors  (vocab_size, n_dims), what it starts from
    """
    settings, size = config.pretraining, config.fit.batch_size
    sizes = config.network.model_copy(update={"dropout": settings.dropout})
    tagger = with_vectors(config.model_copy(update={"network": sizes}), vectors)
    n_rows = sum(len(text.ids) for text in texts)
    n_an_epoch = size * config.fit.steps_an_epoch
    n_epochs = max(1, round(settings.passes * n_rows / config.augment.crop_rows / n_an_epoch))
    log.info("reading %d rows, %g times", n_rows, settings.passes)

    def crops(n: int, seed: int) -> HiddenWords:
        return HiddenWords(
            texts,
            crop_rows=config.augment.crop_rows,
            hidden_words=settings.hidden_words,
            hidden_rows=settings.hidden_rows,
            n=n,
            seed=seed,
        )

    guesser = Guesser(tagger)
    one_cycle(
        guesser,
        loaders(
            crops(n_an_epoch, config.run.seed),
            crops(N_VALIDATION, config.run.seed + 1),
            batch_size=size,
            validate_by=size,
        ),
        guesser.loss,
        folder,
        groups=lambda network: [list(network.parameters())],
        rates=[settings.learning_rate],
        n_epochs=n_epochs,
        weight_decay=config.fit.weight_decay,
        seed=config.run.seed,
    )
    kept = tagger.state_dict().items()
    return {name: weights for name, weights in kept if not name.startswith(LABELLING)}
