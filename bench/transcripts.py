"""Transcripts to measure with: the project's own written texts, shuffled, in seven formats."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from serve.batch.files import find
from serve.formats import parse
from train.written import read_bank

WRITTEN = Path(__file__).parents[1] / "seeds" / "written"
WORDS_A_SECOND = 10_000 / 3600

Cue = tuple[float, float, str]  # start_s, end_s, text


def write_transcripts(folder: Path, n: int, n_words: int = 10_000) -> None:
    """`n` transcripts of about `n_words` words each: the same ones for the same numbers."""
    stretches = _stretches()
    for i in range(n):
        order = np.random.default_rng(i).permutation(len(stretches))
        extension, write = FORMATS[i % len(FORMATS)]
        path = folder / f"show{i % 10}" / f"episode{i:04}.{extension}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write(_cues([stretches[k] for k in order], n_words)), encoding="utf-8")


def _stretches() -> list[list[str]]:
    """Pieces of written episodes, 40 units each, and written ads: lists of what is said."""
    found = []
    for given in find([str(WRITTEN / "episodes")], None).inputs:
        said = [" ".join(unit.text.split()) for unit in parse(given.read()).units]
        found += [said[i : i + 40] for i in range(0, len(said), 40)]
    return found + [ad.lines for ad in read_bank(WRITTEN).ads]


def _cues(stretches: Sequence[Sequence[str]], n_words: int) -> list[Cue]:
    """Texts with times, as if every word took as long."""
    cues: list[Cue] = []
    n_said = 0
    for text in (text for stretch in stretches for text in stretch):
        n = len(text.split())
        cues.append((n_said / WORDS_A_SECOND, (n_said + n) / WORDS_A_SECOND, text))
        n_said += n
        if n_said >= n_words:
            break
    return cues


def _clock(seconds: float, point: str = ".") -> str:
    """Hours, minutes, seconds and milliseconds."""
    ms = round(1000 * seconds)
    return f"{ms // 3600000:02}:{ms // 60000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def _vtt(cues: Sequence[Cue]) -> str:
    return "WEBVTT\n\n" + "".join(f"{_clock(a)} --> {_clock(b)}\n{t}\n\n" for a, b, t in cues)


def _srt(cues: Sequence[Cue]) -> str:
    rows = (f"{_clock(a, ',')} --> {_clock(b, ',')}\n{t}\n\n" for a, b, t in cues)
    return "".join(f"{i}\n{row}" for i, row in enumerate(rows, 1))


def _whisper(cues: Sequence[Cue]) -> str:
    segments = [
        {"id": i, "start": round(a, 3), "end": round(b, 3), "text": f" {t}"}
        for i, (a, b, t) in enumerate(cues)
    ]
    return json.dumps({"text": "".join(f" {t}" for *_, t in cues), "segments": segments})


def _whisperx(cues: Sequence[Cue]) -> str:
    segments = []
    for a, b, text in cues:
        said = text.split()
        step = (b - a) / max(1, len(said))
        words = [
            {"word": w, "start": round(a + k * step, 3), "end": round(a + k * step + step, 3)}
            for k, w in enumerate(said)
        ]
        segments.append({"start": round(a, 3), "end": round(b, 3), "text": text, "words": words})
    return json.dumps({"segments": segments})


def _timed(cues: Sequence[Cue]) -> str:
    return "".join(f"{_clock(a)[:8]} {t}\n" for a, _, t in cues)


def _plain(cues: Sequence[Cue]) -> str:
    return "".join(f"{t}\n" for *_, t in cues)


def _tsv(cues: Sequence[Cue]) -> str:
    rows = (f"{round(1000 * a)}\t{round(1000 * b)}\t{t}\n" for a, b, t in cues)
    return "start\tend\ttext\n" + "".join(rows)


FORMATS: tuple[tuple[str, Callable[[Sequence[Cue]], str]], ...] = (
    ("vtt", _vtt),
    ("srt", _srt),
    ("whisper.json", _whisper),
    ("whisperx.json", _whisperx),
    ("timed.txt", _timed),
    ("plain.txt", _plain),
    ("tsv", _tsv),
)
