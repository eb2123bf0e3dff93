"""What is kept as WebVTT, SubRip and JSON: read by other programs' parsers and by our own."""

import io
import json
from datetime import timedelta
from itertools import pairwise

import pytest
import srt
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serve.formats import parse
from serve.kinds import KINDS
from serve.labels import LABELS

WORDS = ["kettle", "d’accord", "日本", "AT&T", "List<int>", 'a"b', "-->", "&amp;", "x" * 70, "2024"]


@st.composite
def talks(draw):
    """A JSON source of words told apart by their number, with speakers, and labels for its cues."""
    items, at, n = [], 0.0, 0
    for _ in range(draw(st.integers(1, 6))):
        words = []
        for _ in range(draw(st.integers(4, 130))):
            n += 1
            words.append(f"{draw(st.sampled_from(WORDS))}w{n}{draw(st.sampled_from(['', '.']))}")
        end = at + draw(st.sampled_from([0.0, 1.0, 61.25]))
        item = {"startTime": at, "endTime": end, "body": " ".join(words)}
        speaker = draw(st.sampled_from([None, "Ann", "Bob <b> & Co"]))
        items.append(item if speaker is None else {**item, "speaker": speaker})
        at = end
    labels = st.lists(st.sampled_from(LABELS), min_size=1, max_size=8)
    return json.dumps({"segments": items}).encode(), draw(labels)


def kept_text(one):
    """What is said in segments that stay, straight from the result."""
    stays = [not one.is_dropped(segment) for segment in one.result.segments]
    pairs = zip(one.segment_of_unit, one.transcript.units, strict=True)
    return " ".join(unit.text for i, unit in pairs if stays[i]).split()


def words_of(transcript):
    return " ".join(unit.text for unit in transcript.units).split()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_webvtt_says_the_same_words_in_order_to_us_and_to_webvtt_py(tagged, talk):
    one = tagged(*talk)
    written = KINDS["vtt"].write(one)
    captions = webvtt.from_buffer(io.StringIO(written.decode()))
    starts = [(caption.start_in_seconds, caption.end_in_seconds) for caption in captions]
    assert starts == sorted(starts)
    lines = [line for caption in captions for line in caption.lines]
    assert all(len(line) <= 65 or " " not in line for line in plain(lines))
    assert all(len(caption.lines) <= 2 for caption in captions)
    kept = kept_text(one)
    assert {c.voice for c in captions} <= {None, "Ann", "Bob &lt;b&gt; &amp; Co"}
    if kept:
        assert words_of(parse(written, "vtt")) == kept
        assert [w for line in plain(lines) for w in line.split()] == kept
    else:
        assert written == b"WEBVTT\n"


def plain(lines):
    """Lines of cues as a screen shows them."""
    bare = [line.split(">", 1)[1] if line.startswith("<v ") else line for line in lines]
    return [s.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for s in bare]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_subrip_says_the_same_words_in_order_to_srt(tagged, talk):
    one = tagged(*talk)
    captions = list(srt.parse(KINDS["srt"].write(one).decode()))
    assert [caption.index for caption in captions] == list(range(1, len(captions) + 1))
    assert all(caption.start < caption.end for caption in captions)
    assert all(a.start <= b.start for a, b in pairwise(captions))
    lines = [line for caption in captions for line in caption.content.splitlines()]
    assert all(len(line) <= 32 or len(line.split()) == 1 for line in lines)
    said = " ".join(lines).replace("Ann: ", "").replace("Bob <b> & Co: ", "").split()
    assert said == [word.replace("-->", "->") for word in kept_text(one)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_json_says_the_same_words_with_the_same_speakers(tagged, talk):
    one = tagged(*talk)
    whole = json.loads(KINDS["json"].write(one))
    assert whole["version"] == "1.0.0"
    assert set(whole) == {"version", "segments"}
    for item in whole["segments"]:
        assert {"startTime", "endTime", "body"} <= set(item) <= {"speaker", *item}
        assert 0 <= item["startTime"] <= item["endTime"]
    if whole["segments"]:
        again = parse(json.dumps(whole).encode())
        stripped = parse(KINDS["transcript"].write(one))
        assert words_of(again) == kept_text(one) == words_of(stripped)
        names = {unit.speaker for unit in one.transcript.units}
        assert {unit.speaker for unit in again.units} <= names


SOURCE = (
    b"WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Ann>Is 1 &lt; 2 &amp; true? I think that it is,"
    b" and so does everybody else who was here.\n\n00:00:04.000 --> 00:00:05.000\n<v Ann>Buy tea."
    b"\n\n01:00:05.500 --> 01:00:06.000\n<v Ann>Right.\n\n01:00:06.000 --> 01:00:07.000\n"
    b"<v Bob>Yes!"
)
LABELS_OF_SOURCE = ["other", "sponsor_read", "other", "other"]


def test_webvtt_by_hand(tagged):
    assert KINDS["vtt"].write(tagged(SOURCE, LABELS_OF_SOURCE)).decode() == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:04.000\n"
        "<v Ann>Is 1 &lt; 2 &amp; true? I think that it is, and so does everybody else\n"
        "who was here.\n\n"
        "01:00:05.500 --> 01:00:06.000\n<v Ann>Right.\n\n"
        "01:00:06.000 --> 01:00:07.000\n<v Bob>Yes!\n"
    )


def test_subrip_by_hand(tagged):
    assert KINDS["srt"].write(tagged(SOURCE, LABELS_OF_SOURCE)).decode() == (
        "1\n00:00:01,000 --> 00:00:02,950\nAnn: Is 1 < 2 & true? I think\n"
        "that it is, and so does\n\n"
        "2\n00:00:02,950 --> 00:00:04,000\neverybody else who was here.\n\n"
        "3\n01:00:05,500 --> 01:00:06,000\nRight.\n\n"
        "4\n01:00:06,000 --> 01:00:07,000\nBob: Yes!\n"
    )


def test_json_by_hand(tagged):
    whole = json.loads(KINDS["json"].write(tagged(SOURCE, LABELS_OF_SOURCE)))
    assert whole["segments"][1:] == [
        {"speaker": "Ann", "startTime": 3605.5, "endTime": 3606.0, "body": "Right."},
        {"speaker": "Bob", "startTime": 3606.0, "endTime": 3607.0, "body": "Yes!"},
    ]


@pytest.mark.parametrize("kind", ["vtt", "srt"])
def test_a_cue_without_length_is_shown_until_the_next(tagged, kind):
    items = [{"start": 5, "end": 5, "text": text} for text in ("Hi.", "Oh.")]
    source = json.dumps({"segments": items}).encode()
    written = KINDS[kind].write(tagged(source, ["other"])).decode()
    if kind == "srt":
        first, last = srt.parse(written)
        assert (first.start, last.end) == (timedelta(seconds=5), timedelta(seconds=5.8))
        assert first.end == last.start > first.start
    else:
        assert [c.start for c in webvtt.from_string(written)] == ["00:00:05.000", "00:00:05.400"]
