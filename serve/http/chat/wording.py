"""The numbers and words of answers that programs act upon; each was checked against their rules."""

import json
from typing import Any

from serve.labels import Label

# A program cuts from a confidence of 0.80 on and takes 0.05 off for trifles, so whatever Segue
# would cut is given at least 0.85; the score spreads it from there.
LOWEST, HIGHEST = 0.85, 0.99

# MinusPod reads a reason. It wants a word like "commercial" or "promo" in it, takes one of up to 60
# characters for the name of a sponsor, looks for its capitalised words in the transcript and moves
# the ad to where they are, and trusts an ad less whose reason says "sponsor" or "advertisement".
REASONS: dict[Label, str] = {
    "sponsor_read": "paid commercial read with a call to action, brand name not resolved",
    "self_promo": "promo for what the show itself sells, such as courses or membership",
    "intro": "opening of the show with greetings, housekeeping and who takes part in it",
}
UNKNOWN = "left as it was found, the language of this passage is not known here"
CONTENT = "speech that belongs to the show itself and is to be kept"

#: What MinusPod calls our labels; the others have no name there.
CATEGORIES: dict[Label, str] = {
    "sponsor_read": "sponsor",
    "self_promo": "self_promo",
    "intro": "intro",
}


def confidence(score: float) -> float:
    """The confidence to give for a score.

    >>> confidence(0.0), confidence(0.5), confidence(1.0)
    (0.85, 0.92, 0.99)
    """
    return round(LOWEST + (HIGHEST - LOWEST) * score, 2)


def seconds(time: float) -> float:
    """A time for an answer: to the hundredth of a second."""
    return round(time, 2)


def dumps(answer: Any) -> str:
    """An answer as JSON in one line."""
    return json.dumps(answer, allow_nan=False)
