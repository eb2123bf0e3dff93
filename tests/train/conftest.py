"""Tiny talks, a tiny configuration, and a network small enough to train in a second."""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from serve.labels import LABELS
from train.config import Config, read_config
from train.corpus import ALLOWED, Episode

SAID = {
    "intro": "Welcome to the kettle hour, I am Ann and this is number {n}.",
    "sponsor_read": "Leafbox sends tea to your door, use code steam at leafbox dot com, box {n}.",
    "self_promo": "Our own course on kettles is open, members of the club get it for {n} dollars.",
    "career_advice": "I got my first job in a tea shop, and I learnt to pour for {n} years.",
    "library_discussion": "The kettle package parses steam, version {n} has a faster parser.",
    "other": "Then we walked along the river and it rained for {n} hours.",
}


def line(label, n):
    """A sentence that gives its label away."""
    return SAID[label].format(n=n)


def talk(*stretches, show="kettle", name="one"):
    """An episode of plain text from (label, how many lines) in turn."""
    labels = [label for label, n in stretches for _ in range(n)]
    lines = [line({"ad": "sponsor_read", "not_ad": "other"}.get(label, label), i)
             for i, label in enumerate(labels)]  # fmt: skip
    cues = np.array([np.isin(LABELS, ALLOWED[label]) for label in labels])
    return Episode(show, name, "\n".join(lines).encode(), cues)


def two_talks():
    """Two episodes with everything in them."""
    return [
        talk(("intro", 4), ("sponsor_read", 4), ("library_discussion", 9), ("career_advice", 6)),
        talk(
            ("intro", 3), ("other", 7), ("self_promo", 4), ("other", 5), ("sponsor_read", 4),
            ("career_advice", 5), ("library_discussion", 6), show="teapot", name="two",
        ),
    ]  # fmt: skip


def changed(config: Config, **tables: dict[str, Any]) -> Config:
    """The config with some numbers of some tables replaced."""
    return config.model_copy(
        update={
            table: getattr(config, table).model_copy(update=numbers)
            for table, numbers in tables.items()
        }
    )


@dataclass
class Maker:
    """What the tests of this folder build their inputs with."""

    talk = staticmethod(talk)
    two_talks = staticmethod(two_talks)
    changed = staticmethod(changed)
    line = staticmethod(line)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Two threads of a tiny network wait for each other more than they work."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def make():
    return Maker()


@pytest.fixture(autouse=True)
def on_the_cpu(request, monkeypatch):
    """Only the CPU repeats itself bit for bit; tests that are for an accelerator are marked so."""
    learner = sys.modules.get("train.learner")
    if learner is not None and request.node.get_closest_marker("gpu") is None:
        monkeypatch.setattr(learner, "device", lambda: learner.torch.device("cpu"))


@pytest.fixture(scope="session")
def tiny():
    """The project's config with everything made small, and nothing left to chance but the seed."""
    return changed(
        read_config(),
        run={"name": "tiny", "seed": 5},
        vocabulary={"size": 200, "window": 2},
        network={"n_dims": 12, "n_hidden": 12, "n_context": 8, "dropout": 0.0},
        pretraining={"passes": 1.0, "dropout": 0.0},
        augment={
            "crop_rows": 40, "as_part": 0.0, "word_dropout": 0.0, "transplant": 0.0,
            "in_a_row": 0.0, "rechunk": 0.0, "six_weight": 1.0,
        },
        fit={
            "batch_size": 4, "steps_an_epoch": 4, "n_epochs": 3, "learning_rate": 1e-2,
            "embedding_rate": 1.0,
        },
    )  # fmt: skip


AD = '[[ad]]\nlabel = "sponsor_read"\nkind = "tea"\nmanner = "joke"\nshow = "tea"\ntext = "{}"\n'


@pytest.fixture
def corpus(make, tmp_path):
    """A folder of eight short episodes of two shows, one written ad, and one way into a break."""
    folder = tmp_path / "corpus"
    for i in range(8):
        stretches = [("intro", 3), ("sponsor_read", 3), ("other", 4), ("library_discussion", 6)]
        episode = make.talk(*stretches[i % 3 :], ("career_advice", 5), ("self_promo", 2))
        show = folder / ("kettle" if i % 2 else "teapot")
        show.mkdir(parents=True, exist_ok=True)
        (show / f"{i}.txt").write_bytes(episode.source)
        (show / f"{i}.txt.labels.tsv").write_text(label_file(episode))
    (folder / "ads").mkdir()
    (folder / "ads" / "tea.toml").write_text(AD.format("Leafbox sends tea, use code steam."))
    (folder / "breaks.toml").write_text('leads = ["Tea is next."]\n')
    return folder


def label_file(episode):
    names = [LABELS[i] for i in episode.cues.argmax(axis=1)]
    return "".join(f"{i}\t{i}\t{name}\n" for i, name in enumerate(names, start=1))


@pytest.fixture
def config(make, tiny, corpus):
    return make.changed(
        tiny,
        corpus={"folders": (corpus,), "validation_share": 0.4},
        fit={"n_epochs": 1, "steps_an_epoch": 1},
    )
