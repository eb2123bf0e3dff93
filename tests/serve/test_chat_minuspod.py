"""MinusPod's calls, their answers read by the rules of its parser, written down here anew."""

import json
import re
from itertools import pairwise

import pytest

from serve.http.chat.calls import Prompt
from serve.http.chat.review import _lines
from serve.http.chat.router import answer

READ = "Kettles rust, and Leafbox sends you tea, so visit Leafbox and say it's Ann who sent you."
PROMO = "And our course on descaling is twenty dollars for the members of our club this week."
TALK = "It rained all week, and the river was so high that we could not cross it on foot."
HELLO = "Welcome to the Kettle Hour, I am Ann, and today Bob is here with his oldest kettle."

AD_WORDS = {"ad", "ads", "commercial", "promo", "sponsor", "sponsored", "endorsement", "spot"}
VAGUE = ("sponsor", "advertisement", "ad detected", "promotional content", "likely ad")
SKIPPED_ENDINGS = ("_note", "_text", "_snip", "_quote", "_description")


def window(texts, start_s=0.0, step_s=10.0, number=1, before="", signals=""):
    lines = [
        f"[{start_s + i * step_s:.1f}s - {start_s + (i + 1) * step_s - 0.5:.1f}s] {text}"
        for i, text in enumerate(texts)
    ]
    stop_s = start_s + len(texts) * step_s
    return (
        f"Podcast: The Kettle Hour\nEpisode: Steam\n{before}\nTranscript:\n"
        + "\n".join(lines)
        + signals
        + f"\n\n=== WINDOW {number}/9: {start_s / 60:.1f}-{stop_s / 60:.1f} minutes ===\n"
        "- Use absolute timestamps from transcript (as shown in brackets)\n"
    )


def ads(model, user, system="Find the ads."):
    """What MinusPod makes of the answer: times, confidence after its checks, and the item."""
    found = []
    for item in json.loads(answer(Prompt(system, user), model)):
        keys = [key for key in item if not key.endswith(SKIPPED_ENDINGS)]
        start_key = next(key for key in keys if "start" in key)
        end_key = next(key for key in keys if "end" in key and key != start_key)
        found.append((item[start_key], item[end_key], checked(item), item))
    return found


def checked(item):
    """Its confidence in an item; a gate that drops one fails the test."""
    reason, length = item["reason"].lower(), item["end"] - item["start"]
    names = [v for k, v in item.items() if k == "reason" and len(v) <= 60]
    assert not names, "a short reason is taken for the sponsor's name"
    assert reason == item["reason"], "capitalised words would move the ad"
    has_evidence = bool(AD_WORDS & set(re.findall(r"[a-z]+", reason)))
    assert has_evidence or item["category"] == "intro" or length < 120
    assert not re.search(r"\bno (?:ad|sponsor)|not an ad|false positive", reason)
    assert 7 <= length <= 420
    confidence = item["confidence"] - 0.10 * any(word in reason for word in VAGUE)
    assert length <= 300 or confidence >= 0.9
    return confidence


def test_a_read_is_cut_from_its_first_line_to_its_last(listener):
    user = window([TALK, READ, READ, TALK], start_s=600.0, number=2)
    [(start, end, confidence, item)] = ads(listener, user)
    assert (start, end) == (610.0, 629.5)
    assert confidence >= 0.8
    assert list(item) == ["start", "end", "confidence", "category", "reason", "end_text"]
    assert item["category"] == "sponsor"


def test_the_end_text_stands_in_the_transcript_letter_for_letter(listener):
    [(_, _, _, item)] = ads(listener, window([TALK, READ, TALK]))
    assert item["end_text"] == "it's Ann who sent you."
    assert 3 <= len(item["end_text"].split()) <= 5


def test_no_ads_are_an_empty_array(listener):
    assert answer(Prompt("", window([TALK, TALK])), listener) == "[]"


def test_lines_outside_the_transcript_are_not_read(listener):
    before = "Podcast Description:\nTea, and Leafbox.\n[1.0s - 9.0s] Leafbox, every day.\n"
    signals = "\n\n=== AUDIO SIGNALS ===\n[10.0s - 19.5s] Leafbox\n- Volume anomaly at 1.0s-9.0s"
    assert ads(listener, window([TALK, TALK], before=before, signals=signals)) == []


def test_what_is_said_may_hold_anything(listener):
    odd = 'Leafbox "quoted" \\ {braces} [12.0s] === and a tab\t, a quote \u2019 and \ud83d alone.'
    [(start, _, _, _)] = ads(listener, window([TALK, odd, "", TALK]))
    assert start == 10.0


def test_both_sorts_of_ads_keep_their_categories(listener):
    found = ads(listener, window([TALK, READ, PROMO, TALK]))
    assert [item["category"] for *_, item in found] == ["sponsor", "self_promo"]


def test_a_very_short_ad_counts_only_beside_another(listener):
    assert ads(listener, window([TALK, READ, TALK], step_s=6.0)) == []
    user = window([TALK, READ, READ, PROMO, TALK], step_s=6.0)
    [(start, end, _, item)] = ads(listener, user)
    assert (start, end, item["category"]) == (6.0, 23.5, "sponsor")
    assert item["end_text"].endswith("club this week.")


@pytest.mark.parametrize("n_lines", [29, 31, 60, 130])
def test_a_long_read_comes_in_parts_that_are_not_thrown_away(listener, n_lines):
    found = ads(listener, window([TALK, *[READ] * n_lines, TALK]))
    assert (found[0][0], found[-1][1]) == (10.0, 10.0 * (n_lines + 1) - 0.5)
    assert all(end - start <= 300 for start, end, *_ in found)
    assert all(a[1] == b[0] for a, b in pairwise(found))


def test_a_read_inside_a_long_line_is_cut_from_sentence_to_sentence(listener):
    line = " ".join([*[TALK] * 4, READ, READ, *[TALK] * 4])
    [(start, end, _, item)] = ads(listener, window([line], step_s=60.5))
    assert (start, end) == (pytest.approx(24, abs=1), pytest.approx(36, abs=1))
    assert item["end_text"] == "it's Ann who sent you."


def test_the_intro_is_told_when_segments_are_asked_for_at_the_start_of_an_episode(listener):
    texts = [HELLO, READ, TALK]
    system = "Find the ads.\nSHOW SEGMENTS: intro, outro, recap."
    assert [a[3]["category"] for a in ads(listener, window(texts))] == ["sponsor"]
    assert {a[3]["category"] for a in ads(listener, window(texts), system)} == {"sponsor", "intro"}
    later = window(texts, start_s=600.0, number=2)
    assert [a[3]["category"] for a in ads(listener, later, system)] == ["sponsor"]


def test_what_is_not_english_keeps_everything(listener):
    german = "Der Fluss war so hoch, dass wir nicht hinüber konnten, und Leafbox war nicht da."
    user = window([german] * 4)
    assert ads(listener, user) == []
    content = answer(Prompt("You label the substantive SHOW CONTENT here.", user), listener)
    assert json.loads(content) == [{"start": 0.0, "end": 42.0}]


def test_content_to_keep_is_all_but_the_ads_with_the_pauses_around(listener):
    system = "You label the substantive SHOW CONTENT in a podcast transcript window."
    user = window([TALK, READ, TALK, TALK], start_s=600.0, number=2)
    spans = json.loads(answer(Prompt(system, user), listener))
    assert spans == [{"start": 600.0, "end": 610.0}, {"start": 619.5, "end": 642.0}]
    only_ads = window([READ] * 6, start_s=600.0)
    assert json.loads(answer(Prompt(system, only_ads), listener)) == [
        {"start": 659.5, "end": 660.0}
    ]


def reviewed(
    model, before, candidate, after, bounds, framing="This is the candidate ad to review."
):
    def lines(texts, start_s):
        rows = [(start_s + 10 * i, start_s + 10 * i + 9.5, t) for i, t in enumerate(texts)]
        return "\n".join(f"[{a:.1f}s-{b:.1f}s] {text}" for a, b, text in rows)

    at = 10.0 * len(before), 10.0 * (len(before) + len(candidate))
    user = (
        "Podcast: The Kettle Hour\nEpisode: Steam\n\n"
        f"{framing}\nOriginal boundaries: {bounds[0]:.2f}s - {bounds[1]:.2f}s.\n\n"
        "Transcript (60s before, the candidate ad, 60s after):\n"
        f"{lines(before, 0)}\n>>> CANDIDATE AD START [{at[0]:.1f}s] >>>\n"
        f"{lines(candidate, at[0])}\n"
        f"<<< CANDIDATE AD END [{at[1]:.1f}s] <<<\n{lines(after, at[1])}\n"
        "Boundary word timing, use these timestamps for corrections:\n"
        "Start edge:\n[1.00s-1.20s] Leafbox\n"
    )
    return json.loads(answer(Prompt("You review.", user), model))


def test_a_candidate_gets_the_edges_of_the_ad_that_it_overlaps(listener):
    [verdict] = reviewed(listener, [TALK, READ], [READ], [READ, TALK], (20.0, 29.5))
    assert (verdict["is_ad"], verdict["start"], verdict["end"]) == (True, 10.0, 39.5)
    assert verdict["confidence"] >= 0.8


def test_lines_of_one_time_stay_in_the_order_in_which_they_are_said():
    said = [f"This is line {i} of several." for i in range(6)]
    prompt = "\n".join(f"[45.0s-45.0s] {text}" for text in said)
    assert [line.text for line in _lines(f"{prompt}\n{prompt}")] == said


def test_a_candidate_without_an_ad_is_refused(listener):
    assert reviewed(listener, [READ], [TALK, TALK], [READ], (10.0, 29.5)) == []


def test_an_edge_moves_by_a_minute_at_most(listener):
    [verdict] = reviewed(listener, [READ] * 9, [READ], [READ] * 9, (90.0, 99.5))
    assert (verdict["start"], verdict["end"]) == (30.0, 159.5)


@pytest.mark.parametrize(
    ("framing", "n_kept"),
    [("This is the candidate.", 1), ("This segment was rejected for low confidence.", 0)],
)
def test_a_candidate_that_cannot_be_judged_stays_as_it_was(listener, framing, n_kept):
    verdicts = reviewed(listener, [], [""], [], (20.0, 29.5), framing)
    assert [(v["start"], v["end"]) for v in verdicts] == [(20.0, 29.5)] * n_kept


def test_segments_without_a_category_get_that_of_their_label(listener):
    excerpt = "\n".join(
        f"[{10 * i}.0s - {10 * i + 9}.5s] {text}" for i, text in enumerate([READ, PROMO, TALK])
    )
    asked = [
        {"index": 0, "start": 0.0, "end": 9.5, "reason": "", "end_text": ""},
        {"index": 3, "start": 8.0, "end": 19.5, "reason": "", "end_text": ""},
        {"index": 4, "start": 20.0, "end": None, "reason": "", "end_text": ""},
        {"index": True},
        "x",
    ]
    user = (
        f"Transcript excerpt for this window:\n{excerpt}\n\n"
        f"Segments needing a category:\n{json.dumps(asked)}"
    )
    assert json.loads(answer(Prompt("", user), listener)) == [
        {"index": 0, "category": "sponsor"},
        {"index": 3, "category": "self_promo"},
        {"index": 4, "category": "sponsor"},
    ]
    assert answer(Prompt("", user[:-1]), listener) == "[]"


def chapters(model, texts, n, at_s=0):
    stamps = [(at_s + 30 * i) for i in range(len(texts))]
    lines = [f"[{s // 60:02d}:{s % 60:02d}] {t}" for s, t in zip(stamps, texts, strict=True)]
    user = (
        f"Analyze this podcast transcript segment and identify {n} major topic changes.\n\n"
        "Example:\n05:30 Discussion of kettles\n\nCandidate boundaries from show notes:\n"
        "[00:30] Leafbox\n\nTranscript:\n" + "\n".join(lines)
    )
    rows = answer(Prompt("", user), model).splitlines()
    assert rows
    pattern = re.compile(r"^(\d{1,2}:\d{2}(?::\d{2})?)\s*[-:]?\s*(.+)$")
    return [match.groups() for row in rows if (match := pattern.match(row))]


def test_chapters_are_where_the_label_changes(listener):
    texts = [TALK, TALK, "Ann was hired there.", "Ann was hired.", READ, "A library for tea.", TALK]
    assert chapters(listener, texts, 9) == [
        ("01:00", "Career and working life"),
        ("02:30", "Libraries and tools"),
        ("03:00", "Conversation"),
    ]
    assert chapters(listener, texts, 1) == [("01:00", "Career and working life")]
    assert chapters(listener, [TALK, TALK], 3) == []
    assert chapters(listener, texts, 9, at_s=6000)[0][0] == "1:41:00"


def test_as_many_titles_as_are_wanted(listener):
    user = (
        "Generate short, descriptive chapter titles (3-8 words each) for a podcast episode.\n"
        "Chapter 1 (beginning of episode):\nTranscript excerpt: Welcome...\n\n"
        "Provide exactly 3 titles, one per line:"
    )
    assert answer(Prompt("", user), listener).splitlines() == ["Introduction", "Part 2", "Part 3"]
    many = "Provide exactly 999999999 titles, one per line:"
    assert len(answer(Prompt("", many), listener).splitlines()) == 100
