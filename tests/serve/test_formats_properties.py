"""What holds for every format and every choice of units to cut."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serve.errors import NoTextError, TranscriptError
from serve.formats import parse
from serve.strip import cut

FORMATS = ("json", "vtt", "srt", "tsv", "timed_text", "notes", "plain")
WORDS = [
    "kettle",
    "tea",
    "d’accord",
    "日本",
    "🍵",
    "it's",
    "3.5",
    "AT&T",
    'a"b',
    "c\\d",
    "x:y",
    "n/a",
]

# A cue: how many words it has, and whether its words end sentences now and then. Some are empty,
# some so long that they are cut.
SIZES = st.one_of(st.integers(0, 12), st.integers(0, 3), st.just(0), st.integers(101, 130))


@st.composite
def talks(draw):
    """Texts of cues, in which every word is followed by its number: no two are the same."""
    texts, n = [], 0
    for size in draw(st.lists(SIZES, min_size=1, max_size=6)):
        words = []
        for _ in range(size):
            n += 1
            words.append(
                f"{draw(st.sampled_from(WORDS))}w{n}"
                + draw(st.sampled_from(["", "", "", ",", "."]))
            )
        texts.append(" ".join(words))
    return texts


def stamp(seconds, mark="."):
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}000"


def escaped(text):
    return text.replace("&", "&amp;")


def write_vtt(texts, pick):
    cues = []
    for i, text in enumerate(texts):
        name = pick(["", "<v Ann>", "<v.x Bob>"])
        line = (
            pick(["", f"id {i}\n"]) + f"{stamp(i)} --> {stamp(i + 1)}{pick(['', ' align:start'])}\n"
        )
        said = escaped(text).replace(" ", pick([" ", "\n", " <i>", "<00:00:01.000> "]), 1)
        cues.append(line + (name + said + "\n" if text else ""))
    return "WEBVTT\n\n" + pick(["\n", "\n\n"]).join(cues)


def write_srt(texts, pick):
    cues = []
    for i, text in enumerate(texts):
        said = text.replace("&", "&amp;").replace(" ", pick([" ", "\n", "\n\n"]), 1)
        number = pick(["", "7\n", f"{i}\n"])
        cues.append(f"{number}{stamp(i, ',')} --> {stamp(i + 1, ',')}\n{said}\n")
    return "\n".join(cues)


def write_tsv(texts, pick):
    rows = [f"{i * 1000}\t{i * 1000 + 900}\t{text}" for i, text in enumerate(texts)]
    return "\n".join(["start\tend\ttext", *rows]) + pick(["", "\n"])


def write_timed_text(texts, pick):
    forms = [
        "{}",
        "00:{:02} {}",
        "[00:{:02}] {}",
        "[{0}.0s - {0}.5s] {1}",
        "(00:{:02})  {}",
        "Speaker 1 (00:{:02}): {}",
        "00:{:02} Speaker 2: {}",
        "Speaker 3 (00:{:02}):\n{}",
    ]
    lines = []
    for i, text in enumerate(texts):
        form = pick(forms)
        lines.append(text if form == "{}" else form.format(i, text))
    return pick(["\n", "\n\n"]).join(lines) + "\n"


def write_notes(texts, pick):
    marks = ["{}", "# {}", "- {}", "**{}**", "<p>{}</p>", "[{}](https://kettle.example/x)"]
    lines = [
        pick(marks).format(escaped(text)) if len(text) < 300 else escaped(text) for text in texts
    ]
    return pick(["\n", "\n\n"]).join(lines)


def write_plain(texts, pick):
    lines = [pick(["", "Speaker 1: ", "Speaker 2: "]) + text for text in texts]
    return pick(["\n", "\n\n"]).join(lines) + pick(["", "\n"])


def write_json(texts, pick):
    dump = pick(
        [json.dumps, lambda x: json.dumps(x, ensure_ascii=False), lambda x: json.dumps(x, indent=2)]
    )
    start = lambda text: pick([0, 0.5, 2])  # noqa: E731
    words = [
        [{"word": " " + w, "start": i, "score": 0.5} for w in text.split()]
        for i, text in enumerate(texts)
    ]
    shapes = ["podcast", "whisper", "whisperx", "bare", "text", "words", "differs"]
    shape = pick([*shapes, "whisper.cpp", "assemblyai"])
    if shape == "podcast":
        return dump(
            {
                "version": "1.0.0",
                "segments": [
                    {"startTime": i, "body": t, "speaker": start(t)} for i, t in enumerate(texts)
                ],
            }
        )
    if shape == "text":
        return dump({"language": "en", "text": " ".join(texts)})
    if shape == "words":
        return dump({"text": " ".join(texts), "words": [w for ws in words for w in ws]})
    if shape == "whisper.cpp":
        tokens = [
            [{"text": piece} for w in text.split() for piece in (" " + w[:2], w[2:])]
            for text in texts
        ]
        return dump(
            {
                "transcription": [
                    {
                        "offsets": {"from": i, "to": i + 1},
                        "text": " " + t,
                        "tokens": [{"text": "[_BEG_]"}, *tokens[i], {"text": "[_TT_50]"}],
                    }
                    for i, t in enumerate(texts)
                ]
            }
        )
    if shape == "assemblyai":
        words = [[{"text": w["word"], "start": i} for w in ws] for i, ws in enumerate(words)]
        return dump(
            {
                "text": " ".join(texts),
                "words": [w for ws in words for w in ws],
                "utterances": [
                    {"text": t, "start": i, "end": i + 1, "words": ws}
                    for i, (t, ws) in enumerate(zip(texts, words, strict=True))
                ],
            }
        )
    segments = [
        {
            "id": i,
            "start": i,
            "end": i + 1,
            "text": " " + t if t else "",
            "tokens": [5, 6],
            "words": ws,
            "chars": [{"char": c} for c in t],
        }
        for i, (t, ws) in enumerate(zip(texts, words, strict=True))
    ]
    if shape == "bare":
        return dump(segments)
    if shape == "whisper":
        return dump({"text": "".join(s["text"] for s in segments), "segments": segments})
    flat = [w for ws in words for w in ws]
    if shape == "differs":  # other punctuation, and a copy that lost its commas
        return dump(
            {
                "text": " ".join(texts).replace(",", "").upper().replace("W", "w"),
                "segments": segments,
                "word_segments": flat,
            }
        )
    return dump({"segments": segments, "word_segments": flat})


WRITERS = {name: globals()[f"write_{name}"] for name in FORMATS}


@st.composite
def sources(draw, format):
    """A transcript in this format, as bytes."""

    def pick(choices):
        return draw(st.sampled_from(choices))

    source = WRITERS[format](draw(talks()), pick)
    if format != "json":
        source = source.replace("\n", pick(["\n", "\r\n", "\r"]))
    return (pick(["", "\ufeff"]) + source).encode()


def numbers(text):
    """The numbers of the words in a text."""
    return re.findall(r"w(\d+)\b", text)


def tried(source, format):
    """The transcript, or None when nothing is said in it."""
    try:
        return parse(source, format)
    except NoTextError:
        return None


property_test = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("format", FORMATS)
@property_test
@given(data=st.data())
def test_units_lie_in_the_source_in_order(format, data):
    source = data.draw(sources(format))
    transcript = tried(source, format)
    if transcript is None:
        return
    assert cut(transcript, set()) == transcript.source == source.decode()
    stops = [0, *(unit.span[1] for unit in transcript.units)]
    for unit, before in zip(transcript.units, stops, strict=False):
        assert before <= unit.span[0] < unit.span[1] <= len(transcript.source)
        said = transcript.source[slice(*unit.span)]
        assert set(numbers(unit.text)) <= set(numbers(said))
    cues = [cue for unit in transcript.units for cue in (unit.first_cue, unit.stop_cue - 1)]
    assert cues == sorted(cues)
    assert cues[-1] < transcript.n_cues
    assert numbers("\n".join(u.text for u in transcript.units)) == [
        str(n + 1) for n in range(len(numbers(" ".join(u.text for u in transcript.units))))
    ]


@pytest.mark.parametrize("format", FORMATS)
@property_test
@given(data=st.data())
def test_what_is_cut_is_gone_and_what_is_kept_is_unchanged(format, data):
    source = data.draw(sources(format))
    transcript = tried(source, format)
    if transcript is None:
        return
    n = len(transcript.units)
    dropped = data.draw(st.one_of(st.sets(st.integers(0, n - 1)), st.just(set(range(n)))))
    left = cut(transcript, dropped)
    kept = [unit.text for i, unit in enumerate(transcript.units) if i not in dropped]
    gone = {m for i in dropped for m in numbers(transcript.units[i].text)}
    assert not gone & set(numbers(left))
    assert is_subsequence(left, transcript.source)
    again = tried(left.encode(), format)  # MalformedError would fail the test
    if kept:
        assert " ".join(" ".join(u.text for u in again.units).split()) == " ".join(
            " ".join(kept).split()
        )
    else:
        assert again is None
    if format == "json":
        json.loads(left.removeprefix("\ufeff"))


def is_subsequence(short, long):
    """Whether `short` is `long` with characters left out."""
    rest = iter(long)
    return all(character in rest for character in short)


@property_test
@given(data=st.data())
def test_every_copy_of_kept_speech_stays(data):
    source = data.draw(sources("json"))
    transcript = tried(source, "json")
    if transcript is None or not source.decode().removeprefix("\ufeff").startswith("{"):
        return
    n = len(transcript.units)
    dropped = data.draw(st.sets(st.integers(0, n - 1)))
    kept = {m for i, u in enumerate(transcript.units) if i not in dropped for m in numbers(u.text)}
    before = json.loads(source.decode().removeprefix("\ufeff"))
    after = json.loads(cut(transcript, dropped).removeprefix("\ufeff"))
    for key in {"text", "words", "word_segments"} & set(before):
        assert set(numbers(json.dumps(after[key]))) == kept & set(numbers(json.dumps(before[key])))


@pytest.mark.parametrize("format", FORMATS)
@property_test
@given(data=st.data())
def test_each_byte_of_a_line_that_is_kept_stays(format, data):
    """Brute force: whatever line of the source has no dropped word and no neighbour that has."""
    source = data.draw(sources(format))
    transcript = tried(source, format)
    if transcript is None or format == "json":
        return
    n = len(transcript.units)
    dropped = data.draw(st.sets(st.integers(0, n - 1)))
    left = cut(transcript, dropped)
    gone = {m for i in dropped for m in numbers(transcript.units[i].text)}
    lines = re.split(r"\r\n|\r|\n", transcript.source)
    for line in lines:
        if numbers(line) and not gone & set(numbers(line)):
            assert line in left


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from(FORMATS))
def test_any_text_is_read_or_refused_with_a_reason(text, format):
    try:
        transcript = parse(text.encode("utf-8", "replace"), format)
    except TranscriptError as error:
        assert len(str(error)) > 20
    else:
        assert cut(transcript, set(range(len(transcript.units)))) != transcript.source
