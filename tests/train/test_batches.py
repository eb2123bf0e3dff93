from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from serve.labels import LABELS
from serve.text import PAD, ROW_TOKENS, UNKNOWN, places
from train.batches import Crops, WholeEpisodes, rechunk, row_weights
from train.corpus import ALLOWED
from train.examples import Example, Stretch
from train.transplant import Inserts

READ, PROMO, OTHER = (LABELS.index(name) for name in ("sponsor_read", "self_promo", "other"))
CROP = 32


def allowed(*names):
    return np.array([np.isin(LABELS, ALLOWED[name]) for name in names])


def stretch(labels, first_id=2, n_tokens=6):
    """Rows whose tokens count up from `first_id`, no two the same."""
    ids = np.full((len(labels), ROW_TOKENS), PAD, dtype=np.int64)
    ids[:, :n_tokens] = first_id + np.arange(len(labels) * n_tokens).reshape(-1, n_tokens)
    return Stretch(ids, allowed(*labels))


def example(group, labels, first_id=2, n_tokens=6):
    rows = stretch(labels, first_id, n_tokens)
    return Example(group, rows, places((rows.ids != PAD).sum(axis=1)))


@pytest.fixture
def plain(make, tiny):
    """Crops as they are."""
    return make.changed(tiny, augment={"crop_rows": CROP}).augment


@pytest.fixture
def varied(make, plain):
    return plain.model_copy(update={"word_dropout": 0.2, "transplant": 0.7, "rechunk": 0.5})


def crops(settings, examples=None, ads=(), *, n=400, seed=1):
    examples = examples or [example("tea", ["other"] * 100)]
    return Crops(examples, Inserts(ads), settings, n=n, seed=seed)


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def lengths(mask):
    """How many rows in a row the mask is true for."""
    starts, stops = (np.flatnonzero(np.diff(np.r_[0, mask, 0]) == way) for way in (1, -1))
    return (stops - starts).tolist()


def said(ids):
    return ids[ids != PAD].tolist()


@pytest.fixture
def busy(varied):
    """Several shows, several ads, everything on."""
    examples = [example("tea", ["other"] * 60), example("river", ["intro", "ad", "other"] * 20)]
    ads = [("tea", stretch(["sponsor_read"] * 3, 5000)), ("sea", stretch(["self_promo"] * 2, 6000))]
    return lambda seed=1: crops(varied, examples, ads, n=20, seed=seed)


def test_a_crop_depends_on_seed_epoch_and_index_alone(busy):
    first, again = busy(), busy()
    first.epoch = again.epoch = 3
    forward = [first[i] for i in range(20)]
    backward = [again[i] for i in reversed(range(20))][::-1]
    assert all(equal(a, b) for a, b in zip(forward, backward, strict=True))


@pytest.mark.parametrize("what", ["seed", "epoch", "index"])
def test_another_seed_epoch_or_index_gives_another_crop(busy, what):
    one, other = busy(), busy(seed=2 if what == "seed" else 1)
    other.epoch = 1 if what == "epoch" else 0
    shift = 1 if what == "index" else 0
    assert sum(equal(one[i], other[i + shift]) for i in range(19)) <= 1


def test_a_crop_has_the_networks_shapes_and_types(busy):
    for ids, place, labels, weights in (busy()[i] for i in range(20)):
        assert (ids.shape, ids.dtype) == ((CROP, ROW_TOKENS), np.int64)
        assert (place.shape, place.dtype) == ((CROP, 2), np.float32)
        assert (labels.shape, labels.dtype) == ((CROP, 6), np.bool_)
        assert (weights.shape, weights.dtype) == ((CROP,), np.float32)


def test_padding_weighs_nothing_and_allows_everything(plain):
    ids, _, labels, weights = crops(plain, [example("tea", ["intro"] * 10)])[0]
    assert (weights[:10] == 6 / ROW_TOKENS).all()
    assert not weights[10:].any()
    assert labels[10:].all()
    assert (ids[10:] == PAD).all()
    assert (labels[:10] == allowed("intro")).all()


def test_a_row_weighs_what_it_says():
    assert row_weights(np.array([0, 12, 24])).tolist() == [0, 0.5, 1]


def test_a_crop_says_where_in_the_episode_it_lies(plain):
    talk = example("tea", ["other"] * 100)
    at = {int(row[0]): tuple(place) for row, place in zip(talk.rows.ids, talk.place, strict=True)}
    made = crops(plain, [talk])
    for ids, place, *_ in (made[i] for i in range(40)):
        assert [tuple(p) for p in place] == [at[int(row[0])] for row in ids]


def test_starts_and_ends_of_episodes_are_seen(plain):
    total = 100
    made = crops(plain, [example("tea", ["other"] * total)])
    places = [made[i][1] for i in range(400)]
    starts = np.mean([place[0, 0] == 0 for place in places])
    ends = np.mean([place[-1, 1] == 0 for place in places])
    expected = (CROP // 3 + 1) / (total - CROP + 2 * (CROP // 3))
    assert starts == pytest.approx(expected, abs=0.05)
    assert ends == pytest.approx(expected, abs=0.05)
    assert starts > 2 / (total - CROP)  # what a window that stays inside would give, doubled


def test_every_row_of_an_episode_is_seen(plain):
    made = crops(plain, [example("tea", ["other"] * 100)])
    seen = {int(row[0]) for i in range(400) for row in made[i][0]}
    assert seen == {2 + 6 * i for i in range(100)}


def test_a_crop_of_a_written_episode_can_stand_for_part_of_an_hour(plain):
    labels = ["other"] * 30
    truly = example("written/tea", labels)
    made = crops(plain.model_copy(update={"as_part": 1.0}), [truly], n=300)
    ends, stretched = set(), []
    for i in range(300):
        ids, place, *_ = made[i]
        n_rows = int((ids != PAD).any(axis=1).sum())
        assert n_rows == 20  # two thirds
        start = (int(ids[0, 0]) - 2) // 6
        assert (ids[:20] == truly.rows.ids[start : start + 20]).all()
        assert np.diff(place[:20, 0]) == pytest.approx(6, abs=1e-3)
        assert place[0, 0] == 0 if start == 0 else place[0, 0] > 6 * start - 1
        ends.add((start == 0, start == 10))
        stretched.append(place[0, 0] / (6 * start) if start else 1.0)
    assert ends == {(True, False), (False, True), (False, False)}
    assert 10 < max(stretched) <= 15.001


def test_an_episode_shorter_than_a_crop_comes_whole(plain):
    talk = example("tea", ["intro", "other", "other"])
    made = crops(plain, [talk])
    assert all(said(made[i][0]) == said(talk.rows.ids) for i in range(20))


def test_large_shows_are_seen_more_often_but_not_as_often_as_they_are_large(plain):
    examples = [example("large", ["other"] * 40, first_id=2) for _ in range(16)]
    examples.append(example("small", ["other"] * 40, first_id=9000))
    made = crops(plain, examples, n=1000)
    small = np.mean([made[i][0][0, 0] >= 9000 for i in range(1000)])
    assert small == pytest.approx(1 / (1 + 16**plain.show_exponent), abs=0.04)


SORTS = (("not_ad", "ad"), ("not_ad", "ad"), ("other", "sponsor_read"))  # one in three has all six


def test_shows_with_six_labels_are_seen_more_often_than_those_with_ads_alone(plain):
    six = example("six", ["other", "sponsor_read"] * 20, first_id=2)
    mostly_not = [example("ads", [*labels] * 20, first_id=9000) for labels in SORTS]
    settings = plain.model_copy(update={"six_weight": 3.0, "show_exponent": 0.0})
    made = crops(settings, [six, *mostly_not], n=1000)
    rare = np.mean([made[i][0][0, 0] >= 9000 for i in range(1000)])
    assert rare == pytest.approx(1 / 4, abs=0.04)


@pytest.mark.parametrize("label", ["sponsor_read", "self_promo", "ad", "other"])
def test_what_is_put_into_a_crop_keeps_its_label_and_its_order(plain, label):
    always = plain.model_copy(update={"transplant": 1.0, "crop_rows": 64})
    piece = stretch([label] * 4, first_id=5000)
    made = crops(always, [example("tea", ["intro"] * 40)], [("sea", piece)])
    for ids, _, labels, _ in (made[i] for i in range(30)):
        put_in = (ids >= 5000).any(axis=1)
        assert put_in.sum() in (4, 8)  # one or two of them
        assert (labels[put_in] == allowed(label)).all()
        rest = (ids != PAD).any(axis=1) & ~put_in
        assert (labels[rest] == allowed("intro")).all()
        assert said(ids[rest]) == list(range(2, 2 + 40 * 6))


def test_ads_are_put_between_rows_that_are_not_advertising_now_and_then_at_the_ends(plain):
    always = plain.model_copy(update={"transplant": 1.0, "crop_rows": 64})
    labels = ["other"] * 10 + ["sponsor_read"] * 10 + ["other"] * 10
    piece = stretch(["self_promo"], first_id=5000)
    made = crops(always, [example("tea", labels)], [("sea", piece)])
    found = [np.flatnonzero((made[i][0] >= 5000).any(axis=1)).tolist() for i in range(200)]
    places = {rows[0] for rows in found if len(rows) == 1}
    assert places <= {*range(11), *range(20, 31)}
    assert {0, 30} <= places
    assert len(places) > 12


def test_what_is_put_at_the_end_of_a_long_episode_is_seen(plain):
    always = plain.model_copy(update={"transplant": 1.0})
    made = crops(always, [example("tea", ["other"] * 100)], [("sea", stretch(["ad"] * 3, 5000))])
    ended = [ids for ids, *_ in (made[i] for i in range(400)) if (ids[-1] >= 5000).any()]
    assert len(ended) > 10
    last_words = said(example("tea", ["other"] * 100).rows.ids[-1:])
    assert any(said(ids[-4:-3]) == last_words for ids in ended)


def test_what_is_put_at_the_end_of_a_short_episode_is_not_always_lost(plain):
    always = plain.model_copy(update={"transplant": 1.0})
    made = crops(always, [example("tea", ["other"] * 31)], [("sea", stretch(["ad"] * 9, 5000))])
    ended = [(ids[-9:] >= 5000).any(axis=1).all() for ids, *_ in (made[i] for i in range(400))]
    assert np.mean(ended) > 0.1


def test_a_crop_whose_front_was_pushed_out_says_where_it_lies(plain):
    always = plain.model_copy(update={"transplant": 1.0})
    made = crops(always, [example("tea", ["other"] * 100)], [("sea", stretch(["ad"] * 3, 5000))])
    for ids, place, *_ in (made[i] for i in range(200)):
        n_put_in = int((ids >= 5000).any(axis=1).sum())
        whole = place[0].sum() + 6
        assert whole in (600, 618, 636)  # tokens of the episode and of one or two ads
        assert n_put_in <= 6


def test_some_ads_follow_each_other_at_once_and_passages_that_are_none_stand_alone(plain):
    always = plain.model_copy(update={"transplant": 1.0, "in_a_row": 0.5, "crop_rows": 64})
    texts = [("sea", stretch(["ad"], 5000)), ("air", stretch(["not_ad"], 7000))]
    made = crops(always, [example("tea", ["intro"] * 20)], texts, n=300)
    breaks = [n for i in range(300) for n in lengths((made[i][0] >= 5000).any(axis=1))]
    assert {1, 2, 3, 4} <= set(breaks)  # and 5 to 8 where two breaks meet
    mixed = [(made[i][0][:, 0] // 1000).tolist() for i in range(300)]
    beside = sum((5, 7) in set(pairwise(rows)) for rows in mixed)
    assert beside < 20  # only where two breaks meet


def test_words_around_breaks_are_put_in_with_the_ads(plain):
    always = plain.model_copy(update={"transplant": 1.0, "crop_rows": 64})
    inserts = Inserts([("sea", stretch(["ad"] * 3, 5000))], leads=[stretch(["not_ad"], 7000)])
    made = Crops([example("tea", ["other"] * 40)], inserts, always, n=50, seed=1)
    assert any((made[i][0] >= 7000).any() for i in range(50))


def test_without_ads_nothing_is_put_in(plain):
    always = plain.model_copy(update={"transplant": 1.0})
    assert equal(crops(always)[0][:1], crops(plain)[0][:1])


def test_words_are_hidden_but_padding_and_weights_stay(plain):
    talk = example("tea", ["other"] * CROP, n_tokens=20)
    hidden = crops(plain.model_copy(update={"word_dropout": 0.25}), [talk])
    bare = crops(plain, [talk])
    shares = []
    for i in range(100):
        ids, place, _, weights = hidden[i]
        kept, where, _, same_weights = bare[i]
        assert ((ids == kept) | ((ids == UNKNOWN) & (kept != PAD))).all()
        assert np.array_equal(weights, same_weights)
        assert np.array_equal(place, where)
        shares.append((ids != kept).sum() / (kept != PAD).sum())
    assert np.mean(shares) == pytest.approx(0.25, abs=0.05)
    assert max(shares) <= 0.56
    assert min(shares) < 0.05


@given(
    st.lists(st.integers(1, ROW_TOKENS), min_size=1, max_size=30),
    st.integers(2, 21),
    st.integers(0, 9999),
)
def test_rows_cut_anew_keep_every_token_in_order_with_its_label(lengths, mean, seed):
    ids = np.full((len(lengths), ROW_TOKENS), PAD, dtype=np.int64)
    ids[np.arange(ROW_TOKENS) < np.array(lengths)[:, None]] = np.arange(2, 2 + sum(lengths))
    labels = np.eye(6, dtype=bool)[np.arange(len(lengths)) % 6]
    label_of = dict(enumerate(np.repeat(labels, lengths, axis=0), start=2))
    found = rechunk(Stretch(ids, labels), mean, np.random.default_rng(seed))
    assert said(found.ids) == list(range(2, 2 + sum(lengths)))
    for row, label in zip(found.ids, found.allowed, strict=True):
        tokens = said(row)
        assert tokens == row[: len(tokens)].tolist()  # padding only behind
        assert (label == label_of[tokens[(len(tokens) - 1) // 2]]).all()


def test_rows_cut_anew_are_about_as_long_as_asked():
    rows = stretch(["other"] * 200, n_tokens=12)
    for mean in (6, 10, 15):
        found = rechunk(rows, mean, np.random.default_rng(0))
        assert 2400 / len(found.ids) == pytest.approx(mean, rel=0.1)


def test_whole_episodes_come_as_they_are():
    talk = example("tea", ["intro", "other"])
    whole = WholeEpisodes([talk])
    ids, place, labels, weights = whole[0]
    assert len(whole) == 1
    assert (ids is talk.rows.ids) and (place is talk.place) and (labels is talk.rows.allowed)
    assert weights.tolist() == [0.25, 0.25]


def test_a_written_episode_is_drawn_by_its_own_weight(plain):
    examples = [example("tea", ["other"] * 40), example("written/x", ["other"] * 40, first_id=9000)]
    made = crops(plain.model_copy(update={"six_weight": 3.0}), examples, n=1000)
    written = np.mean([made[i][0][0, 0] >= 9000 for i in range(1000)])
    weight = plain.written_weight
    assert written == pytest.approx(weight / (3 + weight), abs=0.03)
