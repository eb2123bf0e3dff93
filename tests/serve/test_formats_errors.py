"""Every way a transcript is refused, with its message."""

# ruff: noqa: E501 - a row of a table is one line

import pytest

from serve import formats, units
from serve.errors import (
    EncodingError,
    MalformedError,
    NoTextError,
    TooLargeError,
    UnknownFormatError,
)
from serve.formats import parse

CUE = "00:00:01,000 --> 00:00:02,000\nHello there.\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            b"Good evening\nfrom the caf\xe9.",
            r"byte 25, line 2: 0xe9 is not UTF-8.*iconv -f WINDOWS",
        ),
        ("Hello.".encode("utf-16"), r"byte 0, line 1: .* UTF-16; convert it with `iconv -f UTF-16"),
        ("Hello.".encode("utf-16-le"), "looks like UTF-16"),
        (
            b"ID3\x04\0\0\0\0\x02\x1aTALB\x01\x17kettles and all that",
            r"byte 4: .* no text but sound or another binary file",
        ),
    ],
)
def test_bytes_that_are_not_utf8_are_refused_with_a_remedy(source, message):
    with pytest.raises(EncodingError, match=message):
        parse(source)


def test_a_source_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MAX_BYTES", 10)
    with pytest.raises(TooLargeError, match="11 bytes, more than the 10 that are read; split it"):
        parse(b"Hello there")


@pytest.mark.parametrize("source", ["Hi. " * 102, "Hi.\n" * 102])
def test_a_source_of_too_many_sentences_is_refused(monkeypatch, source):
    monkeypatch.setattr(units, "MAX_UNITS", 101)
    with pytest.raises(TooLargeError, match="more than 101 sentences or lines"):
        parse(source.encode())
    assert len(parse(source[:404].encode()).units) == 101


def test_a_format_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UnknownFormatError, match=r"no format 'docx'; use auto or one of json, vtt"):
        parse(b"Hello.", "docx")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{"version":"1.2.0","chapters":[]}', r"holds version, chapters, but no segments"),
        ("[1, 2", "not JSON"),
        ('<?xml version="1.0"?><tt></tt>', "line 1: this looks like XML.*WebVTT or SRT"),
        ("[Script Info]\nTitle: x", "SubStation Alpha"),
        (r"{\rtf1\ansi Hello}", "RTF.*plain text"),
        ("%PDF-1.7", "PDF"),
        ("0:00:01.000,0:00:04.000\nHi\n", "YouTube's SBV.*WebVTT or SRT"),
    ],
)
def test_a_source_in_no_known_format_is_refused(source, message):
    kind = MalformedError if source == "[1, 2" else UnknownFormatError
    with pytest.raises(kind, match=message):
        parse(source.encode(), "json" if source == "[1, 2" else "auto")


@pytest.mark.parametrize("source", ["", "\ufeff", " \r\n\t"])
def test_an_empty_source_is_refused(source):
    with pytest.raises(NoTextError, match="the transcript is empty; send the text"):
        parse(source.encode())


@pytest.mark.parametrize("source", ["\u00a0", "\v", "\x85", "\x1c\n\x1c"])
@pytest.mark.parametrize("format", ["srt", "tsv", "timed_text", "notes", "plain"])
def test_nothing_is_said_in_white_space_of_any_sort(source, format):
    with pytest.raises(NoTextError, match="nothing is said in this"):
        parse(source.encode(), format)


@pytest.mark.parametrize(
    "source",
    [
        '{"segments":[]}',
        '{"text":"", "segments":[{"start":0,"end":1,"text":" "}]}',
        "WEBVTT\n\nNOTE nothing\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>\n",
        "start\tend\ttext\n",
    ],
)
def test_a_transcript_in_which_nothing_is_said_is_refused(source):
    with pytest.raises(NoTextError, match="nothing is said in this"):
        parse(source.encode())


@pytest.mark.parametrize(
    ("format", "source", "message"),
    [
        ("vtt", "Hello\n\n" + CUE, r"line 1: a WebVTT file starts with WEBVTT, this one with 'Hello'"),
        ("vtt", "WEBVTT\n\n00:03.000 --> 00:02.000\nHi\n", "line 3: the cue ends at 2 s, before it starts at 3 s"),
        ("vtt", "WEBVTT\n\n0x:03.000 --> 00:02.000\nHi\n", "line 3: '0x:03.000 --> 00:02.000' is not a cue's timing"),
        ("vtt", "WEBVTT\n\n00:99.000 --> 02:02.000\nHi\n", r"line 3: '00:99\.000' is not a time: minutes and seconds must be below 60"),
        ("vtt", "WEBVTT\n\n1:60:00.000 --> 2:02:02.000\nHi\n", "line 3: '1:60:00.000' is not a time"),
        ("srt", "1\n" + CUE + "\n2\n00:00:05,000 --> 00:00:04,500\nNo\n", r"line 6: the cue ends at 4.5 s"),
        ("srt", "Hello.", "line 1: no line of this file has a cue's times"),
        ("tsv", "start\tend\ttext\n0\t900\tHi\n1.5\t2\tHo\n", r"line 3: a row has start and end in whole milliseconds"),
        ("tsv", "start\tend\ttext\n0\t900\n", "line 2: a row has start and end"),
        ("tsv", "start\tend\ttext\n900\t0\tHi", "line 2: the cue ends at 0 s, before it starts at 0.9 s"),
        ("timed_text", "00:05 Hi\n[00:75] Ho", "line 2: '00:75' is not a time"),
        ("timed_text", "[00:09 --> 00:08] Hi", "line 1: the cue ends at 8 s"),
    ],
)  # fmt: skip
def test_a_malformed_text_format_is_refused_with_its_line(format, source, message):
    with pytest.raises(MalformedError, match=message):
        parse(source.encode(), format)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{"segments":[{"text":"Hi', r"line 1, column 22: not JSON: Unterminated.*cut off; copy it again"),
        ('{"segments":[{"text":"Hi"}', r"line 1, column 27: not JSON: a comma or \] is missing; the file seems cut off"),
        ('{"segments":\n[{"text" "Hi"}]}', r"line 2, column 9: not JSON: a colon is missing; correct it there"),
        ('{"segments":[{"text":}]}', "line 1, column 22: not JSON: a value is missing; correct"),
        ('{"segments":[],}', "line 1, column 16: not JSON: a key in double quotes is missing"),
        ('{"te\\u0078t" "Hi"}', "line 1, column 13: not JSON: a colon is missing"),
        ('{"text":"Hi"} x', "line 1, column 15: not JSON: something follows the end"),
        ('[{"text":"Hi"}}', r"a comma or \] is missing"),
        ('{"segments":[{"text":"a","text":"b"}]}', "line 1, column 33: 'text' comes twice in one object; remove one"),
        ('{"text":"a","text":"b"}', "'text' comes twice"),
        ('{"segments":[{"start":NaN,"text":"NaN"}]}', "line 1, column 23: NaN is not JSON; write null"),
        ('{"a":"NaN","text":"b","c":[-Infinity]}', "line 1, column 28: -Infinity is not JSON"),
        ('{"text":"b","c":' + "9" * 5000 + "}", "a number that cannot be read"),
        ('{"text":"b","c":' + "[" * 100_000, "nested too deeply"),
        ('{"segments":[{"start":0}]}', r"line 1, column 14: segment 1 has no text; every item must be"),
        ('{"segments":[{"text":"a"},\n7]}', "line 2, column 1: segment 2 has no text"),
        ('{"segments":[{"text":7}]}', "segment 1 has no text"),
        ('{"segments":[{"text":"a","start":"0:01"}]}', r'line 1, column 34: "0:01" is not a time; write seconds'),
        ('{"segments":[{"text":"a","start":true}]}', "true is not a time"),
        ('{"segments":[{"text":"a","end":1e999}]}', "1e999 is not a time"),
        ('{"segments":[{"text":"a"},{"text":"b","start":2,"end":1.5}]}', "line 1, column 27: segment 2: the cue ends at 1.5 s, before it starts at 2 s"),
    ],
)  # fmt: skip
def test_malformed_json_is_refused_with_line_and_column(source, message):
    with pytest.raises(MalformedError, match=message):
        parse(source.encode())


@pytest.mark.parametrize(
    ("source", "format"),
    [
        ("WEBVTT\n\n00:02.000 --> 00:02.000\nHi\n", "vtt"),
        ('[{"text":"Hi","start":2,"end":2}]', "json"),
        ("0\t0\tHi", "tsv"),
    ],
)
def test_a_cue_may_end_where_it_starts(source, format):
    unit = parse(source.encode(), format).units[0]
    assert unit.start_s == unit.end_s
