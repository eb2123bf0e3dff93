import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

import serve.text
from serve import load_model
from serve.text import (
    PAD,
    ROW_TOKENS,
    UNKNOWN,
    _even_pieces,
    _ids,
    encode,
    fingerprint,
    places,
    pool,
)

WORDS = [f"word{i}" for i in range(40)]
AWKWARD = [*" \n\t\x1c\u00a0\u0301\u3000./%$&@'’_♪Aé9", "[UNK]", "a</w>", "kettle.example/tea"]


@pytest.fixture(scope="module")
def tokenizer():
    """A word is a token; words it does not know are UNKNOWN."""
    ids = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    words = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return words


@pytest.fixture(scope="module")
def shipped():
    return load_model().tokenizer


def said(n):
    return " ".join(WORDS[i % len(WORDS)] for i in range(n))


@given(st.integers(1, 400))
def test_long_units_are_cut_into_as_few_even_pieces_as_will_do(n_tokens):
    ids = list(range(n_tokens))
    pieces = _even_pieces(ids)
    lengths = [len(piece) for piece in pieces]
    assert [i for piece in pieces for i in piece] == ids
    assert len(pieces) == -(-n_tokens // ROW_TOKENS)
    assert max(lengths) <= ROW_TOKENS
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(
    ("n_tokens", "lengths"),
    [(1, [1]), (24, [24]), (25, [13, 12]), (48, [24, 24]), (49, [17, 16, 16])],
)
def test_a_unit_takes_one_row_for_every_row_of_tokens(tokenizer, n_tokens, lengths):
    rows = encode([said(n_tokens)], tokenizer)
    assert (rows.ids != PAD).sum(axis=1).tolist() == lengths
    assert rows.ids[rows.ids != PAD].tolist() == [2 + i % 40 for i in range(n_tokens)]


def test_the_rows_of_units_follow_each_other(tokenizer):
    rows = encode([said(3), said(60), said(1)], tokenizer)
    assert rows.unit.tolist() == [0, 1, 1, 1, 2]
    assert rows.ids.shape == (5, ROW_TOKENS)
    assert (rows.ids.dtype, rows.place.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_unit_without_tokens_is_one_unknown(tokenizer, empty):
    rows = encode([said(2), empty, said(2)], tokenizer)
    assert rows.unit.tolist() == [0, 1, 2]
    assert rows.ids[1].tolist() == [UNKNOWN] + [PAD] * (ROW_TOKENS - 1)


def test_what_the_tokenizer_does_not_know_is_unknown(tokenizer):
    assert encode(["word1 日本 🍵"], tokenizer).ids[0, :4].tolist() == [3, UNKNOWN, UNKNOWN, PAD]


def test_a_unit_has_the_same_rows_alone_and_among_others(tokenizer):
    texts = [said(n) for n in (5, 70, 1, 24, 25)]
    together = encode(texts, tokenizer)
    for i, text in enumerate(texts):
        alone = encode([text], tokenizer)
        assert (together.ids[together.unit == i] == alone.ids).all()


def test_a_row_is_placed_by_the_tokens_before_and_after_it(tokenizer):
    rows = encode([said(3), said(30), said(2)], tokenizer)
    assert rows.place.tolist() == [[0, 32], [3, 17], [18, 2], [33, 0]]


@given(st.lists(st.integers(1, 24), min_size=1, max_size=20))
def test_places_add_up_to_the_whole(n_tokens):
    found = places(np.array(n_tokens))
    assert (found.sum(axis=1) + n_tokens == sum(n_tokens)).all()
    assert (found[0, 0], found[-1, 1]) == (0, 0)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12), st.integers(0, 99))
def test_a_unit_scores_the_mean_of_its_rows(n_rows, seed):
    unit = np.repeat(np.arange(len(n_rows)), n_rows)
    log_probs = np.random.default_rng(seed).normal(size=(len(unit), 6)).astype(np.float32)
    found = pool(log_probs, unit, len(n_rows))
    means = [log_probs[unit == i].mean(axis=0) for i in range(len(n_rows))]
    np.testing.assert_allclose(found, means, atol=1e-5)
    assert found.dtype == np.float32


def test_the_fingerprint_moves_with_the_tokenizer_and_with_the_rows(tokenizer, monkeypatch):
    text = tokenizer.to_str()
    other = json.loads(text)
    other["model"]["vocab"]["word41"] = 42
    first = fingerprint(text)
    assert first == fingerprint(text)
    assert len(first) == 64
    assert fingerprint(json.dumps(other)) != first
    monkeypatch.setattr("serve.text.ROW_TOKENS", 32)
    assert fingerprint(text) != first


PIECES = st.sampled_from(AWKWARD) | st.characters(exclude_categories=["Cs"])


@settings(deadline=None)
@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=6))
def test_ids_of_words_are_ids_of_the_whole_text(shipped, texts):
    known = {}
    for _ in range(2):  # the second time every word is known
        whole = shipped.encode_batch_fast(texts, add_special_tokens=False)
        assert _ids(texts, shipped, known) == [encoding.ids for encoding in whole]


def test_words_that_are_known_already_do_not_fill_the_memory(shipped, monkeypatch):
    monkeypatch.setattr(serve.text, "MAX_KNOWN", 2)
    known = {}
    for talk in ("one two three", "four five", "six one"):
        assert _ids([talk], shipped, known) == [shipped.encode(talk).ids]
    assert len(known) == 2
    assert set(known) < {"one", "two", "three"}
