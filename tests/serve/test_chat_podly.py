"""Podly's calls, their answers read by the rules of its parser, written down here anew."""

import json
import re

import pytest

from serve.http.chat.calls import Prompt
from serve.http.chat.router import answer

READ = "Kettles rust, and ***Leafbox*** sends you tea, so ***visit*** Leafbox; it's Ann's choice."
PROMO = "And our course on descaling is twenty dollars for the members of our club this week."
TALK = "It rained all week, and the river was so high that we couldn't cross it on foot."
TYPES = {"technical_discussion", "educational/self_promo", "promotional_external", "transition"}


def chunk(texts, step_s=5.3):
    lines = "\n".join(f"[{50 + i * step_s}] {text}" for i, text in enumerate(texts))
    return (
        'You are analyzing "Steam", a podcast about kettles.\n[0.0] Leafbox, in the notes.\nReturn'
        " only the JSON contract described in the system prompt using the transcript excerpt"
        f" below.\n\n[TRANSCRIPT START]\n{lines}\n[TRANSCRIPT END]\n"
    )


def identified(model, user):
    """The lines that Podly takes for ads, by their times, and the answer."""
    content = answer(Prompt("A contract.", user), model)
    assert "'" not in content
    found = json.loads(content[content.index("{") : content.rindex("}") + 1].replace("'", '"'))
    starts = [float(m[1]) for m in re.finditer(r"^\[(\d+(?:\.\d+)?)\] ", user, re.MULTILINE)]
    less = {"educational/self_promo": 0.25, "transition": 0.10}.get(found.get("content_type"), 0.0)
    assert found.get("content_type", "transition") in TYPES
    near = [
        start
        for item in found["ad_segments"]
        for start in starts
        if abs(start - item["segment_offset"]) <= 0.5 and item["confidence"] - less >= 0.8
    ]
    return near, found


def test_every_line_of_a_read_is_named_by_its_start(listener):
    near, found = identified(listener, chunk([TALK, READ, READ, TALK]))
    assert near == [55.3, 60.6]
    assert found["content_type"] == "promotional_external"


def test_no_ads_are_an_object_with_an_empty_list(listener):
    assert answer(Prompt("", chunk([TALK])), listener) == '{"ad_segments": []}'
    assert answer(Prompt("", chunk([])), listener) == '{"ad_segments": []}'


def test_the_show_selling_its_own_goods_is_left_to_podly_which_leaves_it_in(listener):
    near, found = identified(listener, chunk([TALK, PROMO, TALK]))
    assert found["content_type"] == "educational/self_promo"
    assert (near, len(found["ad_segments"])) == ([], 1)


def test_beside_a_read_it_is_left_in_as_well(listener):
    near, found = identified(listener, chunk([READ, TALK, PROMO]))
    assert near == [50]
    assert (found["content_type"], len(found["ad_segments"])) == ("promotional_external", 2)


def test_times_may_have_any_decimals(listener):
    user = "[TRANSCRIPT START]\n[7] It rained.\n[1234.5600000000001] Leafbox\n[TRANSCRIPT END]"
    assert identified(listener, user)[0] == [1234.5600000000001]


def test_an_end_marker_may_be_missing(listener):
    assert identified(listener, chunk([TALK, READ]).replace("[TRANSCRIPT END]", ""))[0] == [55.3]


def block(lines, start_s, end_s):
    return (
        "You are analyzing podcast transcript segments to precisely identify advertisement"
        f" boundaries.\n\n**ANALYSIS CONTEXT**:\n- **Detected Ad Block**: {start_s}s - {end_s}s\n"
        f"- **Original Confidence**: 0.9\n\n**CONTEXT SEGMENTS**:\n{lines}\n\n"
        '**OUTPUT FORMAT**:\n```json\n{\n  "refined_start": 1.0\n}\n```\n'
    )


def refined(model, user):
    """The first flat object of the answer that is JSON."""
    content = re.sub(r"```json|```", "", answer(Prompt("", user), model).strip())
    return json.loads(re.findall(r"\{.*?\}", content, re.DOTALL)[0])


@pytest.mark.parametrize(
    ("texts", "bounds", "expected"),
    [
        ([TALK, READ, READ, READ, TALK], (10.0, 20.0), (5.0, 20.0)),  # the start moves back
        ([TALK, TALK, READ, TALK, TALK], (5.0, 25.0), (10.0, 15.0)),  # both come closer
        ([TALK, READ, READ], (5.0, 15.5), (5.0, 15.5)),  # the last line has no end
        ([TALK, TALK, TALK], (5.0, 10.0), (5.0, 10.0)),  # nothing found, nothing moved
        ([READ, TALK, TALK], (5.0, 10.0), (5.0, 10.0)),  # another ad is none of its business
    ],
)
def test_a_block_gets_the_edges_of_its_ad_lines(listener, texts, bounds, expected):
    lines = "\n".join(f"[{5.0 * i}] {text}" for i, text in enumerate(texts))
    found = refined(listener, block(lines, *bounds))
    assert (found["refined_start"], found["refined_end"]) == expected
    assert found["start_adjustment_reason"]
    assert found["end_adjustment_reason"]


def words(text):
    return [re.sub(r"(^[^A-Za-z0-9']+)|([^A-Za-z0-9']+$)", "", w).lower() for w in text.split()]


def test_a_block_of_numbered_lines_gets_words_that_stand_in_them(listener):
    texts = [TALK, READ.replace("*", ""), "Leafbox {tea}, it is.", TALK]
    lines = "\n".join(
        f"[seq={i + 7} start={5.0 * i} end={5.0 * i + 4.9}] {text}" for i, text in enumerate(texts)
    )
    found = refined(listener, block(lines, 5.0, 14.9))
    assert (found["refined_start_segment_seq"], found["refined_end_segment_seq"]) == (8, 9)
    assert words(found["refined_start_phrase"]) == words(texts[1])[:4]
    assert words(found["refined_end_phrase"]) == words(texts[2])[-4:]


def test_without_an_ad_in_it_a_block_of_numbered_lines_stays(listener):
    found = refined(listener, block(f"[seq=1 start=0.0 end=4.0] {TALK}", 0.0, 4.0))
    assert found.get("refined_start_phrase") is None
    assert found.get("refined_end_phrase") is None
