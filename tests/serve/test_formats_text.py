"""Text formats: what is read of each line, and what is cut with it."""

import pytest

from serve.formats import parse
from serve.formats.lines import lines
from serve.formats.times import seconds
from serve.strip import cut


def texts(source, format="auto"):
    return [unit.text for unit in parse(source.encode(), format).units]


def speakers(source, format="auto"):
    return [unit.speaker for unit in parse(source.encode(), format).units]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [("00:05.000", 5.0), ("01:02:03,5", 3723.5), ("100:00:00.000", 360000.0), ("75:10", 4510.0)],
)
def test_seconds_reads_a_time_stamp(stamp, expected):
    assert seconds(stamp, 1) == expected


def test_a_vtt_without_its_cues_is_still_one():
    source = "WEBVTT x\n\nSTYLE\n::cue {}\n\n1\n00:01.000 --> 00:02.000\nHi\n\nNOTE bye\n"
    assert cut(parse(source.encode()), {0}) == "WEBVTT x\n\nSTYLE\n::cue {}\n\nNOTE bye\n"


def test_vtt_cues_without_a_blank_line_between_them_are_two():
    first = "00:01.000 --> 00:02.000\nHi to you and all\n"
    second = "00:02.000 --> 00:03.000\nand so on to it\n"
    source = f"WEBVTT\n\n{first}{second}"
    assert texts(source) == ["Hi to you and all", "and so on to it"]
    assert cut(parse(source.encode()), {0}) == f"WEBVTT\n\n{second}"


def test_a_line_of_spaces_between_vtt_cues_makes_no_text_of_the_next_id():
    cues = (
        "1\n00:01.000 --> 00:02.000\nHi you all there",
        "2\n00:02.000 --> 00:03.000\nyes we are here",
    )
    source = "WEBVTT\n\n" + "\n \n".join(cues)
    assert texts(source) == ["Hi you all there", "yes we are here"]


def test_an_arrow_in_the_text_of_a_caption_is_text():
    source = "1\n00:00:01,000 --> 00:00:02,000\nclick File --> Open now\n"
    assert texts(source) == ["click File --> Open now"]


def test_tags_and_entities_are_read_but_unknown_ones_are_text():
    source = "WEBVTT\n\n00:01.000 --> 00:02.000\n<c.x>a</c> &lt; b&nbsp;c &bogus; <3 if x<y>z\n"
    assert texts(source) == ["a < b\xa0c &bogus; <3 if x<y>z"]


def test_numbers_of_srt_cues_that_stay_are_not_changed():
    source = "".join(
        f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\nCue number {n} it is\n\n" for n in (1, 2, 3)
    )
    assert cut(parse(source.encode()), {1}).count("\n") == 8
    assert cut(parse(source.encode()), {1}).startswith("1\n00:00:01")
    assert "\n3\n00:00:03" in cut(parse(source.encode()), {1})


def test_a_name_in_plain_text_is_a_speaker_when_it_recurs():
    source = (
        "Ann: Hello you.\nNote: this is hot.\nAnn: Good bye.\nSpeaker 1: Bye.\nso: no\nso: no\n"
    )
    assert speakers(source) == ["Ann", None, "Ann", "Speaker 1", None, None]


def test_a_name_on_a_line_of_its_own_speaks_below():
    source = "Ann:\nHello you.\nAnd you.\n\nBob:\nHi.\n\nAnn:\nBye.\nBob: Bye.\nBack to all."
    assert speakers(source, "plain") == ["Ann", "Ann", "Bob", "Ann", "Bob", None]
    assert cut(parse(source.encode(), "plain"), {0, 1}).lstrip().startswith("Bob:\nHi.")


def test_a_stamp_alone_is_the_time_of_the_text_below():
    units = parse(b"00:05\nWelcome to the show.\n00:09\nAll about tea.\n").units
    assert [(u.text, u.start_s, u.end_s) for u in units] == [
        ("Welcome to the show.", 5.0, 9.0),
        ("All about tea.", 9.0, None),
    ]


def test_a_stamp_and_a_name_alone_go_with_the_text_below():
    source = "00:05\nAnn: Welcome to it.\n\n00:09\nBob: All about tea.\n"
    assert cut(parse(source.encode()), {0}) == "\n00:09\nBob: All about tea.\n"


def test_a_paragraph_takes_the_blank_line_after_it_and_joins_no_others():
    assert cut(parse(b"A b.\n\nC d.\n\nE f.\n"), {1}) == "A b.\n\nE f.\n"
    assert cut(parse(b"A b.\nC d.\n\nE f.\n"), {1}) == "A b.\n\nE f.\n"


def test_a_line_of_over_100_words_is_several_cues_one_a_sentence():
    line = "Ann: " + "We talk on. " * 33 + "Last.\n"  # 101 words with the name
    transcript = parse((line + "Short. Line.\n").encode(), "plain")
    assert transcript.n_cues == 35
    assert [u.first_cue for u in transcript.units] == list(range(35))
    assert transcript.units[-1].text == "Short. Line."
    assert parse(line.replace("Last.", "").encode(), "plain").n_cues == 1


def test_a_line_is_cut_by_its_source_also_in_notes():
    line = "We [talk](https://x.example) **on.** And so. " * 25
    transcript = parse(line.encode(), "notes")
    assert transcript.n_cues == 25
    assert transcript.units[0].text == "We talk on. And so."
    assert cut(transcript, set(range(1, 25))) == "We [talk](https://x.example) **on.** And so. "


def test_tabs_in_the_text_of_a_tsv_row_are_text():
    assert texts("start\tend\ttext\n0\t10\tHi\tyou\n") == ["Hi\tyou"]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_empty_lines_are_one_row_and_count_as_many(end):
    rows = lines(f"{end}{end}One{end}{end * 100_000}Two{end} {end}{end}Three")
    assert [row.text for row in rows] == ["", "One", "", "Two", " ", "", "Three"]
    assert [row.number for row in rows] == [1, 3, 4, 100_004, 100_005, 100_006, 100_007]
    assert rows[2].after == rows[3].start


def test_a_line_that_ends_in_two_returns_ends_once():
    source = "1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\nHi to you and all\r\r\n\r\r\n2\r\r\n" + (
        "00:00:02,000 --> 00:00:03,000\r\r\nand so on to it\r\r\n"
    )
    assert texts(source) == ["Hi to you and all", "and so on to it"]
    assert cut(parse(source.encode()), {1}) == source[: source.index("2\r\r\n00")]


@pytest.mark.parametrize(
    "line", ["we start at 9:30", "See you at 10:30", "At 9:30", "Psalm 119:97", "It was 16:90"]
)
def test_a_line_of_speech_that_ends_in_digits_is_no_heading(line):
    stamped = f"0:00\nwelcome back to the show\n0:04\n{line}\n0:58\nand so it went\n"
    assert texts(stamped) == ["welcome back to the show", line, "and so it went"]
    blocks = f"Ann Lee  0:05\nWelcome.\n\nBob van Dyke  0:31\n{line}\n"
    assert texts(blocks) == ["Welcome.", line]
    assert speakers(blocks) == ["Ann Lee", "Bob van Dyke"]


@pytest.mark.parametrize("word", ["Sponsor", "Note", "Remember"])
def test_a_word_before_a_colon_that_is_no_name_is_speech(word):
    line = f"{word}: Leafbox sends tea"
    source = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}\n\n00:02.000 --> 00:03.000\nAnn: Hi\n"
    assert texts(source) == [line, "Hi"]
    assert speakers(source) == [None, "Ann"]


def test_the_number_of_an_srt_cue_may_stand_over_a_blank_line():
    cues = [f"{i}\n\n00:00:0{i},000 --> 00:00:0{i + 1},000\n\nThis is {i}.\n\n" for i in (1, 2, 3)]
    source = "".join(cues)
    assert texts(source) == ["This is 1.", "This is 2.", "This is 3."]
    assert cut(parse(source.encode()), {1}) == cues[0] + cues[2]


def test_a_number_that_is_said_is_not_the_next_cues():
    source = "00:00:01,000 --> 00:00:02,000\n42\n\n00:00:02,000 --> 00:00:03,000\nis the answer\n"
    assert texts(source, "srt") == ["42 is the answer"]
