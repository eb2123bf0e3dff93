import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import ADS, LABELS
from train.corpus import ALLOWED, CorpusError, Episode
from train.errors import COLUMNS, mistakes, tally, worst
from train.evaluate import Scored

SHORT = {
    "o": "other",
    "s": "sponsor_read",
    "p": "self_promo",
    "i": "intro",
    "a": "ad",
    "n": "not_ad",
}


def pair(true, said, *, show="tea", name="one", seconds=10.0, ad_probability=0.75):
    """An episode of a letter a unit, and what was said of it."""
    allowed = np.array([np.isin(LABELS, ALLOWED[SHORT[letter]]) for letter in true])
    is_ad = np.isin(LABELS, ADS)
    probs = np.where(is_ad, ad_probability / is_ad.sum(), (1 - ad_probability) / (~is_ad).sum())
    scores = np.tile(np.log(probs), (len(true), 1)).astype(np.float32)
    clock = np.arange(len(true) + 1) * seconds
    scored = Scored(show, name, scores, allowed, np.full(len(true), 26), clock)
    return scored, np.array([LABELS.index(SHORT[letter]) for letter in said])


def found(true, said):
    return [(m.kind, m.first, m.stop) for m in mistakes(*pair(true, said))]


@pytest.mark.parametrize(
    ("true", "said", "wanted"),
    [
        ("oossoo", "oossoo", []),
        ("oossoo", "oooooo", [("missed", 2, 4)]),
        ("oooooo", "oossoo", [("cut", 2, 4)]),
        ("oossoo", "osssso", [("edge", 1, 2), ("edge", 4, 5)]),
        ("osssso", "oossoo", [("edge", 1, 2), ("edge", 4, 5)]),
        ("ossoooss", "ooosoooo", [("missed", 1, 3), ("cut", 3, 4), ("missed", 6, 8)]),
        ("osssoo", "ososso", [("edge", 2, 3), ("edge", 4, 5)]),
        ("sso", "ppo", []),  # the wrong sort of advertising is cut all the same
        ("naann", "osooo", [("edge", 2, 3)]),
        ("s", "o", [("missed", 0, 1)]),
    ],
)  # fmt: skip
def test_a_mistake_is_missed_cut_or_at_the_edge_of_what_was_found(true, said, wanted):
    assert found(true, said) == wanted


def test_mistakes_and_hits_together_are_what_is_true_and_what_was_said():
    rng = np.random.default_rng(0)
    is_ad = np.isin(LABELS, ADS)
    for _ in range(50):
        true, said = ("".join(rng.choice(list("osp"), 30)) for _ in range(2))
        episode, path = pair(true, said)
        wrong = {i for m in mistakes(episode, path) for i in range(m.first, m.stop)}
        differ = np.flatnonzero(is_ad[path] != is_ad[episode.allowed.argmax(axis=1)])
        assert wrong == set(differ.tolist())


def test_a_mistake_says_how_long_and_how_sure():
    (m,) = mistakes(*pair("opppo", "oiioo"))
    assert (m.seconds, m.n_words, m.true, m.said) == (30.0, 78, "self_promo", "intro")
    assert m.ad_probability == pytest.approx(0.75)


def test_mistakes_are_counted_by_show_and_kind():
    pairs = [
        pair("oossoo", "oooooo"),
        pair("oossoo", "sossos"),
        pair("oo", "oo", show="kettle"),
    ]
    none = {"n": 0, "seconds": 0}
    assert tally(pairs) == {
        "kettle": {"missed": none, "cut": none, "edge": none},
        "tea": {"missed": {"n": 1, "seconds": 20}, "cut": {"n": 2, "seconds": 20}, "edge": none},
    }
    assert list(tally(pairs)) == ["kettle", "tea"]


def lines(n):
    return "".join(f"This is what was said, line number {i}.\n" for i in range(n)).encode()


def test_the_worst_come_first_by_cue_without_a_word_of_text():
    pairs = [pair("oossoo", "oooooo"), pair("ooooo", "osssi", show="kettle", name="two")]
    episodes = [Episode("tea", "one", lines(6), None), Episode("kettle", "two", lines(5), None)]
    table = [line.split("\t") for line in worst(pairs, episodes, 9).splitlines()]
    assert table == [
        list(COLUMNS),
        ["kettle", "two", "cut", "2", "4", "30", "78", "0.75", "other", "sponsor_read"],
        ["tea", "one", "missed", "3", "4", "20", "52", "0.75", "sponsor_read", "other"],
    ]
    assert len(worst(pairs, episodes, 1).splitlines()) == 2


@pytest.mark.parametrize("episodes", [[], [Episode("tea", "one", lines(5), None)]])
def test_episodes_that_are_not_what_was_scored_are_refused(episodes):
    with pytest.raises(CorpusError, match=r"^tea/one was scored in 6 units and has [05] now; "):
        worst([pair("oossoo", "oooooo")], episodes, 9)
