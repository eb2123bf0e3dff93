"""The command: `segue tag` and `segue import` for files, `segue serve` for the endpoint."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from serve.batch.files import STREAM, Found, find, plan
from serve.batch.manifest import open_manifest
from serve.batch.report import Report
from serve.batch.run import do_all
from serve.batch.work import Job, Task
from serve.bundle import load_model
from serve.console import say
from serve.corrections.files import find_corrections
from serve.corrections.training import import_all
from serve.errors import RequestError, SegueError
from serve.formats import FORMATS
from serve.http.logs import configure
from serve.http.settings import read_settings
from serve.kinds import KINDS, kinds_from
from serve.labels import ADS, LABELS
from serve.options import options_from
from serve.server import make_server, run

EXAMPLE = """\b
Example:
  $ segue tag episodes/ --out clean/
  $ segue tag episode.vtt --out clean/ --to labels,transcript --drop sponsor_read
  $ whisper-to-vtt talk.mp3 | segue tag - --out - --to transcript > talk.clean.vtt
"""
IMPORT_EXAMPLE = """\b
Example:
  $ segue tag episodes/ --out review/ --to audacity
  $ segue import review/ --transcripts episodes/ --out labels/
"""
SETTINGS = """\b
Settings, from the environment:
  SEGUE_LISTEN      where to listen (127.0.0.1:8000)
  SEGUE_MODEL       the folder of another model
  SEGUE_TOKEN       a secret that callers send; needed where other machines can call
  SEGUE_WORKERS     processes that do the work (one more than cores)
  SEGUE_QUEUE       requests that may wait for one (32)
  SEGUE_TIME_LIMIT  seconds that one request may be worked on (30)
  SEGUE_MEMORY_MB   memory of each worker (2048)
"""
WRONG = 2  # exit code: the command itself is wrong, nothing was done
FAILED = 1  # exit code: some inputs failed, the others are done
MANY = 10  # inputs from which on a table sums up; fewer are seen at a glance
STOPPED = 130  # exit code: Ctrl-C, as shells have it


def _version() -> str:
    """The installed version of Segue."""
    try:
        return version("segue")
    except PackageNotFoundError:
        return "(not installed)"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="segue", message="%(prog)s %(version)s")
def main() -> None:
    """Label the segments of podcast transcripts and cut the ads, offline."""


@main.command("tag", epilog=EXAMPLE)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("--out", required=True, metavar="DIR", help="Where to write; - is stdout.")
@click.option(
    "--to",
    "kinds",
    multiple=True,
    default=("segments,transcript",),
    metavar="KIND,...",
    help=f"What to write: {', '.join(KINDS)}. Default: segments,transcript.",
)
@click.option(
    "--drop",
    multiple=True,
    default=ADS,
    metavar="LABEL,...",
    help=f"What to cut: {', '.join(LABELS)}; or none. Default: {','.join(ADS)}.",
)
@click.option(
    "--min-score", default="0", metavar="X", help="Cut only what scores X or more, 0 to 1."
)
@click.option(
    "--format",
    default="auto",
    show_default=True,
    metavar="F",
    help=f"Format of the inputs: {', '.join(FORMATS)}.",
)
@click.option("--model", metavar="DIR", help="A folder with another model.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes work, a core each. Default: as many as there are cores, up to 8, and"
    " fewer for few inputs.",
)
@click.option("--force", is_flag=True, help="Cut from sources that are not English, too.")
def tag_command(
    inputs: tuple[str, ...],
    out: str,
    kinds: tuple[str, ...],
    drop: tuple[str, ...],
    min_score: str,
    format: str,
    model: str | None,
    jobs: int | None,
    force: bool,
) -> None:
    """Label transcripts and write them without their ads.

    An INPUT is a file, a folder (walked, its paths kept below DIR), a glob, or - for stdin. Inputs
    are never changed. Exit code: 0 all done; 1 some inputs failed, the others are done; 2 the
    command is wrong and nothing was done.

    DIR/segue-manifest.jsonl says what became of each file. A run that was stopped or killed goes
    on when it is started again: an input is left as it is when the manifest says that the same
    content was done with the same options, model and version, and its outputs are there. One that
    you edited stays; delete it, or the manifest, to have it made again.
    """
    with ExitStack() as stack:
        with _exit_on_refusal(WRONG):
            options = options_from({"format": format, "drop": drop, "min_score": min_score})
            wanted = _kinds(kinds, out)
            folder = None if out == STREAM else Path(out)
            found = find(inputs, folder)
            places = plan(found.inputs, wanted, folder)
            _check_any(found)
            loaded = load_model(model)
            manifest = stack.enter_context(open_manifest(folder)) if folder else None
        job, report = Job(options, wanted, force, model), Report(wanted, options.drop or ())
        tasks = [Task(*each) for each in zip(found.inputs, places, strict=True)]
        report.start(found)
        with _exit_on_refusal(FAILED), _exit_on_interrupt():
            do_all(tasks, job, loaded, report, manifest, jobs)
    if folder is not None and len(tasks) >= MANY:
        report.end()
    sys.exit(FAILED if report.n_failed else 0)


@main.command("import", epilog=IMPORT_EXAMPLE)
@click.argument("corrected", metavar="CORRECTED...", nargs=-1, required=True)
@click.option("--transcripts", required=True, metavar="DIR", help="Where what was tagged lies.")
@click.option("--out", required=True, metavar="DIR", help="Where to write what training reads.")
def import_command(corrected: tuple[str, ...], transcripts: str, out: str) -> None:
    """Take corrected labels back, for training.

    CORRECTED is a label file of Audacity (segue tag --to audacity), a .labels.tsv, or a folder of
    them. The transcript of each is found by its name, and copied beside what is written. Time under
    no label is not_ad; where two labels overlap, the shorter one holds. Exit codes are those of
    segue tag.
    """
    with _exit_on_refusal(WRONG):
        corrections = find_corrections(corrected, Path(transcripts), Path(out))
    for message in corrections.missing:
        say(message)
    n_failed = len(corrections.missing) + import_all(corrections.found)
    sys.exit(FAILED if n_failed else 0)


@main.command("serve", epilog=SETTINGS)
def serve_command() -> None:
    """Serve POST /classify over HTTP."""
    configure()
    with _exit_on_refusal(FAILED):
        server = make_server(read_settings(os.environ))
    for address in server.addresses:
        click.echo(f"Segue listens on {address}/classify")
    run(server)


@contextmanager
def _exit_on_refusal(code: int) -> Iterator[None]:
    """Print an error of ours and leave with `code`."""
    try:
        yield
    except SegueError as error:
        say(f"segue: {error}")
        sys.exit(code)


@contextmanager
def _exit_on_interrupt() -> Iterator[None]:
    """Leave after Ctrl-C with one line instead of a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        say("segue: stopped; what is done is kept, and the same command goes on from there")
        sys.exit(STOPPED)


def _kinds(texts: Sequence[str], out: str) -> tuple[str, ...]:
    """The kinds asked for, checked against the place they are written to."""
    kinds = kinds_from(texts)
    if out == STREAM and len(kinds) != 1:
        raise RequestError(
            f"--out - writes one kind, not {len(kinds)} ({', '.join(kinds)}); name it, for example"
            " --to transcript"
        )
    return kinds


def _check_any(found: Found) -> None:
    """Refuse a command that leaves nothing to do."""
    if not found.inputs and not found.missing:
        raise RequestError("all inputs are outputs of Segue; name the transcripts themselves")
