"""Transcripts as plain recognisers write them: lower case, no punctuation."""

import json
import re
from dataclasses import replace

from serve.formats import READERS, decode
from serve.formats.detect import detect
from serve.transcript import Cue
from train.corpus import Episode

# What stands between letters or digits is part of the word: don't, 3.5, leafbox.com. A dash is not.
PUNCTUATION = re.compile(r"(?<!\w)[^\w\s]|[^\w\s](?!\w)|[–—…]")


def bare(episode: Episode) -> Episode:
    """The episode in lower case without punctuation, as JSON of the same cues and times.

    The labels are by cue and stay right.
    """
    source = decode(episode.source)
    segments = [_segment(cue) for cue in READERS[detect(source)](source).cues]
    return replace(episode, source=json.dumps({"segments": segments}).encode())


def bare_text(text: str) -> str:
    """Words alone.

    >>> bare_text("Don't wait... Go to Leafbox.com -- it's $20!")
    "don't wait go to leafbox.com it's 20"
    """
    return " ".join(PUNCTUATION.sub(" ", text).lower().split())


def _segment(cue: Cue) -> dict[str, object]:
    times = {"startTime": cue.start_s, "endTime": cue.end_s}
    return {**{k: s for k, s in times.items() if s is not None}, "body": bare_text(cue.text)}
