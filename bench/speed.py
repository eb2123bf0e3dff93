"""Speed and memory of the whole pipeline on one thread, as ratios to work done beside it.

    python bench/speed.py [BUNDLE]

Bytes to segments on seed document 002, an episode of 54 minutes and 10,458 words, in a process that
has worked before but has not seen a word of it: the model forgets the words it has tokenised before
each call. Beside it: scikit-learn's TF-IDF with logistic regression over the same units, parsing
included, and reading and writing the file. Each is measured in turn, round by round, so that a busy
machine slows all alike. Writes bench/speed.json.
"""

import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).parents[1]
EPISODE = ROOT / "seeds" / "documents" / "002_af93ea6e1f4813fd.txt"
ROUNDS = 60
PORT = 8765


def main() -> None:
    """Measure, print, write."""
    bundle = sys.argv[1] if len(sys.argv) > 1 else None
    if sys.argv[1:2] == ["--memory"]:
        sys.stdout.write(str(peak_memory_mb(sys.argv[2] or None)))
        return
    report = {
        "machine": machine(),
        "episode": {"file": EPISODE.name, "bytes": EPISODE.stat().st_size},
        "milliseconds": milliseconds(bundle),
        "peak_memory_mb": memory_in_a_new_process(bundle),
        "ready_after_s": startup_s(bundle),
    }
    times = report["milliseconds"]
    report["ratio_to_tfidf"] = round(times["tag"]["median"] / times["tfidf"]["median"], 2)
    report["ratio_to_copy"] = round(times["tag"]["median"] / times["copy"]["median"], 1)
    text = json.dumps(report, indent=1)
    (ROOT / "bench" / "speed.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def milliseconds(bundle: str | None) -> dict[str, dict[str, float]]:
    """Median and 99th percentile of each piece of work, and of the pipeline's stages."""
    from serve import load_model, tag
    from serve.formats import parse
    from serve.text import encode

    model = load_model(bundle)
    source = EPISODE.read_bytes()
    transcript = parse(source)
    texts = [unit.text for unit in transcript.units]
    tfidf = fitted_tfidf(texts)
    with TemporaryDirectory() as folder:
        target = Path(folder) / "copy.txt"
        work: dict[str, Callable[[], object]] = {
            "tag": lambda: tag(source, model),
            "parse": lambda: parse(source),
            "encode": lambda: encode(texts, model.tokenizer),
            "encode_and_network": lambda: model.log_probs(transcript.units),
            "tfidf": lambda: tfidf([unit.text for unit in parse(source).units]),
            "copy": lambda: target.write_bytes(EPISODE.read_bytes()),
        }
        taken: dict[str, list[float]] = {name: [] for name in work}
        for round_ in range(ROUNDS + 3):
            for name, run in work.items():
                model.words.clear()
                began = time.perf_counter()
                run()
                if round_ >= 3:  # the first rounds warm up
                    taken[name].append(1000 * (time.perf_counter() - began))
    return {
        name: {
            "median": round(float(np.median(values)), 2),
            "p99": round(float(np.quantile(values, 0.99)), 2),
        }
        for name, values in taken.items()
    }


def fitted_tfidf(texts: list[str]) -> Callable[[list[str]], object]:
    """The plain alternative: TF-IDF of each unit, six logistic regressions."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    labels = np.arange(len(texts)) * 6 // len(texts)
    pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=50))
    return pipeline.fit(texts, labels).predict_proba


def peak_memory_mb(bundle: str | None) -> int:
    """Of a process that loads the model and tags the episode once."""
    from serve import load_model, tag

    tag(EPISODE.read_bytes(), load_model(bundle))
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def memory_in_a_new_process(bundle: str | None) -> int:
    """`peak_memory_mb` without this process's libraries."""
    command = [sys.executable, __file__, "--memory", bundle or ""]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def startup_s(bundle: str | None) -> float:
    """From starting `segue serve` to the first /ready that says so."""
    environment = {"SEGUE_LISTEN": f"127.0.0.1:{PORT}", "PATH": "/usr/bin:/bin"}
    if bundle:
        environment["SEGUE_MODEL"] = bundle
    began = time.perf_counter()
    command = [str(Path(sys.executable).with_name("segue")), "serve"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, **quiet) as server:
        try:
            while time.perf_counter() - began < 30:
                if is_ready():
                    return round(time.perf_counter() - began, 2)
                time.sleep(0.02)
        finally:
            server.terminate()
    raise RuntimeError("the service was not ready after 30 s; run `segue serve` to see why")


def is_ready() -> bool:
    """Whether /ready answers 200."""
    connection = HTTPConnection("127.0.0.1", PORT, timeout=1)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def machine() -> dict[str, str]:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {"cpu": names[0] if names else platform.processor(), "python": platform.python_version()}


if __name__ == "__main__":
    main()
