"""AdNihilator: the ads around its candidates, and a hunt for sponsors that it misses.

Lines are `*[LINE 12] text`, and in a hunt `[MM:SS.ss] text`.
"""

import re
from collections.abc import Iterator, Sequence

from serve.http.chat.calls import Call, Prompt
from serve.http.chat.lines import Line, with_clocks
from serve.http.chat.reading import Reading, read
from serve.http.chat.wording import REASONS, confidence, dumps, seconds
from serve.pipeline import Model

_LINE = re.compile(r"^[* ]?\[LINE ([0-9]{1,9})\] ?(.*)$", re.MULTILINE)
_HUNT = re.compile(r"^Search window: [0-9]+s to [0-9]+s$", re.MULTILINE)


def _detect(prompt: Prompt, model: Model) -> str:
    """The first and the last line of every ad."""
    found = list(_LINE.finditer(prompt.user))
    reading = read([Line(m[2].strip()) for m in found], model)
    return dumps(
        {
            "ads": [
                {
                    "start_line": int(found[run[0]][1]),
                    "end_line": int(found[run[-1]][1]),
                    **_evidence(reading, run),
                }
                for run in _runs(reading)
            ]
        }
    )


def _hunt(prompt: Prompt, model: Model) -> str:
    """The start and the end of every ad; the last line ends with its start, nothing tells more."""
    reading = read(with_clocks(prompt.user), model)
    return dumps(
        {
            "ads": [
                {
                    "is_ad": True,
                    "ad_start": seconds(ad.start_s),
                    "ad_end": seconds(ad.end_s),
                    "confidence": confidence(ad.score),
                    "reason": REASONS[ad.label],
                }
                for ad in reading.ads()
            ]
        }
    )


def _runs(reading: Reading) -> Iterator[list[int]]:
    """Ad lines that follow one another."""
    run: list[int] = []
    for i in reading.ad_lines():
        if run and i > run[-1] + 1:
            yield run
            run = []
        run.append(i)
    if run:
        yield run


def _evidence(reading: Reading, run: Sequence[int]) -> dict[str, float | str]:
    """How sure we are of a run of lines, and why."""
    label, score = max((reading.line_labels[i] for i in run), key=lambda labelled: labelled[1])
    return {"confidence": confidence(score), "reason": REASONS[label]}


CALLS = (
    Call(lambda prompt: _HUNT.search(prompt.user) is not None, _hunt),
    Call(lambda prompt: _LINE.search(prompt.user) is not None, _detect),
)
