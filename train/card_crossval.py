"""The card's sections on shows left out of training: the figures to believe."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from serve.labels import LABELS
from train.markdown import mean_of, number, spread, table

NOT_MEASURED = "not measured"
BARE = "without case and punctuation"
BY_SECOND = "mixed, by its second reading"

Report = Mapping[str, Any]
Keys = tuple[str, ...]  # where a part of a summary is


def left_out(report: Report | None) -> Iterator[str]:
    """Scores by show, beside the baseline's, and how far they can be believed."""
    if report is None:
        yield f"## On shows left out of training\n\n{NOT_MEASURED}: run `make crossval`.\n"
        return
    runs, baseline = report["model"], report.get("baseline")
    seeds = "one seed" if len(runs) == 1 else f"mean of {len(runs)} seeds, ± standard deviation"
    yield f"""## On shows left out of training

`make crossval`: four folds, each without whole shows and a quarter of `mixed`, whose
episodes are of different shows; vocabulary and pretraining (one for all seeds) saw none of their
text; smoothing was chosen on the other folds, over all seeds. The network, what training varies and
four constants of smoothing were chosen with `mixed` and devtools.fm in view: expect somewhat less.
{seeds.capitalize()}. Talk Python is left out by episode: it stands for shows that training saw.
"""
    yield _span_table(runs, baseline)
    yield _label_table(runs, baseline)
    interval = runs[0]["shows"]["mixed"]["spans"]["ads"]["f05_interval"]
    yield (
        f"95 % bootstrap interval over the episodes of `mixed`, first seed: F0.5 {interval[0]:.3f}"
        f" to {interval[1]:.3f}. Macro F1 leaves out labels with fewer than 2,000 true words.\n"
    )
    if "second_reading" in runs[0]:
        yield _second_reading(runs[0]["second_reading"]["ads"])
    if unseen_labels(report):
        yield _pictures(runs[0])


def open_only(report: Report | None) -> Iterator[str]:
    """What training on openly licensed text alone gives."""
    if report is None:
        return
    runs = report["model"]
    shows = ", ".join(report["config"]["corpus"]["open_shows"])
    f05 = {
        name: spread([dig(run, *keys, "spans", "ads", "f05") for run in runs])
        for name, keys in (("unseen", ("unseen",)), ("mixed", ("shows", "mixed")))
    }
    macro = spread([dig(run, "unseen", "six_labels", "macro_f1") for run in runs])
    yield (
        f"Trained on openly licensed text alone ({shows}, `seeds/written`) and scored on the same"
        f" episodes: ad-span F0.5 {f05['unseen']} on all unseen shows, {f05['mixed']} on `mixed`;"
        f" macro F1 {macro} on unseen shows.\n"
    )


def errors(report: Report | None, notes: str) -> Iterator[str]:
    """Mistakes by show and kind, and what a reader of the worst found."""
    shows = report["model"][0].get("errors") if report else None
    if not shows:
        return
    kinds = ("missed", "cut", "edge")
    yield """## What it gets wrong

Mistakes on the episodes left out, first seed: ads missed, content cut, and edges of ads that were
found but begin or end elsewhere. How many, and their seconds. `python -m train errors` lists the
worst by cue.
"""
    rows = [
        [show, *(f"{found[kind]['n']} ({found[kind]['seconds']:,} s)" for kind in kinds)]
        for show, found in shows.items()
    ]
    yield table(["show", *kinds], rows)
    if notes:
        yield notes


def unseen_labels(report: Report | None) -> Report | None:
    """What the card's pictures show: the first seed on unseen shows with six labels, if any."""
    unseen: Report = report["model"][0]["unseen"] if report else {}
    return unseen if "six_labels" in unseen else None


def dig(part: Report, *keys: str) -> Any:
    """What lies at a path of keys, or None."""
    for key in keys:
        if key not in part:
            return None
        part = part[key]
    return part


def _parts(run: Report) -> Iterator[tuple[str, Keys]]:
    """The rows of a table, and where their figures are."""
    yield "**all unseen shows**", ("unseen",)
    if "bare" in run:
        yield f"unseen shows, {BARE}", ("bare", "unseen")
        yield f"talkpython, {BARE}", ("bare", "seen")
    if "by_second_reading" in run:
        yield BY_SECOND, ("by_second_reading",)
    for show in run["shows"]:
        yield show, ("shows", show)


def _span_table(runs: Sequence[Report], baseline: Report | None) -> str:
    head = ["ad spans (sponsor_read or self_promo)", "F0.5", "TF-IDF", "F1"]
    head += ["wrongly cut s/h", "found", "median edge s"]
    names = ("f1", "wrongly_cut_s_an_hour", "found_share", "edge_error_median_s")
    rows = []
    for title, keys in _parts(runs[0]):
        spans = [dig(run, *keys, "spans", "ads") for run in runs]
        plain = number(dig(baseline or {}, *keys, "spans", "ads", "f05"))
        means = (number(mean_of([s[name] for s in spans])) for name in names)
        rows.append([title, spread([s["f05"] for s in spans]), plain, *means])
    return table(head, rows)


def _label_table(runs: Sequence[Report], baseline: Report | None) -> str:
    head = ["six labels, F1 by words", "accuracy", "macro F1", "TF-IDF macro F1", *LABELS]
    rows = []
    for title, keys in _parts(runs[0]):
        if dig(runs[0], *keys, "six_labels"):
            scores = [dig(run, *keys, "six_labels") for run in runs]
            plain = number(dig(baseline or {}, *keys, "six_labels", "macro_f1"))
            overall = [spread([s[name] for s in scores]) for name in ("accuracy", "macro_f1")]
            rows.append([title, *overall, plain, *_f1_by_label(scores)])
    return table(head, rows)


def _f1_by_label(scores: Sequence[Report]) -> Iterator[str]:
    for label in LABELS:
        counted = label in scores[0]["macro_over"]
        yield number(mean_of([s["labels"][label]["f1"] for s in scores])) if counted else "–"


def _second_reading(ads: Report) -> str:
    return f"""\
The labels of `mixed` only say `ad` or `not_ad`, and were not drawn by LABELS.md. A second reading
by LABELS.md, which training and smoothing go by, scores F0.5 {ads["f05"]:.3f} against them, with
{ads["wrongly_cut_s_an_hour"]:.0f} s/h wrongly cut.
"""


def _pictures(run: Report) -> str:
    key = "expected_calibration_error"
    unseen, seen = (number(dig(run, part, "calibration", key)) for part in ("unseen", "seen"))
    return f"""![confusion matrix](confusion.png) ![reliability plot](reliability.png)

Both of the first seed, the left one of unseen shows. Expected calibration error on unseen shows:
{unseen}, on the seen one: {seen}.
"""
