"""MinusPod: the ads of a window, or its content.

Window lines are `[45.0s - 48.0s] text`, behind `Transcript:` and up to the first `===`. Its other
calls are in serve/http/chat/review.py and serve/http/chat/chapters.py.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from serve.http.chat import chapters, review
from serve.http.chat.calls import Call, Prompt
from serve.http.chat.lines import Line, with_spans
from serve.http.chat.reading import Reading, Span, read
from serve.http.chat.wording import CATEGORIES, REASONS, confidence, dumps, seconds
from serve.pipeline import Model

SHORTEST_S = 7.0  # a shorter ad is thrown away
LONGEST_S = 300.0  # a longer one has to name its sponsor, and from 420 on is thrown away
LATEST_INTRO_S = 60.0  # a window that starts later is not the start of the episode
END_WORDS = 5  # of `end_text`, which is looked for in the transcript

KEEP_CONTENT = "You label the substantive SHOW CONTENT"  # system prompts that ask for something
SHOW_SEGMENTS = "SHOW SEGMENTS:"  # else or more

_LINE = re.compile(r"^\[[0-9]+\.[0-9]+s - [0-9]+\.[0-9]+s\]", re.MULTILINE)
_WINDOW = re.compile(
    r"^=== WINDOW [0-9]+/[0-9]+: ([0-9]{1,7}\.[0-9])-([0-9]{1,7}\.[0-9]) minutes ===", re.MULTILINE
)
_END = re.compile("^===", re.MULTILINE)


def _is_window(prompt: Prompt) -> bool:
    """Whether a window's lines or its headline are there."""
    return bool(_LINE.search(prompt.user) or _WINDOW.search(prompt.user))


def _detect(prompt: Prompt, model: Model) -> str:
    """The ads of a window, or its content where that is asked for."""
    reading = read(_lines(prompt.user), model)
    if KEEP_CONTENT in prompt.system:
        return dumps(list(_content(reading, prompt.user)))
    found = [piece for ad in _ads(reading) for piece in _pieces(ad, reading.lines)]
    if SHOW_SEGMENTS in prompt.system:
        found += _opening(reading)
    return dumps([_item(span) for span in found])


def _lines(user: str) -> list[Line]:
    """The window's lines, and none that the description or the audio signals quote."""
    _, found, rest = user.partition("\nTranscript:\n")
    return with_spans(_END.split(rest if found else user, maxsplit=1)[0])


def _ads(reading: Reading) -> Iterator[Span]:
    """The ads that are long enough; touching ones are one ad where one of them is too short."""
    for run in reading.ad_runs():
        if min(ad.seconds for ad in run) < SHORTEST_S:
            run = [_as_one(run)]
        yield from (ad for ad in run if ad.seconds >= SHORTEST_S)


def _as_one(run: Sequence[Span]) -> Span:
    """Touching ads with the label and the score of the longest."""
    return replace(
        max(run, key=lambda ad: ad.seconds),
        start_s=run[0].start_s,
        end_s=run[-1].end_s,
        first=run[0].first,
        stop=run[-1].stop,
        said=tuple(text for ad in run for text in ad.said),
    )


def _pieces(ad: Span, lines: Sequence[Line]) -> Iterator[Span]:
    """The ad, halved between two lines until no part is too long."""
    if ad.seconds <= LONGEST_S or ad.stop - ad.first < 2:
        yield ad
        return
    middle = (ad.start_s + ad.end_s) / 2
    cut = min(range(ad.first + 1, ad.stop), key=lambda i: abs(_start(lines[i]) - middle))
    said = lines[cut - 1].text or ad.said[-1]
    yield from _pieces(replace(ad, end_s=_start(lines[cut]), stop=cut, said=(said,)), lines)
    yield from _pieces(replace(ad, start_s=_start(lines[cut]), first=cut), lines)


def _start(line: Line) -> float:
    """When a line starts; every line of a window says so."""
    return line.start_s or 0.0


def _opening(reading: Reading) -> list[Span]:
    """The intro, when the window is the start of the episode."""
    if not reading.is_judged or _start(reading.lines[0]) > LATEST_INTRO_S:
        return []
    return [s for s in reading.spans if s.label == "intro" and s.seconds >= SHORTEST_S]


def _item(span: Span) -> dict[str, Any]:
    """One item of the answer. Start and end come first: they are found by the order of the keys."""
    return {
        "start": seconds(span.start_s),
        "end": seconds(span.end_s),
        "confidence": confidence(span.score),
        "category": CATEGORIES[span.label],
        "reason": REASONS[span.label],
        "end_text": " ".join(span.said[-1].split()[-END_WORDS:]),
    }


def _content(reading: Reading, user: str) -> Iterator[dict[str, float]]:
    """What lies between the ads: all else is cut, so pauses and music belong to it as well."""
    times = [time for line in reading.lines for time in line[1:] if time is not None]
    window = _WINDOW.search(user)
    if window is not None:
        times += [60 * float(minutes) for minutes in window.groups()]
    if not times:
        return
    ads = list(_ads(reading))
    starts = [min(times), *(ad.end_s for ad in ads)]
    stops = [*(ad.start_s for ad in ads), max(times)]
    for start_s, end_s in zip(starts, stops, strict=True):
        if seconds(start_s) < seconds(end_s):
            yield {"start": seconds(start_s), "end": seconds(end_s)}


CALLS = (*review.CALLS, *chapters.CALLS, Call(_is_window, _detect))
