"""The project's own ads and passages: short texts that are put into episodes in training."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import Tokenizer

from serve.labels import LABELS, Label
from serve.text import encode
from train.examples import IS_AD, Stretch
from train.transplant import Inserts

Manner = Literal[
    "host-read", "rambling", "produced-spot", "interview", "joke", "story",
    "bumper", "listener-message", "credits", "cross-promo", "house",
]  # fmt: skip

LONG = 200  # words; such ads are few, and most of the advertising that is heard

Said = Annotated[str, Field(min_length=3)]


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
        return _lines(self.text)


class Breaks(BaseModel):
    """What hosts say around advertising, a sentence or phrase a line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    leads: tuple[Said, ...] = ()  # before a break
    returns: tuple[Said, ...] = ()  # after it
    sign_offs: tuple[Said, ...] = ()  # the last words of a show, before the ads that follow it

    def __add__(self, other: "Breaks") -> "Breaks":
        """Both."""
        mine, theirs = self.model_dump(), other.model_dump()
        return Breaks(**{name: mine[name] + theirs[name] for name in mine})


NO_BREAKS = Breaks()


@dataclass(frozen=True, slots=True)
class Bank:
    """Texts to put into episodes."""

    ads: tuple[Piece, ...] = ()
    passages: tuple[Piece, ...] = ()  # that sound like ads and are none
    breaks: Breaks = NO_BREAKS

    def __add__(self, other: "Bank") -> "Bank":
        """Both."""
        return Bank(
            self.ads + other.ads, self.passages + other.passages, self.breaks + other.breaks
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many texts there are of each sort."""
        n_breaks = sum(map(len, self.breaks.model_dump().values()))
        return {"ads": len(self.ads), "passages": len(self.passages), "breaks": n_breaks}

    @property
    def texts(self) -> list[list[str]]:
        """The lines of every text."""
        breaks = (_lines(text) for texts in self.breaks.model_dump().values() for text in texts)
        return [*(piece.lines for piece in (*self.ads, *self.passages)), *breaks]


def read_bank(folder: Path) -> Bank:
    """The texts of ads/*.toml, negatives/*.toml and breaks.toml in `folder`, if it has them."""
    ads = tuple(_read(folder / "ads", "ad"))
    file = folder / "breaks.toml"
    breaks = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    passages = tuple(_read(folder / "negatives", "passage"))
    return Bank(ads, passages, Breaks.model_validate(breaks))


def encode_bank(bank: Bank, tokenizer: Tokenizer) -> Inserts:
    """The texts as rows: ads and passages by sort, breaks any content."""
    ads = [
        (f"written/{_sort(p)}", _encode(p.lines, tokenizer, np.isin(LABELS, p.label)))
        for p in (*bank.ads, *bank.passages)
    ]
    breaks = {
        name: [_encode(_lines(text), tokenizer, ~IS_AD) for text in texts]
        for name, texts in bank.breaks.model_dump().items()
    }
    return Inserts(ads, **breaks)


def _sort(piece: Piece) -> str:
    """What a text is drawn with: ads by manner, long ones apart; passages by label."""
    if piece.manner is None:
        return piece.label
    return "long" if len(piece.text.split()) >= LONG else piece.manner


def _encode(lines: Sequence[str], tokenizer: Tokenizer, allowed: npt.NDArray[np.bool_]) -> Stretch:
    """The rows of a text, each allowed the same labels."""
    rows = encode([_without_speaker(line) for line in lines], tokenizer)
    return Stretch(rows.ids, np.tile(allowed, (len(rows.ids), 1)))


def _read(folder: Path, table: str) -> Iterator[Piece]:
    for path in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))[table]:
            yield Piece.model_validate(entry)


def _lines(text: str) -> list[str]:
    """The lines of a text that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _without_speaker(line: str) -> str:
    """Speech without `Name: `, which a parser would take for the speaker.

    >>> _without_speaker("Speaker 2: It's for sale.")
    "It's for sale."
    """
    name, colon, speech = line.partition(": ")
    short = len(name) <= 24 and len(name.split()) <= 3 and name[:1].isupper()
    return speech if colon and short else line
