"""What became of each file of a run, a JSON row each: how the next run knows what is done.

A row is appended as soon as its file is done, so a run that is killed loses nothing but what it was
at; a row torn by the kill is skipped. A run that ends drops the rows that newer ones replace and
sorts the rest. Several runs may write to one folder side by side: only one that is alone tidies.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import Field, ValidationError

from serve.batch.files import write_parts
from serve.errors import OutputError
from serve.kinds import MANIFEST
from serve.labels import Label
from serve.result import Strict


class Dropped(Strict):
    """What is dropped of one label; `s` is None where the source has no times."""

    n_segments: int = Field(ge=0)
    n_words: int = Field(ge=0)
    s: float | None


class Row(Strict):
    """What became of one file; `made_by` is a hash of the code, the model and the options."""

    file: str  # its path below the folder
    sha256: str | None  # of the source; None when it could not be read
    result: Literal["done", "failed"]
    made_by: str
    n_words: int = 0
    dropped: Mapping[Label, Dropped] = {}
    warnings: tuple[str, ...] = ()
    error: str | None = None


class Manifest:
    """The rows of the files below a folder, open to take more."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._places = dict(_places(path))

    def row(self, file: str) -> Row | None:
        """What became of a file in earlier runs."""
        if file not in self._places:
            return None
        with self._path.open("rb") as rows:
            rows.seek(self._places[file])
            return _row(rows.readline())

    def add(self, row: Row) -> None:
        """Append a row; a kill of this process no longer undoes it."""
        self._file.write(row.model_dump_json().encode() + b"\n")
        self._file.flush()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other run writes to the folder; while inside, none can begin to."""
        try:
            yield _lock(self._file, alone=True)
        finally:
            _lock(self._file, alone=False)


@contextmanager
def open_manifest(folder: Path) -> Iterator[Manifest]:
    """The manifest of `folder`, tidied at the end. Raises OutputError if it cannot be written."""
    path = folder / MANIFEST
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = _opened(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}; choose another --out"
        ) from None
    with file:
        manifest = Manifest(path, file)
        try:
            yield manifest
        finally:
            with manifest.alone() as alone:
                if alone:
                    _tidy(path)


def _opened(path: Path) -> BinaryIO:
    """The file to append to, at the start of a line, and locked against tidying by others."""
    while True:
        file = path.open("ab")
        _lock(file, alone=False)
        # Another run may have put a tidied file in its place before it was locked.
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            break
        file.close()
    if _is_torn(path):
        file.write(b"\n")
        file.flush()
    return file


def _lock(file: BinaryIO, *, alone: bool) -> bool:
    """Lock a file as one of many, or alone if nobody else has it; whether that went well."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks: a run takes itself to be alone
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except OSError:  # somebody has it; or a file system without locks, where nobody is ever alone
        return False
    return True


def _is_torn(path: Path) -> bool:
    """Whether the last row has no end."""
    with path.open("rb") as rows:
        size = rows.seek(0, os.SEEK_END)
        rows.seek(max(0, size - 1))
        return rows.read() not in (b"", b"\n")


def _places(path: Path) -> Iterator[tuple[str, int]]:
    """Each file named and where its row begins, in bytes; lines that are no rows are left out."""
    place = 0
    with path.open("rb") as rows:
        for line in rows:
            row = _row(line)
            if row is not None:
                yield row.file, place
            place += len(line)


def _row(line: bytes) -> Row | None:
    """The row that a line holds, or None for one that is torn or was written by other code."""
    try:
        return Row.model_validate_json(line)
    except ValidationError:
        return None


def _tidy(path: Path) -> None:
    """Leave the last row of each file, sorted by name."""
    last = dict(_places(path))
    with path.open("rb") as rows:
        write_parts(path, (_line(rows, last[file]) for file in sorted(last)))


def _line(rows: BinaryIO, place: int) -> bytes:
    """The line that begins at a place."""
    rows.seek(place)
    return rows.readline()
