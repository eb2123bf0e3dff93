"""A model folder: read it, check that it agrees with itself and with this code, load it.

model.onnx  tokenizer.json  config.toml  manifest.json  metrics.json  README.md
"""

import os
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tokenizers import Tokenizer

from serve.classifier import OnnxModel
from serve.errors import BundleError
from serve.labels import ADS, LABELS, Label
from serve.result import ModelInfo
from serve.smooth import Costs
from serve.text import fingerprint

# Rayon starts a thread a core for every batch; one episode is a few milliseconds of work, and
# "one thread" is what we promise.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

FILES = ("model.onnx", "tokenizer.json", "config.toml", "metrics.json", "README.md")


class Manifest(BaseModel):
    """What a bundle says about itself; written last, read first."""

    model_config = ConfigDict(extra="allow", frozen=True)

    format: Literal[1]
    name: str
    version: str
    labels: tuple[str, ...]
    text_fingerprint: str
    files: Mapping[str, str]  # name to sha256


class Smoothing(BaseModel):
    """Numbers between the network's scores and the labelling; chosen on validation episodes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(gt=0)  # the scores are divided by it before they are probabilities
    enter_ad: float = Field(ge=0)  # nats to go from content to an ad
    leave_ad: float = Field(ge=0)  # nats to go from an ad to content
    between_ads: float = Field(ge=0)  # nats to go from one ad label to the other
    content: float = Field(ge=0)  # nats to go from one content label to another
    ad_split: float = Field(default=1.0, gt=0, le=1)  # see serve.smooth.evidence
    edge: float = Field(default=0.0, ge=0, lt=1)  # see serve.smooth.trimmed
    gap: float = Field(default=1.0, gt=0, le=1)  # see serve.smooth.bridged; 1: never
    bias: Mapping[Label, float] = {}  # nats added to a label's score of every WORDS_A_STEP words

    def costs(self) -> Costs:
        """The same as arrays in the order of LABELS."""
        is_ad = np.array([label in ADS for label in LABELS])
        switch = np.where(is_ad[None, :], self.enter_ad, self.content)
        switch = np.where(is_ad[:, None] & ~is_ad[None, :], self.leave_ad, switch)
        switch = np.where(is_ad[:, None] & is_ad[None, :], self.between_ads, switch)
        np.fill_diagonal(switch, 0.0)
        bias = np.array([self.bias.get(label, 0.0) for label in LABELS])
        return Costs(switch, bias, self.ad_split, self.edge, self.gap)


def default_folder() -> Path:
    """The bundle that comes with the package: in the wheel, or in a checkout's models/."""
    installed = Path(str(files("serve"))) / "default_model"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "models" / "default"


def digest(folder: str | Path | None = None) -> str:
    """Hash of all the files of a bundle that loads: its manifest lists theirs."""
    folder = default_folder() if folder is None else Path(folder)
    return sha256((folder / "manifest.json").read_bytes()).hexdigest()


def load_model(folder: str | Path | None = None) -> OnnxModel:
    """The model in `folder`, or the default one.

    Raises BundleError when the folder is missing, damaged, or was made by other code.
    """
    folder = default_folder() if folder is None else Path(folder)
    manifest = read_manifest(folder)
    _check_files(folder, manifest)
    tokenizer_json = (folder / "tokenizer.json").read_text(encoding="utf-8")
    _check_agreement(folder, manifest, tokenizer_json)
    smoothing = read_smoothing(folder)
    info = ModelInfo(
        name=manifest.name, version=manifest.version, sha256=manifest.files["model.onnx"]
    )
    try:
        return OnnxModel(
            folder / "model.onnx",
            Tokenizer.from_str(tokenizer_json),
            info=info,
            costs=smoothing.costs(),
            temperature=smoothing.temperature,
        )
    except Exception as error:  # onnxruntime and tokenizers raise bare exceptions of their own
        raise BundleError(f"{folder}: the model does not load: {error}") from error


def read_manifest(folder: Path) -> Manifest:
    """manifest.json of a bundle, checked."""
    path = folder / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise BundleError(
            f"{folder} holds no model: manifest.json is missing; name a folder that `make train`"
            " wrote, or leave it out to use the model that comes with Segue"
        ) from None
    except (OSError, ValidationError) as error:
        raise BundleError(f"{path} cannot be read as a manifest: {error}") from error


def read_smoothing(folder: Path) -> Smoothing:
    """The [smoothing] table of a bundle's config.toml."""
    path = folder / "config.toml"
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Smoothing.model_validate(table.get("smoothing"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise BundleError(f"{path}: the [smoothing] table cannot be read: {error}") from error


def _check_files(folder: Path, manifest: Manifest) -> None:
    """Refuse a folder whose files are not the ones that were written."""
    for name in FILES:
        if name not in manifest.files:
            raise BundleError(f"{folder}/manifest.json does not list {name}; export it again")
        try:
            found = sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise BundleError(f"{folder / name} cannot be read: {error.strerror}") from error
        if found != manifest.files[name]:
            raise BundleError(
                f"{folder / name} is damaged: its sha256 is {found[:12]}…, the manifest says"
                f" {manifest.files[name][:12]}…; copy the bundle again or export it again"
            )


def _check_agreement(folder: Path, manifest: Manifest, tokenizer_json: str) -> None:
    """Refuse a model that was trained with other labels or another text path."""
    if manifest.labels != LABELS:
        raise BundleError(
            f"{folder} has the labels {', '.join(manifest.labels)}; this version of Segue needs"
            f" {', '.join(LABELS)}, in this order"
        )
    ours = fingerprint(tokenizer_json)
    if manifest.text_fingerprint != ours:
        raise BundleError(
            f"{folder} was made with another text path: its fingerprint is"
            f" {manifest.text_fingerprint[:12]}…, this code has {ours[:12]}…; use the version of"
            " Segue it was made with, or train again"
        )
