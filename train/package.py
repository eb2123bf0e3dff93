"""A finished run to a bundle folder, whole or not at all."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from serve.bundle import FILES
from serve.labels import LABELS
from serve.text import fingerprint
from train.config import Config, to_toml

NETWORK_FILES = ("model.onnx", "tokenizer.json")


def write_bundle(
    run: Path,
    out: Path,
    config: Config,
    *,
    version: str,
    parity: Mapping[str, Any] | None = None,
) -> None:
    """Make `out` a bundle of the network in `run`; the bundle that was there goes last.

    Its figures and its card are still to come; see `rewrite`.
    """
    with replacing(out) as folder:
        for file in NETWORK_FILES:
            shutil.copyfile(run / file, folder / file)
        _write(folder / "config.toml", to_toml(config.model_dump(mode="json")))
        _write(folder / "metrics.json", "{}\n")
        _write(folder / "README.md", "Not evaluated.\n")
        _write_manifest(run, folder, config.run.name, version, parity or {})


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """An empty folder to fill, which becomes `out` unless an error is raised.

    What was there goes last.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as name:
        folder = Path(name) / "new"
        folder.mkdir()
        yield folder
        if out.exists():
            out.rename(Path(name) / "before")
        folder.rename(out)


def rewrite(bundle: Path, *, metrics: dict[str, Any], card: str) -> None:
    """Put new figures into a bundle and list their hashes."""
    _write(bundle / "metrics.json", json.dumps(metrics, indent=1) + "\n")
    _write(bundle / "README.md", card)
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] = _hashes(bundle)
    _write(bundle / "manifest.json", json.dumps(manifest, indent=1) + "\n")


def _write_manifest(
    run: Path, folder: Path, name: str, version: str, parity: Mapping[str, Any]
) -> None:
    tokenizer_json = (folder / "tokenizer.json").read_text(encoding="utf-8")
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    manifest = {
        "format": 1,
        "name": name,
        "version": version,
        **facts,
        "parity": {**facts["parity"], **parity},
        "labels": list(LABELS),
        "text_fingerprint": fingerprint(tokenizer_json),
        "files": _hashes(folder),
    }
    _write(folder / "manifest.json", json.dumps(manifest, indent=1) + "\n")


def _hashes(folder: Path) -> dict[str, str]:
    """Of what serving needs, and of the card's pictures."""
    names = (*FILES, *sorted(path.name for path in folder.glob("*.png")))
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
