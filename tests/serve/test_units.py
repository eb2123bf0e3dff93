"""Cues to units, and labels of units to labels of cues."""

import json
import random
from collections import Counter
from itertools import pairwise

import pytest

from serve.formats import parse
from serve.labels import LABELS
from serve.transcript import Transcript, Unit
from serve.units import cue_labels
from serve.units.sentences import PIECE_WORDS, pieces, sentences


def segments(*bodies, **fields):
    items = [{"startTime": i, "endTime": i + 1, "body": b, **fields} for i, b in enumerate(bodies)]
    return parse(json.dumps({"segments": items}).encode())


def test_a_cue_of_100_words_is_one_unit_and_one_of_101_is_cut():
    assert len(segments("It is. " * 50).units) == 1
    transcript = segments("It is. " * 50 + "So.")
    assert len(transcript.units) == 51
    assert {(u.first_cue, u.stop_cue) for u in transcript.units} == {(0, 1)}


def test_parts_of_a_cue_share_its_time_by_their_letters():
    units = segments("Abcd efg. " * 60).units
    assert (units[0].start_s, units[-1].end_s) == (0.0, 1.0)
    assert units[30].start_s == pytest.approx(0.5, abs=0.002)
    assert all(a.end_s == b.start_s for a, b in pairwise(units))


def test_a_sentence_of_over_100_words_is_cut_at_clauses_into_about_40():
    text = ("and " * 37 + "so, ") * 5
    found = pieces(text, (0, len(text)))
    assert [len(text[slice(*span)].split()) for span in found] == [38, 38, 38, 38, 38]


def test_text_without_any_mark_is_cut_by_words():
    text = "word " * 205
    sizes = [len(text[slice(*span)].split()) for span in pieces(text, (0, len(text)))]
    assert sizes == [PIECE_WORDS] * 4 + [45]


def test_sentences_are_cut_after_every_mark_that_white_space_follows():
    text = "Dr. No?! Ok... 3.5 (yes.) no.yes\tend. "
    assert [text[slice(*span)] for span in sentences(text)] == [
        "Dr. ", "No?! ", "Ok... ", "3.5 (yes.) no.yes\tend. "
    ]  # fmt: skip


def test_words_are_joined_up_to_a_sentence_end_or_sixteen():
    words = ["w"] * 20 + ["end."] + ["x"] * 3
    assert [u.text for u in segments(*words).units] == ["w " * 15 + "w", "w w w w end.", "x x x"]


def test_words_that_bring_their_own_space_are_joined_as_they_are():
    assert segments(" It", " is", " well", "-known", ".").units[0].text == "It is well-known."


def test_words_of_two_speakers_or_with_a_silence_between_are_not_joined():
    items = [
        {"startTime": 0, "endTime": 1, "body": "One", "speaker": "Ann"},
        {"startTime": 1, "endTime": 2, "body": "two", "speaker": "Bob"},
        {"startTime": 3.6, "endTime": 4, "body": "three", "speaker": "Bob"},
        {"startTime": 5.5, "endTime": 6, "body": "four"},
    ]
    units = parse(json.dumps({"segments": items}).encode()).units
    assert [u.text for u in units] == ["One", "two", "three four"]


def test_captions_and_lines_are_not_joined():
    assert len(segments("We talk on now", "and go on talking").units) == 2
    assert len(parse(b"# Tea\nPots\nCups\n").units) == 3


def test_an_empty_cue_gives_no_unit_but_counts():
    transcript = segments("", "It is what it is.", " ", "So it is said.")
    assert transcript.n_cues == 4
    assert [u.first_cue for u in transcript.units] == [1, 3]


def unit(text, first, stop):
    return Unit(text, (0, 1), first, stop)


def test_a_cue_has_the_label_of_its_larger_part_and_on_a_tie_the_first():
    units = (unit("a b", 0, 1), unit("c d", 0, 1), unit("e", 1, 2), unit("f g", 1, 2))
    transcript = Transcript("", "plain", units, 2, ())
    labels = ["other", "intro", "sponsor_read", "other"]
    assert cue_labels(transcript, labels) == ["intro", "other"]


def test_a_cue_without_units_has_the_label_before_it_or_after_it():
    transcript = segments("", "It is what it is.", "", "So it is said.", "")
    assert cue_labels(transcript, ["intro", "other"]) == [
        "intro",
        "intro",
        "intro",
        "other",
        "other",
    ]


def test_cue_labels_equal_counting_by_hand():
    rng = random.Random(5)
    for _ in range(50):
        bodies = [
            " ".join(rng.choices(["a", "b.", "c"], k=rng.choice([0, 3, 9, 130]))) for _ in range(6)
        ]
        if not any(bodies):
            continue
        transcript = segments(*bodies)
        labels = rng.choices(LABELS, k=len(transcript.units))
        words = [Counter() for _ in bodies]
        for one, label in zip(transcript.units, labels, strict=True):
            for cue in range(one.first_cue, one.stop_cue):
                words[cue] += Counter({label: len(one.text.split())})
        for found, counts in zip(cue_labels(transcript, labels), words, strict=True):
            if counts:
                assert found == min(counts, key=lambda x: (-counts[x], LABELS.index(x)))
