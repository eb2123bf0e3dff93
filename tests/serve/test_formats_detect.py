import pytest

from serve.formats import parse

STAMPED = "00:05 Welcome to Kettle Talk.\n00:09 It is about tea.\n"


@pytest.mark.parametrize(
    ("source", "format"),
    [
        ('\ufeff {"text": "Hi there"}', "json"),
        ('[\n {"text": "Hi there"}]', "json"),
        ("\ufeffWEBVTT - Kettle\r\n\r\n00:01.000 --> 00:02.000\r\nHi\r\n", "vtt"),
        ("\n1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n", "srt"),
        ("00:01.000 --> 00:02.000\nHi\n", "srt"),
        ("Made by Kettle\n\n1\n00:00:01,000 --> 00:00:02,000\nHi\n", "srt"),
        ("1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\nHi\r\r\n", "srt"),
        ("start\tend\ttext\r\n0\t10\tHi\r\n", "tsv"),
        (STAMPED, "timed_text"),
        ("[00:05] Hi\n", "timed_text"),
        ("[00:00:01.000 --> 00:00:02.000]   Hi\n", "timed_text"),
        ("Ann Lee  0:05\nWelcome.\nTo the show.\n\nBob  0:31\nHello.\nAll.\n", "timed_text"),
        ("---\ntitle: Tea\n---\n\nText.\n", "notes"),
        ("# Tea\n\nText.\n", "notes"),
        ("Tea\n\n- [Kettle](https://kettle.example)\n- A pot\n", "notes"),
        ("<html><body>\n<p>Tea</p>\n</body></html>", "notes"),
        ("Welcome to Kettle Talk.\n- Hello.\n- Hi.\n", "plain"),
        ("[Music]\nWelcome to Kettle Talk.\n", "plain"),
        ("[[music]] Welcome to Kettle Talk.\n", "plain"),
        ("[{inaudible}] Welcome to Kettle Talk.\n", "plain"),
        ("Ann: It is 10:30 now.\nBob: 5:30, more like it.\n", "plain"),
        ("WEBVTTs are files.\n", "plain"),
        ("Ann: 10:30 --> 11:00 is the slot.\nBob: Fine.\n", "plain"),
    ],
)  # fmt: skip
def test_the_format_is_found_by_content(source, format):
    assert parse(source.encode()).format == format


def test_a_format_that_is_named_is_used():
    assert parse(STAMPED.encode(), "plain").units[0].text == "00:05 Welcome to Kettle Talk."


def test_a_chapter_list_in_show_notes_does_not_make_them_a_transcript():
    notes = "# Kettle Talk\n\nAll about [tea](https://tea.example).\n\n00:00 Intro\n05:12 Tea\n"
    assert parse(notes.encode()).format == "notes"


def test_text_that_is_utf8_decoded_wrongly_by_others_passes_through():
    source = "# Kettle Talk\n\n- I‚Äôm not sure\n".encode()
    transcript = parse(source)
    assert transcript.units[1].text == "I‚Äôm not sure"
    assert transcript.source.encode() == source
