"""Plain text: a cue a line, or a sentence of a line of over 100 words; `Ann:` may come first."""

from collections.abc import Iterator, Sequence

from serve.formats import speakers
from serve.formats.lines import Line, Spoken, lines, parsed
from serve.transcript import Parsed
from serve.units.runs import straight


def read(source: str) -> Parsed:
    """The cues of a plain text."""
    rows = lines(source)
    known = speakers.names((row.text for row in rows), once=False)
    return parsed(source, rows, _spoken(rows, known), straight)


def _spoken(rows: Sequence[Line], known: speakers.Names) -> Iterator[Spoken]:
    """Where the speech of each line begins, and whose it is; a name alone heads what follows."""
    heading = None
    for i, row in enumerate(rows):
        speech = row.text.lstrip()
        if not speech:
            continue
        begin = row.stop - len(speech)
        found = speakers.prefix(speech)
        if found is None or found[0] not in known:
            yield Spoken(i, begin, speaker=heading)
            continue
        name, length = found
        heading = name if length == len(speech) else None
        yield Spoken(i, begin + length, opens=True, speaker=name)
