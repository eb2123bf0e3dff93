"""Files in the shapes that tools write, with their units written by hand."""

import json
from pathlib import Path

import pytest

from serve.formats import parse
from serve.strip import cut

FILES = {
    "captions.vtt": "vtt",
    "rolling.vtt": "vtt",
    "captions.srt": "srt",
    "whisper.tsv": "tsv",
    "stamped.txt": "timed_text",
    "headings.txt": "timed_text",
    "window.txt": "timed_text",
    "talk.txt": "plain",
    "notes.md": "notes",
    "podcast.json": "json",
    "word_by_word.json": "json",
    "whisper.json": "json",
    "whisperx.json": "json",
    "minuspod.json": "json",
    "whispercpp.json": "json",
    "assemblyai.json": "json",
    "verbose.json": "json",
}
DATA = Path(__file__).parents[1] / "data" / "formats"


def row(unit):
    times = ["" if time is None else str(time) for time in (unit.start_s, unit.end_s)]
    return "\t".join(
        [str(unit.first_cue + 1), str(unit.stop_cue), *times, unit.speaker or "", unit.text]
    )


@pytest.mark.parametrize(("name", "format"), FILES.items())
def test_a_file_has_the_units_written_down_for_it(name, format):
    transcript = parse((DATA / name).read_bytes())
    assert transcript.format == format
    expected = (DATA / f"{name}.units.tsv").read_text(encoding="utf-8").splitlines()
    assert [row(unit) for unit in transcript.units] == expected


@pytest.mark.parametrize("name", FILES)
def test_each_unit_of_a_file_can_be_cut_alone(name):
    source = (DATA / name).read_bytes()
    transcript = parse(source)
    for i in range(len(transcript.units)):
        kept = [unit.text for k, unit in enumerate(transcript.units) if k != i]
        again = parse(cut(transcript, {i}).encode(), transcript.format)
        assert " ".join(unit.text for unit in again.units) == " ".join(kept)


def test_every_golden_file_is_tested():
    assert {path.name for path in DATA.iterdir() if not path.name.endswith(".units.tsv")} == {
        *FILES
    }


def test_cutting_a_vtt_cue_takes_its_id_and_its_blank_line_and_nothing_else():
    source = (DATA / "captions.vtt").read_bytes()
    start, stop = source.index(b"2\r\n00:04.200"), source.index(b"NOTE the read")
    assert cut(parse(source), {1}).encode() == source[:start] + source[stop:]


def test_cutting_a_whisper_segment_takes_every_copy_of_it():
    transcript = parse((DATA / "whisper.json").read_bytes())
    left = json.loads(cut(transcript, {1}))
    assert left["text"] == " We boil water."
    assert [segment["id"] for segment in left["segments"]] == [0]
    assert "Leafbox" not in cut(transcript, {1})


def test_cutting_a_whisperx_segment_takes_its_word_segments():
    transcript = parse((DATA / "whisperx.json").read_bytes())
    left = json.loads(cut(transcript, {0}))
    assert [word["word"] for word in left["word_segments"]] == ["Leafbox", "pays", "for", "it."]


def test_cutting_words_cuts_a_text_that_has_punctuation_besides():
    transcript = parse((DATA / "verbose.json").read_bytes())
    assert json.loads(cut(transcript, {0}))["text"] == "It is hot."


def test_cutting_an_utterance_takes_its_words_everywhere():
    transcript = parse((DATA / "assemblyai.json").read_bytes())
    left = json.loads(cut(transcript, {1}))
    assert left["text"].rstrip() == "We boil water every day."
    assert [word["text"] for word in left["words"]] == ["We", "boil", "water", "every", "day."]
    assert [said["speaker"] for said in left["utterances"]] == ["A"]


def test_cutting_a_rolling_caption_takes_the_line_that_repeats_it():
    left = cut(parse((DATA / "rolling.vtt").read_bytes()), {1})
    assert "next" not in left
    assert "\n00:00:05.010 --> 00:00:07.000 align:start position:0%\nis<" in left


def test_a_heading_goes_when_all_the_lines_under_it_go():
    source = (DATA / "headings.txt").read_bytes()
    assert cut(parse(source), {0}).startswith("Ann Lee (00:12):\nToday we talk")
    assert cut(parse(source), {0, 1}).startswith("\nBob (00:31)")
