import json
import os
from pathlib import Path

import pytest

from serve import cli
from serve.errors import BundleError
from serve.kinds import MANIFEST
from serve.pipeline import tag
from serve.result import Result

TALK = "Welcome back to the show, this is the one where we talk about parsers and why they are fun."
READ = (
    "This part of the show is brought to you by our sponsor Harbor. Try it and it is free for you."
)
MORE = "So when did you first think that you could write a parser of your own and get away with it?"


def vtt(*texts):
    cues = "".join(f"00:{i:02}.000 --> 00:{i + 1:02}.000\n{t}\n\n" for i, t in enumerate(texts))
    return f"WEBVTT\n\n{cues}".encode()


SOURCE = vtt(TALK, READ, MORE)
KEPT = SOURCE.replace(f"00:01.000 --> 00:02.000\n{READ}\n\n".encode(), b"")
SPANISH = (
    "Bienvenidos a un nuevo episodio del programa.\nHoy hablamos con Lucía sobre cómo empezó.\n"
    "Gracias a nuestro sponsor por hacer posible este episodio.\nVamos con la primera pregunta.\n"
)


pytestmark = pytest.mark.usefixtures("here")


def make(**files):
    for name, content in files.items():
        Path(name.replace("__", "/").replace("_", ".")).write_bytes(content)


def tree(folder):
    """The files below a folder; the manifest, which every run writes, left out."""
    files = [p for p in Path(folder).rglob("*") if p.is_file() and p.name != MANIFEST]
    return sorted(p.relative_to(folder).as_posix() for p in files)


def test_a_file_becomes_its_result_and_itself_without_ads(segue, model):
    make(ep_vtt=SOURCE)
    done = segue("tag", "ep.vtt", "--out", "out")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "ep.vtt  60 words, 1 ad (21 words, 1 s) cut -> out/ep.vtt\n"
    assert tree("out") == ["ep.vtt", "ep.vtt.segments.json"]
    assert Path("out/ep.vtt").read_bytes() == KEPT
    result = Path("out/ep.vtt.segments.json").read_bytes()
    assert Result.model_validate_json(result) == tag(SOURCE, model)
    assert Path("ep.vtt").read_bytes() == SOURCE


def test_labels_are_rows_over_cues(segue):
    make(ep_vtt=vtt(TALK, MORE, READ, READ, MORE))
    done = segue("tag", "ep.vtt", "--out", "out", "--to", "labels")
    assert done.stdout == "ep.vtt  101 words, 1 ad (42 words, 2 s) -> out/ep.vtt.labels.tsv\n"
    assert tree("out") == ["ep.vtt.labels.tsv"]
    rows = Path("out/ep.vtt.labels.tsv").read_bytes()
    assert rows == b"1\t2\tother\n3\t4\tsponsor_read\n5\t5\tother\n"


def test_lists_take_commas_and_can_be_repeated(segue):
    make(ep_vtt=SOURCE)
    segue(
        "tag", "ep.vtt", "--out", "a", "--to", "labels,transcript", "--drop", "intro,sponsor_read"
    )
    more = ("--drop", "intro", "--drop", "sponsor_read")
    segue("tag", "ep.vtt", "--out", "b", "--to", "labels", "--to", "transcript", *more)
    assert tree("a") == tree("b") == ["ep.vtt", "ep.vtt.labels.tsv"]
    assert Path("a/ep.vtt").read_bytes() == Path("b/ep.vtt").read_bytes() == KEPT


@pytest.mark.parametrize(
    "choice", [("--drop", "none"), ("--drop", "intro"), ("--min-score", "0.95")]
)
def test_what_is_not_dropped_stays_to_the_byte(segue, choice):
    source = b"\xef\xbb\xbf" + SOURCE.replace(b"\n", b"\r\n")
    make(ep_vtt=source)
    done = segue("tag", "ep.vtt", "--out", "out", *choice)
    assert done.stdout == "ep.vtt  60 words, nothing cut -> out/ep.vtt\n"
    assert Path("out/ep.vtt").read_bytes() == source


def test_folders_keep_their_paths_and_a_second_run_changes_nothing(segue):
    Path("eps/2024").mkdir(parents=True)
    make(eps__2024__ep_vtt=SOURCE, eps__ep_vtt=SOURCE)
    first = segue("tag", "eps", "--out", "eps/clean")
    names = ["2024/ep.vtt", "2024/ep.vtt.segments.json", "ep.vtt", "ep.vtt.segments.json"]
    assert tree("eps/clean") == names
    content = [Path("eps/clean", name).read_bytes() for name in names]
    second = segue("tag", "eps", "--out", "eps/clean")
    again = "".join(f"{line} (already done)\n" for line in first.stdout.splitlines())
    assert (second.exit_code, second.stdout) == (0, again)
    assert tree("eps/clean") == names
    assert content == [Path("eps/clean", name).read_bytes() for name in names]


def test_stdin_to_stdout_writes_the_transcript_and_nothing_else(segue):
    done = segue("tag", "-", "--out", "-", "--to", "transcript", input=SOURCE)
    assert (done.exit_code, done.stdout_bytes, done.stderr) == (0, KEPT, "")


def test_stdin_is_a_file_called_stdin(segue):
    done = segue("tag", "-", "--out", "out", input=SOURCE)
    assert done.stdout.endswith(" cut -> out/stdin\n")
    assert tree("out") == ["stdin", "stdin.segments.json"]


def test_the_result_on_stdout_is_the_result(segue, model):
    make(ep_vtt=SOURCE)
    done = segue("tag", "ep.vtt", "--out", "-", "--to", "segments")
    assert Result.model_validate_json(done.stdout_bytes) == tag(SOURCE, model)
    assert list(json.loads(done.stdout)) == [
        "schema",
        "model",
        "transcript",
        "warnings",
        "segments",
    ]


def test_a_source_that_is_not_english_stays_whole_unless_forced(segue):
    make(ep_txt=SPANISH.encode())
    done = segue("tag", "ep.txt", "--out", "out")
    assert done.exit_code == 0
    assert done.stdout == "ep.txt  28 words, nothing cut -> out/ep.txt\n"
    assert done.stderr.startswith("ep.txt: warning: this transcript is probably not English (")
    assert Path("out/ep.txt").read_text() == SPANISH
    forced = segue("tag", "ep.txt", "--out", "out", "--force")
    assert forced.stdout == "ep.txt  28 words, 1 ad (9 words) cut -> out/ep.txt\n"
    assert "sponsor" not in Path("out/ep.txt").read_text()


def test_a_failed_input_is_named_and_the_others_are_done(segue):
    make(a_vtt=b"caf\xe9 with sponsor", b_vtt=SOURCE, c_txt=b" \n", d_vtt=SOURCE)
    done = segue("tag", "a.vtt", "b.vtt", "gone.vtt", "c.txt", "d.vtt", "--out", "out")
    assert done.exit_code == 1
    missing, a, c = done.stderr.splitlines()
    assert missing == "gone.vtt: there is no such file or folder"
    assert a.startswith("a.vtt: ")
    assert c.startswith("c.txt: ")
    assert tree("out") == ["b.vtt", "b.vtt.segments.json", "d.vtt", "d.vtt.segments.json"]
    assert len(done.stdout.splitlines()) == 2


def test_an_input_that_cannot_be_read_or_written_is_named(segue):
    make(a_vtt=SOURCE, b_vtt=SOURCE)
    Path("gone.vtt").symlink_to("nowhere")
    Path("out/a.vtt").mkdir(parents=True)
    done = segue("tag", "gone.vtt", "a.vtt", "b.vtt", "--out", "out")
    assert done.exit_code == 1
    gone, a = done.stderr.splitlines()
    assert gone == "gone.vtt: No such file or directory"
    assert "out/a.vtt" in a or "Is a directory" in a
    assert Path("out/b.vtt").read_bytes() == KEPT


def test_a_fault_of_ours_in_one_input_does_not_stop_the_others(segue, model, monkeypatch):
    make(a_vtt=vtt("trip " + TALK), b_vtt=SOURCE)
    score = model.log_probs

    def trip(units):
        if "trip" in units[0].text:
            raise KeyError("trip")
        return score(units)

    monkeypatch.setattr(model, "log_probs", trip, raising=False)
    done = segue("tag", "a.vtt", "b.vtt", "--out", "out")
    assert done.exit_code == 1
    assert done.stderr == "a.vtt: Segue itself failed (KeyError: 'trip'); please report it\n"
    assert tree("out") == ["b.vtt", "b.vtt.segments.json"]


def test_an_input_with_one_bad_kind_writes_none(segue, monkeypatch):
    make(ep_vtt=SOURCE)

    def fail(tagged):
        raise BundleError("no")

    monkeypatch.setitem(cli.KINDS, "labels", cli.KINDS["labels"]._replace(write=fail))
    done = segue("tag", "ep.vtt", "--out", "out", "--to", "segments,labels")
    assert (done.exit_code, done.stderr) == (1, "ep.vtt: no\n")
    assert tree("out") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--to", "karaoke"),
            "--to: 'karaoke' is not a kind; the kinds are segments, labels, tra",
        ),
        (("--to", "none"), "--to: 'none' is not a kind; the kinds are segments, labels"),
        (("--to", ""), "--to: a kind is missing; the kinds are segments"),
        (("--drop", "ads"), "drop: 'ads' is not a label; the labels are sponsor_read, self_promo,"),
        (("--drop", "none,intro"), "drop: 'none' stands alone"),
        (("--min-score", "2"), "min_score: it should be less than or equal to 1, not '2'"),
        (("--min-score", "nan"), "min_score: it should be a finite number, not 'nan'"),
        (("--format", "docx"), "format: 'docx' is not a format; the formats are auto, "),
        (
            ("--out", "-"),
            "--out - writes one kind, not 2 (segments, transcript); name it, for exam",
        ),
        (("--out", "."), "ep.vtt is an input and would be overwritten; choose another --out"),
        (("--out", "ep.vtt"), "ep.vtt is a file; name a folder with --out"),
    ],
)
def test_a_wrong_command_does_nothing_and_says_why(segue, arguments, message):
    make(ep_vtt=SOURCE)
    done = segue("tag", "ep.vtt", "--out", "out", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"segue: {message}")
    assert tree(".") == ["ep.vtt"]


@pytest.mark.parametrize(
    "arguments", [(), ("ep.vtt",), ("--out", "out"), ("ep.vtt", "--out", "out", "--too", "x")]
)
def test_a_command_that_click_refuses_is_wrong_too(segue, arguments):
    assert segue("tag", *arguments).exit_code == 2


def test_outputs_alone_are_nothing_to_do(segue):
    make(ep_vtt_segments_json=b"{}")
    done = segue("tag", "ep.vtt.segments.json", "--out", "out")
    assert done.exit_code == 2
    assert done.stderr.startswith(
        "segue: all inputs are outputs of Segue; name the transcripts themselves"
    )


def test_an_output_among_the_inputs_is_skipped_aloud(segue):
    make(ep_vtt=SOURCE, ep_vtt_segments_json=b"{}")
    done = segue("tag", "ep.vtt", "ep.vtt.segments.json", "--out", "out")
    assert done.exit_code == 0
    assert done.stderr == (
        "ep.vtt.segments.json: skipped, it is an output of Segue or lies where outputs go\n"
    )


def test_a_damaged_model_is_named_before_work_starts(segue, monkeypatch):
    make(ep_vtt=SOURCE)

    def refuse(folder):
        raise BundleError(f"{folder} holds no model")

    monkeypatch.setattr(cli, "load_model", refuse)
    done = segue("tag", "ep.vtt", "--out", "out", "--model", "models/mine")
    assert (done.exit_code, done.stderr) == (2, "segue: models/mine holds no model\n")
    assert not Path("out").exists()


def test_a_name_that_is_no_text_is_written_and_said(segue):
    name = os.fsdecode(b"caf\xe9.vtt")
    Path(name).write_bytes(SOURCE)
    done = segue("tag", name, "--out", "out")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("caf\ufffd.vtt  60 words")
    assert (Path("out") / name).read_bytes() == KEPT


def test_help_has_an_example_and_every_choice(segue):
    shown = segue("tag", "--help").stdout
    assert "$ segue tag episodes/ --out clean/" in shown
    for choice in ("segments", "labels", "transcript", "sponsor_read", "none", "--force", "vtt"):
        assert choice in shown


def test_the_version_is_one_line(segue):
    assert segue("--version").stdout.startswith("segue ")
    assert len(segue("--version").stdout.splitlines()) == 1
