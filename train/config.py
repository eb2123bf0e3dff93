"""train/config.toml as frozen pydantic models: a typo is an error, a run without a seed too."""

import tomllib
from collections.abc import Set
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from serve.bundle import Smoothing

CONFIG = Path(__file__).with_name("config.toml")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Run(_Table):
    """What this run is called and where its chance comes from."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    seed: int = Field(ge=0)


class CorpusChoice(_Table):
    """Which episodes are read, and which of them training may see."""

    folders: tuple[Path, ...]
    lent_labels: bool
    open_licences_only: bool
    open_shows: tuple[str, ...]
    validation_share: float = Field(gt=0, lt=1)


class Vocabulary(_Table):
    """The tokenizer and its first word vectors."""

    size: int = Field(ge=100)
    window: int = Field(ge=1)


class Pretraining(_Table):
    """How all text is read before the labels are learnt."""

    passes: float = Field(ge=0)
    hidden_words: float = Field(gt=0, le=1)
    hidden_rows: float = Field(ge=0, le=1)
    dropout: float = Field(ge=0, lt=1)
    learning_rate: float = Field(gt=0)


class Network(_Table):
    """Sizes of the network's layers."""

    n_dims: int = Field(ge=1)
    n_hidden: int = Field(ge=1)
    n_context: int = Field(ge=1)
    dropout: float = Field(ge=0, lt=1)


class Augment(_Table):
    """How training episodes are varied."""

    crop_rows: int = Field(ge=8)
    as_part: float = Field(ge=0, le=1)
    word_dropout: float = Field(ge=0, le=0.5)
    transplant: float = Field(ge=0, le=1)
    in_a_row: float = Field(ge=0, lt=1)
    rechunk: float = Field(ge=0, le=1)
    show_exponent: float = Field(ge=0, le=1)
    six_weight: float = Field(gt=0)
    written_weight: float = Field(gt=0)


class Fit(_Table):
    """The schedule, and what is minimised."""

    batch_size: int = Field(ge=1)
    steps_an_epoch: int = Field(ge=1)
    n_epochs: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    embedding_rate: float = Field(ge=0)
    weight_decay: float = Field(ge=0)
    row_loss: float = Field(ge=0)


class Start(_Table):
    """What training starts from; its numbers take the place of [fit]'s when that is an encoder."""

    folder: str  # of an encoder; empty: random weights and a vocabulary of its own
    n_epochs: int = Field(ge=1)
    learning_rate: float = Field(gt=0)


class Config(_Table):
    """All of a run."""

    run: Run
    corpus: CorpusChoice
    vocabulary: Vocabulary
    network: Network
    pretraining: Pretraining
    augment: Augment
    fit: Fit
    start: Start
    smoothing: Smoothing
    smoothing_written: Smoothing

    @property
    def schedule(self) -> Fit:
        """[fit] as it is used: shorter and slower from an encoder than from nothing."""
        if not self.start.folder:
            return self.fit
        return self.fit.model_copy(update=self.start.model_dump(exclude={"folder"}))


def read_config(path: Path | None = None) -> Config:
    """The config in `path`, or the project's; pydantic's ValidationError names what is wrong."""
    path = CONFIG if path is None else path
    return Config.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def with_licences(config: Config, *, open_only: bool) -> Config:
    """The config with another choice of licences."""
    corpus = config.corpus.model_copy(update={"open_licences_only": open_only})
    return config.model_copy(update={"corpus": corpus})


def with_smoothing_for(config: Config, shows: Set[str]) -> Config:
    """The config with the smoothing for a network that learnt from `shows` alone."""
    if config.start.folder or shows != {"written"}:
        return config
    return config.model_copy(update={"smoothing": config.smoothing_written})


def with_seed(config: Config, k: int) -> Config:
    """The config with the `k`th seed after its own."""
    run = config.run.model_copy(update={"seed": config.run.seed + k})
    return config.model_copy(update={"run": run})


def to_toml(tables: dict[str, dict[str, object]]) -> str:
    """Flat tables as TOML; the standard library reads it but does not write it.

    >>> print(to_toml({"run": {"name": "a", "seed": 1}}), end="")
    [run]
    name = "a"
    seed = 1
    """
    lines: list[str] = []
    for name, table in tables.items():
        lines += ["", f"[{name}]"] if lines else [f"[{name}]"]
        lines += [f"{key} = {_value(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + "}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
