"""Which transcript a file of labels belongs to, and where the two are written for training."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from serve.batch.files import Input, find, plan
from serve.errors import OutputError, RequestError
from serve.label_files import SUFFIX

AUDACITY = ".audacity.txt"


@dataclass(frozen=True, slots=True)
class Correction:
    """A file of labels, the transcript it is about, and the files that training reads."""

    path: Path
    transcript: Input
    labels_to: Path
    transcript_to: Path


@dataclass(slots=True)
class Corrections:
    """What the arguments of a command stand for."""

    found: list[Correction] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # messages, each about one file


def find_corrections(arguments: Iterable[str], transcripts: Path, out: Path) -> Corrections:
    """The files of labels that files and folders stand for, each with its transcript.

    Raises RequestError when `transcripts` holds none, OutputError when two files of labels are
    about one transcript, or when an input would be overwritten.
    """
    if not transcripts.is_dir():
        raise RequestError(f"--transcripts {transcripts} is not a folder; name the one they are in")
    known = find([str(transcripts)], out).inputs
    corrections, pairs = Corrections(), dict[Path, Input]()
    for path, name in (pair for argument in arguments for pair in _expanded(Path(argument))):
        candidates = _candidates(name, known)
        if path.is_file() and len(candidates) == 1:
            pairs[path] = candidates[0]
        elif path.is_file():
            corrections.missing.append(f"{path}: {_unclear(name, candidates, transcripts)}")
        else:
            corrections.missing.append(f"{path}: there is no file of labels here")
    _check_rivals(pairs)
    plans = plan(list(pairs.values()), ("labels", "transcript"), out)
    for (path, transcript), outputs in zip(pairs.items(), plans, strict=True):
        if outputs["labels"].resolve() in {given.resolve() for given in pairs}:
            raise OutputError(
                f"{outputs['labels']} is an input and would be overwritten; choose another --out"
            )
        correction = Correction(path, transcript, outputs["labels"], outputs["transcript"])
        corrections.found.append(correction)
    return corrections


def _expanded(path: Path) -> Iterator[tuple[Path, str]]:
    """Files of labels, and what their transcripts are called by them."""
    if not path.is_dir():
        yield path, _transcript_name(path.name)
        return
    inside = sorted(p for p in path.rglob("*") if p.name.lower().endswith((AUDACITY, SUFFIX)))
    for one in inside:
        yield one, _transcript_name(one.relative_to(path).as_posix())
    if not inside:
        yield path, ""


def _transcript_name(name: str) -> str:
    """The name of a file of labels without what labelling put behind it.

    >>> _transcript_name("show/ep.vtt.audacity.txt"), _transcript_name("ep.txt")
    ('show/ep.vtt', 'ep')
    """
    for suffix in (AUDACITY, SUFFIX, ".txt", ".tsv"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def _candidates(name: str, known: Sequence[Input]) -> list[Input]:
    """Transcripts of this path, or else of this name, or else of this name and any extension."""
    last = Path(name).name
    return (
        [one for one in known if one.name == name]
        or [one for one in known if Path(one.name).name == last]
        or [one for one in known if Path(one.name).stem == last]
    )


def _unclear(name: str, candidates: Sequence[Input], transcripts: Path) -> str:
    """Why there is not one transcript."""
    if not candidates:
        return (
            f"no transcript below {transcripts} is called {name!r}; name the file like its"
            f" transcript with {AUDACITY} or {SUFFIX} behind"
        )
    names = ", ".join(one.name for one in candidates)
    return f"it may be about any of {names}; name it like one of them with {AUDACITY} behind"


def _check_rivals(pairs: dict[Path, Input]) -> None:
    """Refuse two files of labels for one transcript."""
    first: dict[str, Path] = {}
    for path, transcript in pairs.items():
        rival = first.setdefault(transcript.name, path)
        if rival != path:
            raise OutputError(f"{rival} and {path} are both about {transcript}; name one of them")
