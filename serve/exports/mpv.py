"""What is kept, as mpv's edit decision list: `mpv ep.vtt.mpv.edl` plays it, cuts and all.

Source: https://github.com/mpv-player/mpv/blob/master/DOCS/edl-mpv.rst
"""

from serve.exports.intervals import keeps, stretches
from serve.exports.media import media_name
from serve.tagged import Tagged


def mpv(tagged: Tagged) -> bytes:
    """One entry a kept interval, of the media file beside the list (`media_name`).

    Raises TimesError when the source has no times.
    """
    name = media_name(tagged.name).encode("utf-8", "surrogateescape")
    rows = [b"# mpv EDL v0\n"]
    for start_s, end_s in keeps(stretches(tagged)):
        length = "" if end_s is None else f",{end_s - start_s:.3f}"
        # %n% says that the name has n bytes, whatever they are.
        rows.append(b"%%%d%%%b,%b\n" % (len(name), name, f"{start_s:.3f}{length}".encode()))
    return b"".join(rows)
