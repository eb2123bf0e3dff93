"""What a caller may choose, read the same way from a command line, a query and a JSON envelope."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from serve.errors import RequestError
from serve.formats import FORMATS
from serve.labels import LABELS, Label

AUTO = "auto"  # tell the format from the source
NOTHING = "none"  # the word that stands for no labels at all


class Options(BaseModel):
    """Choices for one transcript; `drop` is None when nobody asked for a stripped transcript."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str = AUTO
    drop: tuple[Label, ...] | None = None
    min_score: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)

    @field_validator("format")
    @classmethod
    def _known(cls, name: str) -> str:
        """Refuse a format that does not exist."""
        names = [AUTO, *(known for known in FORMATS if known != AUTO)]
        if name not in names:
            raise ValueError(f"{name!r} is not a format; the formats are {', '.join(names)}")
        return name

    @field_validator("drop", mode="before")
    @classmethod
    def _labels(cls, names: Any) -> tuple[str, ...] | None:
        """Labels from a list of names."""
        if names is None:
            return None
        if not isinstance(names, list | tuple) or not all(isinstance(n, str) for n in names):
            raise ValueError(
                f'{names!r} is not a list of labels; write for example ["{LABELS[0]}"]'
            )
        if not names or [name.strip() for name in names] == [NOTHING]:
            return ()
        if any(name.strip() == NOTHING for text in names for name in text.split(",")):
            raise ValueError(f"{NOTHING!r} stands alone; leave it out or leave the others out")
        return chosen(names, LABELS, "label")


def options_from(values: dict[str, Any]) -> Options:
    """Options from values as they were sent. Raises RequestError naming the field at fault."""
    try:
        return Options.model_validate(values)
    except ValidationError as error:
        raise RequestError(explained(error, Options)) from None


def chosen(texts: Iterable[str], known: Sequence[str], noun: str) -> tuple[str, ...]:
    """Names out of comma-separated lists, each once.

    Raises ValueError for a name that is not among `known`.

    >>> chosen(["b,a", "b"], ["a", "b", "c"], "letter")
    ('b', 'a')
    """
    names = tuple(dict.fromkeys(name.strip() for text in texts for name in text.split(",")))
    for name in names:
        if name not in known:
            what = f"{name!r} is not a {noun}" if name else f"a {noun} is missing"
            raise ValueError(f"{what}; the {noun}s are {', '.join(known)}")
    return names


def explained(error: ValidationError, model: type[BaseModel]) -> str:
    """What pydantic found wrong, in one line for people: fields, values and what to do."""
    return "; ".join(_one(problem, tuple(model.model_fields)) for problem in error.errors())


def _one(problem: ErrorDetails, fields: tuple[str, ...]) -> str:
    """One problem of a ValidationError."""
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{name!r} is not known here; known are {', '.join(fields)}"
    if problem["type"] == "value_error":
        return f"{name}: {problem['ctx']['error']}"
    message = problem["msg"].replace("Input should be", "it should be")
    return f"{name}: {message}, not {problem['input']!r}"
