from pathlib import Path

import pytest

from serve.batch.files import Input
from serve.batch.manifest import Row
from serve.batch.report import Report, summary
from serve.batch.work import Task, dropped
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
    return Tagged(b"", None, result, drop, **options)


def row_of(what, **values):
    n_words = what.result.transcript.n_words
    return Row(
        file="ep.vtt", sha256="0", result="done", made_by="0", n_words=n_words,
        dropped=dropped(what), **values,
    )  # fmt: skip


def line_of(what, outputs):
    return summary("ep.vtt", row_of(what), outputs, what.drop)


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
    assert line_of(what, OUTPUTS) == f"ep.vtt  9120 words, {line} -> out/ep.vtt"


def test_a_summary_cuts_nothing_when_no_transcript_is_written():
    outputs = {"labels": Path("out/ep.vtt.labels.tsv")}
    assert line_of(tagged(TALK, READ), outputs) == (
        "ep.vtt  9120 words, 1 ad (400 words, 3 min 20 s) -> out/ep.vtt.labels.tsv"
    )
    assert ", no ads to cut ->" in line_of(tagged(TALK), outputs)
    assert line_of(tagged(TALK, READ, drop=()), outputs) == (
        "ep.vtt  9120 words -> out/ep.vtt.labels.tsv"
    )


def tell(report, *rows, is_new=True):
    for row in rows:
        report.tell(Task(Input("ep.vtt", Path("ep.vtt")), OUTPUTS), row, is_new=is_new)


def test_the_table_adds_up(capsys):
    report = Report(("transcript",), ("sponsor_read", "self_promo"))
    tell(report, row_of(tagged(TALK, READ, PROMO)), row_of(tagged(TALK, READ)))
    tell(report, row_of(tagged(TALK, segment("self_promo", 9))), is_new=False)
    tell(report, Row(file="ep.vtt", sha256=None, result="failed", made_by="0", error="no"))
    capsys.readouterr()
    report.end()
    assert capsys.readouterr().out == (
        "4 inputs, 27360 words\n"
        "  done                     2\n"
        "  already done             1\n"
        "  failed                   1\n"
        "cut\n"
        "  sponsor_read             2 segments      800 words  6 min 41 s\n"
        "  self_promo               2 segments      140 words\n"
    )


def test_the_table_cuts_nothing_when_no_transcript_is_written(capsys):
    report = Report(("labels",), ("sponsor_read",))
    tell(report, row_of(tagged(TALK, READ)))
    report.end()
    assert "\nfound\n" in capsys.readouterr().out
