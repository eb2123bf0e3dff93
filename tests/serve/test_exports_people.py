"""The table for spreadsheets and the page for people."""

import csv
import json
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from serve.exports.table import COLUMNS, MAX_CELL
from serve.kinds import KINDS

NASTY = '<script>alert("1")</script> & <img src=x onerror=y> </title> {{ 7 * 7 }} https://a.example'
VOID = {"meta"}


def source(*texts, **fields):
    items = [
        {"start": 10 * i, "end": 10 * i + 9, "text": text, **fields} for i, text in enumerate(texts)
    ]
    return json.dumps({"segments": items}).encode()


def rows_of(one):
    written = KINDS["csv"].write(one)
    assert written.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(written.decode("utf-8-sig").splitlines(keepends=True)))


class Page(HTMLParser):
    """What a browser would find: balanced elements, text, what is loaded from where."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text, self.links, self.ids = [], [], [], [], []
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        values = dict(attributes)
        self.links += [values[name] for name in ("href", "src") if name in values]
        self.ids += [values["id"]] if "id" in values else []
        assert not any(name.startswith("on") for name in values)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_a_row_a_segment_with_its_text(tagged):
    one = tagged(source("Hi, all.", "Buy tea; now."), ["other", "sponsor_read"])
    assert rows_of(one) == [
        list(COLUMNS),
        ["1", "1", "other", "0.9", "0.0", "9.0", "2", "no", "Hi, all."],
        ["2", "2", "sponsor_read", "0.9", "10.0", "19.0", "3", "yes", "Buy tea; now."],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(tagged, text):
    (_, row) = rows_of(tagged(source(text), ["other"]))
    assert row[-1] == f"'{text}"


def test_a_cell_holds_no_more_than_spreadsheets_take(tagged):
    (_, row) = rows_of(tagged(source("tea " * 10_000), ["other"]))
    assert len(row[-1]) == MAX_CELL
    assert row[-1].endswith("…")


def test_text_keeps_its_quotes_and_letters(tagged):
    (_, row) = rows_of(tagged(source('He said "日本, naïve"'), ["other"]))
    assert row[-1] == 'He said "日本, naïve"'


def test_a_page_shows_all_that_is_said_and_what_is_dropped(tagged):
    one = tagged(source("Hi, all.", "Buy tea.", speaker="Ann"), ["other", "sponsor_read"])
    page = Page(KINDS["html"].write(one))
    shown = " ".join(" ".join(page.text).split())
    for text in ("Hi, all.", "Buy tea.", "Ann:", "Sponsor", "0:10–0:19", "score 0.90", "dropped"):
        assert text in shown
    assert [i for i in page.ids if i.startswith("s")] == ["s1", "s2"]


def test_a_page_escapes_what_strangers_wrote_and_loads_nothing(tagged):
    one = tagged(source(NASTY, speaker=NASTY), ["other"], name=f"{NASTY.replace('/', '')}.vtt")
    page = Page(KINDS["html"].write(one))
    assert NASTY in "".join(page.text)
    assert {"script", "img", "link", "iframe"} & set(page.tags) == set()
    assert all(link.startswith("#s") for link in page.links)


def test_a_page_without_times_goes_by_words(tagged):
    text = b"Welcome to the kettle hour with Ann and Bob.\nBuy tea from us, for it is very good.\n"
    written = KINDS["html"].write(tagged(text, ["other", "sponsor_read"]))
    assert b"left:0.0%;width:50.0%" in written
    assert b"left:50.0%;width:50.0%" in written


def test_a_page_says_why_nothing_is_dropped(tagged):
    spanish = "Bienvenidos a un nuevo episodio del programa que hacemos para todos ustedes."
    one = tagged(source(spanish, spanish), ["sponsor_read"], name="caf\udce9.vtt")
    page = KINDS["html"].write(one).decode()
    assert one.result.warnings[0].message.split()[0] in page
    assert "nothing dropped" in page


def test_a_browser_lays_the_page_out_without_scrolling_sideways(tagged, tmp_path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    one = tagged(source("tea " * 300, "x" * 300), ["other", "sponsor_read"])
    path = tmp_path / "ep.html"
    path.write_bytes(KINDS["html"].write(one))
    probe = tmp_path / "probe.html"
    probe.write_text(
        f'<iframe id="f" src="{path.name}" style="width:360px;height:600px"></iframe><script>'
        "onload = () => { const page = document.getElementById('f').contentDocument"
        ".documentElement; document.title = `${page.scrollWidth} ${page.clientWidth}` }</script>"
    )
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files")
    shown = subprocess.run(
        [chromium, *flags, "--dump-dom", probe.as_uri()], capture_output=True, text=True, check=True
    )
    width, room = shown.stdout.split("<title>")[1].split("</title>")[0].split()
    assert 300 < int(width) <= int(room)
