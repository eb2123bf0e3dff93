"""Labels for Audacity (File, Import, Labels): every segment over its time, to hear and correct.

`segue import` reads them back. Source: https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from serve.exports.intervals import stretches
from serve.tagged import Tagged


def audacity(tagged: Tagged) -> bytes:
    """Rows of start and end in seconds, and label and score.

    Raises TimesError when the source has no times.
    """
    return "".join(
        f"{start_s:.6f}\t{end_s:.6f}\t{segment.label} {segment.score:.2f}\n"
        for segment, _, start_s, end_s in stretches(tagged)
    ).encode()
