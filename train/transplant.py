"""Advertising put into a crop, announced at times as hosts announce a break.

Where it stands says nothing then, and what it says must tell; but "we'll be right back" is what a
listener goes by, and the network may, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.examples import Stretch, only_ads

AT_AN_END = 0.4  # share that goes to the very start or end of the episode, where the crop has it
ANNOUNCED = 0.4  # share with words before it, and share with words after it
SIGNED_OFF = 0.6  # of the announced ones at the end: the show is over, and then comes an ad
# Of the announced breaks, those with nothing in them, as in recordings that had their ads cut out.
EMPTY = 0.12


@dataclass(frozen=True, slots=True)
class Inserts:
    """What can be put into crops."""

    ads: Sequence[tuple[str, Stretch]] = ()  # and passages that sound like them, with their group
    leads: Sequence[Stretch] = ()  # said before a break
    returns: Sequence[Stretch] = ()  # said after it
    sign_offs: Sequence[Stretch] = ()  # the last words of a show


def transplant(
    crop: Stretch,
    texts: Sequence[Stretch],
    inserts: Inserts,
    at_ends: tuple[bool, bool],
    rng: np.random.Generator,
) -> Stretch:
    """`crop` with `texts` before one of its rows that is not advertising, or at an end.

    `at_ends` says whether the crop begins where the episode does, and ends where it ends. `texts`
    are the ads of one break, or a passage that is no ad; such a one is never announced.
    """
    at = _place(crop, at_ends, rng)
    before: Sequence[Stretch] = ()
    after: Sequence[Stretch] = ()
    if only_ads(texts[0].allowed).all():
        first, last = at_ends[0] and at == 0, at_ends[1] and at == len(crop.ids)
        before = () if first else _said(_before(inserts, last, rng), rng)
        after = () if last else _said(inserts.returns, rng)
    empty = (before or after) and rng.random() < EMPTY
    put_in = [*before, *([] if empty else texts), *after]
    return Stretch(
        np.concatenate([crop.ids[:at], *(part.ids for part in put_in), crop.ids[at:]]),
        np.concatenate([crop.allowed[:at], *(part.allowed for part in put_in), crop.allowed[at:]]),
    )


def _place(crop: Stretch, at_ends: tuple[bool, bool], rng: np.random.Generator) -> int:
    """The row to put something before; the number of rows for the end."""
    if at_ends[0] and rng.random() < AT_AN_END:
        return 0
    if at_ends[1] and rng.random() < AT_AN_END:
        return len(crop.ids)
    content = np.flatnonzero(~only_ads(crop.allowed))
    return int(rng.choice(content)) if len(content) else 0


def _before(inserts: Inserts, last: bool, rng: np.random.Generator) -> Sequence[Stretch]:
    """What hosts say before a break, or before the ads that follow a show."""
    return inserts.sign_offs if last and rng.random() < SIGNED_OFF else inserts.leads


def _said(texts: Sequence[Stretch], rng: np.random.Generator) -> Sequence[Stretch]:
    """One of the texts, now and then."""
    said = texts and rng.random() < ANNOUNCED
    return [texts[int(rng.integers(len(texts)))]] if said else ()
