"""What a program asks, and one way to answer it."""

from collections.abc import Callable
from typing import NamedTuple

from serve.pipeline import Model


class Prompt(NamedTuple):
    """The messages of a request: the system's in one, and the user's last."""

    system: str
    user: str


class Call(NamedTuple):
    """A kind of request that a program makes."""

    fits: Callable[[Prompt], bool]  # by the shape of the user message
    answer: Callable[[Prompt, Model], str]  # never empty, whatever the message holds
