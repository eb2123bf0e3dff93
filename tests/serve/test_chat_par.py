"""podcast-ad-remover's and AdNihilator's calls, their answers read by their parsers' rules."""

import json
import math
import re

import pytest

from serve.http.chat.calls import Prompt
from serve.http.chat.router import answer

READ = "Kettles rust, and Leafbox sends you tea, so visit Leafbox and say it's Ann who sent you."
PROMO = "And our course on descaling is twenty dollars for the members of our club this week."
TALK = "It rained all week, and the river was so high that we could not cross it on foot."
HELLO = "Welcome to the Kettle Hour, I am Ann, and today Bob is here with his oldest kettle."
WHITELIST = (
    'IMPORTANT: You MUST also label ALL substantive speech/content segments with label "Content".\n'
)


def episode(texts, more="", step_s=10.0):
    lines = "".join(
        f"[{i * step_s:.2f}-{i * step_s + step_s - 0.5:.2f}]  {text}\n"
        for i, text in enumerate(texts)
    )
    head = (
        "\n        Identify segments in the transcript that match the Targets.\n        Targets: "
    )
    return f'{head}Ads\nExample: [{{"start": 0.0, "end": 10.0}}]\n{more}\n\nTranscript:\n{lines}'


def segments(model, user):
    """What the parser makes of the answer; one bad item fails it all."""
    found = json.loads(answer(Prompt("", user), model))
    assert isinstance(found, list)
    for item in found:
        start, end = float(item["start"]), float(item["end"])
        assert math.isfinite(start)
        assert 0 <= start < end < math.inf
        assert item["label"] in {"Ad", "Promo", "Intro", "Outro", "Content"}
    return [(item["label"], item["start"], item["end"]) for item in found]


def test_ads_promos_and_the_intro_are_labelled(listener):
    assert segments(listener, episode([HELLO, READ, PROMO, TALK])) == [
        ("Intro", 0.0, 9.5),
        ("Ad", 10.0, 19.5),
        ("Promo", 20.0, 29.5),
    ]


def test_all_is_labelled_where_the_rest_would_be_cut(listener):
    found = segments(listener, episode([TALK, "A library.", READ, TALK], WHITELIST))
    assert found == [("Content", 0.0, 19.5), ("Ad", 20.0, 29.5), ("Content", 30.0, 39.5)]


def test_what_is_not_english_is_all_content(listener):
    german = "Der Fluss war so hoch, dass wir nicht hinüber konnten, und Leafbox war nicht da."
    assert segments(listener, episode([german] * 3)) == []
    assert segments(listener, episode([german] * 3, WHITELIST)) == [("Content", 0.0, 29.5)]


def test_a_line_without_length_fails_nothing(listener):
    user = "Targets\n\nTranscript:\n[1.00-1.00] Leafbox\n[5.00-4.00] our course\n"
    assert segments(listener, user) == []
    assert segments(listener, "Targets\n\nTranscript:\n[0.00-9.00] \n") == []


def test_a_summary_begins_as_it_should(listener):
    user = (
        "\n        You are a smart assistant. Write a short 2-3 sentence summary of this podcast"
        f" episode.\n        Transcript Context: {TALK * 50}"
    )
    assert answer(Prompt("", user), listener).startswith("This episode includes")


def candidates(texts):
    lines = "\n".join(
        f"{'*' if 'Leafbox' in text else ' '}[LINE {i}] {text}" for i, text in enumerate(texts)
    )
    return (
        "Analyze this transcript for PAID SPONSOR ADVERTISEMENTS.\n\nTranscript (lines marked *"
        f" were flagged by heuristics):\n{lines}\n\nINSTRUCTIONS:\n1. Find scripted sponsor reads\n"
    )


def test_ads_among_numbered_lines_are_told_by_their_first_and_last_line(listener):
    texts = [TALK, READ, READ, TALK, PROMO]
    found = json.loads(answer(Prompt("", candidates(texts)), listener))["ads"]
    assert [(ad["start_line"], ad["end_line"]) for ad in found] == [(1, 2), (4, 4)]
    assert all(0.8 <= ad["confidence"] <= 1 and ad["reason"] for ad in found)
    assert answer(Prompt("", candidates([TALK])), listener) == '{"ads": []}'


def test_a_hunt_is_told_times(listener):
    lines = [f"[{i // 6:02d}:{i % 6 * 10:05.2f}] {t}" for i, t in enumerate([TALK] * 6 + [READ])]
    user = (
        "We're looking for ads that our initial scan may have missed.\n\nMissing sponsors (from"
        " show notes): Leafbox\n\nSearch window: 0s to 240s\n\nTranscript:\n"
        + "\n".join([*lines, f"[01:20.00] {TALK}"])
    )
    [ad] = json.loads(answer(Prompt("", user), listener))["ads"]
    assert (ad["is_ad"], ad["ad_start"], ad["ad_end"]) == (True, 60.0, 80.0)


@pytest.mark.parametrize("user", ["ping", "Say hello", '{"test": true}', "", "\ud83d", "x" * 999])
def test_a_message_without_a_transcript_is_answered(listener, user):
    content = answer(Prompt("Respond with JSON.", user), listener)
    assert content.strip()
    if re.match(r"[{x]", user):
        json.loads(content)
