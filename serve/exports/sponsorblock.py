"""What is dropped, as SponsorBlock's API gives segments to skip. For local players only.

Never submit these: SponsorBlock wants segments that a person has watched.
Source: https://wiki.sponsor.ajay.app/w/API_Docs
"""

import json
from uuid import NAMESPACE_URL, uuid5

from serve.exports.intervals import Stretch, stretches
from serve.labels import Label
from serve.tagged import Tagged

# SponsorBlock's `intro` is an interval without content; one with greetings and a preview is `hook`.
CATEGORIES: dict[Label, str] = {
    "sponsor_read": "sponsor",
    "self_promo": "selfpromo",
    "intro": "hook",
    "career_advice": "filler",
    "library_discussion": "filler",
    "other": "filler",
}


def sponsorblock(tagged: Tagged) -> bytes:
    """A segment to skip for each dropped one. Raises TimesError when the source has no times."""
    source = tagged.result.transcript.sha256
    found = [_segment(stretch, source) for stretch in stretches(tagged) if stretch.is_dropped]
    return json.dumps(found, indent=1).encode() + b"\n"


def _segment(stretch: Stretch, source: str) -> dict[str, object]:
    """One segment; its UUID is the same whenever the same source is tagged the same way."""
    category = CATEGORIES[stretch.segment.label]
    start_s, end_s = round(stretch.start_s, 3), round(stretch.end_s, 3)
    return {
        "segment": [start_s, end_s],
        "category": category,
        "actionType": "skip",
        "UUID": str(uuid5(NAMESPACE_URL, f"segue:{source}:{start_s}:{end_s}:{category}")),
        "videoDuration": 0,  # not known: a transcript ends before its media does
    }
