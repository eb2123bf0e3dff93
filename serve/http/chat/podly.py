"""Podly: the ad lines of a chunk, and the edges of an ad block.

Chunk lines are `[53.8] text` between two markers, with cue words set in `***`. An answer never
holds an apostrophe: Podly turns each into a double quote.
"""

import re

from serve.http.chat.calls import Call, Prompt
from serve.http.chat.lines import Line, behind, with_starts
from serve.http.chat.reading import Reading, read
from serve.http.chat.wording import confidence, dumps
from serve.labels import Label
from serve.pipeline import Model

# Podly takes this much off an answer about self-promotion, and so leaves it in. Where a chunk holds
# both sorts of ads we take it off the lines that are self-promotion, for the same outcome.
SELF_PROMO_LESS = 0.25
CONTENT_TYPES: dict[Label, str] = {
    "sponsor_read": "promotional_external",
    "self_promo": "educational/self_promo",
}
PHRASE_WORDS = 4

_START, _END = "[TRANSCRIPT START]", "[TRANSCRIPT END]"
_BLOCK = re.compile(
    r"\*\*Detected Ad Block\*\*: ([0-9]{1,9}(?:\.[0-9]+)?)s - ([0-9]{1,9}(?:\.[0-9]+)?)s"
)
_CONTEXT = "**CONTEXT SEGMENTS**:"
_OUTPUT = "**OUTPUT FORMAT**:"
_NUMBERED = re.compile(
    r"^\[seq=([0-9]{1,9}) start=([0-9]{1,9}(?:\.[0-9]+)?) end=([0-9]{1,9}(?:\.[0-9]+)?)\] ?(.*)$",
    re.MULTILINE,
)
_BRACES = str.maketrans("", "", "{}")  # the answer is taken from the first { to the first }


def _detect(prompt: Prompt, model: Model) -> str:
    """An entry for every ad line of a chunk."""
    chunk = behind(prompt.user, _START).partition(_END)[0]
    lines = with_starts(chunk.replace("***", ""))
    reading = read(lines, model)
    labelled = [(lines[i], *reading.line_labels[i]) for i in reading.ad_lines()]
    if not labelled:
        return dumps({"ad_segments": []})
    found: set[Label] = {label for _, label, _ in labelled}
    mixed = len(found) > 1
    return dumps(
        {
            "ad_segments": [
                {
                    "segment_offset": line.start_s,
                    "confidence": _confidence(score, less=mixed and label == "self_promo"),
                }
                for line, label, score in labelled
            ],
            "content_type": CONTENT_TYPES["sponsor_read" if mixed else found.pop()],
            "confidence": confidence(max(score for _, _, score in labelled)),
        }
    )


def _confidence(score: float, *, less: bool) -> float:
    """A line's confidence."""
    return round(confidence(score) - (SELF_PROMO_LESS if less else 0.0), 2)


def _refine(prompt: Prompt, model: Model) -> str:
    """The edges of an ad block as times, from lines with a start."""
    start_s, end_s = _block(prompt.user)
    lines = with_starts(prompt.user.rpartition(_CONTEXT)[2].partition(_OUTPUT)[0])
    reading = read(lines, model)
    run = _ad_run(reading, start_s, end_s)
    if run:
        starts = [line.start_s or 0.0 for line in lines]
        start_s = starts[run[0]]
        after = run[-1] + 1  # nothing says when the last line ends
        end_s = starts[after] if after < len(starts) else max(end_s, starts[-1])
    reason = _reason(bool(run))
    return dumps(
        {
            "refined_start": start_s,
            "refined_end": end_s,
            "start_adjustment_reason": reason,
            "end_adjustment_reason": reason,
        }
    )


def _refine_words(prompt: Prompt, model: Model) -> str:
    """The edges of an ad block as words, from numbered lines; without phrases they stay."""
    start_s, end_s = _block(prompt.user)
    found = list(_NUMBERED.finditer(prompt.user))
    lines = [Line(m[4].strip(), float(m[2]), float(m[3])) for m in found]
    run = _ad_run(read(lines, model), start_s, end_s)
    reason = _reason(bool(run))
    edges = (
        {
            "refined_start_segment_seq": int(found[run[0]][1]),
            "refined_start_phrase": _phrase(lines[run[0]].text.split()[:PHRASE_WORDS]),
            "refined_end_segment_seq": int(found[run[-1]][1]),
            "refined_end_phrase": _phrase(lines[run[-1]].text.split()[-PHRASE_WORDS:]),
        }
        if run
        else {}
    )
    return dumps({**edges, "start_adjustment_reason": reason, "end_adjustment_reason": reason})


def _block(user: str) -> tuple[float, float]:
    """The start and the end of the block in question."""
    match = _BLOCK.search(user)
    return (float(match[1]), float(match[2])) if match else (0.0, 0.0)


def _ad_run(reading: Reading, start_s: float, end_s: float) -> list[int]:
    """The ad lines that start in the block, and those that touch them."""
    ads = set(reading.ad_lines())
    inside = [i for i in sorted(ads) if start_s <= (reading.lines[i].start_s or 0.0) < end_s]
    if not inside:
        return []
    first, last = inside[0], inside[-1]
    while first - 1 in ads:
        first -= 1
    while last + 1 in ads:
        last += 1
    return list(range(first, last + 1))


def _phrase(words: list[str]) -> str:
    """Words that are looked for in the line."""
    return " ".join(words).translate(_BRACES)


def _reason(is_found: bool) -> str:
    """Why an edge is where it is."""
    return "edge of the paid read" if is_found else "No adjustment needed"


def _has_block(prompt: Prompt) -> bool:
    """Whether the edges of a block are in question."""
    return _BLOCK.search(prompt.user) is not None


def _has_numbered_block(prompt: Prompt) -> bool:
    """Whether they are, among numbered lines."""
    return _has_block(prompt) and _NUMBERED.search(prompt.user) is not None


CALLS = (
    Call(_has_numbered_block, _refine_words),
    Call(_has_block, _refine),
    Call(lambda prompt: _START in prompt.user, _detect),
)
