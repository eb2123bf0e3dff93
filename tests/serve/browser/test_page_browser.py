"""The page in a real browser: what a person sees and does, by mouse and by keyboard."""

import json
from itertools import groupby
from pathlib import Path

import pytest

from serve import strip, tag
from serve.kinds import KINDS
from serve.labels import ADS
from serve.options import Options
from serve.tagged import tagged_source

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
from selenium.webdriver.common.keys import Keys  # noqa: E402

pytestmark = pytest.mark.slow
EXAMPLES = sorted(
    path
    for path in (Path(__file__).parents[2] / "data" / "formats").iterdir()
    if not path.name.endswith(".units.tsv")
)
EVIL = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
TALK = [
    ("Ann", "Welcome back to the show, this one is about kettles and people."),
    ("Ann", "It is brought to you by our sponsor Leafbox, tea in a box."),
    ("Ann", "So try the sponsor of this show, it is free for all of you."),
    ("Bob", "When did you first think that you could mend a kettle?"),
    ("Ann", "It was the winter in which the river froze, and it was cold."),
]


def vtt(lines):
    cues = [
        f"{i // 60:02}:{i % 60:02}.000 --> {i // 60:02}:{i % 60:02}.900\n<v {who}>{text}\n"
        for i, (who, text) in enumerate(lines)
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


def with_label(source, model, first, last, label):
    """The rows of `--to labels` after cues first to last were given a label by hand."""
    rows = KINDS["labels"].write(tagged_source(source, model, Options())).decode().splitlines()
    labels = {}
    for row in rows:
        start, stop, name = row.split("\t")
        labels |= dict.fromkeys(range(int(start), int(stop) + 1), name)
    labels |= dict.fromkeys(range(first, last + 1), label)
    text = ""
    for name, cues in groupby(sorted(labels), key=labels.get):
        numbers = list(cues)
        text += f"{numbers[0]}\t{numbers[-1]}\t{name}\n"
    return text.encode()


def test_every_format_opens_with_all_that_is_said(page, model):
    for path in EXAMPLES:
        page.open(path.read_bytes(), path.name)
        assert page.problem() == ""
        assert page.one("#name").text == f"in-{path.name}"
        rows = path.with_name(f"{path.name}.units.tsv").read_text().splitlines()
        said = [" ".join(row.split("\t")[5].split()) for row in rows]
        assert [" ".join(text.split()) for text in page.texts(".unit")] == said
        page.one("#another").click()


def test_paste_and_drop_open_a_transcript_too(page):
    page.js("document.getElementById('paste').value = arguments[0]", vtt(TALK))
    page.one("#paste").send_keys(Keys.CONTROL, Keys.ENTER)
    page.wait(lambda: len(page.all(".unit")) == 5)
    assert page.one("#name").text == "Pasted transcript"
    drop = (
        "const data = new DataTransfer(); data.items.add(new File([arguments[0]], 'dropped.vtt'));"
        "document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}))"
    )
    page.js(drop, vtt(TALK[:3]))
    page.wait(lambda: page.one("#name").text == "dropped.vtt")
    assert len(page.all(".unit")) == 3


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("WEBVTT\n\n00:99.000 --> soon\nhello\n", "line 3: '00:99.000 --> soon' is not a cue's"),
        ("\n \n", "the transcript is empty; send the text that was spoken"),
        (b"caf\xe9 and tea\n" * 9, "byte 3, line 1: 0xe9 is not UTF-8"),
        (b"ID3\x04\0\0\0\0" * 50, "UTF-16"),
        (b"x" * (32 * 2**20 + 1), "more than the 32 MiB that are read"),
    ],
)
def test_a_wrong_file_is_explained_and_the_next_one_opens(page, source, message):
    page.open(source)
    assert "in-ep.vtt could not be read" in page.problem()
    assert message in page.problem()
    page.open(vtt(TALK))
    page.wait(lambda: page.one("#episode").is_displayed())
    assert page.problem() == ""


def test_text_and_names_never_become_markup(page):
    lines = [(f"Ann {EVIL}", f"{EVIL} is what our sponsor says {EVIL}")] * 3
    cues = [{"speaker": who, "startTime": i, "body": text} for i, (who, text) in enumerate(lines)]
    page.open(json.dumps({"segments": cues}), "evil&lt;b&gt;.json")
    assert page.texts(".unit") == [lines[0][1]] * 3
    assert page.texts(".speaker") == [lines[0][0]]
    page.all(".unit")[0].click()
    assert page.js("return document.querySelectorAll('article img, article script').length") == 0
    assert page.js("return window.hit") is None
    page.one("#another").click()
    page.open(f"WEBVTT\n\n00:99.000 --> {EVIL}\nhello\n")
    assert EVIL[:20] in page.problem()
    assert page.js("return document.querySelectorAll('#problem img').length") == 0


def test_a_click_on_either_view_jumps_in_the_other(page):
    page.open(vtt(TALK * 40))
    blocks = page.all(".block[data-first='101']")
    page.js("arguments[0].click()", blocks[0])
    top = page.js(
        "return document.querySelector('[data-unit=\"101\"]').getBoundingClientRect().top"
    )
    assert 150 < top < 750
    page.all(".unit")[102].click()
    here = float(page.js("return document.getElementById('map').style.getPropertyValue('--here')"))
    assert here == pytest.approx(102 / 199.9, abs=0.001)


def test_corrected_labels_and_what_is_cut_by_mouse(page, model):
    source = vtt(TALK).encode()
    page.open(source)
    units = page.all(".unit")
    units[3].click()
    shift = webdriver.ActionChains(page.driver).key_down(Keys.SHIFT)
    shift.click(units[4]).key_up(Keys.SHIFT).perform()
    page.one("#choices [data-label='self_promo']").click()
    assert "corrected" in page.texts(".segment header p")[-1]
    page.one("#shut").click()
    page.one("#get-labels").click()
    assert page.saved("in-ep.vtt.labels.tsv") == with_label(source, model, 4, 5, "self_promo")
    page.one("#get-transcript").click()
    assert page.saved("in-ep.clean.vtt").decode() == vtt(TALK[:1]) + "\n"


def test_labels_and_score_say_what_is_cut(page, model):
    source = vtt(TALK).encode()
    page.open(source)
    assert "Removes 1 segment" in page.one("#summary").text
    page.one("#get-transcript").click()
    assert page.saved("in-ep.clean.vtt") == strip(source, tag(source, model), ADS)
    set_score = (
        "const s = document.getElementById('min-score'); s.value = arguments[0];"
        "s.dispatchEvent(new Event('input'))"
    )
    page.js(set_score, "0.9")
    assert "Removes 1 segment" in page.one("#summary").text
    page.js(set_score, "0.91")
    assert page.one("#summary").text == "Removes nothing"
    page.js(set_score, "0")
    page.one("[data-drop='sponsor_read']").click()
    assert page.one("#summary").text == "Removes nothing"
    page.js("document.getElementById('kind').value = 'transcript'")
    (page.folder / "in-ep.clean.vtt").unlink()
    page.one("#get-kind").click()
    assert page.saved("in-ep.clean.vtt") == source


def test_everything_can_be_done_by_keyboard(page, model):
    source = vtt(TALK).encode()
    page.js("document.getElementById('paste').value = arguments[0]", source.decode())
    page.one("#paste").send_keys(Keys.TAB, Keys.ENTER)
    page.wait(lambda: page.one("#episode").is_displayed())
    seen = []
    for _ in range(30):
        page.press(Keys.TAB)
        seen.append(page.js("return document.activeElement.className"))
        assert page.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if seen[-1] == "unit":
            break
    assert seen[-1] == "unit"
    page.press(Keys.ARROW_DOWN)
    page.press(Keys.SHIFT, Keys.ARROW_DOWN)
    page.press("3")
    assert page.one("#selected").text.startswith("2 passages")
    assert page.driver.switch_to.active_element.text == TALK[2][1]
    assert page.texts(".segment h3") == ["Other", "Intro", "Other"]
    page.press(Keys.CONTROL, "z")
    assert page.texts(".segment h3") == ["Other", "Sponsor read", "Other"]
    page.press("3", Keys.ESCAPE)
    assert not page.one("#bar").is_displayed()
    page.one("#get-labels").send_keys(Keys.ENTER)
    assert page.saved("transcript.vtt.labels.tsv") == with_label(source, model, 2, 3, "intro")


def test_arrows_go_through_the_timeline(page):
    page.open(vtt(TALK * 3))
    first = page.one(".block[tabindex='0']")
    first.send_keys(Keys.ARROW_RIGHT)
    assert page.js("return document.activeElement.ariaLabel").startswith("Sponsor read, 0:01 to")
    page.press(Keys.ENTER)
    assert page.driver.switch_to.active_element.text == TALK[1][1]


def test_a_token_is_asked_for_and_kept_for_the_tab(visit):
    page = visit(token="open-sesame")
    page.one("#file").send_keys(str(_written(page.folder, vtt(TALK))))
    page.wait(lambda: page.one("#ask-token").is_displayed())
    page.one("#token").send_keys("wrong", Keys.ENTER)
    page.wait(lambda: "wrong" in page.one("#token-detail").get_attribute("class"))
    page.wait(lambda: page.one("#ask-token").is_displayed())
    page.one("#token").send_keys("open-sesame", Keys.ENTER)
    page.wait(lambda: page.one("#episode").is_displayed())
    assert page.js("return sessionStorage.getItem('segue-token')") == "open-sesame"
    assert page.js("return localStorage.length + document.cookie.length") == 0


def _written(folder, text):
    path = folder / "ep.vtt"
    path.write_text(text)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(page, scheme):
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    page.open(vtt(TALK))
    paper = page.js("return getComputedStyle(document.body).backgroundColor")
    assert (brightness(paper) < 0.1) == (scheme == "dark")
    for selector in (".unit", ".gone .unit", ".segment header p"):
        ink = page.js(
            "return getComputedStyle(document.querySelector(arguments[0])).color", selector
        )
        low, high = sorted((brightness(ink), brightness(paper)))
        assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def brightness(colour):
    """Relative luminance of `rgb(…)`, by WCAG's formula."""
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_on_a_phone_nothing_sticks_out(page):
    page.size(390, 844)
    page.open(vtt([*TALK, ("A" * 90, "w" * 200)]))
    page.all(".unit")[3].click()
    assert page.js("return document.documentElement.scrollWidth") <= 390
    assert page.one("#bar").is_displayed()


def test_no_request_leaves_the_origin(page):
    page.one("#example").click()
    page.wait(lambda: page.one("#episode").is_displayed())
    page.one("#get-labels").click()
    page.saved("example.vtt.labels.tsv")
    entries = [json.loads(e["message"])["message"] for e in page.driver.get_log("performance")]
    asked = [
        e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.endswith("/page/units") for url in asked)
    allowed = ("http://127.0.0.1:", "blob:http://127.0.0.1:", "about:blank")
    assert [url for url in asked if not url.startswith(allowed)] == []
    assert not [e for e in page.driver.get_log("browser") if "Security Policy" in e["message"]]


def test_four_hours_scroll_and_are_corrected(page):
    lines = [(who, f"{text} Minute {i}.") for i in range(650) for who, text in TALK]
    page.open(vtt(lines))
    assert len(page.all(".unit")) == len(lines)
    script = """
        const [done] = arguments;
        const drawn = (unit) => unit.checkVisibility({ contentVisibilityAuto: true });
        const frame = (n) => {
          scrollBy({ top: 2000, behavior: "instant" });
          if (n) requestAnimationFrame(() => frame(n - 1));
          else done([...document.querySelectorAll(".unit")].filter(drawn).length);
        };
        frame(10);"""
    assert 0 < page.driver.execute_async_script(script) < 1000  # what is near
    page.js("document.querySelectorAll('.unit')[2000].click()")
    where = "return document.querySelectorAll('.unit')[2000].getBoundingClientRect().top"
    page.wait(lambda: 150 < page.js(where) < 750)
    before = page.js(where)
    page.one("#choices [data-label='intro']").click()
    page.wait(lambda: abs(page.js(where) - before) < 9)
    assert "Intro" in page.texts(".segment h3")
