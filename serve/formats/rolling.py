"""Captions that roll: each begins with the line that the one before it ended with."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from serve.formats import markup
from serve.formats.captions import Caption
from serve.formats.lines import Line, whole
from serve.transcript import Copy, Cue, Parsed

ROLLING_SHARE = 0.3  # of a file's captions; in talk, a line is said twice far more seldom


def fold(
    source: str, rows: Sequence[Line], captions: Sequence[Caption], cues: Sequence[Cue]
) -> Parsed:
    """The cues; where captions roll, a repeated line is a copy and not said again."""
    if not _may_roll(cues):
        return Parsed(cues)
    texts = [_lines_of(source, rows, caption) for caption in captions]
    repeats = _repeats(texts)
    if not repeats or len(repeats) < ROLLING_SHARE * sum(map(bool, texts)):
        return Parsed(cues)
    folded, copies = [], []
    length, last = 0, (0, 0)  # characters of speech so far, and where its last line lies
    for i, (caption, cue, said) in enumerate(zip(captions, cues, texts, strict=True)):
        if i in repeats and len(said) == 1:
            span = whole(rows, caption.first, caption.stop)
            copies.append(Copy(span, *last))
            cue = replace(cue, text="", runs=(), whole=None)
        elif i in repeats:
            begin = rows[said[1][0]].start
            copies.append(Copy((rows[caption.text].start, begin), *last))
            text, runs = markup.read(source, (begin, rows[caption.stop - 1].stop))
            cue = replace(cue, text=text, runs=runs)
        folded.append(cue)
        length += len(cue.text)
        if cue.text:
            last = length - min(len(said[-1][1]), len(cue.text)), length
    return Parsed(folded, copies)


def _may_roll(cues: Sequence[Cue]) -> bool:
    """A quick look: whether many cues begin with what the one before them says."""
    begins = sum(b.text[:8].strip() in a.text for a, b in pairwise(cues) if b.text.strip())
    return begins > ROLLING_SHARE / 2 * len(cues)


def _lines_of(source: str, rows: Sequence[Line], caption: Caption) -> list[tuple[int, str]]:
    """The row and the spoken text of each line of a caption that has any."""
    read = (
        (i, markup.read(source, (rows[i].start, rows[i].stop))[0])
        for i in range(caption.text, caption.stop)
    )
    return [(i, text) for i, text in read if text.strip()]


def _repeats(texts: Sequence[Sequence[tuple[int, str]]]) -> set[int]:
    """Which captions begin with the last line of the one before them."""
    found, last = set(), ""
    for i, said in enumerate(texts):
        if said:
            if said[0][1].strip() == last:
                found.add(i)
            last = said[-1][1].strip()
    return found
