"""Speed and memory of `segue tag` over a folder of one-hour transcripts, on one core and on two.

    python bench/batch.py

1,000 transcripts of about 10,000 words in seven formats (bench/transcripts.py); a part of them on
one core. Memory is the proportional set size of all processes together, sampled. Beside it, where
the time of a file goes, in this process. Writes bench/batch.json.
"""

import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from speed import ROOT, machine
from transcripts import FORMATS, write_transcripts

N_FILES = 1000
N_ON_ONE_CORE = 300
SAMPLE_S = 0.5
KINDS = ("segments", "transcript")


def main() -> None:
    """Measure, print, write."""
    with TemporaryDirectory() as folder:
        all_, part, out = (Path(folder, name) for name in ("all", "part", "out"))
        write_transcripts(all_, N_FILES)
        write_transcripts(part, N_ON_ONE_CORE)
        report = {
            "machine": machine(),
            "transcript": {"n_words": 10_000, "formats": [name for name, _ in FORMATS]},
            "one_core": tagged(part, Path(folder, "out1"), 1),
            "two_cores": tagged(all_, out, 2),
            "all_done_already": tagged(all_, out, 2),
            "milliseconds_a_file": milliseconds(sorted(part.rglob("*.*"))[:70], Path(folder, "o")),
        }
    one, two = report["one_core"], report["two_cores"]
    report["two_cores_to_one"] = round(two["files_a_second"] / one["files_a_second"], 2)
    text = json.dumps(report, indent=1)
    (ROOT / "bench" / "batch.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def tagged(folder: Path, out: Path, n_jobs: int) -> dict[str, float]:
    """Files a second from the start of the command to its end, and the peak of its memory."""
    n_files = sum(path.is_file() for path in folder.rglob("*"))
    command = [str(Path(sys.executable).with_name("segue")), "tag", str(folder), "--out", str(out)]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = 0
    with subprocess.Popen(
        [*command, "--jobs", str(n_jobs)], stdout=subprocess.DEVNULL, start_new_session=True
    ) as run:
        while run.poll() is None:
            peak = max(peak, memory_kb(run.pid))
            time.sleep(SAMPLE_S)
    if run.returncode:
        raise RuntimeError(f"{command} ended with {run.returncode}")
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "n_files": n_files,
        "seconds": round(seconds, 1),
        "files_a_second": round(n_files / seconds, 1),
        "cpu_ms_a_file": round(1000 * cpu_s / n_files, 1),
        "cores_had": round(cpu_s / seconds, 2),  # fewer than there are jobs on a machine in use
        "peak_memory_mb": round(peak / 1024),
    }


def memory_kb(session: int) -> int:
    """The memory of all processes of a session, what they share counted once."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session:
                lines = (process / "smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):  # it has just ended
            continue
    return total


def milliseconds(paths: Sequence[Path], out: Path) -> dict[str, float]:
    """Mean time of each stage; `rest` is all that is in none."""
    from serve import bundle, classifier, load_model, pipeline, tagged
    from serve.batch import work
    from serve.batch.files import Input
    from serve.options import options_from

    spent: dict[str, float] = defaultdict(float)

    def timed(module: object, name: str, stage: str) -> None:
        inner: Callable[..., object] = getattr(module, name)

        def outer(*arguments: object) -> object:
            began = time.perf_counter()
            try:
                return inner(*arguments)
            finally:
                spent[stage] += time.perf_counter() - began

        setattr(module, name, outer)

    timed(tagged, "parse", "parse")
    timed(classifier, "encode", "tokenise")
    timed(classifier.OnnxModel, "_row_log_probs", "network")
    timed(pipeline, "best_path", "smooth")
    timed(pipeline, "warnings_for", "language")
    timed(work, "_put", "write")
    timed(work, "work", "total")
    model, job = load_model(), work.Job(options_from({"drop": ("sponsor_read",)}), KINDS)
    for path in paths:
        outputs = {kind: out / f"{path.name}.{kind}" for kind in KINDS}
        work.work(model, work.Task(Input(path.name, path), outputs), job, bundle.digest())
    spent["rest"] = 2 * spent["total"] - sum(spent.values())
    return {stage: round(1000 * seconds / len(paths), 2) for stage, seconds in spent.items()}


if __name__ == "__main__":
    main()
