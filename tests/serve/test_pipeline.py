import json
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.bundle import load_model
from serve.errors import MismatchError, NoTextError, RequestError
from serve.formats import parse
from serve.labels import LABELS
from serve.pipeline import (
    byte_offsets,
    dropped_units,
    segment_of_unit,
    strip,
    tag,
)
from serve.result import ModelInfo, Result
from serve.smooth import Costs

VTT = """WEBVTT

00:00:00.500 --> 00:00:04.000
Welcome to the kettle hour, I am Ann.

00:00:04.000 --> 00:00:09.000
Our sponsor is Leafbox, and they have the best of tea in a box.

00:00:09.000 --> 00:00:12.500
Thanks to our sponsor, and now to what you came for.

00:00:12.500 --> 00:00:20.000
So what would you do if the kettle is not on?
"""
RESULT_KEYS = ["schema", "model", "transcript", "warnings", "segments"]
SEGMENT_KEYS = [
    "label", "score", "first", "last", "start_s", "end_s", "start_byte", "end_byte", "n_words",
]  # fmt: skip
DUTCH = "Onze sponsor van vandaag is Theedoos, een heel goede winkel voor wie graag thee drinkt.\n"
WORDS = ["kettle", "sponsor", "thé", "日本", "🍵", "é\u0301", "the", "it’s", "ß"]


class ByWord:
    """A model that labels a unit by the first word in it that is a label's."""

    info = ModelInfo(name="by-word", version="1", sha256="1" * 64)
    costs = Costs(np.zeros((6, 6)), np.zeros(6))
    marks = ("sponsor", "kettle", "日本", "🍵", "thé")  # of LABELS in order; all else is other

    def log_probs(self, units):
        probs = np.full((len(units), len(LABELS)), 0.02)
        for i, unit in enumerate(units):
            found = (k for word in unit.text.split() for k, m in enumerate(self.marks) if m in word)
            probs[i, next(found, 5)] = 0.9
        return np.log(probs).astype(np.float32)


@st.composite
def sources(draw):
    """A plain or a captioned transcript full of letters that take more than one byte."""
    lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7)
    said = [
        " ".join(f"{word}{i}x{j}" for j, word in enumerate(words))  # no two words are the same
        for i, words in enumerate(draw(st.lists(lines, min_size=1, max_size=12)))
    ]
    if draw(st.booleans()):
        mark, newline = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["\n", "\r\n"]))
        return (mark + newline.join(said) + newline).encode()
    cues = [f"00:00:{i:02}.000 --> 00:00:{i + 1:02}.000\n{s}\n" for i, s in enumerate(said)]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


@given(sources())
def test_segments_cover_every_unit_once_and_neighbours_differ(source):
    transcript, result = parse(source), tag(source, ByWord())
    owners = segment_of_unit(transcript, result)
    path = ByWord().log_probs(transcript.units).argmax(axis=1)
    assert owners == np.cumsum(np.diff(path, prepend=path[0]) != 0).tolist()
    assert [result.segments[i].label for i in owners] == [LABELS[label] for label in path]
    labels = [segment.label for segment in result.segments]
    assert all(a != b for a, b in pairwise(labels))
    assert sum(segment.n_words for segment in result.segments) == result.transcript.n_words


@given(sources())
def test_byte_offsets_name_the_text_of_the_segment(source):
    transcript, result = parse(source), tag(source, ByWord())
    owners = segment_of_unit(transcript, result)
    for i, segment in enumerate(result.segments):
        units = [unit for unit, owner in zip(transcript.units, owners, strict=True) if owner == i]
        text = source[segment.start_byte : segment.end_byte].decode()
        assert text == transcript.source[units[0].span[0] : units[-1].span[1]]
        assert text.startswith(units[0].text.split()[0])
        assert text.endswith(units[-1].text.split()[-1])
        assert (segment.first, segment.last) == (units[0].first_cue + 1, units[-1].stop_cue)


@given(sources(), st.sets(st.sampled_from(LABELS)))
def test_strip_drops_what_was_asked_for_and_nothing_else(source, drop):
    transcript, result = parse(source), tag(source, ByWord())
    clean = strip(source, result, tuple(drop), force=True)
    owners = segment_of_unit(transcript, result)
    pairs = zip(transcript.units, owners, strict=True)
    kept = [unit.text for unit, i in pairs if result.segments[i].label not in drop]
    try:
        found = [unit.text for unit in parse(clean, transcript.format).units]
    except NoTextError:
        found = []
    assert " ".join(found) == " ".join(kept)  # short cues may be joined to other units now
    if len(kept) == len(owners):
        assert clean == source


@given(st.text(max_size=40))
def test_byte_offsets_are_those_of_utf8(source):
    expected = [len(source[:i].encode()) for i in range(len(source) + 1)]
    assert byte_offsets(source).tolist() == expected


def test_a_transcript_is_described_as_the_design_says(model):
    result = tag(VTT.encode(), model)
    assert [(s.label, s.first, s.last) for s in result.segments] == [
        ("other", 1, 1),
        ("sponsor_read", 2, 3),
        ("other", 4, 4),
    ]
    assert [(s.start_s, s.end_s) for s in result.segments] == [(0.5, 4), (4, 12.5), (12.5, 20)]
    assert [s.n_words for s in result.segments] == [8, 25, 11]
    assert [s.score for s in result.segments] == [0.9, 0.9, 0.9]
    assert result.transcript.model_dump() == {
        "format": "vtt",
        "sha256": sha256(VTT.encode()).hexdigest(),
        "n_cues": 4,
        "n_units": 4,
        "n_words": 44,
        "duration_s": 20.0,
    }
    assert result.warnings == ()


def test_the_json_of_a_result_has_exactly_the_agreed_keys(model):
    read = json.loads(tag(DUTCH.encode() * 3, model).model_dump_json())
    assert list(read) == RESULT_KEYS
    assert read["schema"] == 1
    assert list(read["model"]) == ["name", "version", "sha256"]
    assert list(read["transcript"]) == [
        "format", "sha256", "n_cues", "n_units", "n_words", "duration_s",
    ]  # fmt: skip
    assert [list(warning) for warning in read["warnings"]] == [["code", "message"]]
    assert [list(segment) for segment in read["segments"]] == [SEGMENT_KEYS]
    assert (read["segments"][0]["start_s"], read["transcript"]["duration_s"]) == (None, None)


@pytest.mark.parametrize("source", [VTT, DUTCH, "Ümlaut 🍵 sponsor\n\nthé\n"])
def test_a_result_comes_back_from_its_json(source, model):
    result = tag(source.encode(), model)
    assert Result.model_validate_json(result.model_dump_json()) == result
    assert strip(source.encode(), Result.model_validate_json(result.model_dump_json())) == strip(
        source.encode(), result
    )


def test_a_score_weighs_every_unit_by_its_words(model):
    class Unsure(type(model)):
        def log_probs(self, units):
            return np.log(np.array([[0.5] + [0.1] * 5, [0.9] + [0.02] * 5], np.float32))

    (segment,) = tag(b"One.\nNow three words.\n", Unsure()).segments
    assert (segment.label, segment.score) == ("sponsor_read", 0.8)


def test_by_default_ads_go_and_every_other_byte_stays(model):
    source = VTT.encode()
    clean = strip(source, tag(source, model))
    start, end = VTT.index("00:00:04.000 -->"), VTT.index("00:00:12.500 -->")
    assert clean.decode() == VTT[:start] + VTT[end:]


@pytest.mark.parametrize("drop", [(), ("intro", "career_advice", "self_promo")])
def test_stripping_what_is_not_there_gives_the_source(drop, model):
    source = VTT.replace("\n", "\r\n").encode()
    assert strip(source, tag(source, model), drop) == source


@pytest.mark.parametrize(("drop", "name"), [(("other", "sponsor"), "sponsor"), ("intro", "i")])
def test_stripping_what_is_no_label_is_refused(drop, name, model):
    source = VTT.encode()
    with pytest.raises(
        RequestError,
        match=f"^drop: '{name}' is not a label; give a list of {', '.join(LABELS)}$",
    ):
        strip(source, tag(source, model), drop)


def test_segments_below_the_lowest_score_stay(model):
    source = VTT.encode()
    result = tag(source, model)
    assert strip(source, result, min_score=0.91) == source
    assert strip(source, result, min_score=0.9) == strip(source, result) != source
    transcript = parse(source)
    assert dropped_units(transcript, result, ("sponsor_read",), 0.9) == {1, 2}
    assert dropped_units(transcript, result, ("sponsor_read",), 0.95) == set()


def test_a_result_of_another_source_is_refused(model):
    source = VTT.encode()
    result = tag(source, model)
    ours, theirs = result.transcript.sha256[:12], sha256(source + b"\n").hexdigest()[:12]
    with pytest.raises(
        MismatchError,
        match=f"^this result belongs to a source with sha256 {ours}…, but the source given has"
        f" {theirs}…; tag the source again and strip with that result$",
    ):
        strip(source + b"\n", result)


def test_a_source_that_is_not_english_stays_whole_unless_forced(model):
    source = (DUTCH * 3).encode()
    result = tag(source, model)
    assert [warning.code for warning in result.warnings] == ["not_english"]
    assert [segment.label for segment in result.segments] == ["sponsor_read"]
    assert strip(source, result) == source
    assert strip(source, result, force=True).strip() == b""


def test_text_in_place_of_bytes_is_refused_with_a_remedy(model):
    with pytest.raises(TypeError, match=r"Path\.read_bytes"):
        tag("Welcome to Kettle Talk.", model)


def test_a_source_in_which_nothing_is_said_is_refused(model):
    with pytest.raises(NoTextError, match="the transcript is empty"):
        tag(b" \n", model)


def test_the_format_that_was_asked_for_is_the_one_that_strip_reads(model):
    source = b"[00:05] Our sponsor is Leafbox.\n[00:09] And so on.\n"
    assert tag(source, model).transcript.format == "timed_text"
    result = tag(source, model, "plain")
    assert result.transcript.format == "plain"
    assert strip(source, result) == b"[00:09] And so on.\n"


def test_with_a_real_network_the_whole_way_is_the_same_every_time(tiny_bundle):
    source = VTT.encode()
    first, again = (tag(source, load_model(tiny_bundle)).model_dump_json() for _ in range(2))
    assert first == again
    result = Result.model_validate_json(first)
    assert result.model.name == "tiny"
    assert all(0 <= segment.score <= 1 for segment in result.segments)
    assert strip(source, result, LABELS).decode().startswith("WEBVTT")


def test_a_segment_over_times_that_start_again_has_none():
    source = VTT.replace("00:00:04.000 --> 00:00:09", "00:10:04.000 --> 00:10:09").encode()
    _, read, _ = tag(source, ByWord()).segments
    assert (read.label, read.first, read.last) == ("sponsor_read", 2, 3)
    assert (read.start_s, read.end_s) == (None, None)
