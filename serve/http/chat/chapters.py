"""MinusPod's chapters: where the topic changes, and titles for chapters.

Lines are `[MM:SS] text` behind `Transcript:`; the answers are `MM:SS Title` and bare titles.
"""

import re

from serve.http.chat.calls import Call, Prompt
from serve.http.chat.lines import behind, with_clocks
from serve.http.chat.reading import Span, read
from serve.labels import Label
from serve.pipeline import Model

MOST_TITLES = 100  # of one answer
NO_CHANGE = "No change of topic"  # an answer must not be empty; as a line without a time it is none

_CHANGES = re.compile(r"identify ([0-9]{1,9}) major topic changes")
_TITLES = re.compile(r"Provide exactly ([0-9]{1,9}) titles, one per line:")
_FROM_START = re.compile(r"^Chapter 1 \(beginning of episode\):", re.MULTILINE)

TITLES: dict[Label, str] = {
    "intro": "Introduction",
    "career_advice": "Career and working life",
    "library_discussion": "Libraries and tools",
    "other": "Conversation",
}


def _changes(prompt: Prompt, model: Model) -> str:
    """The starts of the longest segments of content; the first one is a chapter already."""
    match = _CHANGES.search(prompt.user)
    wanted = int(match[1]) if match else 1
    reading = read(with_clocks(behind(prompt.user, "\nTranscript:\n")), model)
    content = [span for span in reading.spans[1:] if reading.is_judged and span.label in TITLES]
    longest = sorted(content, key=lambda span: span.seconds, reverse=True)[:wanted]
    return "\n".join(map(_line, sorted(longest, key=lambda span: span.start_s))) or NO_CHANGE


def _line(span: Span) -> str:
    """A chapter's start and title; hours only where the minutes would need three digits."""
    minutes, seconds = divmod(int(span.start_s), 60)
    if minutes < 100:
        return f"{minutes:02d}:{seconds:02d} {TITLES[span.label]}"
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d} {TITLES[span.label]}"


def _titles(prompt: Prompt, _model: Model) -> str:
    """As many titles as are wanted. They say nothing: it takes a writer to name a chapter."""
    match = _TITLES.search(prompt.user)
    n = min(max(1, int(match[1])) if match else 1, MOST_TITLES)
    first = "Introduction" if _FROM_START.search(prompt.user) else "Part 1"
    return "\n".join([first, *(f"Part {i}" for i in range(2, n + 1))])


CALLS = (
    Call(lambda prompt: _CHANGES.search(prompt.user) is not None, _changes),
    Call(lambda prompt: _TITLES.search(prompt.user) is not None, _titles),
)
