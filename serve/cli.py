"""The command: `segue tag` for files, `segue serve` for the endpoint."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from serve.batch import STREAM, Found, Input, find, plan, write_whole
from serve.bundle import load_model
from serve.console import progress, say, summary
from serve.errors import RequestError, SegueError
from serve.formats import FORMATS
from serve.kinds import KINDS, Tagged, kinds_from
from serve.labels import ADS, LABELS
from serve.logs import configure
from serve.options import Options, options_from
from serve.pipeline import Model, tag
from serve.server import make_server, run
from serve.settings import read_settings

EXAMPLE = """\b
Example:
  $ segue tag episodes/ --out clean/
  $ segue tag episode.vtt --out clean/ --to labels,transcript --drop sponsor_read
  $ whisper-to-vtt talk.mp3 | segue tag - --out - --to transcript > talk.clean.vtt
"""
WRONG = 2  # exit code: the command itself is wrong, nothing was done
FAILED = 1  # exit code: some inputs failed, the others are done


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
@click.option("--force", is_flag=True, help="Cut from sources that are not English, too.")
def tag_command(
    inputs: tuple[str, ...],
    out: str,
    kinds: tuple[str, ...],
    drop: tuple[str, ...],
    min_score: str,
    format: str,
    model: str | None,
    force: bool,
) -> None:
    """Label transcripts and write them without their ads.

    An INPUT is a file, a folder (walked, its paths kept below DIR), a glob, or - for stdin. Inputs
    are never changed. Exit code: 0 all done; 1 some inputs failed, the others are done; 2 the
    command is wrong and nothing was done.
    """
    with _exit_on_refusal(WRONG):
        options = options_from({"format": format, "drop": drop, "min_score": min_score})
        wanted = _kinds(kinds, out)
        folder = None if out == STREAM else Path(out)
        found = find(inputs, folder)
        places = plan(found.inputs, wanted, folder)
        _check_any(found)
        loaded = load_model(model)
    for path in found.skipped:
        say(f"{path}: skipped, it is an output of Segue or lies where outputs go")
    for message in found.missing:
        say(message)
    n_failed = len(found.missing)
    for given, outputs in progress(list(zip(found.inputs, places, strict=True))):
        n_failed += not _tag_one(given, outputs, wanted, loaded, options, force)
    sys.exit(FAILED if n_failed else 0)


@main.command("serve")
def serve_command() -> None:
    r"""Serve POST /classify over HTTP.

    \b
    SEGUE_LISTEN      where to listen (127.0.0.1:8000)
    SEGUE_MODEL       the folder of another model
    SEGUE_TOKEN       a secret that callers send; needed where other machines can call
    SEGUE_WORKERS     processes that do the work (one more than cores)
    SEGUE_QUEUE       requests that may wait for one (32)
    SEGUE_TIME_LIMIT  seconds that one request may be worked on (30)
    SEGUE_MEMORY_MB   memory of each worker (2048)
    """
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


def _tag_one(
    given: Input,
    outputs: dict[str, Path],
    kinds: Sequence[str],
    model: Model,
    options: Options,
    force: bool,
) -> bool:
    """Do one input from reading to writing; say how it went, and return whether it went well."""
    try:
        source = given.read()
        result = tag(source, model, options.format)
        tagged = Tagged(source, result, options.drop or (), options.min_score, force)
        contents = {kind: KINDS[kind].write(tagged) for kind in kinds}
        for kind, path in outputs.items():
            write_whole(path, contents[kind])
    except SegueError as error:
        say(f"{given}: {error}")
        return False
    except OSError as error:
        say(f"{error.filename or given}: {error.strerror or error}")
        return False
    except Exception as error:  # noqa: BLE001 - our fault in one file must not stop the others
        say(f"{given}: Segue itself failed ({type(error).__name__}: {error}); please report it")
        return False
    for warning in result.warnings:
        say(f"{given}: warning: {warning.message}")
    if outputs:
        say(summary(given.name, tagged, outputs), err=False)
    else:
        sys.stdout.buffer.write(*contents.values())
    return True
