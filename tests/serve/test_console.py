import io
import sys

import pytest

from serve.console import duration, progress, say


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
    ("err", "n_jobs", "is_shown"),
    [(Terminal(), 2, True), (Terminal(), 1, False), (io.StringIO(), 2, False), (None, 2, False)],
)
def test_a_bar_is_for_a_person_who_waits_for_more_than_one_file(monkeypatch, err, n_jobs, is_shown):
    monkeypatch.setattr(sys, "stderr", err)
    with progress(n_jobs) as step:
        for _ in range(n_jobs):
            step()
    drawn = err.getvalue() if err else ""
    assert ("tagging" in drawn and f"{n_jobs}/{n_jobs}" in drawn and "/s" in drawn) == is_shown


@pytest.mark.parametrize("is_err", [True, False])
def test_a_line_over_a_bar_clears_it_first(monkeypatch, is_err):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    say("gone.vtt: there is no such file", err=is_err)
    assert screen.getvalue() == "\r\x1b[Kgone.vtt: there is no such file\n"


def test_a_line_that_goes_elsewhere_leaves_the_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    say("ep.vtt  60 words", err=False)
    assert (sys.stderr.getvalue(), sys.stdout.getvalue()) == ("", "ep.vtt  60 words\n")


def test_a_line_for_a_closed_stderr_is_dropped(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    say("gone.vtt: there is no such file")
