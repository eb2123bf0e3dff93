import numpy as np
import pytest
from pydantic import ValidationError

pytest.importorskip("torch")

from serve.labels import LABELS
from serve.text import PAD
from train.vocabulary import new_tokenizer
from train.written import LONG, Bank, Breaks, Piece, _without_speaker, encode_bank, read_bank

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
BREAKS = 'leads = ["That is next.\\nStay with us."]\nreturns = ["And we are back."]\n'


@pytest.fixture
def bank(tmp_path):
    for name, text in (("ads/tea.toml", READ * 2), ("negatives/business.toml", PASSAGE)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "breaks.toml").write_text(BREAKS)
    return read_bank(tmp_path)


def test_the_bank_is_read_with_its_ads_and_passages(bank):
    assert (len(bank.ads), len(bank.passages)) == (2, 1)
    assert bank.ads[0].lines == ["Leafbox sends tea to your door.", "Ann: And it comes in a box."]
    assert (bank.passages[0].label, bank.passages[0].manner) == ("other", None)


def test_where_nothing_is_written_the_bank_is_empty(tmp_path):
    assert read_bank(tmp_path) == Bank()


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


@pytest.fixture
def tokenizer(bank):
    return new_tokenizer([line for text in bank.texts for line in text] * 3, 150)


def ids_of(tokenizer, *texts):
    return [token for text in texts for token in tokenizer.encode(text).ids]


def test_a_text_becomes_rows_that_are_allowed_its_label_only(bank, tokenizer):
    groups, found = zip(*encode_bank(bank, tokenizer).ads, strict=True)
    assert groups == ("written/host-read", "written/host-read", "written/other")
    said = found[0].ids[found[0].ids != PAD].tolist()
    assert said == ids_of(tokenizer, "Leafbox sends tea to your door.", "And it comes in a box.")
    assert found[0].allowed.tolist() == [np.isin(LABELS, "sponsor_read").tolist()] * len(
        found[0].ids
    )


def test_long_ads_are_drawn_apart_from_the_others_of_their_manner(bank, tokenizer):
    long = bank.ads[0].model_copy(update={"text": "word " * LONG})
    passage = bank.passages[0].model_copy(update={"text": "word " * LONG})
    groups = [group for group, _ in encode_bank(Bank((*bank.ads, long), (passage,)), tokenizer).ads]
    assert groups == ["written/host-read"] * 2 + ["written/long", "written/other"]


def test_what_is_said_around_a_break_may_be_anything_but_advertising(bank, tokenizer):
    inserts = encode_bank(bank, tokenizer)
    assert (len(inserts.leads), len(inserts.returns), len(inserts.sign_offs)) == (1, 1, 0)
    lead = inserts.leads[0]
    assert lead.ids[lead.ids != PAD].tolist() == ids_of(tokenizer, "That is next.", "Stay with us.")
    assert lead.allowed.tolist() == [[False, False, True, True, True, True]] * 2


def test_banks_add_up(bank):
    both = bank + bank
    assert (len(both.ads), len(both.passages)) == (4, 2)
    assert both.breaks.leads == bank.breaks.leads * 2
    assert bank + Bank() == bank
    assert len(bank.texts) == 5


def test_an_unknown_kind_of_break_is_refused():
    with pytest.raises(ValidationError, match="jingles"):
        Breaks.model_validate({"jingles": ["La."]})


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
