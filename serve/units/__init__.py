"""Cues to units and back: one set of rules for every format.

A long cue is cut into sentences. Fine cues (word by word) are joined. Any other cue is a unit; a
cue without text gives none.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

from serve.errors import NoTextError, TooLargeError
from serve.labels import ALLOWED
from serve.transcript import Cue, Parsed, Span, Transcript, Unit
from serve.units.parts import Part, are_fine, parts
from serve.units.pieces import item_lists, pieces
from serve.units.runs import spans
from serve.units.sentences import said_at

LINE_FORMATS = ("plain", "notes")  # a line there is a paragraph or a heading, however short
MAX_UNITS = 100_000  # four days of speech; so many take ten seconds and 400 MB
RANK = {name: i for i, name in enumerate(ALLOWED)}

L = TypeVar("L", bound=str)


def build(source: str, format: str, parsed: Parsed) -> Transcript:
    """The transcript of a source that a format module has read.

    Raises NoTextError when no cue has text, TooLargeError when there are more than MAX_UNITS.
    """
    cues = parsed.cues
    join = format not in LINE_FORMATS and are_fine(cues)
    found = list(islice(parts(cues, join=join), MAX_UNITS + 1))
    if not found:
        raise NoTextError(
            f"nothing is said in this {format} transcript: none of its {len(cues)} cues has text;"
            " check that the file is complete"
        )
    if len(found) > MAX_UNITS:
        raise TooLargeError(
            f"the transcript has more than {MAX_UNITS} sentences or lines, more than are labelled"
            " at once; split it into episodes"
        )
    space = _space(cues)
    return Transcript(
        source=source,
        format=format,
        units=tuple(_unit(cues, part, space) for part in found),
        n_cues=len(cues),
        pieces=pieces(parsed, found),
        lists=item_lists(parsed, found),
    )


def cue_labels(transcript: Transcript, unit_labels: Sequence[L]) -> list[L]:
    """The label of each cue: that of its larger part in words, on a tie the one first in ALLOWED.

    A cue without units has the label of the cue before it, at the start that of the one after it.
    """
    n_words: list[Counter[L]] = [Counter() for _ in range(transcript.n_cues)]
    for unit, label in zip(transcript.units, unit_labels, strict=True):
        for cue in range(unit.first_cue, unit.stop_cue):
            n_words[cue][label] += len(unit.text.split())
    last = unit_labels[0]
    labels = []
    for counts in n_words:
        if counts:
            most = max(counts.values())
            last = min((label for label in counts if counts[label] == most), key=RANK.__getitem__)
        labels.append(last)
    return labels


def _space(cues: Sequence[Cue]) -> str:
    """What stands between joined cues: nothing where words bring their own space, as whisper's."""
    with_text = [cue for cue in cues if cue.text.strip()]
    return "" if 2 * sum(cue.text[0].isspace() for cue in with_text) > len(with_text) else " "


def _unit(cues: Sequence[Cue], part: Part, space: str) -> Unit:
    """The unit that a part becomes; `space` stands between joined cues."""
    first, last = cues[part.cue], cues[part.stop_cue - 1]
    if part.stop_cue - part.cue == 1:
        text = first.text[part.first : part.stop].strip()
        span = _edges(first, part.first, part.stop)
        start_s, end_s = _times(first, part)
    else:
        joined = [
            cue.text if space == "" else cue.text.strip() for cue in cues[part.cue : part.stop_cue]
        ]
        text = space.join(filter(None, joined)).strip()
        span = _edges(first, 0, len(first.text))[0], _edges(last, 0, part.stop)[1]
        start_s, end_s = first.start_s, last.end_s
    return Unit(
        text=text,
        span=span,
        first_cue=part.cue,
        stop_cue=part.stop_cue,
        start_s=start_s,
        end_s=end_s,
        speaker=first.speaker,
    )


def _edges(cue: Cue, first: int, stop: int) -> Span:
    """Where text[first:stop] without the white space around it begins and ends in the source."""
    text = cue.text[first:stop]
    first, stop = first + len(text) - len(text.lstrip()), stop - len(text) + len(text.rstrip())
    found = spans(cue.runs, first, stop)
    return found[0][0], found[-1][1]


def _times(cue: Cue, part: Part) -> tuple[float | None, float | None]:
    """When a part of a cue begins and ends."""
    length = len(cue.text)
    if part.stop - part.first == length:
        return cue.start_s, cue.end_s
    return (
        said_at(cue.start_s, cue.end_s, part.first / length),
        said_at(cue.start_s, cue.end_s, part.stop / length),
    )
