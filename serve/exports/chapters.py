"""Podcasting 2.0 chapters: what is kept as titled chapters, what is dropped as silent marks.

Source: https://github.com/Podcastindex-org/podcast-namespace/blob/main/chapters/jsonChapters.md
"""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from serve.exports.intervals import Stretch, stretches
from serve.exports.titles import TITLES
from serve.tagged import Tagged


def chapters(tagged: Tagged) -> bytes:
    """Chapters in order of their start; the first kept one opens the episode.

    A mark with `toc: false` lies inside the chapter around it, so that players show nothing there.
    Raises TimesError when the source has no times.
    """
    found = stretches(tagged)
    marks = [_mark(stretch) for stretch in found if stretch.is_dropped]
    both = sorted([*_titled(found), *marks], key=lambda chapter: chapter["startTime"])
    whole = {"version": "1.2.0", "chapters": both}
    return json.dumps(whole, indent=1).encode() + b"\n"


def _mark(stretch: Stretch) -> dict[str, Any]:
    """A silent mark: no entry in the table of contents."""
    return {
        "startTime": round(stretch.start_s, 3),
        "endTime": round(stretch.end_s, 3),
        "title": TITLES[stretch.segment.label],
        "toc": False,
    }


def _titled(found: Sequence[Stretch]) -> list[dict[str, Any]]:
    """A chapter for each run of one label among the kept; what is dropped parts no chapter."""
    kept = (stretch for stretch in found if not stretch.is_dropped)
    chapters = [
        {"startTime": round(next(run).start_s, 3), "title": TITLES[label]}
        for label, run in groupby(kept, key=lambda stretch: stretch.segment.label)
    ]
    if chapters:
        chapters[0]["startTime"] = 0.0
    return chapters
