"""What is kept, as a Podcasting 2.0 JSON transcript.

Source: https://github.com/Podcastindex-org/podcast-namespace/blob/main/transcripts/transcripts.md
"""

import json

from serve.exports.intervals import kept_units
from serve.tagged import Tagged


def podcast_json(tagged: Tagged) -> bytes:
    """A segment a unit, with its time in the whole episode.

    Raises TimesError when the source has none.
    """
    segments: list[dict[str, str | float]] = []
    for unit, start_s, end_s in kept_units(tagged):
        speaker = {} if unit.speaker is None else {"speaker": unit.speaker}
        times = {"startTime": round(start_s, 3), "endTime": round(end_s, 3)}
        segments.append({**speaker, **times, "body": unit.text})
    whole = {"version": "1.0.0", "segments": segments}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"
