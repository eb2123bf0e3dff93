"""The network: each row of tokens becomes a vector, and every vector sees its neighbours.

Only operations that export: no branch on data, masks instead of slices, no state between calls.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d

from serve.labels import LABELS
from serve.text import PAD, ROW_TOKENS
from train.recurrent import both_ways

N_PLACES = 4  # features of where in the episode a row lies
STRETCHES = (9, 33, 129)  # rows whose mean says what the talk is about: half a minute to ten
N_TOPIC = 64  # features of a row that are averaged
WIDTHS = (
    6,
    10,
    14,
    18,
    ROW_TOKENS,
)  # tokens; most rows of a crop are far shorter than a row can be


class RowEncoder(nn.Module):
    """Token ids to one vector a row: embedding, one convolution, maximum and attention pooling."""

    def __init__(self, vocab_size: int, n_dims: int, n_hidden: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, n_dims, padding_idx=PAD)
        # No bias: behind the last word a phrase of padding scores 0, which no maximum picks.
        self.phrases = nn.Conv1d(n_dims, n_hidden, kernel_size=3, padding=1, bias=False)
        self.attention = nn.Linear(n_dims, 1)
        self.join = nn.Linear(n_hidden + n_dims, n_hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor) -> Tensor:
        """(n_rows, n_tokens) to (n_rows, n_hidden)."""
        words = self.embedding(ids)  # (n_rows, n_tokens, n_dims)
        phrases = self.phrases(words.transpose(1, 2))  # (n_rows, n_hidden, n_tokens)
        loudest = torch.relu(phrases.amax(dim=2))  # (n_rows, n_hidden)
        # A large negative number and not -inf: a row of padding alone must stay finite.
        weights = self.attention(words).masked_fill((ids == PAD).unsqueeze(2), -1e4).softmax(dim=1)
        mean = (weights.transpose(1, 2) @ words).squeeze(1)  # (n_rows, n_dims)
        joined: Tensor = torch.relu(self.join(self.dropout(torch.cat([loudest, mean], dim=1))))
        return joined


class Tagger(nn.Module):
    """Rows of an episode to log probabilities of the labels.

    Each row is seen with what leads to it and follows it, by a bidirectional gated recurrent layer
    (Cho et al., 2014), and with the topic around it, by means over ever wider stretches. In
    training each row is also judged by itself, or the network would tell advertising by its being
    foreign to the talk around it, and miss what fits in (deep supervision: Lee et al., 2015).
    """

    def __init__(
        self, vocab_size: int, *, n_dims: int, n_hidden: int, n_context: int, dropout: float
    ) -> None:
        super().__init__()
        self.rows = RowEncoder(vocab_size, n_dims, n_hidden, dropout)
        self.place = nn.Linear(N_PLACES, n_hidden)
        self.context = nn.GRU(n_hidden, n_context, batch_first=True, bidirectional=True)
        self.topic = nn.Linear(n_hidden, N_TOPIC)
        self.evidence = WordEvidence(vocab_size)
        self.dropout = nn.Dropout(dropout)
        self.n_seen = n_hidden + 2 * n_context + N_TOPIC * len(STRETCHES)
        self.head = nn.Linear(self.n_seen, len(LABELS))
        self.alone = nn.Linear(n_hidden, len(LABELS))

    def forward(self, ids: Tensor, place: Tensor) -> Tensor:
        """(n_episodes, n_rows, n_tokens) and (n_episodes, n_rows, 2) to log probabilities.

        Returns (n_episodes, n_rows, n_labels); in training (2, n_episodes, n_rows, n_labels), the
        second for each row alone.
        """
        rows = self.encoded(ids)
        scores: Tensor = self.head(self.dropout(self.in_context(rows, place)))
        scores = scores + self.evidence(ids)
        if self.training:
            scores = torch.stack([scores, self.alone(self.dropout(rows))])
        return scores.log_softmax(dim=-1)

    def encoded(self, ids: Tensor) -> Tensor:
        """Each row by itself, (n_episodes, n_rows, n_hidden)."""
        encode = by_length(self.rows) if self.training else self.rows
        rows: Tensor = encode(ids.flatten(0, 1)).unflatten(0, ids.shape[:2])
        return rows

    def in_context(self, rows: Tensor, place: Tensor) -> Tensor:
        """Each row with what is around it, (n_episodes, n_rows, n_seen)."""
        rows = self.dropout(rows + self.place(place_features(place)))
        at_once = self.training and not rows.is_cuda
        context = both_ways(self.context, rows) if at_once else self.context(rows)[0]
        topic = self.topic(rows)
        return torch.cat([rows, context, *(stretch_mean(topic, n) for n in STRETCHES)], dim=2)


class WordEvidence(nn.Module):
    """What each word by itself says for each label, here and in ever wider stretches around.

    A logistic regression inside the network: it learns telling words in a few steps, and leaves the
    rest to the deeper layers. Source: Cheng et al. (2016), "wide and deep".
    """

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocab_size, len(LABELS) * (1 + len(STRETCHES)), padding_idx=PAD)
        nn.init.zeros_(self.words.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """(n_episodes, n_rows, n_tokens) to scores to add, (n_episodes, n_rows, n_labels)."""
        n_said = (ids != PAD).sum(dim=2, keepdim=True)
        rows = self.words(ids).sum(dim=2) / torch.sqrt(1 + n_said)
        size = len(LABELS)
        scores: Tensor = rows[:, :, :size]
        for k, n in enumerate(STRETCHES, start=1):
            scores = scores + stretch_mean(rows[:, :, k * size : (k + 1) * size], n)
        return scores


def by_length(encoder: RowEncoder) -> Callable[[Tensor], Tensor]:
    """`encoder` without most of the work on padding: rows of like length go through it together.

    Twice as fast in training. It branches on data, so it is not for the exported network.
    """

    def encode(ids: Tensor) -> Tensor:
        lengths = (ids != PAD).sum(dim=1)
        order = lengths.argsort(stable=True)
        # One column of padding stays: the last phrase of a row reaches into it.
        stops = torch.searchsorted(
            lengths[order], torch.tensor(WIDTHS, device=ids.device), right=True
        ).tolist()
        parts = [
            encoder(ids[order[start:stop], : width + 1])
            for start, stop, width in zip([0, *stops], stops, WIDTHS, strict=False)
            if stop > start
        ]
        return torch.cat(parts)[order.argsort()]

    return encode


def stretch_mean(rows: Tensor, n: int) -> Tensor:
    """The mean over the `n` rows around each row, fewer at the ends, in the shape of `rows`."""
    return avg_pool1d(
        rows.transpose(1, 2), n, stride=1, padding=n // 2, count_include_pad=False
    ).transpose(1, 2)


def place_features(place: Tensor) -> Tensor:
    """Tokens before and after a row, on two scales: (..., 2) to (..., N_PLACES).

    The logarithm tells the first minute from the second, the exponential the start from the rest.
    """
    return torch.cat([torch.log1p(place) / 10, torch.exp(-place / 300)], dim=-1)
