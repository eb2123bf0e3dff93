"""The model card, README.md of a bundle: rendered from the run's files, never written by hand."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from serve.labels import LABELS

#: Terms stated by the sources that the project's own models were trained on.
TERMS = {
    "talkpython": "talkpython/talk-python-transcripts, GPL-3.0",
    "devtoolsfm": "devtools-fm/devtools.fm, MIT",
    "virtualcoffee": "Virtual-Coffee/podcast-transcripts, MIT",
    "mbmbam": "synthesizerpatel/mbmbam-episode-transcripts, public domain",
    "huberman": "prakhar625/huberman-podcasts-transcripts, GPL-3.0",
    "lenny": "ChatPRD/lennys-podcast-transcripts, personal and educational use",
    "wan": "willtheorangeguy/WAN-Transcripts, none stated for the text",
    "harmontown": "liddiard/harmontown-search, none stated",
    "lex": "peaklight-ai/lex-fridman-podcasts, none stated",
    "cookingissues": "kejadlen/low-quality-transcripts, none stated",
    "mixed": "heidonomm/AdDetection, none stated",
    "written": "written for this project, MIT",
}
NOT_MEASURED = "not measured"


def render(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """The card's Markdown."""
    parts = [
        _head(manifest),
        *_crossval(metrics.get("crossval")),
        *_this_bundle(metrics),
        training_data(manifest),
        _making(manifest),
    ]
    return "\n".join(parts)


def _head(manifest: Mapping[str, Any]) -> str:
    return f"""---
license: mit
language: en
labels: [{", ".join(LABELS)}]
---

# {manifest["name"]} {manifest["version"]}

Labels the units of a podcast transcript with one of six labels. For cutting ads out of transcripts,
for chapters, for search and summaries.

Not for: languages other than English; deciding alone what a listener will never hear. What is cut
is gone for the reader, so show what was cut, and keep the source.
"""


def _crossval(report: Mapping[str, Any] | None) -> Iterator[str]:
    """Figures on shows left out of training: the ones to believe."""
    if report is None:
        yield f"## On shows left out of training\n\n{NOT_MEASURED}: run `make crossval`.\n"
        return
    runs, baseline = report["model"], report.get("baseline")
    folds = ", ".join(str(k) for k in report["folds"])
    seeds = "one seed" if len(runs) == 1 else f"mean of {len(runs)} seeds, ± standard deviation"
    yield f"""## On shows left out of training

`make crossval`: folds {folds} of 0 to 3, each without whole shows and a quarter of `mixed`, whose
episodes are of different shows; vocabulary and word vectors saw none of their text; smoothing was
chosen on the other folds.
{seeds.capitalize()}. Talk Python is left out by episode: it stands for shows that training saw.
"""
    yield _table(
        [
            "ad spans (sponsor_read or self_promo)",
            "F0.5",
            "TF-IDF",
            "F1",
            "wrongly cut s/h",
            "found",
            "median edge s",
        ],
        [_span_row(show, runs, baseline) for show in ("unseen", *runs[0]["shows"])],
    )
    six = [s for s in ("unseen", *runs[0]["shows"]) if "six_labels" in _part(runs[0], s)]
    yield _table(
        ["six labels, F1 by words", "accuracy", "macro F1", "TF-IDF macro F1", *LABELS],
        [_label_row(show, runs, baseline) for show in six],
    )
    interval = runs[0]["shows"]["mixed"]["spans"]["ads"]["f05_interval"]
    yield (
        f"95 % bootstrap interval over the episodes of `mixed`, first seed: F0.5 {interval[0]:.3f}"
        f" to {interval[1]:.3f}. Expected calibration error on unseen shows:"
        f" {runs[0]['unseen']['calibration']['expected_calibration_error']:.3f}, on the seen one:"
        f" {runs[0]['seen']['calibration']['expected_calibration_error']:.3f}. Macro F1 leaves out"
        " labels with fewer than 2,000 true words.\n"
    )


def _this_bundle(metrics: Mapping[str, Any]) -> Iterator[str]:
    """The bundle itself on labelled episodes it was given; first the seed documents."""
    yield "## This bundle on labelled episodes\n\n![confusion matrix](confusion.png)\n"
    groups = {
        "**shows trained on** (flattering)": metrics["shows_seen"],
        "**other shows**": metrics["shows_unseen"],
        **metrics["shows"],
    }
    rows = [
        [
            show,
            str(part["episodes"]),
            _number(_dig(part, "spans", "ads", "f05")),
            _number(_dig(part, "six_labels", "accuracy")),
            _number(_dig(part, "six_labels", "macro_f1")),
        ]
        for show, part in groups.items()
        if part is not None
    ]
    yield _table(["show", "episodes", "ad-span F0.5", "accuracy", "macro F1"], rows)


def training_data(facts: Mapping[str, Any]) -> str:
    """What a run learned from, by show with terms; then the same of what it started from."""
    parts = ["## Training data\n", _data(facts)]
    while facts := facts.get("start") or {}:
        parts += [
            f"Training started from `{facts['name']}` (encoder.json {facts['sha256'][:12]}), which"
            " had learned from:\n",
            _data(facts),
        ]
    return "\n".join(parts)


def _data(facts: Mapping[str, Any]) -> str:
    counts = [facts[name] for name in ("trained_on", "validated_on", "read_for_vocabulary")]
    rows = [
        [
            show,
            *(str(count.get(show, 0)) for count in counts),
            TERMS.get(show, NOT_MEASURED.replace("measured", "known")),
        ]
        for show in sorted(set().union(*counts))
    ]
    written = facts["written"]
    table = _table(
        ["show", "trained", "validated", "read for vocabulary", "source and terms"], rows
    )
    return (
        f"Episodes by show, and {written['ads']} ads and {written['passages']}"
        f" passages of `seeds/written`. `seeds/documents` are never trained on.\n\n{table}"
    )


def _making(manifest: Mapping[str, Any]) -> str:
    parity, versions = manifest["parity"], manifest["versions"]
    start = " START=path/to/encoder" if manifest.get("start") else ""
    return f"""## Making

Trained in {manifest["train_seconds"]} s on {manifest["device"]}, seed {manifest["seed"]}, commit
{manifest["commit"][:12] or "unknown"}{" with local changes" if manifest["dirty"] else ""};
{", ".join(f"{name} {number}" for name, number in versions.items())}. ONNX and torch differ by at
most {parity["max_abs_diff"]:.1g} nats (allowed: {parity["tolerance"]:g}); the same segments on
{parity.get("episodes_with_equal_segments", NOT_MEASURED)} seed documents.
Hashes are in manifest.json.

    make train CORPUS=path/to/corpus{start} BUNDLE=models/candidate
    make evaluate BUNDLE=models/candidate
    make crossval CORPUS=path/to/corpus
"""


def _part(run: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] = run[name] if name in ("unseen", "seen") else run["shows"][name]
    return part


def _span_row(
    show: str, runs: Sequence[Mapping[str, Any]], baseline: Mapping[str, Any] | None
) -> list[str]:
    spans = [_part(run, show)["spans"]["ads"] for run in runs]
    plain = _part(baseline, show)["spans"]["ads"]["f05"] if baseline else None
    names = ("f1", "wrongly_cut_s_an_hour", "found_share", "edge_error_median_s")
    return [
        "**all unseen shows**" if show == "unseen" else show,
        _spread([s["f05"] for s in spans]),
        _number(plain),
        *(_number(_mean([s[name] for s in spans])) for name in names),
    ]


def _label_row(
    show: str, runs: Sequence[Mapping[str, Any]], baseline: Mapping[str, Any] | None
) -> list[str]:
    scores = [_part(run, show)["six_labels"] for run in runs]
    plain = _part(baseline, show)["six_labels"]["macro_f1"] if baseline else None
    return [
        "**all unseen shows**" if show == "unseen" else show,
        _spread([s["accuracy"] for s in scores]),
        _spread([s["macro_f1"] for s in scores]),
        _number(plain),
        *(
            _number(_mean([s["labels"][label]["f1"] for s in scores]))
            if label in scores[0]["macro_over"]
            else "–"
            for label in LABELS
        ),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _spread(values: Sequence[float | None]) -> str:
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return _number(_mean(known))
    return f"{mean(known):.3f} ± {stdev(known):.3f}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 2 else f"{value:.1f}"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return mean(known) if known else None


def _dig(part: Mapping[str, Any], *keys: str) -> Any:
    for key in keys:
        if key not in part:
            return None
        part = part[key]
    return part
