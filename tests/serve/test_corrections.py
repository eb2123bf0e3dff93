"""Labels that a person corrected, laid over a transcript."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serve import label_files
from serve.corrections.coverage import cover
from serve.corrections.regions import Region, label_name, read_regions
from serve.corrections.training import labels_from
from serve.errors import LabelsError, TimesError
from serve.formats import parse
from serve.kinds import KINDS
from serve.labels import ALLOWED, LABELS


def source(*spans, text="So this is tea."):
    items = [
        {"body": text} | dict(zip(("startTime", "endTime"), span, strict=False)) for span in spans
    ]
    return json.dumps({"segments": items}).encode()


TEN = source(*((i, i + 1) for i in range(10)))  # ten cues of a second each


def covered(*regions, transcript=TEN):
    return cover(parse(transcript), [Region(*region) for region in regions])


@st.composite
def episodes(draw):
    """Cues of any length, some of them cut into sentences or with one stamp, and labels."""
    items, at = [], 0.0
    for _ in range(draw(st.integers(1, 5))):
        at += draw(st.sampled_from([0.0, 0.5, 3.25, 100.125]))
        end = at + draw(st.sampled_from([0.0, 1 / 3, 4.0, 20.0]))
        times = draw(st.sampled_from([{"start": at, "end": end}, {"start": at}]))
        items.append({"text": "So this is tea. " * draw(st.integers(1, 60)), **times})
    labels = st.lists(st.sampled_from(LABELS), min_size=1, max_size=40)
    return json.dumps({"segments": items}).encode(), draw(labels)


@settings(max_examples=40, deadline=None)
@given(episodes())
def test_what_was_not_corrected_comes_back_as_it_was(tagged, episode):
    one = tagged(*episode)
    regions = KINDS["audacity"].write(one)
    again = labels_from("ep.json.audacity.txt", regions, one.source)
    assert label_files.written(again) == KINDS["labels"].write(one)
    rows = KINDS["labels"].write(one)
    assert label_files.written(labels_from("ep.json.labels.tsv", rows, one.source)) == rows


def test_a_moved_edge_moves_the_cues_that_it_passes_by_more_than_half():
    assert covered((0, 4.4, "intro"), (4.4, 10, "other")) == ["intro"] * 4 + ["other"] * 6
    assert covered((0, 4.6, "intro"), (4.6, 10, "other")) == ["intro"] * 5 + ["other"] * 5


def test_time_under_no_label_is_not_advertising():
    found = covered((2, 4, "sponsor_read"), (6.7, 8, "ad"))
    assert found == ["not_ad"] * 2 + ["sponsor_read"] * 2 + ["not_ad"] * 3 + ["ad"] + ["not_ad"] * 2


@pytest.mark.parametrize("turn", [1, -1])
def test_the_shorter_of_two_labels_holds_where_they_overlap(turn):
    regions = [(0, 10, "sponsor_read"), (3, 6, "other"), (4, 5, "intro")]
    assert covered(*regions[::turn]) == [
        *["sponsor_read"] * 3, "other", "intro", "other", *["sponsor_read"] * 4
    ]  # fmt: skip


def test_a_cue_cut_into_sentences_gets_the_label_of_its_larger_part():
    shared = source((0, 100), (100, 104), text="So this is tea. " * 30)
    halves = covered((0, 40, "intro"), (40, 104, "other"), transcript=shared)
    assert halves == ["other", "other"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 40), st.sampled_from([*ALLOWED])),
        min_size=1,
        max_size=5,
    )
)
def test_labels_agree_with_looking_at_every_instant(drawn):
    regions = [(start / 4, (start + length) / 4, name) for start, length, name in drawn]
    found = covered(*regions)
    for cue, name in enumerate(found):
        instants = [at_instant(regions, cue + (k + 0.5) / 20) for k in range(20)]
        share = instants.count(name)
        assert share == max(map(instants.count, instants))


def at_instant(regions, time_s):
    """The label of the shortest region there, on a tie the last."""
    there = [(a - b, i, name) for i, (a, b, name) in enumerate(regions) if a <= time_s < b]
    return max(there)[2] if there else "not_ad"


def test_without_times_regions_cannot_be_laid_over_anything():
    with pytest.raises(TimesError, match=r"this plain transcript has no times"):
        covered((0, 4, "intro"), transcript=b"Welcome to the kettle hour with Ann.\n")


def test_what_audacity_and_people_write_is_read():
    text = (
        "\ufeff0.000000\t4.500000\tIntro 0.97\r\n4.500000\t9.000000\tsponsor read\r\n"
        "5.000000\t5.000000\tgood joke here\r\n\\\t120.0\t4000.0\r\n\r\n"
        "9.000000\t12.000000\tNOT-AD\r\n12.0\t13.0\tself_promo  1\r\n"
    ).removeprefix("\ufeff")
    assert read_regions(text) == [
        (0, 4.5, "intro"), (4.5, 9, "sponsor_read"), (9, 12, "not_ad"), (12, 13, "self_promo")
    ]  # fmt: skip


@pytest.mark.parametrize("label", ALLOWED)
def test_every_label_is_known_by_its_name(label):
    assert label_name(f"{label} 0.50") == label_name(label.replace("_", " ").title()) == label


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\t4\tintro\n4\t9\tsponser\n", "line 2: 'sponser' is not a label; did you mean sponsor_"),
        ("0\t4\tbananas\n", "line 1: 'bananas' is not a label; the labels are sponsor_read, self"),
        ("0\t4\t\n", "line 1: the label has no name; give it one of sponsor_read, self_promo"),
        ("0\t4\n", "line 1: the label has no name"),
        ("4\t4\tSponsor read\n", "line 1: 'Sponsor read' is a point at 4 s; drag it over the time"),
        ("9\t4\tintro\n", "line 1: the label ends at 4 s, before it starts at 9 s; swap"),
        ("0 4 intro\n", "line 1: '0 4 intro' is not start<TAB>end<TAB>label with times in seconds"),
        ("0\tinf\tintro\n", r"line 1: '0\tinf\tintro' is not start<TAB>end<TAB>label"),
        ("4\t4\tjust a note\n", "there is no label over any time in it; export the labels again"),
        ("", "there is no label over any time in it"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(text, message):
    with pytest.raises(LabelsError, match=re.escape(message)):
        read_regions(text)


def test_rows_that_do_not_cover_the_transcript_are_refused():
    with pytest.raises(LabelsError, match=r"cover 4 cues, the transcript has 10; give --transcr"):
        labels_from("ep.labels.tsv", b"1\t4\tintro\n", TEN)


def test_a_byte_order_mark_and_windows_lines_are_read_in_rows_too():
    rows = b"\xef\xbb\xbf1\t4\tad\r\n5\t10\tnot_ad\r\n"
    assert labels_from("ep.labels.tsv", rows, TEN) == ["ad"] * 4 + ["not_ad"] * 6


def test_other_encodings_are_named():
    with pytest.raises(LabelsError, match=r"^byte 0 is not UTF-8; save the labels as UTF-8"):
        labels_from("ep.audacity.txt", "0\t4\tintro\n".encode("utf-16"), TEN)
