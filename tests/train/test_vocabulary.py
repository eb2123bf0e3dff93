import numpy as np
import pytest
from tokenizers import Tokenizer

pytest.importorskip("torch")

from serve.text import PAD, UNKNOWN
from train import vocabulary
from train.vocabulary import _truncated_svd, new_tokenizer, word_vectors


@pytest.fixture(scope="module")
def tokenizer(make):
    texts = [make.line(label, n) for n in range(9) for label in ("intro", "sponsor_read", "other")]
    return new_tokenizer(texts, 300)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Leafbox.com/Steam", "leafbox dot com slash steam"),
        ("tea.example/", "tea dot example slash "),
        ("and/or, e.g.", "and slash or e dot g "),
        ("It's 3.5%, don’t you think?", "its 0 dot 0 percent  dont you think "),
        ("$19.99 & up", " dollar 00 dot 00  and  up"),
        ("ann@tea.example", "ann at tea dot example"),
        ("Café NAÏVE", "cafe naive"),
        ("snake_case -- yes… [Music]", "snake case yes music "),
        ("♪ la la ♪", "♪ la la ♪"),
        ("The end.", "the end "),
        ("the end.Then tea,Milk?No!Yes", "the end then tea milk no yes"),
        ("日本 ½", "日本 0⁄0"),
    ],
)
def test_text_is_written_the_way_it_sounds(tokenizer, text, spoken):
    found = tokenizer.normalizer.normalize_str(text)
    assert found.split() == spoken.replace("⁄", " ").split()


def test_two_spellings_of_one_sentence_have_the_same_tokens(tokenizer):
    one = tokenizer.encode("It’s Leafbox.com, use code STEAM: 20% off!").ids
    assert one == tokenizer.encode("its leafbox dot com use code steam 35 percent off").ids


def test_padding_and_the_unknown_keep_their_ids(tokenizer):
    assert (tokenizer.token_to_id("[PAD]"), tokenizer.token_to_id("[UNK]")) == (PAD, UNKNOWN)
    assert tokenizer.encode("日").ids == [UNKNOWN]
    assert tokenizer.get_vocab_size() <= 300


def test_common_words_are_one_token_and_rare_ones_several(tokenizer):
    assert len(tokenizer.encode("leafbox kettle hour").ids) == 3
    assert len(tokenizer.encode("leaflet").ids) > 1


def test_the_tokenizer_comes_back_from_its_json(tokenizer, make):
    again = Tokenizer.from_str(tokenizer.to_str())
    for label in ("intro", "self_promo"):
        text = make.line(label, 3)
        assert again.encode(text).ids == tokenizer.encode(text).ids


def test_the_same_texts_make_the_same_tokenizer(make):
    texts = [make.line("intro", n) for n in range(5)]
    assert new_tokenizer(texts, 150).to_str() == new_tokenizer(texts, 150).to_str()


def test_words_of_like_company_get_like_vectors():
    rng = np.random.default_rng(0)
    drinks, drunk, tools, used = (2, 3), (4, 5, 6), (7, 8), (9, 10, 11)
    streams = []
    for _ in range(200):
        noun, verbs = (drinks, drunk) if rng.random() < 0.5 else (tools, used)
        streams.append([int(rng.choice(verbs)), int(rng.choice(noun)), int(rng.choice(verbs))])
    vectors = word_vectors(streams, 12, 4, window=2, seed=1)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    alike, unlike = unit[2] @ unit[3], unit[2] @ unit[7]
    assert alike > 0.9
    assert unlike < alike - 0.5


def test_vectors_have_a_mean_square_of_one_and_padding_has_none():
    streams = [[2, 3, 4, UNKNOWN, 2, 5], [5, 2, 3], [4], []]
    vectors = word_vectors(streams, 8, 3, window=3, seed=1)
    assert vectors.shape == (8, 3)
    assert vectors.dtype == np.float32
    assert (vectors**2).mean() == pytest.approx(1, abs=1e-5)
    assert not vectors[[PAD, UNKNOWN]].any()
    assert (vectors == word_vectors(streams, 8, 3, window=3, seed=1)).all()


def test_nearer_neighbours_count_for_more(monkeypatch):
    """In a circle of words all are as frequent, and only how near two of them are differs."""
    monkeypatch.setattr(vocabulary, "_truncated_svd", lambda matrix, n_dims, rng: matrix.copy())
    around = word_vectors([[*range(2, 30)] * 9], 30, 30, window=3, seed=0)
    assert around[5, 6] == pytest.approx(around[5, 4], rel=1e-2)
    assert around[5, 6] > 1.2 * around[5, 7] > 1.2 * around[5, 8] > 0


@pytest.mark.parametrize("shape", [(40, 40), (60, 30), (30, 60)])
def test_the_cut_down_svd_is_that_of_numpy(shape):
    rng = np.random.default_rng(4)
    matrix = (rng.random(shape) @ np.diag(0.7 ** np.arange(shape[1]))).astype(np.float32)
    found = _truncated_svd(matrix, 5, np.random.default_rng(0))
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    expected = left[:, :5] * np.sqrt(values[:5])
    # A singular vector may point the other way; what vectors say of each other may not differ.
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-3)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=2e-3)
