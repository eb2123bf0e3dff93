"""`segue import`: files in, what training reads out."""

from pathlib import Path

import pytest

from serve.kinds import MANIFEST

NAME = "ep.vtt.audacity.txt"
REGIONS = b"0.0\t1.0\tintro 0.97\n1.0\t2.0\tsponsor_read\n2.0\t3.0\tother\n"
ROWS = b"1\t1\tintro\n2\t2\tsponsor_read\n3\t3\tother\n"

pytestmark = pytest.mark.usefixtures("here")


def vtt(*texts):
    cues = "".join(f"00:{i:02}.000 --> 00:{i + 1:02}.000\n{t}\n\n" for i, t in enumerate(texts))
    return f"WEBVTT\n\n{cues}".encode()


SOURCE = vtt("Welcome to the show.", "Buy this sponsor's tea.", "So what is new with you?")


def make(files):
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)


def tree(folder):
    files = (p for p in Path(folder).rglob("*") if p.is_file() and p.name != MANIFEST)
    return sorted(path.relative_to(folder).as_posix() for path in files)


def test_labels_come_back_beside_a_copy_of_their_transcript(segue):
    make({"eps/tea/ep.vtt": SOURCE, f"review/{NAME}": REGIONS})
    done = segue("import", f"review/{NAME}", "--transcripts", "eps", "--out", "labels")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"review/{NAME}  3 cues, 3 segments -> labels/tea/ep.vtt.labels.tsv\n"
    assert tree("labels") == ["tea/ep.vtt", "tea/ep.vtt.labels.tsv"]
    assert Path("labels/tea/ep.vtt").read_bytes() == SOURCE
    assert Path("labels/tea/ep.vtt.labels.tsv").read_bytes() == ROWS


def test_tagging_and_importing_gives_the_labels_of_tagging(segue):
    make({"eps/a/ep.vtt": SOURCE, "eps/b/ep.vtt": vtt("Sponsor, sponsor.", "So that is all.")})
    segue("tag", "eps", "--out", "review", "--to", "audacity")
    segue("tag", "eps", "--out", "tagged", "--to", "labels")
    done = segue("import", "review", "--transcripts", "eps", "--out", "labels")
    assert (done.exit_code, done.stderr) == (0, "")
    names = ["a/ep.vtt.labels.tsv", "b/ep.vtt.labels.tsv"]
    assert tree("tagged") == names
    for name in names:
        assert Path("labels", name).read_bytes() == Path("tagged", name).read_bytes()


def test_training_reads_what_importing_writes(segue):
    corpus = pytest.importorskip("train.corpus")
    make({"eps/tea/ep.vtt": SOURCE, f"review/{NAME}": b"1.0\t2.0\tad\n"})
    segue("import", "review", "--transcripts", "eps", "--out", "labels")
    (episode,) = corpus.read_episodes(Path("labels"))
    assert (episode.show, episode.name, episode.source) == ("tea", "ep.vtt", SOURCE)
    allowed = corpus.unit_labels(episode, corpus.read_transcript(episode))
    assert allowed.sum(axis=1).tolist() == [4, 2, 4]


def test_bad_files_are_named_and_the_others_are_done(segue):
    make({f"eps/{n}.vtt": SOURCE for n in "abc"} | {"eps/note.txt": b"Welcome to the show.\n"})
    make({"r/a.vtt.audacity.txt": REGIONS, "r/b.vtt.audacity.txt": b"0\t1\tintro\n1\t2\tadvert\n"})
    make({"r/c.vtt.labels.tsv": b"1\t2\tintro\n", "r/d.vtt.audacity.txt": REGIONS})
    make({"r/note.txt.audacity.txt": REGIONS})
    done = segue("import", "r", "gone.audacity.txt", "--transcripts", "eps", "--out", "labels")
    assert done.exit_code == 1
    assert tree("labels") == ["a.vtt", "a.vtt.labels.tsv"]
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        "r/d.vtt.audacity.txt: no transcript below eps is called 'd.vtt'",
        "gone.audacity.txt: there is no file of labels here",
        "r/b.vtt.audacity.txt: line 2: 'advert' is not a label",
        "r/c.vtt.labels.tsv: the labels cover 2 cues, the transcript has 3",
        "r/note.txt.audacity.txt: this plain transcript has no times, and they are needed here",
    ]


def test_a_transcript_is_found_by_its_stem_where_that_is_clear(segue):
    make({"eps/ep.vtt": SOURCE, "ep.txt": REGIONS})
    assert segue("import", "ep.txt", "--transcripts", "eps", "--out", "a").exit_code == 0
    make({"eps/ep.srt": SOURCE})
    done = segue("import", "ep.txt", "--transcripts", "eps", "--out", "b")
    assert done.exit_code == 1
    assert done.stderr == (
        "ep.txt: it may be about any of ep.srt, ep.vtt; name it like one of them with"
        " .audacity.txt behind\n"
    )


def test_of_two_shows_the_one_with_the_same_path_is_meant(segue):
    make({"eps/a/ep.vtt": SOURCE, "eps/b/ep.vtt": SOURCE, f"review/b/{NAME}": REGIONS})
    segue("import", "review", "--transcripts", "eps", "--out", "labels")
    assert tree("labels") == ["b/ep.vtt", "b/ep.vtt.labels.tsv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("review", "--transcripts", "gone", "--out", "l"), "--transcripts gone is not a folder"),
        (("review", "both", "--transcripts", "eps", "--out", "l"), "are both about eps/ep.vtt"),
        (("review", "--transcripts", "eps", "--out", "eps"), "eps/ep.vtt is an input and would be"),
        (("both", "--transcripts", "eps", "--out", "both"), "both/ep.vtt.labels.tsv is an input"),
    ],
)
def test_commands_that_make_no_sense_change_nothing(segue, arguments, message):
    make({"eps/ep.vtt": SOURCE, f"review/{NAME}": REGIONS, "both/ep.vtt.labels.tsv": ROWS})
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = segue("import", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert before == {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def test_an_export_that_cannot_be_made_leaves_nothing_half_written(segue):
    make({"eps/a.txt": b"Welcome to the show, all.\n", "eps/b.vtt": SOURCE})
    done = segue("tag", "eps", "--out", "out", "--to", "segments,edl")
    assert done.exit_code == 1
    assert done.stderr.startswith("eps/a.txt: this plain transcript has no times, and they are")
    assert tree("out") == ["b.vtt.kodi.edl", "b.vtt.segments.json"]
