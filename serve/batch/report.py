"""What a run tells: a line for each file, and a table at the end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from serve.batch.files import Found
from serve.batch.manifest import Row
from serve.batch.work import Task
from serve.console import duration, plural, say
from serve.labels import ADS, LABELS, Label


class Report:
    """Tells of each file when it is done, and adds up; it keeps sums and no rows."""

    def __init__(self, kinds: Sequence[str], drop: Sequence[Label]) -> None:
        self._is_cut, self._drop = "transcript" in kinds, drop
        self._files: Counter[str] = Counter()
        self._n_words = 0
        self._dropped = {label: Counter[str]() for label in LABELS}

    @property
    def n_failed(self) -> int:
        """Files that failed so far."""
        return self._files["failed"]

    def start(self, found: Found) -> None:
        """Tell of what is skipped, and of arguments that stand for nothing: they have failed."""
        for path in found.skipped:
            say(f"{path}: skipped, it is an output of Segue or lies where outputs go")
        for message in found.missing:
            say(message)
        self._files["failed"] += len(found.missing)

    def tell(self, task: Task, row: Row, *, is_new: bool = True) -> None:
        """Say what became of a file: now, or in an earlier run."""
        self._add(row, is_new)
        for message in row.warnings:
            say(f"{task.given}: warning: {message}")
        if row.result == "failed":
            say(f"{task.given}: {row.error}")
        elif task.outputs:
            line = summary(task.given.name, row, task.outputs, self._drop)
            say(line if is_new else f"{line} (already done)", err=False)

    def end(self) -> None:
        """Say the table."""
        for line in self._table():
            say(line, err=False)

    def _table(self) -> Iterator[str]:
        """Lines: inputs by what became of them, and what was dropped of each label."""
        yield f"{plural(self._files.total(), 'input')}, {plural(self._n_words, 'word')}"
        for result in ("done", "already done", "failed"):
            yield f"  {result:18} {self._files[result]:7}"
        dropped = {label: sums for label, sums in self._dropped.items() if sums}
        if dropped:
            yield "cut" if self._is_cut else "found"
        for label, sums in dropped.items():
            segments, words = plural(sums["segments"], "segment"), plural(sums["words"], "word")
            # Where there are no times in some of the files, words alone say how much it is.
            time = f"  {duration(sums['ms'] / 1000)}" if not sums["untimed"] else ""
            yield f"  {label:18} {segments:>16} {words:>14}{time}"

    def _add(self, row: Row, is_new: bool) -> None:
        """Add what became of a file to the sums."""
        self._files[row.result if is_new else "already done"] += 1
        self._n_words += row.n_words
        for label, part in row.dropped.items():
            sums = self._dropped[label]
            sums.update(segments=part.n_segments, words=part.n_words)
            sums.update({"untimed": 1} if part.s is None else {"ms": round(1000 * part.s)})


def summary(name: str, row: Row, outputs: Mapping[str, Path], drop: Sequence[Label]) -> str:
    """What became of an input, for people.

    "episode.vtt  9120 words, 4 ads (531 words, 3 min 41 s) cut -> out/episode.vtt"
    """
    place = outputs.get("transcript") or next(iter(outputs.values()))
    cut = _cut(row, "ad" if set(drop) <= set(ADS) else "segment", "transcript" in outputs)
    is_asked = bool(drop) or "transcript" in outputs  # else nobody looked for anything to cut
    return f"{name}  {row.n_words} words{', ' + cut if is_asked else ''} -> {place}"


def _cut(row: Row, noun: str, is_cut: bool) -> str:
    """What is cut, or would be."""
    parts = row.dropped.values()
    if not parts:
        return "nothing cut" if is_cut else f"no {noun}s to cut"
    size = plural(sum(part.n_words for part in parts), "word")
    times = [part.s for part in parts if part.s is not None]
    if len(times) == len(parts):
        size += f", {duration(sum(times))}"
    n_segments = sum(part.n_segments for part in parts)
    return f"{plural(n_segments, noun)} ({size})" + (" cut" if is_cut else "")
