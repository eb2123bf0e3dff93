"""The shipped model on the seed documents, which it never saw: the reason the project exists."""

from pathlib import Path

import pytest

from serve import load_model, tag
from serve.formats import parse
from serve.labels import ADS
from serve.pipeline import segment_of_unit

DOCUMENTS = Path(__file__).parents[1] / "seeds" / "documents"
EPISODES = ("002_af93ea6e1f4813fd.txt", "004_f5d6e83cd3edb591.txt")
MIN_WORDS = 20


@pytest.fixture(scope="module")
def shipped():
    return load_model()


@pytest.fixture(scope="module", params=EPISODES)
def breaks(request, shipped):
    """True and found breaks of one episode, as half-open ranges of words."""
    source = (DOCUMENTS / request.param).read_bytes()
    transcript = parse(source)
    result = tag(source, shipped)
    found = [result.segments[i].label in ADS for i in segment_of_unit(transcript, result)]
    cues = cue_labels_of(DOCUMENTS / f"{request.param}.labels.tsv")
    true = [cues[unit.first_cue] in ADS for unit in transcript.units]
    n_words = [len(unit.text.split()) for unit in transcript.units]
    return ranges(true, n_words), ranges(found, n_words)


def test_every_advertising_break_is_found(breaks):
    true, found = breaks
    missed = [t for t in long(true) if max((iou(t, f) for f in found), default=0) < 0.5]
    assert missed == []


def test_nothing_else_is_cut(breaks):
    true, found = breaks
    wrong = [f for f in long(found) if max((iou(t, f) for t in true), default=0) < 0.5]
    assert wrong == []


def cue_labels_of(path):
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    return [label for first, last, label in rows for _ in range(int(first), int(last) + 1)]


def ranges(mask, n_words):
    """Runs of true units, in words."""
    found, start, at = [], None, 0
    for is_ad, words in zip([*mask, False], [*n_words, 0], strict=True):
        if is_ad and start is None:
            start = at
        if not is_ad and start is not None:
            found.append((start, at))
            start = None
        at += words
    return found


def long(spans):
    return [(a, b) for a, b in spans if b - a >= MIN_WORDS]


def iou(a, b):
    overlap = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return overlap / (max(a[1], b[1]) - min(a[0], b[0]))
