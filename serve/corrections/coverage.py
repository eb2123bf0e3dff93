"""Regions of time to labels of cues: each unit gets the label that covers most of its time."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from serve.corrections.regions import Region
from serve.labels import ALLOWED
from serve.timeline import Timed, timed
from serve.transcript import Transcript
from serve.units import cue_labels

UNLABELLED = "not_ad"  # time under no label: nobody said that there is advertising


def cover(transcript: Transcript, regions: Sequence[Region]) -> list[str]:
    """The label name of each cue.

    Where regions overlap, the shorter one holds: it was laid over the longer. A cue that is cut
    into several units gets the label of its larger part, as in `segue tag --to labels`. Raises
    TimesError when the transcript has no times.
    """
    edges, names = _painted(regions)
    units = timed(transcript.units, transcript.format)
    return cue_labels(transcript, [_label(unit, edges, names) for unit in units])


def _painted(regions: Sequence[Region]) -> tuple[np.ndarray, list[str]]:
    """Edges of stretches in which one label holds, and that label: (n + 1,), (n,)."""
    edges = np.unique([time_s for region in regions for time_s in region[:2]])
    names = [UNLABELLED] * (len(edges) - 1)
    for start_s, end_s, name in sorted(regions, key=lambda r: r.start_s - r.end_s):
        first, stop = np.searchsorted(edges, [start_s, end_s]).tolist()
        names[first:stop] = [name] * (stop - first)
    return edges, names


def _label(said: Timed, edges: np.ndarray, names: Sequence[str]) -> str:
    """The label that covers most of a unit; on a tie the first in ALLOWED."""
    inside = edges[(edges > said.start_s) & (edges < said.end_s)].tolist()
    cuts = [said.start_s, *inside, said.end_s]
    covered: Counter[str] = Counter()
    for start_s, end_s in pairwise(cuts):
        i = int(np.searchsorted(edges, start_s, side="right")) - 1
        covered[names[i] if 0 <= i < len(names) else UNLABELLED] += end_s - start_s
    most = max(covered.values())
    return next(name for name in ALLOWED if name in covered and covered[name] == most)
