"""Chapters that ffmpeg puts into a media file, for players that read no chapters file.

`ffmpeg -i ep.mp3 -i ep.vtt.chapters.ffmeta -map_metadata 0 -map_chapters 1 -c copy out.mp3`
Source: https://ffmpeg.org/ffmpeg-formats.html#Metadata-2
"""

from itertools import pairwise

from serve.exports.intervals import stretches
from serve.exports.titles import TITLES
from serve.tagged import Tagged


def ffmetadata(tagged: Tagged) -> bytes:
    """A chapter a segment, one behind the other without gaps: containers know no other sort.

    Raises TimesError when the source has no times.
    """
    found = stretches(tagged)
    starts = [0, *(stretch.start_s for stretch in found[1:])]
    edges = pairwise([*starts, *(stretch.end_s for stretch in found[-1:])])
    parts = [";FFMETADATA1\n"]
    for stretch, (start_s, end_s) in zip(found, edges, strict=False):
        times = f"START={round(1000 * start_s)}\nEND={round(1000 * end_s)}\n"
        title = TITLES[stretch.segment.label]
        parts.append(f"[CHAPTER]\nTIMEBASE=1/1000\n{times}title={title}\n")
    return "".join(parts).encode()
