"""What is dropped, as Kodi's edit decision list: put it beside the media as `<media's stem>.edl`.

Source: https://kodi.wiki/view/Edit_decision_list
"""

from serve.exports.intervals import cuts, stretches
from serve.tagged import Tagged

COMMERCIAL_BREAK = 3  # skipped once; who seeks back into it hears it. 0 would be a cut for ever


def edl(tagged: Tagged) -> bytes:
    """Rows of start, end and action. Raises TimesError when the source has no times."""
    return "".join(
        f"{start_s:.3f}\t{end_s:.3f}\t{COMMERCIAL_BREAK}\n"
        for start_s, end_s in cuts(stretches(tagged))
    ).encode()
