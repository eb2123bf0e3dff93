import json

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.formats import parse
from serve.labels import LABELS
from train.bare import bare, bare_text
from train.corpus import Episode, read_transcript, unit_labels

SEGMENTS = [
    {"startTime": 0.0, "endTime": 4.5, "body": "Welcome, I’m Ann -- and THIS is 3.5 hours of tea!"},
    {"startTime": 4.5, "endTime": 5.0, "body": "…"},
    {"startTime": 5.0, "endTime": 9.0, "body": "“Go to leafbox.example/steam,” he said."},
    {"startTime": 9.0, "endTime": 60.0, "body": "Then it rained. And it rained. " * 30},
]  # fmt: skip


def episode(source):
    n_cues = parse(source).n_cues
    return Episode("tea", "one", source, np.eye(6, dtype=bool)[np.arange(n_cues) % 6])


def podcast(segments=SEGMENTS):
    return episode(json.dumps({"version": "1.0.0", "segments": segments}).encode())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't — wait... what?!", "don't wait what"),
        ("It's $20—or 3.5 % off.", "it's 20 or 3.5 off"),
        ("[MUSIC] (Leafbox.com)", "music leafbox.com"),
        ("Ça va, ÉTÉ? 你好。", "ça va été 你好"),
        ("?!…", ""),
        ("already bare", "already bare"),
    ],
)
def test_words_are_all_that_stays(text, found):
    assert bare_text(text) == found
    assert bare_text(found) == found


def test_cues_times_and_labels_stay_where_they_are():
    before = podcast()
    after = bare(before)
    old, new = read_transcript(before), read_transcript(after)
    assert new.n_cues == old.n_cues == len(SEGMENTS)
    assert (after.show, after.name) == (before.show, before.name)
    assert after.cues is before.cues
    assert {u.first_cue for u in new.units} == {0, 2, 3}  # the second has nothing to say
    assert (new.units[0].start_s, new.units[0].end_s) == (0.0, 4.5)
    assert new.units[0].text == "welcome i’m ann and this is 3.5 hours of tea"
    labels = [LABELS[i] for i in unit_labels(after, new).argmax(axis=1)]
    assert labels[:2] == [LABELS[0], LABELS[2]]


def test_sentences_are_not_told_by_their_points_any_more():
    units = read_transcript(bare(podcast())).units
    assert not any(mark in unit.text for unit in units for mark in ",…!“")
    assert sum(len(unit.text.split()) for unit in units if unit.first_cue == 3) == 180


@pytest.mark.parametrize(
    "source",
    [
        b"WEBVTT\n\n00:00.000 --> 00:04.000\nGo on, Bob.\n\n00:04.000 --> 00:09.000\nNo!\n",
        b"Ann: Well, it rained.\nBob: It did.\n",
    ],
)
def test_any_format_can_be_laid_bare(source):
    before = episode(source)
    after = read_transcript(bare(before))
    assert after.n_cues == read_transcript(before).n_cues
    assert all(unit.text == bare_text(unit.text) for unit in after.units)
