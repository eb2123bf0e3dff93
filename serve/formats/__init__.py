"""Bytes to a Transcript, whatever tool wrote them. A format is a module and a row here.

`read(source) -> Parsed` finds the cues, where their text stands, and what repeats it; what becomes
a unit is the same for all formats (`serve.units`).
"""

from collections.abc import Callable

from serve.errors import EncodingError, NoTextError, TooLargeError, UnknownFormatError
from serve.formats import json_transcript, notes, plain, srt, timed_text, tsv, vtt
from serve.formats.detect import detect
from serve.transcript import Parsed, Transcript
from serve.units import build

MAX_BYTES = 32 * 2**20  # a whisperX file with word times of a four-hour episode has about 12 MiB

READERS: dict[str, Callable[[str], Parsed]] = {
    "json": json_transcript.read,
    "vtt": vtt.read,
    "srt": srt.read,
    "tsv": tsv.read,
    "timed_text": timed_text.read,
    "notes": notes.read,
    "plain": plain.read,
}
FORMATS = tuple(READERS)


def parse(source: bytes, format: str = "auto") -> Transcript:
    """The transcript in `source`: its text, its units, and how to cut them out again.

    Raises TranscriptError when it is too large, not UTF-8, of no format we know, breaks the rules
    of its format, or holds no text.
    """
    if format != "auto" and format not in READERS:
        raise UnknownFormatError(
            f"there is no format {format!r}; use auto or one of {', '.join(FORMATS)}"
        )
    text = decode(source)
    if not text.strip("\ufeff \t\r\n"):
        raise NoTextError("the transcript is empty; send the text that was spoken")
    if format == "auto":
        format = detect(text)
    return build(text, format, READERS[format](text))


def decode(source: bytes) -> str:
    """UTF-8 bytes as text, a byte order mark included."""
    if not isinstance(source, bytes):
        raise TypeError("the source must be bytes, as Path.read_bytes() gives them, and no str")
    if len(source) > MAX_BYTES:
        raise TooLargeError(
            f"the transcript has {len(source)} bytes, more than the {MAX_BYTES} that are read;"
            " split it into episodes, or leave out word times"
        )
    head = source[:64]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or 3 * head.count(b"\0") > len(head):
        raise EncodingError(
            "byte 0, line 1: the transcript looks like UTF-16; convert it with"
            " `iconv -f UTF-16 -t UTF-8`"
        )
    if b"\0" in head:
        raise EncodingError(
            f"byte {head.index(0)}: this is no text but sound or another binary file; transcribe it"
            " first, or unpack it"
        )
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise EncodingError(
            f"byte {error.start}, line {line}: {source[error.start]:#04x} is not UTF-8"
            f" ({error.reason}); convert the transcript, for example with"
            " `iconv -f WINDOWS-1252 -t UTF-8`"
        ) from None
