import io
import sys
from pathlib import Path

import pytest

from serve.console import duration, progress, say, summary
from serve.result import ModelInfo, Result, Segment, TranscriptInfo, Warning
from serve.tagged import Tagged

OUTPUTS = {"segments": Path("out/ep.vtt.segments.json"), "transcript": Path("out/ep.vtt")}


def segment(label, n_words, start_s=None, end_s=None, score=0.9):
    return Segment(
        label=label, score=score, first=1, last=1, start_s=start_s, end_s=end_s, start_byte=0,
        end_byte=0, n_words=n_words,
    )  # fmt: skip


def tagged(*segments, drop=("sponsor_read", "self_promo"), warnings=(), **options):
    result = Result(
        model=ModelInfo(name="stand-in", version="0", sha256="0"),
        transcript=TranscriptInfo(
            format="vtt", sha256="0", n_cues=9, n_units=9, n_words=9120, duration_s=None
        ),
        warnings=warnings,
        segments=segments,
    )
    return Tagged(b"", result, drop, **options)


TALK = segment("other", 8000, 0, 3000)
READ = segment("sponsor_read", 400, 3000, 3200.4)
PROMO = segment("self_promo", 131, 3200.4, 3221, score=0.6)
SPANISH = Warning(code="not_english", message="this transcript is probably not English")


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (tagged(TALK, READ, PROMO), "2 ads (531 words, 3 min 41 s) cut"),
        (tagged(TALK, READ), "1 ad (400 words, 3 min 20 s) cut"),
        (tagged(TALK, segment("sponsor_read", 7)), "1 ad (7 words) cut"),
        (tagged(TALK, segment("sponsor_read", 1)), "1 ad (1 word) cut"),
        (tagged(TALK, READ, PROMO, min_score=0.7), "1 ad (400 words, 3 min 20 s) cut"),
        (
            tagged(TALK, READ, drop=("sponsor_read", "intro")),
            "1 segment (400 words, 3 min 20 s) cut",
        ),
        (tagged(TALK), "nothing cut"),
        (tagged(TALK, READ, drop=()), "nothing cut"),
        (tagged(TALK, READ, warnings=(SPANISH,)), "nothing cut"),
        (tagged(TALK, READ, warnings=(SPANISH,), force=True), "1 ad (400 words, 3 min 20 s) cut"),
    ],
)
def test_a_summary_says_how_much_was_cut_and_where_the_rest_is(what, line):
    assert summary("ep.vtt", what, OUTPUTS) == f"ep.vtt  9120 words, {line} -> out/ep.vtt"


def test_a_summary_cuts_nothing_when_no_transcript_is_written():
    outputs = {"labels": Path("out/ep.vtt.labels.tsv")}
    assert summary("ep.vtt", tagged(TALK, READ), outputs) == (
        "ep.vtt  9120 words, 1 ad (400 words, 3 min 20 s) -> out/ep.vtt.labels.tsv"
    )
    assert ", no ads ->" in summary("ep.vtt", tagged(TALK), outputs)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min")],
)
def test_a_duration_is_written_for_people(seconds, text):
    assert duration(seconds) == text


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("out", "err", "is_shown"),
    [
        (io.StringIO, Terminal, True),
        (Terminal, Terminal, False),  # the lines on stdout are progress enough
        (io.StringIO, io.StringIO, False),
        (Terminal, io.StringIO, False),
    ],
)
def test_a_bar_is_for_a_person_who_sees_nothing_else(monkeypatch, out, err, is_shown):
    monkeypatch.setattr(sys, "stdout", out())
    monkeypatch.setattr(sys, "stderr", err())
    assert list(progress(["a", "b"])) == ["a", "b"]
    assert ("tagging" in sys.stderr.getvalue()) == is_shown
    assert sys.stdout.getvalue() == ""


def test_a_line_over_a_bar_clears_it_first(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    say("gone.vtt: there is no such file")
    assert sys.stderr.getvalue() == "\r\x1b[Kgone.vtt: there is no such file\n"
