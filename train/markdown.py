"""Figures and tables as Markdown; what is not known is a dash."""

from collections.abc import Sequence
from statistics import mean, stdev


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, one line a row."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def spread(values: Sequence[float | None]) -> str:
    """Mean and standard deviation of what is known."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return number(mean_of(known))
    return f"{mean(known):.3f} ± {stdev(known):.3f}"


def number(value: float | None) -> str:
    """Three decimals below 2, else one."""
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 2 else f"{value:.1f}"


def mean_of(values: Sequence[float | None]) -> float | None:
    """The mean of what is known."""
    known = [v for v in values if v is not None]
    return mean(known) if known else None
