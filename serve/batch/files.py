"""Files in, files out: which inputs there are, what each output is called, and how it is written.

Everything that can be refused is refused before work starts; a file is written whole or not at all.
"""

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from serve.errors import OutputError, RequestError
from serve.formats import MAX_BYTES
from serve.kinds import KINDS, is_own

STREAM = "-"  # stdin as an input, stdout as the output
STDIN_NAME = "stdin"

# What is taken from a folder that is walked; a file that is named is taken whatever it is called.
EXTENSIONS = (".json", ".vtt", ".srt", ".tsv", ".txt", ".md", ".html")

_PART = re.compile(r"\.[0-9a-f]{32}\.part")


@dataclass(frozen=True, slots=True)
class Input:
    """One transcript; `name` is its path below DIR when it is written."""

    name: str
    path: Path | None  # None: stdin

    def __str__(self) -> str:
        return STDIN_NAME if self.path is None else str(self.path)

    def read(self) -> bytes:
        """The bytes; one more than we accept when there are more, which the parser then refuses."""
        if self.path is None:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with self.path.open("rb") as file:
            return file.read(MAX_BYTES + 1)


@dataclass(slots=True)
class Found:
    """What the arguments of a command stand for."""

    inputs: list[Input] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # messages, each about one argument
    skipped: list[Path] = field(default_factory=list)  # named by the user, but outputs of Segue


def find(arguments: Iterable[str], out: Path | None) -> Found:
    """The inputs that files, folders, globs and `-` stand for, each once, in a fixed order.

    Segue's own outputs and what lies in `out` are left out; when all inputs lie in `out` it is no
    place of old outputs but where the user keeps the transcripts, and they stay.
    """
    found = Found()
    for argument in arguments:
        if argument == STREAM:
            found.inputs.append(Input(STDIN_NAME, None))
            continue
        paths = _expanded(argument)
        if not paths:
            found.missing.append(f"{argument}: there is no such file or folder")
        for path in paths:
            _add(path, out, found)
    found.inputs = _once(found.inputs)
    if out is not None:
        _leave_out(out, found)
    return found


def _leave_out(out: Path, found: Found) -> None:
    """Skip the files below `out`, unless all are there."""
    below = [i.path for i in found.inputs if i.path is not None and _is_below(i.path, out)]
    if len(below) < sum(i.path is not None for i in found.inputs):
        found.skipped += below
        outputs = set(below)
        found.inputs = [i for i in found.inputs if i.path not in outputs]


def _expanded(argument: str) -> list[Path]:
    """The paths that an argument stands for; globs for shells that leave them alone."""
    if os.path.lexists(argument):
        return [Path(argument)]
    # pathlib's own glob gives hidden files too and takes no absolute patterns.
    return [Path(name) for name in sorted(glob.glob(argument, recursive=True))]  # noqa: PTH207


def _add(path: Path, out: Path | None, found: Found) -> None:
    """Put a file, or the transcripts in a folder, into `found`."""
    if path.is_dir():
        inside = [Input(p.relative_to(path).as_posix(), p) for p in _walk(path, out)]
        found.inputs += inside
        if not inside:
            found.missing.append(f"{path}: no transcripts in this folder ({' '.join(EXTENSIONS)})")
    elif is_own(path.name):
        found.skipped.append(path)
    else:
        found.inputs.append(Input(path.name, path))


def _walk(folder: Path, out: Path | None) -> Iterator[Path]:
    """The transcripts in a folder and its folders, sorted; hidden ones and `out` left out."""
    for root, folders, files in os.walk(folder, onerror=_unreadable):
        here = Path(root)
        folders[:] = sorted(
            f for f in folders if not f.startswith(".") and not _is_same(here / f, out)
        )
        for name in sorted(files):
            is_transcript = name.lower().endswith(EXTENSIONS) and not is_own(name)
            if is_transcript and not name.startswith(".") and (here / name).is_file():
                yield here / name


def _unreadable(error: OSError) -> None:
    """Refuse to do half a folder."""
    raise RequestError(f"{error.filename}: {error.strerror}; the folder cannot be read")


def _once(inputs: Iterable[Input]) -> list[Input]:
    """The inputs without those that are the same file again."""
    first: dict[Path | None, Input] = {}
    for given in inputs:
        first.setdefault(given.path and given.path.resolve(), given)
    return list(first.values())


def _is_below(path: Path, folder: Path) -> bool:
    """Whether a file lies in a folder or its folders."""
    return folder.resolve() in path.resolve().parents


def _is_same(path: Path, other: Path | None) -> bool:
    """Whether two names stand for one folder."""
    return other is not None and path.resolve() == other.resolve()


def plan(inputs: Sequence[Input], kinds: Sequence[str], out: Path | None) -> list[dict[str, Path]]:
    """Where each kind of output of each input goes: one mapping an input, empty for stdout.

    Raises OutputError when two outputs have one name, or one would overwrite an input.
    """
    if out is None:
        return [{} for _ in inputs]
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder with --out")
    plans = [{kind: out / (i.name + KINDS[kind].extension) for kind in kinds} for i in inputs]
    taken: dict[Path, Input] = {}
    sources = {_identity(i.path) for i in inputs if i.path is not None}
    for given, outputs in zip(inputs, plans, strict=True):
        for path in outputs.values():
            rival = next((taken[p] for p in (path, *path.parents) if p in taken), None)
            if rival is not None:
                raise OutputError(
                    f"{rival} and {given} would both be written to {path}; name the folder above"
                    " them, so that their paths are kept, or give each its own --out"
                )
            if _identity(path) in sources:
                raise OutputError(
                    f"{path} is an input and would be overwritten; choose another --out"
                )
            taken[path] = given
    return plans


def _identity(path: Path) -> object:
    """The same for all names of one file; a name of its own for a file that is missing."""
    try:
        found = path.stat()
    except OSError:
        return path
    return found.st_dev, found.st_ino


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, whatever happens in between."""
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """`write_whole` for content that need not be in memory at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def remove_parts(folders: Iterable[Path]) -> None:
    """Remove what a killed run left half written in these folders."""
    for folder in folders:
        for path in folder.glob(".*.part"):
            if _PART.fullmatch(path.name):
                path.unlink(missing_ok=True)
