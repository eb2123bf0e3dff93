"""Advertising of other shows put into a crop, announced at times as hosts announce a break.

Where it stands says nothing then, and what it says must tell; but "we'll be right back" is what a
listener goes by, and the network may, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from train.examples import Stretch, only_ads

AT_AN_END = 0.4  # share that goes to the very start or end of the episode, where the crop has it
ANNOUNCED = 0.4  # share with words before it, and share with words after it
SIGNED_OFF = 0.6  # of the announced ones at the end: the show is over, and then comes an ad
EMPTY = (
    0.12  # of the announced breaks: nothing between, as in recordings that had their ads cut out
)


@dataclass(frozen=True, slots=True)
class Inserts:
    """What can be put into crops."""

    ads: Sequence[tuple[str, Stretch]] = ()  # and passages that sound like them, with their group
    leads: Sequence[Stretch] = ()  # said before a break
    returns: Sequence[Stretch] = ()  # said after it
    sign_offs: Sequence[Stretch] = ()  # the last words of a show


def transplant(
    crop: Stretch,
    ad: Stretch,
    inserts: Inserts,
    at_ends: tuple[bool, bool],
    rng: np.random.Generator,
) -> Stretch:
    """`crop` with `ad` put between two of its rows that are not advertising.

    `at_ends` says whether the crop begins where the episode does, and ends where it ends.
    """
    start, end = (at_end and rng.random() < AT_AN_END for at_end in at_ends)
    content = np.flatnonzero(~only_ads(crop.allowed))
    at = 0 if start else len(crop.ids) if end else int(rng.choice(content)) if len(content) else 0
    before: list[Stretch] = [] if start else list(_said(_before(inserts, end, rng), rng))
    after: list[Stretch] = [] if end and not start else list(_said(inserts.returns, rng))
    empty = (before or after) and rng.random() < EMPTY
    put_in = [*before, *([] if empty else [ad]), *after]
    return Stretch(
        np.concatenate([crop.ids[:at], *(part.ids for part in put_in), crop.ids[at:]]),
        np.concatenate([crop.allowed[:at], *(part.allowed for part in put_in), crop.allowed[at:]]),
    )


def _before(inserts: Inserts, end: bool, rng: np.random.Generator) -> Sequence[Stretch]:
    """What hosts say before a break, or before the ads that follow a show."""
    return inserts.sign_offs if end and rng.random() < SIGNED_OFF else inserts.leads


def _said(texts: Sequence[Stretch], rng: np.random.Generator) -> Iterator[Stretch]:
    """One of the texts, now and then."""
    if texts and rng.random() < ANNOUNCED:
        yield texts[int(rng.integers(len(texts)))]
