import re
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import LABELS
from train.corpus import (
    CorpusError,
    Episode,
    read_episodes,
    read_labels,
    read_transcript,
    share,
    split,
    unit_labels,
)
from train.examples import encode_episode
from train.vocabulary import new_tokenizer

TRANSCRIPT = b'{"segments": [{"start": 0.0, "end": 2.0, "text": " So this is tea."}]}'


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def episodes(*shows, n=60):
    return [
        Episode(show, f"ep-{i}", b"Tea.", np.ones((1, 6), bool)) for show in shows for i in range(n)
    ]


def names(found):
    return [(e.show, e.name) for e in found]


def test_every_cue_gets_what_its_row_allows(tmp_path):
    path = write(tmp_path / "a.tsv", "1\t1\tintro\n2\t4\tad\n5\t6\tnot_ad\n7\t7\tsponsor_read\n")
    assert [[LABELS[j] for j in np.flatnonzero(row)] for row in read_labels(path)] == [
        ["intro"],
        *[["sponsor_read", "self_promo"]] * 3,
        *[["intro", "career_advice", "library_discussion", "other"]] * 2,
        ["sponsor_read"],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t3\tintro\n5\t6\tother\n", "line 2: runs from cue 5 to cue 6, but cue 4 comes next; "),
        ("1\t3\tintro\n3\t6\tother\n", "line 2: runs from cue 3 to cue 6, but cue 4 comes next; "),
        ("2\t3\tintro\n", "line 1: runs from cue 2 to cue 3, but cue 1 comes next; every cue "),
        ("1\t3\tintro\n4\t3\tother\n", "line 2: runs from cue 4 to cue 3, but cue 4 comes next; "),
        ("1\t3\tadvert\n", r"line 1: '1\t3\tadvert' is not first<TAB>last<TAB>label with one of "),
        ("1\t3\n", r"line 1: '1\t3' is not first<TAB>last<TAB>label"),
        ("1 3 intro\n", r"line 1: '1 3 intro' is not first<TAB>last<TAB>label"),
        ("1\tthree\tintro\n", r"line 1: '1\tthree\tintro' is not first<TAB>last"),
        ("1\t1\tintro\n\n2\t2\tother\n", "line 2: '' is not first<TAB>last<TAB>label"),
        ("", "is empty; it needs a row for every segment"),
    ],
)
def test_label_files_that_cannot_be_right_are_refused(tmp_path, text, message):
    path = write(tmp_path / "a.tsv", text)
    with pytest.raises(CorpusError, match=re.escape(message)) as error:
        read_labels(path)
    assert str(path) in str(error.value)


def test_labels_beside_transcripts_are_read_show_by_show(tmp_path):
    for show, name in (("tea", "2"), ("tea", "1"), ("mixed", "9"), ("tea", "3")):
        write(tmp_path / "transcripts" / show / f"{name}.json", TRANSCRIPT)
        if name != "3":
            write(tmp_path / "labels" / show / f"{name}.tsv", "1\t1\tother\n")
    found = list(read_episodes(tmp_path))
    assert names(found) == [("mixed", "9"), ("tea", "1"), ("tea", "2")]
    assert [e.group for e in found] == ["mixed/9", "tea", "tea"]
    assert found[0].source == TRANSCRIPT
    whole = list(read_episodes(tmp_path, unlabelled=True))
    assert names(whole)[-1] == ("tea", "3")
    assert whole[-1].cues is None


def test_transcripts_without_labels_of_their_own_are_lent_some(tmp_path):
    lent = tmp_path / "lent"
    for name in ("1", "2", "3", "4"):
        write(tmp_path / "corpus" / "transcripts" / "tea" / f"{name}.json", TRANSCRIPT)
        write(lent / "tea" / f"{name}.tsv", "1\t1\tnot_ad\n")
    digest = sha256(TRANSCRIPT).hexdigest()
    other = sha256(b"another edition").hexdigest()
    write(lent / "SHA256SUMS", f"{digest}  tea/1.json\n{digest}  tea/2.json\n{other}  tea/3.json\n")
    assert [e.name for e in read_episodes(tmp_path / "corpus", lent=lent)] == ["1", "2"]
    write(tmp_path / "corpus" / "labels" / "tea" / "1.tsv", "1\t1\tother\n")
    found = list(read_episodes(tmp_path / "corpus", lent=lent))
    assert [(e.name, e.lent, int(e.cues.sum())) for e in found] == [("1", False, 1), ("2", True, 4)]
    assert all(e.second is None for e in found)  # what says all of a label is left alone
    assert names(read_episodes(tmp_path / "corpus")) == [("tea", "1")]


def test_labels_that_leave_something_open_get_lent_ones_as_a_second_reading(tmp_path):
    lent, own = tmp_path / "lent", {"1": "not_ad", "2": "ad", "3": "other"}
    for name, label in own.items():
        write(tmp_path / "corpus" / "transcripts" / "mixed" / f"{name}.json", TRANSCRIPT)
        write(tmp_path / "corpus" / "labels" / "mixed" / f"{name}.tsv", f"1\t1\t{label}\n")
        write(lent / "mixed" / f"{name}.tsv", "1\t1\tself_promo\n")
    digest = sha256(TRANSCRIPT).hexdigest()
    write(lent / "SHA256SUMS", "".join(f"{digest}  mixed/{name}.json\n" for name in own))
    found = list(read_episodes(tmp_path / "corpus", lent=lent))
    promo = np.isin(LABELS, "self_promo")
    assert [int(e.cues.sum()) for e in found] == [4, 2, 1]
    assert [e.second is not None and bool((e.second == promo).all()) for e in found] == [
        True,
        True,
        False,
    ]
    assert not any(e.lent for e in found)


def test_training_goes_by_the_second_reading_and_scores_by_the_first(make):
    first = make.talk(("not_ad", 4), ("ad", 2))
    second = make.talk(("intro", 3), ("sponsor_read", 3)).cues
    twice = replace(first, second=second)
    transcript = read_transcript(twice)
    assert first.taught is first
    assert (unit_labels(twice, transcript) == first.cues).all()
    assert (unit_labels(twice.taught, transcript) == second).all()
    tokenizer = new_tokenizer([unit.text for unit in transcript.units] * 9, 300)
    assert (encode_episode(twice, tokenizer).rows.allowed.sum(axis=1) == 1).all()
    assert (encode_episode(first, tokenizer).rows.allowed.sum(axis=1) > 1).all()


def test_labels_next_to_transcripts_of_any_format_are_read(tmp_path):
    write(tmp_path / "tea" / "b.srt", "1\n00:00:00,000 --> 00:00:02,000\nTea.\n")
    write(tmp_path / "tea" / "b.srt.labels.tsv", "1\t1\tother\n")
    write(tmp_path / "a.txt", "Tea.\n")
    write(tmp_path / "a.txt.labels.tsv", "1\t1\tother\n")
    write(tmp_path / "tea" / "not-labelled.txt", "Tea.\n")
    found = list(read_episodes(tmp_path, unlabelled=True))
    assert names(found) == [(tmp_path.name, "a.txt"), ("tea", "b.srt")]
    assert [read_transcript(e).format for e in found] == ["plain", "srt"]


def test_the_written_episodes_are_each_a_show_of_their_own(tmp_path):
    folder = tmp_path / "seeds" / "written"
    write(folder / "episodes" / "a.txt", "Tea.\n")
    write(folder / "episodes" / "a.txt.labels.tsv", "1\t1\tother\n")
    (episode,) = read_episodes(folder)
    assert (episode.show, episode.group) == ("written", "written/a.txt")


def test_a_folder_of_ones_own_is_not_taken_for_the_written_episodes(tmp_path):
    folder = tmp_path / "written" / "corpus"
    write(folder / "tea" / "a.txt", "Tea.\n")
    write(folder / "tea" / "a.txt.labels.tsv", "1\t1\tother\n")
    assert names(read_episodes(folder)) == [("tea", "a.txt")]


def test_a_corpus_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CorpusError, match="nowhere is not a folder; CORPUS names a folder of lab"):
        list(read_episodes(tmp_path / "nowhere"))


def test_every_unit_has_the_labels_of_its_cue(make):
    episode = make.talk(("intro", 2), ("sponsor_read", 3), ("not_ad", 1))
    assert (unit_labels(episode, read_transcript(episode)) == episode.cues).all()


def test_a_unit_of_several_cues_has_the_labels_of_the_middle_one():
    cues = [f"00:00:0{i}.000 --> 00:00:0{i + 1}.000\n{word}\n" for i, word in enumerate("abcde")]
    allowed = np.eye(6, dtype=bool)[[2, 2, 5, 0, 0]]
    episode = Episode("tea", "1", ("WEBVTT\n\n" + "\n".join(cues)).encode(), allowed)
    assert unit_labels(episode, read_transcript(episode)).tolist() == [allowed[2].tolist()]


def test_labels_of_another_number_of_cues_are_refused():
    episode = Episode("tea", "1", b"One.\nTwo.\n", np.ones((3, 6), bool))
    with pytest.raises(
        CorpusError,
        match=r"^tea/1: the labels cover 3 cues, the transcript has 2; label it again$",
    ):
        unit_labels(episode, read_transcript(episode))


def test_an_episode_without_labels_has_none_to_give():
    episode = Episode("tea", "1", b"One.\n", None)
    with pytest.raises(CorpusError, match=r"^tea/1 has no labels$"):
        unit_labels(episode, read_transcript(episode))


def test_a_transcript_that_cannot_be_read_is_named():
    with pytest.raises(CorpusError, match=r"^tea/1: the transcript is empty"):
        read_transcript(Episode("tea", "1", b" ", None))


def test_a_share_belongs_to_an_episode_for_ever():
    (episode,) = episodes("tea", n=1)
    assert share(episode) == pytest.approx(0.946511, abs=1e-6)
    assert share(episode, "fold:") != share(episode)
    assert np.mean([share(e) for e in episodes("tea", n=400)]) == pytest.approx(0.5, abs=0.05)


def test_adding_episodes_moves_no_other():
    few = episodes("tea", "kettle", n=30)
    many = [*episodes("a-new-show"), *few, *episodes("tea", n=90)[30:]]
    for before, after in zip(split(few, 0.2), split(many, 0.2), strict=True):
        assert set(names(before)) == set(names(after)) & set(names(few))


def test_every_labelled_episode_is_trained_on_or_validated_on():
    found = episodes("tea", "kettle", n=200)
    training, validation = split([*found, Episode("tea", "new", b"Tea.", None)], 0.2)
    assert sorted(names([*training, *validation])) == sorted(names(found))
    assert len(validation) / len(found) == pytest.approx(0.2, abs=0.04)


def test_labels_without_a_transcript_are_refused(tmp_path):
    (tmp_path / "ep.vtt.labels.tsv").write_text("1\t1\tother\n")
    with pytest.raises(CorpusError, match=r"has no transcript beside it; put ep\.vtt there$"):
        list(read_episodes(tmp_path))
