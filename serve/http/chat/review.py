"""MinusPod's second looks: whether a candidate is an ad, and of which sort ads are.

Both repeat a part of the window, the candidate's lines as `[45.0s-48.0s] text`.
"""

import json
import re
from typing import Any

from serve.http.chat.calls import Call, Prompt
from serve.http.chat.lines import Line, with_spans
from serve.http.chat.reading import Reading, read
from serve.http.chat.wording import CATEGORIES, REASONS, UNKNOWN, confidence, dumps, seconds
from serve.pipeline import Model

LARGEST_SHIFT_S = 60.0  # how far an edge may be moved

_CANDIDATE = ">>> CANDIDATE AD START"
_BOUNDS = re.compile(
    r"Original boundaries: ([0-9]{1,7}(?:\.[0-9]{1,9})?)s - ([0-9]{1,7}(?:\.[0-9]{1,9})?)s"
)
_WORD_TIMES = "\nBoundary word timing"  # words behind it repeat what the lines say
_REJECTED = "was rejected for low confidence"  # whatever is not [] brings such an ad back
_TO_CATEGORISE = "Segments needing a category:"


def _review(prompt: Prompt, model: Model) -> str:
    """The ads that the candidate overlaps as one, or [] for no ad."""
    bounds = _BOUNDS.search(prompt.user)
    if bounds is None:
        return dumps([])
    start_s, end_s = float(bounds[1]), float(bounds[2])
    reading = read(_lines(prompt.user), model)
    if not reading.is_judged:  # what was decided before stays
        kept = [] if _REJECTED in prompt.user else [_verdict(start_s, end_s, 0.5, UNKNOWN)]
        return dumps(kept)
    ads = [ad for ad in reading.ads() if ad.start_s < end_s and start_s < ad.end_s]
    if not ads:
        return dumps([])
    longest = max(ads, key=lambda ad: ad.seconds)
    moved_start_s = _moved(start_s, min(ad.start_s for ad in ads))
    moved_end_s = _moved(end_s, max(ad.end_s for ad in ads))
    return dumps([_verdict(moved_start_s, moved_end_s, longest.score, REASONS[longest.label])])


def _lines(user: str) -> list[Line]:
    """The lines before, in and behind the candidate, each once."""
    lines = with_spans(user.partition(_WORD_TIMES)[0])
    return sorted(dict.fromkeys(lines), key=lambda line: (line.start_s, line.end_s))


def _moved(edge_s: float, to_s: float) -> float:
    """`to_s`, as near to it as an edge may be moved."""
    return min(max(to_s, edge_s - LARGEST_SHIFT_S), edge_s + LARGEST_SHIFT_S)


def _verdict(start_s: float, end_s: float, score: float, reason: str) -> dict[str, Any]:
    """The answer for an ad."""
    return {
        "is_ad": True,
        "start": seconds(start_s),
        "end": seconds(end_s),
        "confidence": confidence(score),
        "reason": reason,
    }


def _categorise(prompt: Prompt, model: Model) -> str:
    """A category for every segment of the list in the prompt."""
    excerpt, _, listed = prompt.user.rpartition(_TO_CATEGORISE)
    try:
        items, _ = json.JSONDecoder().raw_decode(listed.strip())
    except (ValueError, RecursionError):
        return dumps([])
    reading = read(with_spans(excerpt), model)
    return dumps(
        [
            {"index": item["index"], "category": _category(item, reading)}
            for item in (items if isinstance(items, list) else [])
            if isinstance(item, dict) and type(item.get("index")) is int
        ]
    )


def _category(item: dict[str, Any], reading: Reading) -> str:
    """The category of most of a segment; sponsor, as MinusPod itself has it, where none fits."""
    start_s, end_s = item.get("start"), item.get("end")
    shared = dict.fromkeys(CATEGORIES.values(), 0.0)
    if reading.is_judged and isinstance(start_s, int | float) and isinstance(end_s, int | float):
        for span in reading.spans:
            overlap_s = min(span.end_s, end_s) - max(span.start_s, start_s)
            if span.label in CATEGORIES and overlap_s > 0:
                shared[CATEGORIES[span.label]] += overlap_s
    return max(shared, key=lambda category: shared[category])


CALLS = (
    Call(lambda prompt: _TO_CATEGORISE in prompt.user, _categorise),
    Call(lambda prompt: _CANDIDATE in prompt.user, _review),
)
