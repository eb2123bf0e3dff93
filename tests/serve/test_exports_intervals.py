"""What is cut and what is kept, in seconds: the same in every export that goes by time."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serve.errors import TimesError
from serve.exports.intervals import cuts, keeps, kept_units, stretches
from serve.kinds import KINDS
from serve.labels import ADS, LABELS

UNTIMED = b"Welcome to the kettle hour, this is all about kettles.\nTea is hot and so are you.\n"
WITHOUT_TIMES = ("segments", "labels", "transcript", "csv", "html")


def source(*times, text="So this is tea."):
    items = [
        {"body": text} | dict(zip(("startTime", "endTime"), span, strict=False)) for span in times
    ]
    return json.dumps({"segments": items}).encode()


@st.composite
def episodes(draw):
    """A source with times of all sorts, and a label for each of its cues."""
    spans, at = [], draw(st.sampled_from([0.0, 0.3, 7.0]))
    for _ in range(draw(st.integers(1, 10))):
        at += draw(st.sampled_from([0.0, 0.25, 2.0, 30.0]))
        end = at + draw(st.sampled_from([0.0, 1.5, 4.0]))
        spans.append((at, end) if draw(st.booleans()) else (at,))
    return source(*spans), draw(st.lists(st.sampled_from(LABELS), min_size=10, max_size=10))


@settings(deadline=None)
@given(episodes(), st.sets(st.sampled_from(LABELS)))
def test_cuts_and_keeps_tile_the_episode(tagged, episode, drop):
    one = tagged(*episode, drop=tuple(drop))
    found = stretches(one)
    dropped = list(cuts(found))
    kept = list(keeps(found))
    tiles = sorted([*dropped, *(tuple(keep) for keep in kept)])
    assert tiles[0][0] == 0.0
    assert tiles[-1] == kept[-1] == (dropped[-1][1] if dropped else 0.0, None)
    assert all(a[1] == b[0] for a, b in pairwise(tiles))
    assert all(a < b for a, b in tiles[:-1])
    assert all(a in dropped or b in dropped for a, b in pairwise(tiles))


@settings(deadline=None)
@given(episodes(), st.sets(st.sampled_from(LABELS)))
def test_what_is_kept_is_said_outside_of_what_is_cut(tagged, episode, drop):
    one = tagged(*episode, drop=tuple(drop))
    dropped = list(cuts(stretches(one)))
    for said in kept_units(one):
        assert all(said.end_s <= start or said.start_s >= end for start, end in dropped)
    n_cut = sum(s.n_words for s in one.dropped())
    n_kept = sum(len(said.unit.text.split()) for said in kept_units(one))
    assert n_cut + n_kept == one.result.transcript.n_words


@settings(deadline=None)
@given(episodes())
def test_stretches_are_the_segments_in_order(tagged, episode):
    one = tagged(*episode)
    found = stretches(one)
    assert tuple(stretch.segment for stretch in found) == one.result.segments
    assert all(a.end_s <= b.start_s for a, b in pairwise(found))
    assert all(stretch.start_s < stretch.end_s for stretch in found)


def test_dropped_neighbours_are_one_cut_with_the_silence_between_them(tagged):
    spans = [(0, 5), (5, 8), (9, 12), (14, 20)]
    one = tagged(source(*spans), ["intro", "sponsor_read", "self_promo", "other"])
    found = stretches(one)
    assert list(cuts(found)) == [(5, 12)]
    assert list(keeps(found)) == [(0.0, 5), (12, None)]


def test_what_is_not_known_to_be_an_ad_is_kept(tagged):
    one = tagged(source((3, 5), (6, 9)), ["sponsor_read"])
    assert list(keeps(stretches(one))) == [(0.0, 3), (9, None)]


def test_segments_that_share_a_cue_are_cut_inside_it(tagged):
    halves = "This is tea. " * 20 + "Buy our tea! " * 20
    one = tagged(source((10, 20), text=halves), ["other"] * 20 + ["sponsor_read"] * 20)
    ((start_s, end_s),) = cuts(stretches(one))
    assert (start_s, end_s) == (pytest.approx(15, abs=0.01), 20)


def test_min_score_language_and_force_mean_the_same_as_in_the_transcript(tagged):
    spanish = "Bienvenidos a un nuevo episodio del programa que hacemos para todos ustedes."
    english = source((0, 5), (5, 9))
    foreign = source((0, 5), (5, 9), text=spanish)
    labels = ["other", "sponsor_read"]
    assert [*cuts(stretches(tagged(english, labels)))] == [(5, 9)]
    assert [*cuts(stretches(tagged(english, labels, min_score=0.95)))] == []
    assert [*cuts(stretches(tagged(english, labels, drop=())))] == []
    assert [*cuts(stretches(tagged(foreign, labels)))] == []
    assert [*cuts(stretches(tagged(foreign, labels, force=True)))] == [(5, 9)]


@pytest.mark.parametrize("kind", KINDS)
def test_without_times_what_needs_them_says_so_and_the_others_work(tagged, kind):
    one = tagged(UNTIMED, ["other", "sponsor_read"])
    if kind in WITHOUT_TIMES:
        assert KINDS[kind].write(one)
    else:
        with pytest.raises(TimesError, match=", ".join(WITHOUT_TIMES)):
            KINDS[kind].write(one)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drop", [(), ADS, LABELS])
def test_every_kind_can_write_all_of_it_and_nothing(tagged, kind, drop):
    one = tagged(source((0,), (0,), (2, 2), (3,)), ["sponsor_read", "other"], drop=drop)
    assert isinstance(KINDS[kind].write(one), bytes)
    instant = tagged(source((2, 2)), ["other"], drop=drop)
    assert isinstance(KINDS[kind].write(instant), bytes)
