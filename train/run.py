"""One training run from labelled episodes to a network: its start, fit, export."""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from serve.text import encode
from train.config import Config
from train.corpus import Episode, read_transcript, split
from train.encoder import start_of
from train.examples import encode_episode
from train.export import OPSET, TOLERANCE, check_segments, export
from train.fit import fit, new_network
from train.learner import device, weights_of
from train.sources import ROOT, Sources
from train.start import first_network
from train.written import encode_bank

log = logging.getLogger(__name__)

# What no run depends on: how it is called, where its text lies, what comes after it.
NOT_HASHED: dict[str, Any] = {
    "smoothing": True,
    "smoothing_written": True,
    "run": {"name"},
    "corpus": {"folders"},
}
VERSIONS = ("torch", "fastai", "numpy", "onnx", "onnxruntime", "tokenizers")


def run_id(config: Config, sources: Sources) -> str:
    """A short hash of a run's choices and text: it names the run's folder.

    A changed config or text starts a new run; the same ones go on with the old. The code is not
    hashed: after a change to it, remove the folder.
    """
    encoder = start_of(config)
    unused = {**NOT_HASHED, "start": {"folder"} if encoder else True}
    choices = config.model_dump(mode="json", exclude=unused)
    digest = sha256(json.dumps(choices, sort_keys=True).encode() + text_id(sources).encode())
    if encoder:
        digest.update(encoder.facts["sha256"].encode())
    return digest.hexdigest()[:12]


def text_id(sources: Sources) -> str:
    """A short hash of all text and labels: reports on models of other text are not quoted."""
    digest = sha256()
    for episode in sources.episodes:
        digest.update(f"\n{episode.show}/{episode.name}\n".encode() + episode.source)
        digest.update(b"" if episode.cues is None else episode.cues.tobytes())
        digest.update(b"lent" if episode.lent else b"")
        digest.update(b"" if episode.second is None else episode.second.tobytes())
    for piece in (*sources.bank.ads, *sources.bank.passages):
        digest.update(piece.model_dump_json().encode())
    digest.update(sources.bank.breaks.model_dump_json().encode())
    return digest.hexdigest()[:12]


def train_network(
    config: Config, sources: Sources, folder: Path, *, vocabulary: Path | None = None
) -> Path:
    """Fit a network in `folder` and write its model.onnx and tokenizer.json there.

    `vocabulary` is where tokenizer, word vectors and pretrained weights are kept, for runs on the
    same text to share; by default that is `folder`. Returns `folder`; a finished run is not
    repeated, an interrupted one goes on.
    """
    if (folder / "run.json").exists():
        log.info("%s is finished already; remove the folder to train it again", folder)
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    training, validation = split(sources.episodes, config.corpus.validation_share)
    facts = _facts(config, sources, training, validation)
    encoder = start_of(config)
    tokenizer, network = first_network(config, encoder, sources, vocabulary or folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    log.info("%d training and %d validation episodes", len(training), len(validation))
    network = fit(
        config,
        network,
        [encode_episode(e, tokenizer) for e in training],
        [encode_episode(e, tokenizer) for e in validation],
        folder,
        inserts=encode_bank(sources.bank, tokenizer),
    )
    rows = [encode([u.text for u in read_transcript(e).units], tokenizer) for e in validation[:5]]
    difference = export(network, folder / "model.onnx", rows)
    facts |= {
        "device": device().type,
        "train_seconds": round(time.monotonic() - began),
        "onnx": {"opset": OPSET, "inputs": ["ids", "place"], "outputs": ["log_probs"]},
        "parity": {"max_abs_diff": difference, "tolerance": TOLERANCE},
        "start": encoder.facts if encoder else None,
        "read_for_vocabulary": {} if encoder else _counts(sources.episodes),
    }
    (folder / "run.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return folder


def _facts(
    config: Config, sources: Sources, training: Sequence[Episode], validation: Sequence[Episode]
) -> dict[str, Any]:
    """What a run was made with and of; what git cannot tell is empty or null."""
    commit = _git("rev-parse", "HEAD")
    return {
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit,
        "dirty": bool(_git("status", "--porcelain")) if commit else None,
        "seed": config.run.seed,
        "text": text_id(sources),
        "versions": {"python": sys.version.split()[0], **{n: version(n) for n in VERSIONS}},
        "open_licences_only": config.corpus.open_licences_only,
        "trained_on": _counts(training),
        "validated_on": _counts(validation),
        "lent_labels": _counts([e for e in (*training, *validation) if e.lent]),
        "read_again": _counts([e for e in (*training, *validation) if e.second is not None]),
        "written": sources.bank.counts,
    }


def parity_on(episodes: Sequence[Episode], run: Path, config: Config) -> dict[str, Any]:
    """Facts for the manifest: torch and ONNX cut `episodes` alike under the config's smoothing.

    Raises ParityError where they do not.
    """
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    network = new_network(config, tokenizer.get_vocab_size())
    network.load_state_dict(weights_of(run))
    seen = []
    for episode in episodes:
        texts = [unit.text for unit in read_transcript(episode).units]
        n_words = np.array([len(text.split()) for text in texts])
        seen.append((episode.name, encode(texts, tokenizer), n_words))
    smoothing = config.smoothing
    check_segments(
        network.eval(), run / "model.onnx", seen, smoothing.costs(), smoothing.temperature
    )
    return {"episodes_with_equal_segments": len(seen)}


def _counts(episodes: Sequence[Episode]) -> dict[str, int]:
    """Episodes by show."""
    shows = sorted({e.show for e in episodes})
    return {show: sum(e.show == show for e in episodes) for show in shows}


def _git(*arguments: str) -> str:
    """What git says, or "" outside a checkout and where there is no git."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
