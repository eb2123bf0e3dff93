"""Episodes to crops: what the network sees in training, varied so that nothing is learned by heart.

Crops depend on (seed, epoch, index) alone, so a resumed run sees what an undisturbed one would.
"""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset

from serve.labels import LABELS
from serve.text import PAD, ROW_TOKENS, UNKNOWN, Ids, places
from train.config import Augment
from train.corpus import Allowed
from train.examples import Example, Stretch, only_ads
from train.transplant import Inserts, transplant

# Of a crop may hang over an episode's end: starts and ends are seen as often as middles.
EDGE = 1 / 3
# A crop that stands for part of an hour has this share of a written episode at most, and what lies
# outside of it is said to be longer, up to so many times.
PART, LONGER = 2 / 3, 15
MOST_IN_A_ROW = 4  # ads in a break that is put in
ROW_LENGTHS = (6, 10, 15, 22)  # mean tokens a row of captions, of speech, of sentences, of Whisper

T = TypeVar("T")
WRITTEN = "written/"
Batch = tuple[Ids, npt.NDArray[np.float32], Allowed, npt.NDArray[np.float32]]


class Crops(Dataset[Batch]):
    """`n` crops an epoch; set `epoch` before each one."""

    def __init__(
        self,
        examples: Sequence[Example],
        inserts: Inserts,
        settings: Augment,
        *,
        n: int,
        seed: int,
    ) -> None:
        self.by_group = _by_group([(e.group, e) for e in examples])
        self.inserts, self.ads_by_group = inserts, _by_group(inserts.ads)
        self.weights = _shares([_group_weight(group, settings) for group in self.by_group])
        self.ad_weights = _shares([len(group) ** 0.5 for group in self.ads_by_group])
        self.settings, self.n, self.seed, self.epoch = settings, n, seed, 0

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self.seed, self.epoch, index])
        group = self.by_group[rng.choice(len(self.by_group), p=self.weights)]
        example = group[rng.integers(len(group))]
        crop, before, after, at_ends = _crop(example, self.settings, rng)
        if self.ads_by_group and rng.random() < self.settings.transplant:
            for _ in range(rng.integers(1, 3)):
                crop = transplant(crop, self._break(rng), self.inserts, at_ends, rng)
        if rng.random() < self.settings.rechunk:
            crop = rechunk(crop, int(rng.choice(ROW_LENGTHS)), rng)
        # A crop that has the end keeps it: ads push out its front, and elsewhere the back; one that
        # has both ends loses either.
        n_over = max(0, len(crop.ids) - self.settings.crop_rows)
        keeps_end = at_ends[1] and (not at_ends[0] or rng.random() < 0.5)
        first = n_over if keeps_end else 0
        return self._finish(crop, first, before, after, rng)

    def _break(self, rng: np.random.Generator) -> list[Stretch]:
        """Ads that follow each other without a seam, or one passage that is none."""
        first = self._drawn(rng)
        if not only_ads(first.allowed).all():
            return [first]
        n_more = min(rng.geometric(1 - self.settings.in_a_row), MOST_IN_A_ROW) - 1
        more = (self._drawn(rng) for _ in range(int(n_more)))
        return [first, *(ad for ad in more if only_ads(ad.allowed).all())]

    def _drawn(self, rng: np.random.Generator) -> Stretch:
        """An ad or a passage of any show."""
        ads = self.ads_by_group[rng.choice(len(self.ads_by_group), p=self.ad_weights)]
        return ads[rng.integers(len(ads))]

    def _finish(
        self, crop: Stretch, first: int, before: float, after: float, rng: np.random.Generator
    ) -> Batch:
        """From row `first` on, cut or pad to the crop's length; place it, hide words."""
        n_rows = self.settings.crop_rows
        ids = np.full((n_rows, ROW_TOKENS), PAD, dtype=np.int64)
        allowed = np.ones((n_rows, len(LABELS)), dtype=bool)
        stop = min(first + n_rows, len(crop.ids))
        n = stop - first
        ids[:n], allowed[:n] = crop.ids[first:stop], crop.allowed[first:stop]
        before += float((crop.ids[:first] != PAD).sum())
        after += float((crop.ids[stop:] != PAD).sum())
        n_tokens = (ids != PAD).sum(axis=1)
        place = places(n_tokens) + np.array([before, after], dtype=np.float32)
        hidden = rng.random(ids.shape) < 2 * self.settings.word_dropout * rng.random()
        ids[hidden & (ids != PAD)] = UNKNOWN
        return ids, place, allowed, row_weights(n_tokens)


class WholeEpisodes(Dataset[Batch]):
    """Episodes as they are, for validation."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Batch:
        example = self.examples[index]
        weights = row_weights((example.rows.ids != PAD).sum(axis=1))
        return example.rows.ids, example.place, example.rows.allowed, weights


def row_weights(n_tokens: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """What a row counts in the loss: as words count in the measures, (n_rows,)."""
    return (n_tokens / ROW_TOKENS).astype(np.float32)


def rechunk(stretch: Stretch, mean: int, rng: np.random.Generator) -> Stretch:
    """The same tokens in rows of other lengths, as finer or coarser cues would have it.

    A row takes the label of its middle token.
    """
    said = stretch.ids != PAD
    tokens = stretch.ids[said]
    allowed = np.repeat(stretch.allowed, said.sum(axis=1), axis=0)
    lengths = np.clip(rng.poisson(mean - 1, len(tokens)) + 1, 1, ROW_TOKENS)
    stops = np.minimum(np.cumsum(lengths), len(tokens))
    stops = stops[: int(np.searchsorted(stops, len(tokens))) + 1]
    starts = np.r_[0, stops[:-1]]
    ids = np.full((len(stops), ROW_TOKENS), PAD, dtype=np.int64)
    ids[np.arange(ROW_TOKENS) < (stops - starts)[:, None]] = tokens
    return Stretch(ids, allowed[(starts + stops - 1) // 2])


def crop_start(total: int, n_rows: int, rng: np.random.Generator) -> int:
    """The first of `n_rows` rows out of `total`; one beyond an end is moved to it."""
    over = int(n_rows * EDGE)
    start = int(rng.integers(-over, max(1, total - n_rows + over)))
    return max(0, min(start, total - n_rows))


def _crop(
    example: Example, settings: Augment, rng: np.random.Generator
) -> tuple[Stretch, float, float, tuple[bool, bool]]:
    """A stretch, tokens before and after it, and whether it touches the episode's ends.

    Written episodes are a tenth of an hour: whole, they would teach that what is advertised is
    near both ends, and nothing of what is said far from them.
    """
    total, n_rows, outside = len(example.rows.ids), settings.crop_rows, np.ones(2)
    if example.group.startswith(WRITTEN) and rng.random() < settings.as_part:
        n_rows = min(n_rows, math.ceil(total * PART))
        outside = rng.uniform(1, LONGER, size=2)
    start = crop_start(total, n_rows, rng)
    stop = min(total, start + n_rows)
    stretch = Stretch(example.rows.ids[start:stop], example.rows.allowed[start:stop])
    before, after = outside * (example.place[start, 0], example.place[stop - 1, 1])
    return stretch, float(before), float(after), (start == 0, stop == total)


def _group_weight(group: Sequence[Example], settings: Augment) -> float:
    """How often a show is drawn: less than by its episodes, so that its 500 do not drown 30.

    More if most of its episodes have all six labels: they teach more than those with ads alone.
    """
    weight: float = len(group) ** settings.show_exponent
    if group[0].group.startswith(WRITTEN):
        return weight * settings.written_weight
    n_six = sum(bool((e.rows.allowed.sum(axis=1) == 1).all()) for e in group)
    return weight * (settings.six_weight if n_six > len(group) / 2 else 1.0)


def _shares(weights: Sequence[float]) -> npt.NDArray[np.float64]:
    """The weights, scaled to a sum of 1."""
    return np.array(weights) / sum(weights)


def _by_group(pairs: Sequence[tuple[str, T]]) -> list[list[T]]:
    """Values of equal names together, in the order of the names."""
    groups: dict[str, list[T]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return [groups[name] for name in sorted(groups)]
