"""podcast-ad-remover (jdcb4): a whole episode in one message, and its summary.

Lines are `[12.34-56.78] text` behind the last `Transcript:`. An item with another label or without
a length fails the whole answer.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from serve.http.chat.calls import Call, Prompt
from serve.http.chat.lines import behind, with_spans
from serve.http.chat.reading import Reading, Span, read
from serve.http.chat.wording import CONTENT, REASONS, dumps, seconds
from serve.labels import Label
from serve.pipeline import Model

EVERYTHING = 'also label ALL substantive speech/content segments with label "Content"'
LABELS: dict[Label, str] = {"sponsor_read": "Ad", "self_promo": "Promo", "intro": "Intro"}

_LINE = re.compile(r"^\[[0-9]+\.[0-9]+-[0-9]+\.[0-9]+\]", re.MULTILINE)


def _detect(prompt: Prompt, model: Model) -> str:
    """The ads and the intro; where everything is to be labelled, the content between as well."""
    reading = read(with_spans(behind(prompt.user, "\nTranscript:\n")), model)
    items = _items(reading)
    if EVERYTHING not in prompt.user:
        items = (item for item in items if item["label"] != "Content")
    return dumps([item for item in items if item["start"] < item["end"]])


def _items(reading: Reading) -> Iterator[dict[str, Any]]:
    """Spans in the program's labels, neighbours of the same label as one."""

    def label_of(span: Span) -> str:
        return LABELS.get(span.label, "Content") if reading.is_judged else "Content"

    for label, run in groupby(reading.spans, key=label_of):
        spans = list(run)
        yield {
            "start": seconds(spans[0].start_s),
            "end": seconds(spans[-1].end_s),
            "label": label,
            "reason": CONTENT if label == "Content" else REASONS[spans[0].label],
        }


CALLS = (Call(lambda prompt: _LINE.search(prompt.user) is not None, _detect),)
