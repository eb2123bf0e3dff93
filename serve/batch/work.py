"""One input, from reading to writing: what a process does again and again in a run."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from serve.batch.files import Input, write_whole
from serve.batch.manifest import Dropped, Row
from serve.bundle import digest
from serve.errors import SegueError
from serve.kinds import KINDS
from serve.labels import LABELS, Label
from serve.options import Options
from serve.pipeline import Model
from serve.tagged import Tagged, tagged_source


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked for every input of a run."""

    options: Options
    kinds: tuple[str, ...]
    force: bool = False
    model: str | None = None  # its folder; None: the default one

    def digest(self) -> str:
        """Hash of all that decides what is written for a source: code, model and options."""
        options = self.options
        chosen = (options.format, sorted(options.drop or ()), options.min_score, self.force)
        text = f"{_code_digest()} {digest(self.model)} {chosen} {sorted(self.kinds)}"
        return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Task:
    """An input, and where each kind of output goes: nowhere for stdout."""

    given: Input
    outputs: Mapping[str, Path]

    @property
    def file(self) -> str:
        """The name of the input below DIR; bytes that are no text are written out."""
        return self.given.name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def work(model: Model, task: Task, job: Job, made_by: str) -> Row:
    """Do one input; what went wrong stands in the row, and then nothing was written."""
    source = None
    try:
        source = task.given.read()
        done = tagged_source(source, model, job.options, force=job.force, name=task.given.name)
        _put({kind: KINDS[kind].write(done) for kind in job.kinds}, task.outputs)
    except BrokenPipeError:
        raise  # nobody reads stdout any more, which is no fault of the input
    except SegueError as error:
        return failed(task, made_by, str(error), source)
    except OSError as error:
        place = "" if error.filename in (None, str(task.given)) else f"{error.filename}: "
        return failed(task, made_by, f"{place}{error.strerror or error}", source)
    except Exception as error:  # noqa: BLE001 - our fault in one file must not stop the others
        reason = f"Segue itself failed ({type(error).__name__}: {error}); please report it"
        return failed(task, made_by, reason, source)
    return Row(
        file=task.file,
        sha256=done.result.transcript.sha256,
        result="done",
        made_by=made_by,
        n_words=done.result.transcript.n_words,
        dropped=dropped(done),
        warnings=tuple(warning.message for warning in done.result.warnings),
    )


def failed(task: Task, made_by: str, reason: str, source: bytes | None = None) -> Row:
    """The row of an input that could not be done."""
    return Row(
        file=task.file,
        sha256=None if source is None else sha256(source).hexdigest(),
        result="failed",
        made_by=made_by,
        error=reason.encode(errors="surrogateescape").decode(errors="backslashreplace"),
    )


def is_done(row: Row | None, task: Task, made_by: str) -> bool:
    """Whether a row says that all of a task's outputs were made as they would be made now."""
    if row is None or row.result != "done" or row.made_by != made_by or task.given.path is None:
        return False
    try:
        # What is no regular file, a pipe say, can be read but once.
        if not all(path.is_file() for path in (task.given.path, *task.outputs.values())):
            return False
        return sha256(task.given.read()).hexdigest() == row.sha256
    except OSError:
        return False


def _put(contents: Mapping[str, bytes], outputs: Mapping[str, Path]) -> None:
    """Write each kind to its file, or all there is to stdout."""
    for kind, path in outputs.items():
        write_whole(path, contents[kind])
    if not outputs:
        sys.stdout.buffer.write(b"".join(contents.values()))
        sys.stdout.buffer.flush()


def dropped(tagged: Tagged) -> dict[Label, Dropped]:
    """What is dropped of each label that anything is dropped of."""
    of_label = {label: [s for s in tagged.dropped() if s.label == label] for label in LABELS}
    found = {}
    for label, segments in of_label.items():
        times = [
            s.end_s - s.start_s for s in segments if s.end_s is not None and s.start_s is not None
        ]
        if segments:
            found[label] = Dropped(
                n_segments=len(segments),
                n_words=sum(s.n_words for s in segments),
                s=round(sum(times), 3) if len(times) == len(segments) else None,
            )
    return found


def _code_digest() -> str:
    """Hash of serve/: a checkout that is updated may keep its version."""
    parts = (".py", ".html")  # and templates
    files = sorted(p for p in Path(__file__).parents[1].rglob("*.*") if p.suffix in parts)
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
