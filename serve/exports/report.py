"""An episode as one HTML page for people: a timeline, and the text with its segments marked.

The page is whole in itself: no script, nothing from other hosts, and a policy that forbids both.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from serve.exports.passages import Passage, passages
from serve.exports.titles import TITLES
from serve.result import Segment
from serve.tagged import Tagged
from serve.transcript import Unit

PARAGRAPH_WORDS = 80  # after which a paragraph ends, where no speaker changes

_TEMPLATES = Environment(
    loader=PackageLoader("serve", "exports"), autoescape=True, undefined=StrictUndefined
)


class Paragraph(NamedTuple):
    """What one speaker says; `at` is when."""

    at: str
    speaker: str
    text: str


class Part(NamedTuple):
    """A segment as the page shows it; left and width are percent of the timeline."""

    label: str
    title: str
    when: str
    score: str
    is_dropped: bool
    left: float
    width: float
    paragraphs: list[Paragraph]


def report(tagged: Tagged) -> bytes:
    """The page. Without times, the timeline goes by words."""
    found = passages(tagged)
    page = _TEMPLATES.get_template("report.html").render(
        name=_readable(PurePosixPath(tagged.name).name),
        summary=_summary(tagged),
        result=tagged.result,
        legend=_legend(found),
        titles=TITLES,
        parts=[_part(one, *span) for one, span in zip(found, _places(tagged, found), strict=True)],
    )
    return page.encode("utf-8", "replace")


def _part(passage: Passage, left: float, stop: float) -> Part:
    """One segment; `left` and `stop` are percent."""
    segment = passage.segment
    return Part(
        label=segment.label,
        title=TITLES[segment.label],
        when=_when(segment),
        score=f"{segment.score:.2f}",
        is_dropped=passage.is_dropped,
        left=round(left, 3),
        width=round(stop - left, 3),
        paragraphs=list(_paragraphs(passage.units)),
    )


def _places(tagged: Tagged, found: Sequence[Passage]) -> list[tuple[float, float]]:
    """Where each segment lies on the timeline, in percent: by its time, or else by its words."""
    starts = [passage.segment.start_s for passage in found]
    known = [start_s for start_s in starts if start_s is not None]
    end_s = tagged.result.transcript.duration_s or 0.0
    if len(known) == len(starts) and end_s > 0 and sorted([*known, end_s]) == [*known, end_s]:
        edges = [*known, end_s]
    else:
        edges = list(accumulate((float(p.segment.n_words) for p in found), initial=0.0))
    return [(100 * a / (edges[-1] or 1), 100 * b / (edges[-1] or 1)) for a, b in pairwise(edges)]


def _legend(found: Sequence[Passage]) -> Iterator[tuple[str, str]]:
    """Each label that occurs, with its share of the words."""
    n_all = sum(passage.segment.n_words for passage in found) or 1
    for label in TITLES:
        of_label = [p.segment.n_words for p in found if p.segment.label == label]
        if of_label:
            yield label, f"{100 * sum(of_label) / n_all:.0f} % of words"


def _paragraphs(units: Sequence[Unit]) -> Iterator[Paragraph]:
    """The text, parted where the speaker changes or a paragraph is long."""
    said: list[Unit] = []
    for unit in units:
        n_words = sum(len(one.text.split()) for one in said)
        if said and (unit.speaker != said[-1].speaker or n_words >= PARAGRAPH_WORDS):
            yield _paragraph(said)
            said = []
        said.append(unit)
    yield _paragraph(said)


def _paragraph(said: Sequence[Unit]) -> Paragraph:
    at = "" if said[0].start_s is None else clock(said[0].start_s)
    return Paragraph(at, said[0].speaker or "", " ".join(unit.text for unit in said))


def _summary(tagged: Tagged) -> str:
    """How long the episode is and how much of it is dropped."""
    info, dropped = tagged.result.transcript, tagged.dropped()
    length = "" if info.duration_s is None else f"{clock(info.duration_s)}, "
    segments = "1 segment" if len(dropped) == 1 else f"{len(dropped)} segments"
    n_words = sum(segment.n_words for segment in dropped)
    cut = f"{segments} dropped ({n_words} words)" if dropped else "nothing dropped"
    return f"{length}{info.n_words} words, {len(tagged.result.segments)} segments; {cut}"


def _when(segment: Segment) -> str:
    """From when to when, as far as it is known."""
    times = (segment.start_s, segment.end_s)
    return "–".join(clock(time_s) for time_s in times if time_s is not None)


def _readable(name: str) -> str:
    """A file's name, which may hold bytes that are no text."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def clock(seconds: float) -> str:
    """A time for people.

    >>> clock(62.5), clock(3723)
    ('1:02', '1:02:03')
    """
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
