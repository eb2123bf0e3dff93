"""What a user of the page changed, and the units as the page shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from serve.errors import RequestError
from serve.http.requests import Envelope
from serve.labels import LABELS, Label
from serve.pipeline import Labelled
from serve.result import Strict


class Correction(Strict):
    """Units that a person labelled; counted from 1, both ends included."""

    first: int = Field(ge=1)
    last: int = Field(ge=1)
    label: Label


class PageEnvelope(Envelope):
    """What /classify takes, and what only a person can know."""

    corrections: tuple[Correction, ...] = ()
    force: bool = False  # cut from what is probably not English, too


def corrected(labelled: Labelled, corrections: Sequence[Correction]) -> Labelled:
    """The units with the labels that a person gave them, each with probability 1.

    Raises RequestError when a correction lies outside the transcript.
    """
    path, probs = labelled.path.copy(), labelled.probs.copy()
    for one in corrections:
        if not one.first <= one.last <= len(path):
            raise RequestError(
                f"corrections: units {one.first} to {one.last} are not among the {len(path)} of"
                " this transcript; load the page again"
            )
        label, units = LABELS.index(one.label), slice(one.first - 1, one.last)
        path[units] = label
        probs[units] = 0
        probs[units, label] = 1
    return replace(labelled, path=path, probs=probs)


def rows(labelled: Labelled) -> Iterator[dict[str, Any]]:
    """Each unit: cues (from 1, both included), times, text, label and the score of that label."""
    for i, unit in enumerate(labelled.transcript.units):
        label = int(labelled.path[i])
        yield {
            "first": unit.first_cue + 1,
            "last": unit.stop_cue,
            "start_s": unit.start_s,
            "end_s": unit.end_s,
            "speaker": unit.speaker,
            "text": unit.text,
            "n_words": int(labelled.n_words[i]),
            "label": LABELS[label],
            "score": float(labelled.probs[i, label]),
        }
