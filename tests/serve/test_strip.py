"""Cutting, against the dumbest way to do it."""

import json
import re
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from serve.strip import cut
from serve.transcript import Piece, Transcript, Unit
from serve.units.runs import behind, rewrite, spans

UNITS = tuple(Unit("x", (i, i + 1), i, i + 1) for i in range(4))

pieces = st.lists(
    st.builds(
        lambda a, n, first, k: Piece((a, a + n), first, min(4, first + k)),
        st.integers(0, 18),
        st.integers(0, 6),
        st.integers(0, 3),
        st.integers(1, 3),
    )
)


@given(pieces, st.sets(st.integers(0, 3)))
def test_cut_takes_just_the_characters_of_pieces_whose_units_are_all_dropped(pieces, dropped):
    source = "abcdefghijklmnopqrstuvwxyz"
    gone = {
        place
        for piece in pieces
        if set(range(piece.first, piece.stop)) <= dropped
        for place in range(*piece.span)
    }
    transcript = Transcript(source, "plain", UNITS, 4, tuple(pieces))
    assert cut(transcript, dropped) == "".join(c for i, c in enumerate(source) if i not in gone)


def test_one_comma_stays_between_any_items_that_stay():
    source = '[ "a", "b" , "c","d" ]'
    at = [source.index(f'"{letter}"') for letter in "abcd"]
    items = tuple(Piece((a, a + 3), i, i + 1) for i, a in enumerate(at))
    transcript = Transcript(source, "json", UNITS, 4, (), (items,))
    for choice in product([False, True], repeat=4):
        dropped = {i for i, gone in enumerate(choice) if gone}
        assert json.loads(cut(transcript, dropped)) == [
            letter for i, letter in enumerate("abcd") if i not in dropped
        ]


def test_an_empty_list_stays_empty():
    assert cut(Transcript("[]", "json", UNITS, 4, (), ((),)), {0}) == "[]"


@given(st.text("ab&", max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_runs_lead_from_every_stretch_of_text_back_to_the_source(text, a, n):
    source = "<x>" + text.replace("&", "&amp;").replace("b", "b<i>") + "</x>"
    found, runs = rewrite(
        source,
        (0, len(source)),
        re.compile("<[^>]*>|&amp;"),
        lambda m: "&" if m[0][0] == "&" else "",
    )
    assert found == text
    said = "".join(source[slice(*span)] for span in spans(runs, a, a + n))
    assert said.replace("&amp;", "&") == text[a : a + n]
    rest, rest_runs = behind(found, runs, a)
    assert rest == text[a:]
    said = "".join(source[slice(*span)] for span in spans(rest_runs, 0, len(rest)))
    assert said.replace("&amp;", "&") == rest
