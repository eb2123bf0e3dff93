"""What the written texts and episodes of seeds/written promise."""

import re
import tomllib
from collections import Counter, defaultdict
from pathlib import PurePath

import pytest

pytest.importorskip("torch")

from serve.labels import ADS, LABELS
from serve.pipeline import strip, tag
from train.corpus import read_episodes, read_transcript, unit_labels
from train.examples import IS_AD
from train.sources import ROOT
from train.written import Piece, read_bank

WRITTEN = ROOT / "seeds" / "written"
FORMATS_OF = {
    ".json": {"json"},
    ".vtt": {"vtt"},
    ".srt": {"srt"},
    ".tsv": {"tsv"},
    ".txt": {"plain", "timed_text"},
    ".md": {"notes"},
}
USUAL = re.compile(
    r"brought to you|sponsor|(promo|discount|use|offer|enter) code|percent off|dot com|free trial"
    r"|slash|check ?out|support(s|ed|ing)? (for )?(this|the|our) (show|podcast)",
    re.IGNORECASE,
)
SHINGLE = 5  # words


@pytest.fixture(scope="module")
def bank():
    return read_bank(WRITTEN)


@pytest.fixture(scope="module")
def episodes():
    """(episode, transcript, labels of its units)."""
    found = []
    for episode in read_episodes(WRITTEN):
        transcript = read_transcript(episode)
        found.append((episode, transcript, unit_labels(episode, transcript)))
    return found


def shingles(text):
    """Every run of five words, without case and punctuation."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", ""))
    return {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def alike(texts):
    """(overlap over union, index, index) of any two texts that share a shingle."""
    sets = [shingles(text) for text in texts]
    where = defaultdict(list)
    for i, found in enumerate(sets):
        for shingle in found:
            where[shingle].append(i)
    shared = Counter(
        (i, j) for ids in where.values() for n, i in enumerate(ids) for j in ids[n + 1 :]
    )
    return [(n / len(sets[i] | sets[j]), i, j) for (i, j), n in shared.items()]


@pytest.mark.parametrize("folder", ["ads", "negatives"])
def test_every_file_holds_texts_as_agreed(folder):
    for path in sorted((WRITTEN / folder).glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        assert list(tables) == ["ad" if folder == "ads" else "passage"], path.name
        for entries in tables.values():
            assert all(Piece.model_validate(entry) for entry in entries), path.name


def test_there_are_as_many_as_promised(bank):
    assert len(bank.ads) >= 500
    assert len({ad.kind for ad in bank.ads}) >= 60
    assert len(bank.passages) >= 150


def test_ads_are_advertising_and_passages_are_not(bank):
    assert {ad.label for ad in bank.ads} == set(ADS)
    assert not {passage.label for passage in bank.passages} & set(ADS)
    assert all(ad.manner is not None for ad in bank.ads)


def test_ads_come_in_many_manners_and_for_many_shows(bank):
    manners = Counter(ad.manner for ad in bank.ads)
    assert len(manners) >= 8
    assert max(manners.values()) < len(bank.ads) / 3
    assert len({ad.show for ad in bank.ads}) >= 10


def test_a_third_of_the_ads_do_without_the_usual_phrases(bank):
    without = sum(not USUAL.search(ad.text) for ad in bank.ads)
    assert without / len(bank.ads) >= 1 / 3


def test_no_two_texts_are_nearly_the_same(bank):
    texts = [piece.text for piece in (*bank.ads, *bank.passages)]
    near = [(round(overlap, 2), texts[i][:60], texts[j][:60])
            for overlap, i, j in alike(texts) if overlap >= 0.2]  # fmt: skip
    assert near == []


def test_texts_that_are_nearly_the_same_would_be_found():
    first = "Leafbox sends tea to your door every week in a box that fits the slot"
    texts = [first, "Nothing to see here, only talk about the river and the rain.", first + " now"]
    ((overlap, i, j),) = alike(texts)
    assert (i, j) == (0, 2)
    assert overlap > 0.9


def test_there_are_at_least_a_hundred_episodes_and_every_cue_is_labelled(episodes):
    assert len(episodes) >= 100
    for episode, transcript, labels in episodes:
        assert len(episode.cues) == transcript.n_cues, episode.name
        assert (episode.cues.sum(axis=1) == 1).all(), episode.name
        assert len(labels) == len(transcript.units)


def test_every_episode_is_in_the_format_of_its_name(episodes):
    for episode, transcript, _ in episodes:
        assert transcript.format in FORMATS_OF[PurePath(episode.name).suffix], episode.name


def test_every_format_of_transcripts_occurs(episodes):
    formats = Counter(transcript.format for _, transcript, _ in episodes)
    assert set(formats) == {"json", "vtt", "srt", "tsv", "timed_text", "plain", "notes"}
    assert min(formats.values()) >= 5


def style(transcript):
    """What can be seen of how an episode was written down."""
    text = " ".join(unit.text for unit in transcript.units)
    n_words = len(text.split())
    a_cue = n_words / transcript.n_cues
    return (
        transcript.format,
        any(unit.speaker for unit in transcript.units),
        text != text.lower(),
        sum(map(text.count, ".?!")) > 0.03 * n_words,
        next(name for name, most in (("words", 4), ("captions", 9), ("sentences", 30),
                                     ("paragraphs", 1e9)) if a_cue < most),
    )  # fmt: skip


def test_episodes_are_written_down_in_at_least_fifteen_ways(episodes):
    assert len({style(transcript) for _, transcript, _ in episodes}) >= 15


def test_a_third_of_the_episodes_have_no_advertising(episodes):
    without = sum(not labels[:, IS_AD].any() for _, _, labels in episodes)
    assert without / len(episodes) >= 1 / 3


def test_every_label_occurs_in_many_episodes(episodes):
    for i, label in enumerate(LABELS):
        assert sum(bool(labels[:, i].any()) for _, _, labels in episodes) >= 20, label


def test_episodes_can_be_tagged_and_stripped_like_any_other(episodes, model):
    for episode, _, _ in episodes[::12]:
        result = tag(episode.source, model)
        assert result.warnings == ()
        assert strip(episode.source, result, ()) == episode.source
