import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import LABELS
from serve.text import PAD
from train.corpus import ALLOWED
from train.examples import Example, Stretch, ads_of, encode_episode, only_ads
from train.vocabulary import new_tokenizer


def allowed(*names):
    return np.array([np.isin(LABELS, ALLOWED[name]) for name in names])


def spoken(labels):
    """One token a row, which counts up from 2."""
    ids = 2 + np.arange(len(labels))[:, None]
    return Example("tea", Stretch(ids, allowed(*labels)), np.zeros((len(labels), 2)))


def test_ads_of_an_episode_are_its_stretches_of_advertising():
    labels = ["ad", "other", "sponsor_read", "self_promo", "not_ad", "sponsor_read"]
    talk = spoken(labels)
    found = ads_of(talk)
    assert [int(ad.ids[0, 0]) for ad in found] == [2, 4, 7]
    assert [len(ad.ids) for ad in found] == [1, 2, 1]
    assert (found[1].allowed == allowed("sponsor_read", "self_promo")).all()
    assert only_ads(talk.rows.allowed).tolist() == [True, False, True, True, False, True]
    assert ads_of(spoken(["other"] * 3)) == []


def test_an_episode_is_encoded_with_the_labels_of_its_units(make):
    episode = make.talk(("intro", 2), ("sponsor_read", 1), name="9", show="mixed")
    text = episode.source.decode().splitlines()
    tokenizer = new_tokenizer(text * 3, 150)
    found = encode_episode(episode, tokenizer)
    assert found.group == "mixed/9"
    assert found.rows.ids[found.rows.ids != PAD].tolist() == [
        i for t in tokenizer.encode_batch(text) for i in t.ids
    ]
    assert len(found.rows.allowed) == len(found.rows.ids) == len(found.place)
    assert found.rows.allowed[0].tolist() == allowed("intro")[0].tolist()
    assert found.rows.allowed[-1].tolist() == allowed("sponsor_read")[0].tolist()
