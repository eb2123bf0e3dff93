"""Lines of a prompt to labelled spans: one run of the classifier for all of them.

A prompt often holds a window of the episode. The network is told how far a unit lies from the
start and the end of what it sees, and takes the window for the episode: the window's place is not
passed on, since only MinusPod says it, and it does not say how much text lies around.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from serve.exports.passages import passages
from serve.http.chat.lines import Line
from serve.labels import ADS, Label
from serve.options import Options
from serve.pipeline import Model
from serve.tagged import Tagged, tagged_source
from serve.units import cue_labels


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring speech with one label."""

    label: Label
    score: float
    start_s: float  # 0 where the prompt gives no times
    end_s: float  # its start where the prompt gives no ends
    first: int  # lines[first:stop] are touched; the outer two may belong to it in part only
    stop: int
    said: tuple[str, ...]  # its units, in order

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Reading:
    """What the classifier says about the lines of a prompt."""

    lines: Sequence[Line]
    spans: Sequence[Span]  # in order; neighbours differ in label
    line_labels: Sequence[tuple[Label, float]]  # of each line's larger part, with its span's score
    is_judged: bool  # False: nothing is said, or not in English, so nothing is called an ad

    def ads(self) -> list[Span]:
        """The spans that Segue would cut."""
        return [span for span in self.spans if self.is_judged and span.label in ADS]

    def ad_runs(self) -> list[list[Span]]:
        """The same, those that touch together: a sponsor's read beside a self-promotion."""
        runs = groupby(self.spans, key=lambda span: span.label in ADS)
        return [list(run) for is_ad, run in runs if is_ad and self.is_judged]

    def ad_lines(self) -> list[int]:
        """The indices of the lines whose larger part Segue would cut."""
        labels = self.line_labels if self.is_judged else ()
        return [i for i, (label, _) in enumerate(labels) if label in ADS]


def read(lines: Sequence[Line], model: Model) -> Reading:
    """Lines as the classifier reads them; an end before its start is taken for missing."""
    if not any(line.text.strip() for line in lines):
        return Reading(lines, (), (), is_judged=False)
    source = _podcasting_json(lines)
    tagged = tagged_source(source, model, Options(format="json"))
    spans = tuple(_spans(tagged))
    labels = cue_labels(tagged.transcript, [spans[i].label for i in tagged.segment_of_unit])
    judged = not tagged.result.warnings
    return Reading(lines, spans, _with_scores(labels, spans), is_judged=judged)


def _podcasting_json(lines: Sequence[Line]) -> bytes:
    """The lines as a transcript whose cues are these lines, whatever they hold."""
    segments = [
        {
            "startTime": line.start_s,
            "endTime": None if (line.end_s or 0.0) < (line.start_s or 0.0) else line.end_s,
            "body": line.text,
        }
        for line in lines
    ]
    # A prompt can hold halves of surrogate pairs, which UTF-8 cannot.
    return json.dumps({"segments": segments}, ensure_ascii=False).encode(errors="replace")


def _spans(tagged: Tagged) -> Iterator[Span]:
    """The segments of a result with what is said in them."""
    for segment, _, units in passages(tagged):
        start_s = segment.start_s or 0.0
        yield Span(
            label=segment.label,
            score=segment.score,
            start_s=start_s,
            end_s=start_s if segment.end_s is None else max(start_s, segment.end_s),
            first=segment.first - 1,
            stop=segment.last,
            said=tuple(unit.text for unit in units),
        )


def _with_scores(labels: Sequence[Label], spans: Sequence[Span]) -> list[tuple[Label, float]]:
    """Each line's label with its span's score; a line without text has those of the one before."""
    scores = {
        i: span.score
        for span in spans
        for i in range(span.first, span.stop)
        if labels[i] == span.label
    }
    scored, last = [], spans[0].score
    for i, label in enumerate(labels):
        last = scores.get(i, last)
        scored.append((label, last))
    return scored
