import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import LABELS
from serve.text import ROW_TOKENS
from train.corpus import ALLOWED
from train.examples import Stretch
from train.transplant import Inserts, transplant

TALK, AD, LEAD, RETURN, SIGN_OFF = 100, 200, 300, 400, 500


def rows(label, first_id, n):
    """Rows that count up from `first_id`."""
    ids = np.tile(first_id + np.arange(n)[:, None], (1, ROW_TOKENS))
    return Stretch(ids, np.tile(np.isin(LABELS, ALLOWED[label]), (n, 1)))


ANNOUNCED = Inserts(
    leads=[rows("other", LEAD, 2)],
    returns=[rows("other", RETURN, 1)],
    sign_offs=[rows("other", SIGN_OFF, 1)],
)


def put_in(inserts, at_ends=(False, False), n=600, talk=None):
    """What many draws make of ten rows of talk and an ad of three, as lists of row numbers."""
    talk = talk or rows("intro", TALK, 10)
    ad = rows("sponsor_read", AD, 3)
    rng = np.random.default_rng(1)
    made = [transplant(talk, [ad], inserts, at_ends, rng) for _ in range(n)]
    assert all(len(m.ids) == len(m.allowed) for m in made)
    return [m.ids[:, 0].tolist() for m in made]


def without(rows, *starts):
    return [row for row in rows if row // 100 * 100 not in starts]


def test_the_talk_and_the_ad_stay_whole_and_in_order():
    for rows in put_in(ANNOUNCED, (True, True)):
        assert without(rows, AD, LEAD, RETURN, SIGN_OFF) == list(range(TALK, TALK + 10))
        assert without(rows, TALK, LEAD, RETURN, SIGN_OFF) in ([], [AD, AD + 1, AD + 2])


def test_leads_come_right_before_the_ad_and_returns_right_after():
    for rows in put_in(ANNOUNCED):
        block = without(rows, TALK)
        first = rows.index(block[0]) if block else 0
        assert rows[first : first + len(block)] == block
        kinds = [row // 100 * 100 for row in block]
        assert kinds == sorted(kinds, key=[LEAD, AD, RETURN].index)


def test_some_ads_are_announced_and_some_breaks_are_empty():
    made = put_in(ANNOUNCED)
    assert np.mean([LEAD in rows for rows in made]) == pytest.approx(0.4, abs=0.06)
    assert np.mean([RETURN in rows for rows in made]) == pytest.approx(0.4, abs=0.06)
    assert np.mean([AD not in rows for rows in made]) == pytest.approx(0.64 * 0.12, abs=0.03)
    assert all(AD in rows for rows in made if LEAD not in rows and RETURN not in rows)


def test_no_one_announces_an_ad_before_the_first_word_or_comes_back_after_the_last():
    first = [rows for rows in put_in(ANNOUNCED, (True, False)) if rows[0] != TALK]
    assert {row // 100 * 100 for rows in first for row in without(rows, TALK)} == {AD, RETURN}
    last = [rows for rows in put_in(ANNOUNCED, (False, True)) if rows[-1] != TALK + 9]
    assert {row // 100 * 100 for rows in last for row in without(rows, TALK)} == {
        AD, LEAD, SIGN_OFF,
    }  # fmt: skip


def test_sign_offs_are_the_last_words_before_the_ads_that_end_an_episode():
    signed_off = [rows for rows in put_in(ANNOUNCED, (False, True)) if SIGN_OFF in rows]
    assert len(signed_off) > 50
    for rows in signed_off:
        assert without(rows[rows.index(SIGN_OFF) :], SIGN_OFF, AD) == []
    assert not any(SIGN_OFF in rows for rows in put_in(ANNOUNCED))


def test_what_is_no_advertising_is_never_announced():
    passage = rows("other", AD, 3)
    rng = np.random.default_rng(1)
    talk = rows("intro", TALK, 10)
    for _ in range(100):
        made = transplant(talk, [passage], ANNOUNCED, (False, False), rng)
        assert len(made.ids) == 13


def test_without_words_for_breaks_the_ad_is_always_there():
    assert all(AD in rows for rows in put_in(Inserts(), (True, True)))


def test_where_there_is_nothing_but_advertising_it_goes_first():
    assert {tuple(rows) for rows in put_in(Inserts(), talk=rows("ad", TALK, 2))} == {
        (AD, AD + 1, AD + 2, TALK, TALK + 1)
    }
