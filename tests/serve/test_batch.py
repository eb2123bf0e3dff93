import os
from pathlib import Path

import pytest

from serve.batch.files import Input, find, plan, write_whole
from serve.errors import OutputError, RequestError
from serve.kinds import KINDS, is_own


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"this is {name}\n")


def in_sight(folder):
    return [path.name for path in Path(folder).iterdir()]


def names(found):
    return [given.name for given in found.inputs]


def test_a_file_is_taken_whatever_it_is_called(here):
    make("talk.log", "shows/.hidden.vtt")
    found = find(["talk.log", "shows/.hidden.vtt"], Path("out"))
    assert found.inputs == [
        Input("talk.log", Path("talk.log")),
        Input(".hidden.vtt", Path("shows/.hidden.vtt")),
    ]


def test_a_folder_is_walked_in_order_and_its_paths_are_kept(here):
    make("eps/b/2.srt", "eps/b/1.VTT", "eps/a.json", "eps/b/c/deep.html", "eps/z.md", "eps/t.tsv")
    found = find(["eps/"], Path("out"))
    assert names(found) == ["a.json", "t.tsv", "z.md", "b/1.VTT", "b/2.srt", "b/c/deep.html"]
    assert found.inputs[3].path == Path("eps/b/1.VTT")


def test_from_a_folder_come_only_transcripts_that_are_in_sight(here):
    make(
        "eps/a.vtt", "eps/a.mp3", "eps/notes", "eps/.a.vtt.swp", "eps/.hidden.vtt", "eps/.git/x.txt"
    )
    make("eps/a.vtt.segments.json", "eps/a.vtt.labels.tsv")
    Path("eps/gone.vtt").symlink_to("nowhere.vtt")
    Path("eps/folder.vtt").mkdir()
    found = find(["eps"], Path("out"))
    assert (names(found), found.missing, found.skipped) == (["a.vtt"], [], [])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].extension])
def test_outputs_of_segue_are_known_by_their_name_and_said_to_be_skipped(here, kind):
    own = "ep.vtt" + KINDS[kind].extension
    make("ep.vtt", own)
    assert is_own(own)
    found = find(["ep.vtt", own], Path("out"))
    assert (names(found), found.skipped) == (["ep.vtt"], [Path(own)])


@pytest.mark.parametrize("name", ["ep.vtt", "ep.json", "labels.tsv", "segments.json", "ep.tsv"])
def test_transcripts_are_not_taken_for_outputs(name):
    assert not is_own(name)


def test_outputs_of_the_last_run_are_not_read_again(here):
    make("eps/a.vtt", "eps/out/a.vtt", "eps/out/b/c.vtt")
    assert names(find(["eps"], Path("eps/out"))) == ["a.vtt"]
    found = find(["eps/a.vtt", "eps/out/a.vtt"], Path("eps/out"))
    assert (names(found), found.skipped) == (["a.vtt"], [Path("eps/out/a.vtt")])


def test_stdin_is_not_a_reason_to_skip_the_files_where_outputs_go(here):
    make("ep.vtt")
    assert names(find(["-", "ep.vtt"], Path())) == ["stdin", "ep.vtt"]


def test_outputs_may_go_beside_the_inputs(here):
    make("eps/a.vtt", "eps/b/c.vtt")
    assert names(find(["eps"], Path("eps"))) == ["a.vtt", "b/c.vtt"]
    assert names(find(["eps/a.vtt"], Path("eps"))) == ["a.vtt"]


def test_a_glob_that_the_shell_left_alone_is_expanded(here):
    make("eps/2.vtt", "eps/1.vtt", "eps/.hidden.vtt", "eps/x.srt", "eps/deep/3.vtt")
    assert names(find(["eps/*.vtt"], Path("out"))) == ["1.vtt", "2.vtt"]
    assert names(find([f"{here}/eps/?.vtt"], Path("out"))) == ["1.vtt", "2.vtt"]
    assert names(find(["eps/**/*.vtt"], Path("out"))) == ["1.vtt", "2.vtt", "3.vtt"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_glob(here):
    make("ep [final].vtt", "ep f.vtt")
    assert names(find(["ep [final].vtt"], Path("out"))) == ["ep [final].vtt"]


def test_what_is_given_twice_is_done_once(here):
    make("eps/a.vtt", "eps/b.vtt")
    assert names(find(["eps/b.vtt", "eps", "./eps/a.vtt", "-", "-"], None)) == [
        "b.vtt",
        "a.vtt",
        "stdin",
    ]


def test_arguments_that_stand_for_nothing_are_named(here):
    make("eps/a.mp3", "ok.vtt")
    found = find(["gone.vtt", "ok.vtt", "eps", "*.srt"], Path("out"))
    assert names(found) == ["ok.vtt"]
    assert found.missing == [
        "gone.vtt: there is no such file or folder",
        "eps: no transcripts in this folder (.json .vtt .srt .tsv .txt .md .html)",
        "*.srt: there is no such file or folder",
    ]


def test_half_a_folder_is_not_done(here, monkeypatch):
    make("eps/a.vtt")

    def walk(folder, onerror):
        onerror(PermissionError(13, "Permission denied", "eps/private"))

    monkeypatch.setattr(os, "walk", walk)
    with pytest.raises(
        RequestError, match=r"^eps/private: Permission denied; the folder cannot be"
    ):
        find(["eps"], Path("out"))


def test_a_plan_names_one_file_for_each_kind(here):
    make("eps/b/ep.vtt", "ep.json")
    found = find(["eps", "ep.json", "-"], Path("out"))
    assert plan(found.inputs, ("segments", "labels", "transcript"), Path("out")) == [
        {
            "segments": Path(f"out/{name}.segments.json"),
            "labels": Path(f"out/{name}.labels.tsv"),
            "transcript": Path(f"out/{name}"),
        }
        for name in ("b/ep.vtt", "ep.json", "stdin")
    ]


def test_a_plan_for_stdout_names_no_file(here):
    make("ep.vtt")
    assert plan(find(["ep.vtt"], None).inputs, ("labels",), None) == [{}]


def test_transcripts_that_whisper_writes_side_by_side_do_not_clash(here):
    make("ep.vtt", "ep.srt", "ep.json")
    plan(find(["."], Path("out")).inputs, tuple(KINDS), Path("out"))


def test_two_inputs_of_one_name_are_refused(here):
    make("one/ep.vtt", "two/ep.vtt")
    inputs = find(["one/ep.vtt", "two/ep.vtt"], Path("out")).inputs
    with pytest.raises(OutputError) as refusal:
        plan(inputs, ("segments",), Path("out"))
    assert str(refusal.value) == (
        "one/ep.vtt and two/ep.vtt would both be written to out/ep.vtt.segments.json; name the"
        " folder above them, so that their paths are kept, or give each its own --out"
    )


def test_a_file_where_another_needs_a_folder_is_refused(here):
    make("x/ep", "y/ep/1.vtt")
    inputs = find(["x/ep", "y"], Path("out")).inputs
    with pytest.raises(
        OutputError, match=r"x/ep and y/ep/1\.vtt would both be written to out/ep/1"
    ):
        plan(inputs, ("transcript",), Path("out"))


@pytest.mark.parametrize("out", [".", "eps/..", "link"])
def test_an_input_is_never_overwritten_by_whatever_name(here, out):
    make("ep.vtt", "eps/x.vtt")
    Path("link").symlink_to(here, target_is_directory=True)
    inputs = find(["ep.vtt"], Path(out)).inputs
    message = "is an input and would be overwritten; choose another --out"
    with pytest.raises(OutputError, match=message):
        plan(inputs, ("transcript",), Path(out))
    plan(inputs, ("segments", "labels"), Path(out))


def test_an_input_that_is_a_link_is_not_overwritten_either(here):
    make("store/ep.vtt")
    Path("ep.vtt").symlink_to("store/ep.vtt")
    with pytest.raises(OutputError, match=r"^ep\.vtt is an input"):
        plan(find(["ep.vtt"], Path()).inputs, ("transcript",), Path())


def test_another_input_is_not_overwritten_either(here):
    make("a/ep.vtt", "b/ep.vtt")
    inputs = [Input("ep.vtt", Path("a/ep.vtt")), Input("other.vtt", Path("b/ep.vtt"))]
    with pytest.raises(OutputError, match=r"^b/ep\.vtt is an input"):
        plan(inputs, ("transcript",), Path("b"))


def test_a_file_is_no_place_for_outputs(here):
    make("ep.vtt", "out")
    with pytest.raises(OutputError, match=r"^out is a file; name a folder with --out"):
        plan(find(["ep.vtt"], None).inputs, ("labels",), Path("out"))


def test_a_file_is_written_with_its_folders_and_over_its_last_version(here):
    write_whole(Path("out/a/ep.vtt"), b"one\r\n")
    write_whole(Path("out/a/ep.vtt"), b"two\r\n")
    assert Path("out/a/ep.vtt").read_bytes() == b"two\r\n"
    assert in_sight("out/a") == ["ep.vtt"]


def test_a_written_file_has_the_usual_rights(here):
    make("usual")
    write_whole(Path("ep.vtt"), b"")
    assert Path("ep.vtt").stat().st_mode == Path("usual").stat().st_mode


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_last_version_and_nothing_else(here, monkeypatch, error):
    write_whole(Path("ep.vtt"), b"whole")

    def fail(descriptor):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        write_whole(Path("ep.vtt"), b"half")
    assert in_sight(".") == ["ep.vtt"]
    assert Path("ep.vtt").read_bytes() == b"whole"


def test_the_longest_name_that_a_file_can_have_is_written(here):
    name = "e" * 251 + ".vtt"
    write_whole(Path(name), b"whole")
    assert in_sight(".") == [name]


def test_a_name_too_long_for_its_outputs_stops_no_other_file(here):
    Path("out").mkdir()
    inputs = [Input("e" * 251 + ".vtt", Path("ep.vtt")), Input("ok.vtt", Path("ok.vtt"))]
    long, fine = plan(inputs, ("segments",), Path("out"))
    assert fine == {"segments": Path("out/ok.vtt.segments.json")}
    with pytest.raises(OSError, match="name too long"):
        write_whole(long["segments"], b"{}")
