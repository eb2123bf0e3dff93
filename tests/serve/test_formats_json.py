"""JSON transcripts: escapes, commas, and the copies of the speech."""

import json
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.errors import MalformedError
from serve.formats import align, parse
from serve.strip import cut

LONG = [f"Word{n} is said{'.' if n % 12 == 0 else ''}" for n in range(1, 61)]


def cut_json(document, dropped, **dump):
    transcript = parse(json.dumps(document, **dump).encode())
    return json.loads(cut(transcript, set(dropped)))


@pytest.mark.parametrize("indent", [None, 1])
def test_any_choice_of_items_leaves_valid_json(indent):
    segments = [{"body": f"Cue number {i} of these."} for i in range(4)]
    for n in range(5):
        for dropped in combinations(range(4), n):
            left = cut_json({"segments": segments, "x": 1}, dropped, indent=indent)
            assert left["segments"] == [s for i, s in enumerate(segments) if i not in dropped]


def test_empty_segments_go_with_their_neighbours_only():
    texts = ["One two three four.", "", "Five six seven eight.", "", "Nine ten eleven twelve."]
    segments = [{"text": text} for text in texts]
    assert [s["text"] for s in cut_json(segments, {0, 1})] == ["", texts[4]]
    assert [s["text"] for s in cut_json(segments, {1})] == [texts[0], "", "", texts[4]]


def test_a_sentence_is_cut_out_of_a_long_segment_with_its_words_and_letters():
    text = " ".join(LONG)
    segment = {
        "text": " " + text,
        "body": text,
        "tokens": [1, 2, 3],
        "words": [{"word": " " + word} for word in text.split()],
        "chars": [{"char": letter} for letter in text],
    }
    document = {
        "text": text + " The end of it.",
        "segments": [segment, {"text": " The end of it."}],
    }
    left = cut_json(document, {0, 2})
    kept = " ".join(LONG[12:24] + LONG[36:])
    first = left["segments"][0]
    assert first["body"] == kept
    assert "".join(first["text"].split()) == "".join(kept.split())
    assert left["text"] == kept + " The end of it."
    assert "".join(word["word"] for word in first["words"]).strip() == kept
    assert "".join(item["char"] for item in first["chars"]).split() == kept.split()
    assert first["tokens"] == []


@pytest.mark.parametrize("first", [" Ann is here", " " + " ".join(LONG * 2)])
def test_words_of_the_whole_text_stay_apart_where_a_sentence_goes_between_them(first):
    texts = [first, " " + " ".join(LONG * 2)]
    document = {"text": "".join(texts), "segments": [{"text": text} for text in texts]}
    n_units = len(parse(json.dumps(document).encode()).units)
    for dropped in ([n_units - 10], [n_units - 10, n_units - 9], range(n_units - 10), range(9)):
        left = cut_json(document, dropped)
        said = " ".join(segment["text"] for segment in left["segments"])
        assert left["text"].split() == said.split()


def test_tokens_stay_where_nothing_is_cut():
    document = {
        "segments": [{"text": "Hi there you two.", "tokens": [1]}, {"text": "Go on with it."}]
    }
    assert cut_json(document, {1}) == {"segments": document["segments"][:1]}


def test_a_long_segment_keeps_its_escapes_whole():
    text = 'Said "so" \U0001f375\n and \u2019 then. ' * 30
    document = {"segments": [{"body": text}]}
    transcript = parse(json.dumps(document).encode())
    left = json.loads(cut(transcript, set(range(1, 30))))["segments"][0]["body"]
    assert left == 'Said "so" \U0001f375\n and \u2019 then. '


def test_half_a_surrogate_pair_is_read_as_a_replacement_character():
    unit = parse(rb'[{"text":"a \ud83d b \udf75 c","speaker":"\ud83d"}]').units[0]
    assert unit.text == "a \ufffd b \ufffd c"
    unit.speaker.encode()


def test_a_transcript_of_a_text_only_is_cut_in_sentences():
    text = " ".join(LONG)
    transcript = parse(json.dumps({"text": text, "segments": []}).encode())
    assert transcript.n_cues == 1
    assert len(transcript.units) == 5
    assert json.loads(cut(transcript, {0, 1, 2, 3, 4}))["text"] == ""


def test_word_segments_alone_are_a_transcript():
    words = [
        {"word": word, "start": i, "end": i + 1} for i, word in enumerate(["Hi", "there", "you."])
    ]
    transcript = parse(json.dumps({"word_segments": words}).encode())
    assert [unit.text for unit in transcript.units] == ["Hi there you."]
    assert json.loads(cut(transcript, {0})) == {"word_segments": []}


def test_a_copy_that_differs_loses_the_same_words():
    segments = [{"text": f"This is the {n} thing that we say, of many."} for n in "abcdef"]
    text = " ".join(s["text"].upper().replace(",", "") for s in segments).replace(
        "THE C", "THEIR C"
    )
    left = cut_json({"text": text, "segments": segments}, {1, 2})
    assert left["text"] == " ".join(
        segments[i]["text"].upper().replace(",", "") for i in (0, 3, 4, 5)
    )


def test_a_copy_that_has_nothing_to_do_with_the_speech_is_no_error():
    document = {"text": "zzz", "words": [1, "x", {}], "segments": [{"text": "One two three four."}]}
    assert cut_json(document, {0}) == {"text": "", "words": [], "segments": []}


def test_null_for_a_list_or_a_text_is_understood():
    document = {"text": "Hi there you.", "segments": None, "words": None}
    assert parse(json.dumps(document).encode()).units[0].text == "Hi there you."
    assert parse(b'{"segments":[{"text":null},{"text":"Hi you"}]}').n_cues == 2


@pytest.mark.parametrize("time", ["1e400", "1" * 400, "true", '"5"'])
def test_what_cannot_be_a_time_is_refused(time):
    with pytest.raises(MalformedError, match="is not a time"):
        parse(f'[{{"text": "Hi there", "start": {time}}}]'.encode())


def test_assemblyai_counts_milliseconds_and_others_seconds():
    words = [{"text": word, "start": 500 * i, "end": 500 * i + 400} for i, word in enumerate("ab")]
    [unit] = parse(json.dumps({"words": words, "utterances": None}).encode()).units
    assert (unit.start_s, unit.end_s) == (0.0, 0.9)
    [unit] = parse(b'{"words": [{"text": "a", "start": 0, "end": 0.4}]}').units
    assert unit.end_s == 0.4


def test_two_lists_of_segments_are_cut_alike():
    said = [{"text": "One two three four five."}, {"text": "Six seven eight nine ten."}]
    left = cut_json({"segments": said, "utterances": said}, {0})
    assert left == {"segments": said[1:], "utterances": said[1:]}


def test_an_end_that_is_missing_is_the_next_start():
    segments = [
        {"body": "One two three four", "startTime": 1},
        {"body": "five six seven eight", "startTime": 3},
    ]
    units = parse(json.dumps(segments).encode()).units
    assert [(unit.start_s, unit.end_s) for unit in units] == [(1.0, 3.0), (3.0, None)]


@given(st.lists(st.sampled_from("ab"), max_size=8), st.lists(st.sampled_from("ab"), max_size=8))
def test_matches_rise_in_both_and_are_equal(a, b):
    pairs = align.matches(a, b)
    assert all(a[i] == b[k] for i, k in pairs)
    assert all(p[0] < q[0] and p[1] < q[1] for p, q in pairwise(pairs))


@given(st.lists(st.text("ab ", max_size=3)), st.lists(st.text("ab ", max_size=5)))
def test_every_word_of_a_copy_has_a_place_in_order(words, texts):
    places = align.places(words, texts)
    length = sum(map(len, texts))
    assert len(places) == len(words)
    assert all(0 <= first <= stop <= length for first, stop in places)
    assert [first for first, _ in places] == sorted(first for first, _ in places)


def test_a_copy_without_some_words_is_placed_around_them():
    said = "one two three four five six seven"
    places = align.places(["one", "two", "five", "six!", "Seven"], [said])
    assert [said[slice(*place)] for place in places] == ["one", "two", "five", "six", "seven"]


def test_a_list_that_no_one_told_us_of_is_a_copy_if_it_says_all_that_is_said():
    turns = [{"text": "One two three. Four five six."}, {"text": "Seven eight nine."}]
    moods = [
        {"text": text, "mood": "fine"}
        for text in ("One two three.", "Four five six.", "Seven eight nine.")
    ]
    names = [{"text": "Seven"}]
    left = cut_json({"utterances": turns, "moods": moods, "names": names}, {1})
    assert left == {"utterances": turns[:1], "moods": moods[:2], "names": names}


CHUNKS = [
    {"timestamp": [0.0, 4.5], "text": " One two three."},
    {"timestamp": [4.5, None], "text": " Four five six."},
]


def test_hugging_faces_chunks_are_segments_with_times_and_text_is_their_copy():
    document = {"text": " One two three. Four five six.", "chunks": CHUNKS}
    units = parse(json.dumps(document).encode()).units
    assert [(u.text, u.start_s, u.end_s) for u in units] == [
        ("One two three.", 0.0, 4.5),
        ("Four five six.", 4.5, None),
    ]
    assert cut_json(document, {1}) == {"text": " One two three.", "chunks": CHUNKS[:1]}
    assert cut_json({"chunks": CHUNKS}, {0}) == {"chunks": CHUNKS[1:]}


def test_an_array_that_says_what_the_text_says_is_the_transcript():
    sentences = [{"text": "One two three.", "start": 1.5}, {"text": "Four five six.", "start": 3}]
    document = {"text": "One two three. Four five six.", "sentences": sentences, "n": [1]}
    assert [u.start_s for u in parse(json.dumps(document).encode()).units] == [1.5, 3.0]
    left = cut_json(document, {0})
    assert (left["sentences"], left["text"].strip()) == (sentences[1:], "Four five six.")


def test_a_text_of_any_name_that_repeats_the_speech_is_a_copy():
    segments = [{"text": "One two three."}, {"text": "Four five six."}]
    document = {"transcript": "One two three.\nFour five six.", "segments": segments, "by": "Ann"}
    left = cut_json(document, {1})
    assert (left["transcript"].strip(), left["segments"], left["by"]) == (
        "One two three.",
        segments[:1],
        "Ann",
    )
