"""An encoder: tokenizer and weights of a finished run, for other runs to start from.

tokenizer.json  weights.safetensors  encoder.json  README.md
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastai.torch_core import set_seed
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from serve.labels import LABELS
from serve.text import fingerprint
from train.card import training_data
from train.config import Config
from train.fit import new_network
from train.learner import weights_of
from train.network import Tagger
from train.package import replacing
from train.sources import ROOT

FILES = ("tokenizer.json", "weights.safetensors")
MADE = (  # what run.json says of the making that goes with the weights
    "created", "commit", "dirty", "seed", "start",
    "trained_on", "lent_labels", "read_again", "validated_on", "read_for_vocabulary", "written",
)  # fmt: skip


class EncoderError(Exception):
    """An encoder that is missing, damaged, or does not fit."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """A network to start from, and where it comes from."""

    tokenizer: Tokenizer
    weights: Mapping[str, Tensor]  # by name, float16
    sizes: Mapping[str, int]  # of the network's layers, as [network] names them
    facts: Mapping[str, Any]  # for run.json: its name, its hash, and what it was made of


def write_encoder(run: Path, out: Path) -> None:
    """Make `out` an encoder of the finished run in `run`; raises EncoderError if it is none.

    Weights are halved to float16: a start moves anyway, and git keeps every encoder for ever.
    """
    try:
        made = json.loads((run / "run.json").read_text(encoding="utf-8"))
        weights = weights_of(run)
        tokenizer = (run / "tokenizer.json").read_bytes()
    except FileNotFoundError as error:
        raise EncoderError(
            f"{run} is no finished run: {Path(error.filename).name} is missing; name a folder of"
            " runs/ whose training is done"
        ) from None
    with replacing(out) as folder:
        (folder / "tokenizer.json").write_bytes(tokenizer)
        halves = {name: w.half() for name, w in weights.items() if not _for_training(name)}
        save_file(halves, folder / "weights.safetensors")
        facts = {
            "format": 1,
            "name": out.name,
            "labels": list(LABELS),
            "text_fingerprint": _fingerprint(folder),
            "sizes": _sizes(weights),
            "made": {name: made.get(name) for name in MADE},
            "files": _hashes(folder),
        }
        (folder / "encoder.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        (folder / "README.md").write_text(_readme(facts), encoding="utf-8")


def read_encoder(folder: Path) -> Encoder:
    """The encoder in `folder`; raises EncoderError where it is damaged or made by other code."""
    try:
        source = (folder / "encoder.json").read_bytes()
        facts = json.loads(source)
        hashes = _hashes(folder)
    except FileNotFoundError as error:
        raise EncoderError(
            f"{folder} holds no encoder: {Path(error.filename).name} is missing; name a folder that"
            " `python -m train encoder` wrote"
        ) from None
    except ValueError as error:
        raise EncoderError(f"{folder}/encoder.json is not JSON: {error}") from None
    damaged = [name for name in FILES if facts["files"][name] != hashes[name]]
    if damaged:
        raise EncoderError(f"{folder}: {damaged[0]} is not what encoder.json says; copy it again")
    if facts["labels"] != list(LABELS) or facts["text_fingerprint"] != _fingerprint(folder):
        raise EncoderError(
            f"{folder} was made for other labels or other rules of text; make it again with"
            " `python -m train encoder`"
        )
    return Encoder(
        Tokenizer.from_file(str(folder / "tokenizer.json")),
        load_file(folder / "weights.safetensors"),
        facts["sizes"],
        {"name": facts["name"], "sha256": sha256(source).hexdigest(), **facts["made"]},
    )


def start_of(config: Config) -> Encoder | None:
    """The encoder that the config starts from, if it names one; looked for as its corpora are."""
    return read_encoder(ROOT / config.start.folder) if config.start.folder else None


def with_weights(config: Config, encoder: Encoder) -> Tagger:
    """A network of the config's sizes that knows what the encoder knows.

    Raises EncoderError where the sizes differ.
    """
    set_seed(config.run.seed, reproducible=True)
    network = new_network(config, encoder.tokenizer.get_vocab_size())
    wrong = [
        f"{name} is {size} in the encoder and {getattr(config.network, name)} in the config"
        for name, size in encoder.sizes.items()
        if size != getattr(config.network, name)
    ]
    if wrong:
        raise EncoderError(
            f"{encoder.facts['name']} does not fit: {', '.join(wrong)}; give [network] the"
            " encoder's sizes, or train from nothing"
        )
    missing, unknown = network.load_state_dict(dict(encoder.weights), strict=False)
    if unknown or not all(_for_training(name) for name in missing):
        raise EncoderError(
            f"{encoder.facts['name']} is of another network; make it again with"
            " `python -m train encoder`"
        )
    return network


def shows_seen(facts: Mapping[str, Any]) -> set[str]:
    """The shows whose labels a run used, by itself or through what it started from."""
    start = facts.get("start")
    return {*facts["trained_on"], *facts["validated_on"], *(shows_seen(start) if start else ())}


def _for_training(name: str) -> bool:
    """Whether a weight is of the layer that only training uses; every start has a new one."""
    return name.startswith("alone.")


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """The numbers of [network] that decide the shapes of the weights."""
    return {
        "n_dims": weights["rows.embedding.weight"].shape[1],
        "n_hidden": weights["rows.join.weight"].shape[0],
        "n_context": weights["context.weight_hh_l0"].shape[1],
    }


def _fingerprint(folder: Path) -> str:
    return fingerprint((folder / "tokenizer.json").read_text(encoding="utf-8"))


def _hashes(folder: Path) -> dict[str, str]:
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


def _readme(facts: Mapping[str, Any]) -> str:
    sizes = ", ".join(f"{name} {size}" for name, size in facts["sizes"].items())
    made = facts["made"]
    commit = (made["commit"] or "unknown")[:12]
    return f"""# {facts["name"]}

Tokenizer and weights that training starts from:

    make train CORPUS=path/to/your/labels START=models/{facts["name"]}

Sizes: {sizes}; weights in float16. Made by `python -m train encoder` from
a run of seed {made["seed"]}, commit {commit}. Hashes are in encoder.json.

{training_data(made)}"""
