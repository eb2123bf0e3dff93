"""Episodes as the network's input and target, in rows of tokens."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from serve.labels import ADS, LABELS
from serve.text import Ids, encode
from train.corpus import Allowed, Episode, read_transcript, unit_labels

IS_AD = np.isin(LABELS, ADS)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring rows and what they may be labelled."""

    ids: Ids  # (n_rows, ROW_TOKENS)
    allowed: Allowed  # (n_rows, n_labels)


@dataclass(frozen=True, slots=True)
class Example:
    """An encoded episode."""

    group: str
    rows: Stretch
    place: npt.NDArray[np.float32]  # (n_rows, 2)


def encode_episode(episode: Episode, tokenizer: Tokenizer) -> Example:
    """The network's input and target for one labelled episode, by the labels it is taught."""
    transcript = read_transcript(episode)
    rows = encode([unit.text for unit in transcript.units], tokenizer)
    allowed = unit_labels(episode.taught, transcript)[rows.unit]
    return Example(episode.group, Stretch(rows.ids, allowed), rows.place)


def ads_of(example: Example) -> list[Stretch]:
    """The advertising in an episode, neighbouring ads together."""
    is_ad = only_ads(example.rows.allowed)
    edges = np.flatnonzero(np.diff(np.r_[False, is_ad, False].astype(int)))
    return [
        Stretch(example.rows.ids[a:b], example.rows.allowed[a:b])
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]


def only_ads(allowed: Allowed) -> npt.NDArray[np.bool_]:
    """Which rows can be nothing but advertising: (n_rows,)."""
    return np.asarray(~(allowed & ~IS_AD).any(axis=1))
