"""What is kept, as WebVTT: `<v Name>` on every cue, lines as podcast apps want them."""

from html import escape

from serve.exports.captions import captions, stamp
from serve.exports.intervals import kept_units
from serve.tagged import Tagged

WIDTH = 65  # Podcasting 2.0 asks for at most 65 characters a line


def vtt(tagged: Tagged) -> bytes:
    """Cues with their times in the whole episode. Raises TimesError when the source has none."""
    parts = ["WEBVTT\n"]
    for said in kept_units(tagged):
        speaker = said.unit.speaker
        voice = "" if speaker is None else f"<v {escape(' '.join(speaker.split()), quote=False)}>"
        for start_ms, end_ms, lines in captions(said, WIDTH):
            text = "\n".join(escape(line, quote=False) for line in lines)
            parts.append(f"\n{stamp(start_ms, '.')} --> {stamp(end_ms, '.')}\n{voice}{text}\n")
    return "".join(parts).encode()
