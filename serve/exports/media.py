"""What the media file is called, which no transcript says: like the transcript, and an mp3."""

import re
from pathlib import PurePosixPath

EXTENSIONS = (".mp3", ".m4a", ".mp4", ".ogg", ".opus", ".wav", ".flac", ".aac", ".webm", ".mkv")
GUESS = ".mp3"  # what nearly every podcast is


def media_name(name: str) -> str:
    """The name of the media file that a transcript of this name belongs to.

    >>> media_name("shows/ep.vtt"), media_name("ep.m4a.json")
    ('ep.mp3', 'ep.m4a')
    """
    stem = re.sub(r"[\r\n]", "_", PurePosixPath(name).stem)  # scripts are read line by line
    return stem if stem.lower().endswith(EXTENSIONS) else stem + GUESS
