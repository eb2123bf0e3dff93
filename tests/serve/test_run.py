"""Runs that are done before, stopped, killed, or given what cannot be done."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from serve import cli
from serve.kinds import MANIFEST

ROOT = Path(__file__).parents[2]
TALK = "00:00:01 We talk about parsers today, and about what they are for.\n"
READ = "00:00:09 This show is brought to you by our sponsor Harbor, try it now.\n"
SEGUE = [sys.executable, "-c", "from serve.cli import main; main()", "tag"]
BROKEN = {
    "not_utf8": b"00:01 caf\xe9\n",
    "empty": b"",
    "cut_json": b'{"segments": [{"start": 0.0, "te',
    "xml": b"<?xml version='1.0'?><tt/>",
    "no_speech": b"WEBVTT\n\n00:01.000 --> 00:02.000\n\n",
}

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def segue(segue):
    """Tags eps/ into out/."""
    return partial(segue, "tag", "eps", "--out", "out")


def make(n, folder="eps"):
    """Folders of `n` transcripts that differ."""
    for i in range(n):
        path = Path(folder, f"{i % 3}", f"ep{i:03}.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TALK * (1 + i % 7) + READ + TALK * (1 + i % 5))


def content(folder):
    """Every file below a folder, hidden ones too, but the manifest."""
    files = (p for p in Path(folder).rglob("*") if p.is_file() and p.name != MANIFEST)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def manifest():
    return [json.loads(line) for line in Path("out", MANIFEST).read_bytes().splitlines()]


def n_done_now(done):
    lines = [line for line in done.stdout.splitlines() if " -> " in line]
    return sum(not line.endswith(" (already done)") for line in lines)


def test_the_manifest_says_what_became_of_each_file(segue):
    make(2)
    Path("eps/bad.txt").write_bytes(b"caf\xe9")
    assert segue().exit_code == 1
    one, two, bad = manifest()
    assert [one["file"], two["file"], bad["file"]] == ["0/ep000.txt", "1/ep001.txt", "bad.txt"]
    assert (one["result"], one["n_words"], one["error"]) == ("done", 35, None)
    assert one["dropped"] == {"sponsor_read": {"n_segments": 1, "n_words": 13, "s": None}}
    assert (bad["result"], bad["dropped"]) == ("failed", {})
    assert bad["error"].startswith("byte 3, line 1: 0xe9 is not UTF-8")
    assert len(one["sha256"]) == len(bad["sha256"]) == 64


@pytest.mark.parametrize(
    "options",
    [("--drop", "none"), ("--min-score", "0.5"), ("--to", "labels"), ("--force",)],
)
def test_other_options_make_everything_again(segue, options):
    make(3)
    assert n_done_now(segue()) == 3
    assert n_done_now(segue()) == 0
    assert n_done_now(segue(*options)) == 3
    assert n_done_now(segue(*options)) == 0
    assert n_done_now(segue()) == 3


def test_another_model_makes_everything_again(segue, monkeypatch):
    make(3)
    segue()
    monkeypatch.setattr("serve.batch.work.digest", lambda folder: "another")
    assert n_done_now(segue()) == 3


def test_a_source_that_changed_and_outputs_that_went_are_done_again(segue):
    make(4)
    segue()
    Path("eps/0/ep000.txt").write_text(TALK)
    Path("out/1/ep001.txt").unlink()
    Path("out/2/ep002.txt").write_text("corrected by hand\n")
    done = segue()
    assert n_done_now(done) == 2
    assert Path("out/0/ep000.txt").read_text() == TALK
    assert Path("out/1/ep001.txt").exists()
    assert Path("out/2/ep002.txt").read_text() == "corrected by hand\n"


def test_a_run_that_stops_amid_doing_files_again_leaves_none_for_done(segue, monkeypatch):
    make(3)
    segue()
    with monkeypatch.context() as patch:
        patch.setattr("serve.batch.run.work", lambda *_: signal.raise_signal(signal.SIGINT))
        assert segue("--drop", "none").exit_code == 130
    assert n_done_now(segue()) == 3


def test_what_failed_is_tried_again(segue):
    make(1)
    Path("eps/bad.txt").write_bytes(b"caf\xe9")
    segue()
    Path("eps/bad.txt").write_text(TALK)
    done = segue()
    assert (done.exit_code, n_done_now(done)) == (0, 1)


def test_stale_parts_go_and_those_of_a_living_run_stay(segue):
    make(3)
    segue()
    stale = Path("out/1/.0123456789abcdef0123456789abcdef.part")
    others = Path("out/1/.download.part")
    for path in (stale, others):
        path.write_bytes(b"half")
    with cli.open_manifest(Path("out")):
        segue()
        assert stale.exists()
    segue()
    assert (stale.exists(), others.exists()) == (False, True)


def test_broken_files_among_good_ones_are_named_and_all_else_is_done(segue):
    make(20)
    for i in range(3):
        for name, source in BROKEN.items():
            Path(f"eps/{i}/{name}.json").write_bytes(source)
    done = segue("--jobs", "1")
    assert (done.exit_code, n_done_now(done)) == (1, 20)
    named = {line.split(": ")[0] for line in done.stderr.splitlines()}
    assert named == {f"eps/{i}/{name}.json" for i in range(3) for name in BROKEN}
    assert len(content("out")) == 40
    assert "\n  done                    20\n" in done.stdout
    assert "\n  failed                  15\n" in done.stdout


def start(*arguments, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*SEGUE, *arguments], env=environment, start_new_session=True, text=True, **options
    )


def finish(*arguments):
    process = start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


def test_two_processes_do_what_one_does():
    make(12)
    Path("eps/bad.txt").write_bytes(b"caf\xe9")
    one = finish("eps", "--out", "one", "--jobs", "1")
    two = finish("eps", "--out", "two", "--jobs", "2")
    assert (two[0], two[1].replace("two/", "one/"), two[2]) == one
    assert content("one") == content("two")
    assert Path("one", MANIFEST).read_bytes() == Path("two", MANIFEST).read_bytes()


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_is_not():
    make(40)
    finish("eps", "--out", "whole")
    for n_rows in (5, 25):
        process = start("eps", "--out", "out", "--jobs", "2", stdout=subprocess.DEVNULL)
        while process.poll() is None and n_rows_of("out") < n_rows:
            time.sleep(0.001)
        process.kill()
        process.wait()
    code, stdout, _ = finish("eps", "--out", "out", "--jobs", "2")
    assert code == 0
    assert stdout.count("(already done)") >= 25
    assert content("out") == content("whole")
    assert Path("out", MANIFEST).read_bytes() == Path("whole", MANIFEST).read_bytes()


def n_rows_of(folder):
    path = Path(folder, MANIFEST)
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for_reader(fifo):
    """Wait until somebody is about to read a named pipe; that reader waits for ever."""
    for _ in range(2000):
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.01)
    return pytest.fail("nobody reads")


def test_ctrl_c_stops_at_once_and_keeps_what_is_done():
    make(2)
    os.mkfifo("eps.txt")
    process = start("eps", "eps.txt", "--out", "out", "--jobs", "2", stderr=subprocess.PIPE)
    writer = wait_for_reader("eps.txt")
    while n_rows_of("out") < 2:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    os.close(writer)
    assert process.returncode == 130
    assert (
        stderr == "segue: stopped; what is done is kept, and the same command goes on from there\n"
    )
    assert len(content("out")) == 4
    assert [row["result"] for row in manifest()] == ["done", "done"]


def test_a_reader_that_goes_away_ends_the_run_without_a_traceback():
    make(3)
    process = start("eps", "--out", "out", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=20), stderr) == (1, "")
    assert manifest()[0]["result"] == "done"


def test_a_pipe_of_a_name_that_is_done_is_read_for_what_it_holds_now(tmp_path):
    """Its content can be read but once: by the work, not by the look whether it is done."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for talk in (TALK + READ, TALK * 3):
        command = subprocess.Popen(
            [*SEGUE, pipe, "--out", "out"], env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        pipe.write_text(talk)
        assert command.wait(timeout=60) == 0
    assert Path("out", "pipe").read_text() == TALK * 3
