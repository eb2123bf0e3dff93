"""What is kept, as a script for ffmpeg, which plays or copies the episode without what is dropped.

`ffmpeg -safe 0 -i ep.vtt.keep.ffconcat -c copy ep.clean.mp3`; cuts fall on packets (mp3: 26 ms).
Source: https://ffmpeg.org/ffmpeg-formats.html#concat-1
"""

from serve.exports.intervals import keeps, stretches
from serve.exports.media import media_name
from serve.tagged import Tagged


def concat(tagged: Tagged) -> bytes:
    """One entry a kept interval, of the media file beside the script (`media_name`).

    Raises TimesError when the source has no times.
    """
    name = media_name(tagged.name).replace("'", r"'\''")
    parts = ["ffconcat version 1.0\n"]
    for start_s, end_s in keeps(stretches(tagged)):
        parts.append(f"file '{name}'\ninpoint {start_s:.3f}\n")
        if end_s is not None:
            parts.append(f"outpoint {end_s:.3f}\n")
    return "".join(parts).encode("utf-8", "surrogateescape")
