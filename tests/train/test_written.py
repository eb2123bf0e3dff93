import numpy as np
import pytest
from pydantic import ValidationError

pytest.importorskip("torch")

from serve.labels import LABELS
from serve.text import PAD
from train.run import written_stretches
from train.vocabulary import new_tokenizer
from train.written import Bank, Piece, _without_speaker, encode_piece, read_bank

READ = '''[[ad]]
label = "sponsor_read"
kind = "tea"
manner = "host-read"
show = "history"
text = """
Leafbox sends tea to your door.

  Ann: And it comes in a box.
"""
'''
PASSAGE = '''[[passage]]
label = "other"
kind = "ad-business"
show = "business"
text = """
What does a read cost these days?
"""
'''


@pytest.fixture
def bank(tmp_path):
    for name, text in (("ads/tea.toml", READ * 2), ("negatives/business.toml", PASSAGE)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    return read_bank(tmp_path)


def test_the_bank_is_read_with_its_ads_and_passages(bank):
    assert (len(bank.ads), len(bank.passages)) == (2, 1)
    assert bank.ads[0].lines == ["Leafbox sends tea to your door.", "Ann: And it comes in a box."]
    assert (bank.passages[0].label, bank.passages[0].manner) == ("other", None)


def test_where_nothing_is_written_the_bank_is_empty(tmp_path):
    assert read_bank(tmp_path) == Bank((), ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", "advert"),
        ("kind", "Tea Shops"),
        ("manner", "shouted"),
        ("text", "Tea."),
        ("brand", "Leafbox"),
    ],
)
def test_a_text_that_is_not_described_as_agreed_is_refused(field, value):
    whole = {"label": "other", "kind": "tea", "show": "history", "text": "Tea is a hot drink."}
    assert Piece.model_validate(whole)
    with pytest.raises(ValidationError, match=field):
        Piece.model_validate({**whole, field: value})


def test_a_text_becomes_rows_that_are_allowed_its_label_only(bank):
    tokenizer = new_tokenizer([line for piece in bank.ads for line in piece.lines] * 3, 150)
    found = encode_piece(bank.ads[0], tokenizer)
    first, second = (
        tokenizer.encode(text).ids
        for text in ("Leafbox sends tea to your door.", "And it comes in a box.")
    )
    assert found.ids[found.ids != PAD].tolist() == first + second
    assert found.allowed.tolist() == [np.isin(LABELS, "sponsor_read").tolist()] * len(found.ids)
    assert [name for name, _ in written_stretches(bank, tokenizer)] == [
        "written/host-read", "written/host-read", "written/None",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "speech"),
    [
        ("Ann: Tea.", "Tea."),
        ("Speaker 2: Tea: hot.", "Tea: hot."),
        ("Dr. Ann O’Hara: Tea.", "Tea."),
        ("Tea.", "Tea."),
        ("and then: tea.", "and then: tea."),
        ("The three things that matter: tea.", "The three things that matter: tea."),
        ("At 5:30 we had tea.", "At 5:30 we had tea."),
    ],
)
def test_names_of_speakers_are_not_speech(line, speech):
    assert _without_speaker(line) == speech
