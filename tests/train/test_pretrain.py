# ruff: noqa: E402 - first of all, whether torch is there
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from serve.formats import parse
from serve.text import PAD, ROW_TOKENS, UNKNOWN, encode
from train.fit import new_network
from train.pretrain import LABELLING, RARE, Guesser, HiddenWords, pretrain
from train.sources import read_sources
from train.start import first_network
from train.vocabulary import new_tokenizer

SETTINGS = {"crop_rows": 16, "hidden_words": 0.2, "hidden_rows": 0.15, "n": 50, "seed": 3}


@pytest.fixture(scope="module")
def toy(make):
    """Two episodes as rows, with their tokenizer."""
    units = [[unit.text for unit in parse(e.source).units] for e in make.two_talks()]
    tokenizer = new_tokenizer((text for texts in units for text in texts), 200)
    return SimpleNamespace(
        texts=[encode(texts, tokenizer) for texts in units], size=tokenizer.get_vocab_size()
    )


def restored(ids, hidden):
    return np.where(hidden != PAD, hidden, ids)


def test_a_crop_is_a_stretch_of_one_text_in_its_place_with_words_hidden(toy):
    crops = HiddenWords(toy.texts, **SETTINGS)
    for i in range(len(crops)):
        ids, place, hidden = crops[i]
        assert ids.shape == hidden.shape == (16, ROW_TOKENS)
        assert place.shape == (16, 2)
        whole = restored(ids, hidden)
        matches = [
            start
            for text in toy.texts
            for start in range(len(text.ids) - 15)
            if (text.place[start : start + 16] == place).all()
            and ((whole == text.ids[start : start + 16]) | (whole == UNKNOWN)).all()
        ]
        assert matches
        assert (ids[hidden != PAD] == UNKNOWN).all()  # what is to be guessed is not to be seen


def test_shares_of_words_and_of_whole_rows_are_hidden(toy):
    crops = HiddenWords(toy.texts, **{**SETTINGS, "n": 400})
    ids = np.concatenate([crops[i][0] for i in range(400)])
    said = ids != PAD
    gone = np.array([(row[row != PAD] == UNKNOWN).all() for row in ids])
    assert gone.mean() == pytest.approx(0.15, abs=0.03)
    assert (ids[~gone] == UNKNOWN).sum() / said[~gone].sum() == pytest.approx(0.2, abs=0.02)


def test_common_words_are_guessed_less_often_than_rare_ones(toy):
    crops = HiddenWords(toy.texts, **SETTINGS)
    tokens = np.concatenate([text.ids[text.ids != PAD] for text in toy.texts])
    counts = np.bincount(tokens, minlength=toy.size)
    for token in np.flatnonzero(counts)[:20]:
        if token != UNKNOWN:
            share = counts[token] / (tokens != UNKNOWN).sum()
            assert crops.chance[token] == pytest.approx(min(1, (RARE / share) ** 0.5))
    assert (crops.chance[[PAD, UNKNOWN]] == 0).all()


def test_crops_depend_on_seed_epoch_and_index_alone(toy):
    one, other = HiddenWords(toy.texts, **SETTINGS), HiddenWords(toy.texts, **SETTINGS)
    assert all((a == b).all() for a, b in zip(one[7], other[7], strict=True))
    other.epoch = 1
    assert any((a != b).any() for a, b in zip(one[7], other[7], strict=True))


def test_the_loss_is_cross_entropy_among_the_words_hidden_in_the_batch(tiny):
    torch.manual_seed(0)
    guesser = Guesser(new_network(tiny, 30))
    guesses = torch.randn(1, 3, 12)
    hidden = torch.full((1, 3, 4), PAD)
    hidden[0, 0, 1], hidden[0, 2, 0], hidden[0, 2, 3] = 7, 9, 7
    vectors = guesser.tagger.rows.embedding.weight
    with torch.no_grad():
        guesser.commonness[9] = 0.5
        total = 0.0
        for row, word in ((0, 7), (2, 9), (2, 7)):
            scores = {w: guesses[0, row] @ vectors[w] + guesser.commonness[w] for w in (7, 9)}
            total += torch.logaddexp(scores[7], scores[9]) - scores[word]
        assert float(guesser.loss(guesses, hidden)) == pytest.approx(float(total / 3), rel=1e-5)


def test_reading_makes_guessing_easier_and_keeps_padding_at_zero(make, tiny, toy, tmp_path):
    config = make.changed(
        tiny,
        fit={"steps_an_epoch": 10},
        pretraining={"passes": 200.0, "learning_rate": 3e-2},
        augment={"crop_rows": 16},
    )
    vectors = np.random.default_rng(0).normal(size=(toy.size, 12)).astype(np.float32)
    vectors[PAD] = 0
    weights = pretrain(config, vectors, toy.texts, tmp_path)
    losses = [row.split(",")[1:3] for row in (tmp_path / "log.csv").read_text().splitlines()[1:]]
    assert float(losses[-1][1]) < 0.85 * float(losses[0][1])
    assert (weights["rows.embedding.weight"][PAD] == 0).all()


def test_what_only_labels_teach_is_not_handed_on(tiny, toy, tmp_path):
    vectors = np.zeros((toy.size, 12), dtype=np.float32)
    weights = pretrain(tiny, vectors, toy.texts, tmp_path)
    missing, unknown = new_network(tiny, toy.size).load_state_dict(weights, strict=False)
    assert not unknown
    assert missing
    assert all(name.startswith(LABELLING) for name in missing)


def test_a_text_shorter_than_a_crop_is_padded_after_its_end(toy):
    crops = HiddenWords(toy.texts, **{**SETTINGS, "crop_rows": 200})
    ids, place, hidden = crops[0]
    n = int((ids != PAD).any(axis=1).sum())
    assert n in {len(text.ids) for text in toy.texts}
    assert (hidden[n:] == PAD).all()
    assert (place[n:] == place[n - 1]).all()


def test_an_interrupted_reading_goes_on_as_if_nothing_had_happened(
    make, tiny, toy, tmp_path, monkeypatch
):
    config = make.changed(
        tiny, pretraining={"passes": 30.0, "dropout": 0.3}, augment={"crop_rows": 16}
    )
    vectors = np.random.default_rng(0).normal(size=(toy.size, 12)).astype(np.float32)
    undisturbed = pretrain(config, vectors, toy.texts, tmp_path / "undisturbed")
    draw = HiddenWords.__getitem__

    def killed(crops, index):
        if crops.epoch == 1 and index == 5:
            raise KeyboardInterrupt
        return draw(crops, index)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(HiddenWords, "__getitem__", killed)
        pretrain(config, vectors, toy.texts, tmp_path / "killed")
    resumed = pretrain(config, vectors, toy.texts, tmp_path / "killed")
    assert all(torch.equal(weights, resumed[name]) for name, weights in undisturbed.items())


def test_training_starts_from_what_was_read(config, tmp_path):
    sources = read_sources(config)
    _, network = first_network(config, None, sources, tmp_path)
    (file,) = tmp_path.glob("pretrained-*.pt")
    read = torch.load(file, weights_only=True)
    ours = network.state_dict()
    assert all(torch.equal(weights, ours[name]) for name, weights in read.items())
    vectors = torch.from_numpy(np.load(tmp_path / "vectors.npy"))
    assert not torch.equal(read["rows.embedding.weight"], vectors)


def test_without_passes_training_starts_from_the_word_vectors(make, config, tmp_path):
    unread = make.changed(config, pretraining={"passes": 0.0})
    _, network = first_network(unread, None, read_sources(config), tmp_path)
    assert not list(tmp_path.glob("pretrain*"))
    vectors = torch.from_numpy(np.load(tmp_path / "vectors.npy"))
    assert torch.equal(network.rows.embedding.weight, vectors)


def test_other_settings_read_anew(make, config, tmp_path):
    for hidden_words in (0.2, 0.3):
        settings = make.changed(config, pretraining={"hidden_words": hidden_words})
        first_network(settings, None, read_sources(config), tmp_path)
    assert len(list(tmp_path.glob("pretrained-*.pt"))) == 2
