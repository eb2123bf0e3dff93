"""Times for every unit, whatever the source leaves out."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serve.errors import TimesError
from serve.timeline import WORDS_PER_S, timed
from serve.transcript import Unit


def unit(start_s=None, end_s=None, n_words=5, cue=0):
    return Unit("tea " * n_words, (0, 1), cue, cue + 1, start_s, end_s)


def times(*units):
    return [(said.start_s, said.end_s) for said in timed(units, "vtt")]


def test_times_of_the_source_stay():
    assert times(unit(1.0, 2.5), unit(3.0, 4.25)) == [(1.0, 2.5), (3.0, 4.25)]


def test_a_caption_that_stays_on_the_screen_ends_where_the_next_one_starts():
    assert times(unit(0.0, 4.5), unit(2.2, 6.8)) == [(0.0, 2.2), (2.2, 6.8)]


def test_a_start_without_an_end_lasts_until_the_next_start():
    assert times(unit(0.0), unit(4.0, 5.0)) == [(0.0, 4.0), (4.0, 5.0)]


def test_the_last_end_is_as_far_as_its_words_reach():
    assert times(unit(0.0), unit(4.0, n_words=10)) == [(0.0, 4.0), (4.0, 4.0 + 10 / WORDS_PER_S)]


def test_units_without_times_share_the_time_around_them_by_words():
    found = times(unit(0.0, n_words=2), unit(n_words=6), unit(8.0, 9.0))
    assert found == [(0.0, 2.0), (2.0, 8.0), (8.0, 9.0)]


def test_what_comes_before_the_first_time_is_said_just_before_it():
    assert times(unit(n_words=5), unit(60.0, 61.0)) == [(58.0, 60.0), (60.0, 61.0)]
    assert times(unit(n_words=5), unit(1.0, 2.0)) == [(0.0, 1.0), (1.0, 2.0)]
    assert times(unit(n_words=5), unit(0.0, 2.0)) == [(0.0, 1.0), (1.0, 2.0)]


def test_units_with_one_time_share_it_by_words():
    found = times(unit(8.0, 8.0, 1), unit(8.0, 8.0, 3), unit(12.0, 13.0))
    assert found == [(8.0, 9.0), (9.0, 12.0), (12.0, 13.0)]


def test_a_unit_that_takes_no_time_lasts_until_the_next():
    assert times(unit(1.0, 1.0), unit(3.0, 3.0)) == [(1.0, 3.0), (3.0, 5.0)]


def test_speakers_at_once_may_go_back_a_little():
    found = times(unit(5.0, 9.0), unit(4.0, 7.5), unit(9.0, 10.0))
    assert found == [(5.0, 7.0), (7.0, 7.5), (9.0, 10.0)]


def test_times_that_start_again_are_refused():
    with pytest.raises(
        TimesError, match=r"^cue 3 is at 0 s, behind one at 1800 s: the times start"
    ):
        times(unit(0.0), unit(1800.0, cue=1), unit(0.0, cue=2))


def test_no_times_at_all_are_refused():
    with pytest.raises(TimesError, match=r"^this vtt transcript has no times, and they are needed"):
        times(unit(), unit())


def test_a_short_turn_may_start_while_a_long_one_goes_on():
    turn = [unit(0.0, 20.0), unit(20.0, 40.0), unit(40.0, 60.0)]
    found = times(*turn, unit(15.0, 16.0, 1, cue=1), unit(60.0, 61.0, cue=2))
    assert found[:2] == [(0.0, 20.0), (20.0, 40.0)]
    assert found[2][0] == 40.0 < found[3][0] < 60.0 == found[4][0]


@st.composite
def units(draw):
    """Units whose starts seldom go back, and whose times are missing now and then."""
    found, at = [], 0.0
    for i in range(draw(st.integers(1, 12))):
        at = max(0.0, at + draw(st.sampled_from([0.0, 0.5, 3.0, 40.0, -2.0])))
        length = draw(st.sampled_from([0.0, 0.4, 3.0, 20.0]))
        start_s = draw(st.sampled_from([at, at, None])) if i else at
        end_s = draw(st.sampled_from([at + length, at + length, None]))
        found.append(unit(start_s, end_s, draw(st.integers(0, 9)), i))
    return found


@settings(deadline=None)
@given(units())
def test_each_takes_time_in_order_and_without_overlap(units):
    found = times(*units)
    assert all(0 <= start_s < end_s for start_s, end_s in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    assert found[0][0] == units[0].start_s
