"""The answers of the service that no other module has a model of."""

from typing import Literal

from pydantic import Field

from serve.result import ModelInfo, Result, Strict


class Classified(Result):
    """The result, with the stripped transcript when `drop` was given."""

    stripped: str = Field(default="", description="Only there when `drop` was given.")


class Health(Strict):
    """The process answers."""

    status: Literal["ok"]


class Ready(Strict):
    """Requests are taken."""

    status: Literal["ready"]
    model: ModelInfo
