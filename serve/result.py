"""The result of tagging: one JSON object, the same from the command, from HTTP and from Python."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serve.labels import Label


class Strict(BaseModel):
    """Frozen, and unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelInfo(Strict):
    """Which model labelled the transcript; `sha256` is the hash of its model.onnx."""

    name: str
    version: str
    sha256: str


class TranscriptInfo(Strict):
    """What was labelled; `sha256` is the hash of the source's bytes."""

    format: str
    sha256: str
    n_cues: int = Field(ge=0)
    n_units: int = Field(ge=1)
    n_words: int = Field(ge=0)
    duration_s: float | None


class Warning(Strict):
    """Something the reader of the result should know."""

    code: Literal["not_english"]
    message: str


class Segment(Strict):
    """A run of units with one label. Cues count from 1, both ends included; bytes are half-open."""

    label: Label
    score: float = Field(ge=0, le=1)
    first: int = Field(ge=1)
    last: int = Field(ge=1)
    start_s: float | None
    end_s: float | None
    start_byte: int = Field(ge=0)
    end_byte: int = Field(ge=0)
    n_words: int = Field(ge=0)


class Result(Strict):
    """Segments in order, covering every unit once; neighbours differ in label."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    model: ModelInfo
    transcript: TranscriptInfo
    warnings: tuple[Warning, ...] = ()
    segments: tuple[Segment, ...]

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)
