"""What `segue tag` promises of long runs, tried on hundreds of files.

    python bench/safety.py

Killed at 50 random moments over 500 files: is anything torn or missing, and do the resumed runs
end like one that was left alone? 300 broken files among 1,000 good ones: are all the good ones
done, and all the broken ones named? Writes bench/safety.json; exit code 1 when a promise is broken.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from speed import ROOT
from transcripts import write_transcripts

N_KILLS, N_FILES, N_WORDS = 50, 500, 1500
N_GOOD, N_BROKEN = 1000, 300
LONGEST_S = 4.0  # before a kill: a whole run takes about as long
MANIFEST = "segue-manifest.jsonl"
BROKEN = (  # extension, content
    ("txt", b"00:01 caf\xe9 au lait\n"),  # not UTF-8
    ("vtt", b""),
    ("json", b'{"segments": [{"start": 0.0, "te'),
    ("vtt", b"WEBVTT\n\n00:05.000 --> 00:02.000\nback in time\n"),
    ("txt", b"<?xml version='1.0'?><tt/>"),
    ("srt", b"1\n00:00:01,000 --> 00:00:02,000\n\n"),  # nothing is said
)


def main() -> None:
    """Try, print, write."""
    with TemporaryDirectory() as folder:
        report = {"kills": kills(Path(folder, "a")), "broken": broken(Path(folder, "b"))}
    text = json.dumps(report, indent=1)
    (ROOT / "bench" / "safety.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    sys.exit(not all(part["is_as_promised"] for part in report.values()))


def kills(folder: Path) -> dict[str, object]:
    """Kill runs, all their processes or the first alone, until N_KILLS kills hit one at work."""
    eps, out = folder / "eps", folder / "out"
    write_transcripts(eps, N_FILES, N_WORDS)
    finish(eps, folder / "whole")
    whole = contents(folder / "whole")
    chance = np.random.default_rng(11)
    n_killed = n_finished = n_torn = n_missing = n_different = n_twice = 0
    while n_killed < N_KILLS:
        done_before = {row["file"] for row in rows(out) if row["result"] == "done"}
        was_killed, lines = killed(eps, out, chance.uniform(0, LONGEST_S), chance.random() < 0.5)
        n_killed += was_killed
        n_torn += sum(whole.get(name) != content for name, content in contents(out).items())
        n_twice += sum(line.split("  ")[0] in done_before for line in lines if is_new(line))
        if not was_killed or n_killed == N_KILLS:
            finish(eps, out)
            n_finished += 1
            n_missing += len(whole.keys() - contents(out).keys())
            n_different += (out / MANIFEST).read_bytes() != (
                folder / "whole" / MANIFEST
            ).read_bytes() or any(out.rglob(".*"))
            shutil.rmtree(out)
    return {
        "n_files": N_FILES,
        "n_kills": n_killed,
        "n_runs_finished": n_finished,
        "n_torn": n_torn,
        "n_missing": n_missing,
        "n_done_twice": n_twice,
        "n_manifests_that_differ": n_different,
        "is_as_promised": not (n_torn or n_missing or n_different or n_twice),
    }


def broken(folder: Path) -> dict[str, object]:
    """Tag good and broken files together."""
    write_transcripts(folder / "eps", N_GOOD, 300)
    for i in range(N_BROKEN):
        extension, content = BROKEN[i % len(BROKEN)]
        (folder / "eps" / f"show{i % 10}" / f"broken{i:03}.{extension}").write_bytes(content)
    run = finish(folder / "eps", folder / "out")
    n_done = sum(row["result"] == "done" for row in rows(folder / "out"))
    reasons = dict(line.split(": ", 1) for line in run.stderr.splitlines())
    n_named = sum("broken" in Path(name).name and bool(why) for name, why in reasons.items())
    return {
        "n_good": N_GOOD,
        "n_broken": N_BROKEN,
        "n_done": n_done,
        "n_named_with_a_reason": n_named,
        "exit_code": run.returncode,
        "is_as_promised": (n_done, n_named, run.returncode) == (N_GOOD, N_BROKEN, 1),
    }


def command(eps: Path, out: Path) -> list[str]:
    """A run on two cores."""
    segue = str(Path(sys.executable).with_name("segue"))
    return [segue, "tag", str(eps), "--out", str(out), "--jobs", "2"]


def finish(eps: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """A run that is left alone."""
    return subprocess.run(command(eps, out), capture_output=True, text=True, check=False)


def killed(eps: Path, out: Path, after_s: float, all_: bool) -> tuple[bool, list[str]]:
    """Kill a run; whether it was still at work, and the lines it said."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "start_new_session": True}
    with subprocess.Popen(command(eps, out), text=True, **pipe) as run:
        time.sleep(after_s)
        is_at_work = run.poll() is None
        if is_at_work and all_:
            os.killpg(run.pid, signal.SIGKILL)
        run.kill()
        return is_at_work, run.communicate()[0].splitlines()


def is_new(line: str) -> bool:
    """Whether a line tells of a file that was done in this run."""
    return " -> " in line and not line.endswith("(already done)")


def contents(folder: Path) -> dict[str, bytes]:
    """All files in sight but the manifest."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
    }


def rows(folder: Path) -> list[dict[str, str]]:
    """The rows of the manifest but for a torn one."""
    found = []
    path = folder / MANIFEST
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


if __name__ == "__main__":
    main()
