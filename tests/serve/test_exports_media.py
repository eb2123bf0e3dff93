"""Chapters, cuts and labels, as players and editors read them."""

import json
import shutil
import subprocess
from itertools import pairwise

import pytest

from serve.kinds import KINDS
from serve.labels import ADS, LABELS

LABELS_OF_CUES = ["sponsor_read", "intro", "self_promo", "intro", "library_discussion", "other"]
EDGES = [0.5, 10, 20, 30, 45.25, 50, 58]


def source(edges):
    items = [
        {"start": a, "end": b, "text": f"So this is part {i}."}
        for i, (a, b) in enumerate(pairwise(edges))
    ]
    return json.dumps({"segments": items}).encode()


@pytest.fixture
def episode(tagged):
    """Six segments, two of them dropped, one of those at the start."""

    def make(drop=ADS, name="ep.json"):
        return tagged(source(EDGES), LABELS_OF_CUES, drop=drop, name=name)

    return make


def run(*command, cwd=None):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    """A minute of sound in an mp3."""
    path = tmp_path_factory.mktemp("media") / "ep.mp3"
    sound = ("-f", "lavfi", "-i", "sine=frequency=200:duration=60", "-b:a", "32k")
    run("ffmpeg", "-loglevel", "error", *sound, str(path))
    return path


def test_chapters_title_what_is_kept_and_mark_what_is_dropped_silently(episode):
    whole = json.loads(KINDS["chapters"].write(episode()))
    assert whole == {
        "version": "1.2.0",
        "chapters": [
            {"startTime": 0.0, "title": "Intro"},
            {"startTime": 0.5, "endTime": 10.0, "title": "Sponsor", "toc": False},
            {"startTime": 20.0, "endTime": 30.0, "title": "Self-promotion", "toc": False},
            {"startTime": 45.25, "title": "Library discussion"},
            {"startTime": 50.0, "title": "Conversation"},
        ],
    }


def test_chapters_of_an_episode_of_which_nothing_is_dropped_are_all_titled(episode):
    chapters = json.loads(KINDS["chapters"].write(episode(drop=())))["chapters"]
    assert [c["startTime"] for c in chapters] == [0.0, 10.0, 20.0, 30.0, 45.25, 50.0]
    assert all(set(c) == {"startTime", "title"} for c in chapters)


def test_ffprobe_reads_the_chapters_for_ffmpeg(episode, tmp_path):
    path = tmp_path / "ep.ffmeta"
    path.write_bytes(KINDS["ffmetadata"].write(episode()))
    shown = run("ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(path))
    assert shown.stderr == ""
    chapters = json.loads(shown.stdout)["chapters"]
    times = [(float(c["start_time"]), float(c["end_time"])) for c in chapters]
    assert times == [(0, 10), (10, 20), (20, 30), (30, 45.25), (45.25, 50), (50, 58)]
    titles = ["Sponsor", "Intro", "Self-promotion", "Intro", "Library discussion", "Conversation"]
    assert [c["tags"]["title"] for c in chapters] == titles


def test_ffmpeg_puts_the_chapters_into_a_file(episode, media, tmp_path):
    path = tmp_path / "ep.ffmeta"
    path.write_bytes(KINDS["ffmetadata"].write(episode()))
    out = tmp_path / "out.mp3"
    both = ("-i", str(media), "-i", str(path), "-map_metadata", "0", "-map_chapters", "1")
    run("ffmpeg", "-loglevel", "error", *both, "-c", "copy", str(out))
    shown = run("ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(out))
    assert len(json.loads(shown.stdout)["chapters"]) == 6


@pytest.mark.parametrize(
    ("drop", "seconds"), [(ADS, 60 - 9.5 - 10), ((), 60), (LABELS, 0.5 + 2), (("other",), 52)]
)
def test_ffmpeg_plays_what_is_kept(episode, media, tmp_path, drop, seconds):
    shutil.copy(media, tmp_path / "ep.mp3")
    (tmp_path / "ep.ffconcat").write_bytes(KINDS["concat"].write(episode(drop)))
    copy = ("-i", "ep.ffconcat", "-c", "copy", "out.mp3")
    run("ffmpeg", "-loglevel", "error", *copy, cwd=tmp_path)
    entry = ("-show_entries", "format=duration", "-of", "csv=p=0")
    shown = run("ffprobe", "-v", "error", *entry, "out.mp3", cwd=tmp_path)
    assert float(shown.stdout) == pytest.approx(seconds, abs=0.3)


def test_ffmpeg_reads_a_name_with_a_quote_in_it(episode, media, tmp_path):
    shutil.copy(media, tmp_path / "It's café.mp3")
    script = KINDS["concat"].write(episode(name="2024/It's café.vtt"))
    (tmp_path / "x.ffconcat").write_bytes(script)
    run("ffprobe", "-v", "error", "-safe", "0", "x.ffconcat", cwd=tmp_path)


def test_the_media_file_is_the_one_that_the_transcript_is_named_after(episode):
    assert b"file 'ep.mp3'\n" in KINDS["concat"].write(episode(name="show/ep.vtt"))
    assert b"file 'ep.m4a'\n" in KINDS["concat"].write(episode(name="ep.m4a.json"))
    assert b"file 'caf\xe9.mp3'\n" in KINDS["concat"].write(episode(name="caf\udce9.vtt"))


def test_a_name_cannot_add_lines_to_a_script(episode):
    for kind in ("concat", "mpv"):
        for mark in "\r\n":
            written = KINDS[kind].write(episode(name=f"ep{mark}file 'secret'.vtt"))
            assert [line for line in written.splitlines() if line.startswith(b"file 's")] == []


def test_mpv_gets_starts_and_lengths_of_what_is_kept(episode):
    rows = KINDS["mpv"].write(episode(name="shows/a,b;c.vtt")).decode().splitlines()
    assert rows == [
        "# mpv EDL v0",
        "%9%a,b;c.mp3,0.000,0.500",
        "%9%a,b;c.mp3,10.000,10.000",
        "%9%a,b;c.mp3,30.000",
    ]


def test_kodi_skips_what_is_dropped_as_commercial_breaks(episode):
    assert KINDS["edl"].write(episode()) == b"0.500\t10.000\t3\n20.000\t30.000\t3\n"
    assert KINDS["edl"].write(episode(drop=())) == b""


def test_audacity_gets_every_segment_with_its_score(episode):
    rows = [row.split("\t") for row in KINDS["audacity"].write(episode()).decode().splitlines()]
    assert rows[0] == ["0.500000", "10.000000", "sponsor_read 0.90"]
    assert [row[2].split(" ")[0] for row in rows] == LABELS_OF_CUES


def test_sponsorblock_gets_what_to_skip_by_its_own_categories(episode):
    found = json.loads(KINDS["sponsorblock"].write(episode(drop=(*ADS, "intro"))))
    assert [(*f["segment"], f["category"]) for f in found] == [
        (0.5, 10, "sponsor"), (10, 20, "hook"), (20, 30, "selfpromo"), (30, 45.25, "hook")
    ]  # fmt: skip
    assert {f["actionType"] for f in found} == {"skip"}
    assert len({f["UUID"] for f in found}) == 4
    again = json.loads(KINDS["sponsorblock"].write(episode(drop=(*ADS, "intro"))))
    assert again == found
