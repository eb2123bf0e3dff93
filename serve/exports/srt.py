"""What is kept, as SubRip: numbered, `Name:` where the speaker changes, plain text."""

from serve.exports.captions import captions, stamp
from serve.exports.intervals import kept_units
from serve.tagged import Tagged

WIDTH = 32  # Podcasting 2.0 asks for at most two lines of 32 characters


def srt(tagged: Tagged) -> bytes:
    """Cues with their times in the whole episode. Raises TimesError when the source has none.

    SubRip has no escapes: text stays as it is, but for the arrow that would read as a timing.
    """
    parts: list[str] = []
    speaker = None
    for said in kept_units(tagged):
        front = ""
        if said.unit.speaker is not None and said.unit.speaker != speaker:
            front = f"{said.unit.speaker}: "
        speaker = said.unit.speaker
        for start_ms, end_ms, lines in captions(said, WIDTH, front):
            text = "\n".join(lines).replace("-->", "->")
            times = f"{stamp(start_ms, ',')} --> {stamp(end_ms, ',')}"
            parts.append(f"{len(parts) + 1}\n{times}\n{text}\n")
    return "\n".join(parts).encode()
