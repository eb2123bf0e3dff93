"""The project's own ad bank and passages: short texts that are put into episodes in training."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import Tokenizer

from serve.labels import LABELS, Label
from serve.text import encode
from train.batches import Stretch

Manner = Literal[
    "host-read", "rambling", "produced-spot", "interview", "joke", "story",
    "bumper", "listener-message", "credits", "cross-promo", "house",
]  # fmt: skip


class Piece(BaseModel):
    """One text with its label; `kind` is the product or the sort of passage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Label
    kind: str = Field(pattern=r"^[a-z0-9-]+$")
    manner: Manner | None = None
    show: str = Field(pattern=r"^[a-z0-9-]+$")
    text: str = Field(min_length=10)

    @property
    def lines(self) -> list[str]:
        """What is said, a sentence or phrase each."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]


@dataclass(frozen=True, slots=True)
class Bank:
    """Texts to put into episodes."""

    ads: tuple[Piece, ...]
    passages: tuple[Piece, ...]  # that sound like ads and are none


def read_bank(folder: Path) -> Bank:
    """The texts of ads/*.toml and negatives/*.toml in `folder`; empty where there are none."""
    ads = tuple(_read(folder / "ads", "ad"))
    return Bank(ads, tuple(_read(folder / "negatives", "passage")))


def encode_piece(piece: Piece, tokenizer: Tokenizer) -> Stretch:
    """The rows of a text, each allowed its label only."""
    rows = encode([_without_speaker(line) for line in piece.lines], tokenizer)
    allowed = np.tile(np.isin(LABELS, piece.label), (len(rows.ids), 1))
    return Stretch(rows.ids, allowed)


def _read(folder: Path, table: str) -> Iterator[Piece]:
    for path in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))[table]:
            yield Piece.model_validate(entry)


def _without_speaker(line: str) -> str:
    """Speech without `Name: `, which a parser would take for the speaker.

    >>> _without_speaker("Speaker 2: It's for sale.")
    "It's for sale."
    """
    name, colon, speech = line.partition(": ")
    short = len(name) <= 24 and len(name.split()) <= 3 and name[:1].isupper()
    return speech if colon and short else line
