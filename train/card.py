"""The model card, README.md of a bundle: rendered from the run's files, never written by hand."""

from collections.abc import Iterator, Mapping
from typing import Any

from serve.labels import LABELS
from train.card_crossval import NOT_MEASURED, dig, errors, left_out, open_only, unseen_labels
from train.markdown import number, table

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


def render(manifest: Mapping[str, Any], metrics: Mapping[str, Any], notes: str = "") -> str:
    """The card's Markdown; `notes` say in words what kind of mistakes the model makes."""
    parts = [
        _head(manifest),
        *left_out(metrics["crossval"]),
        *open_only(metrics["open"]),
        *errors(metrics["crossval"], notes),
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


def _this_bundle(metrics: Mapping[str, Any]) -> Iterator[str]:
    """The bundle itself on labelled episodes it was given; first the seed documents."""
    yield """## This bundle on labelled episodes

`documents` are the seed documents, never trained on. Scores on episodes that it was trained on are
training scores: they do not tell how it does on new ones.
"""
    if not unseen_labels(metrics["crossval"]):
        yield "![confusion matrix](confusion.png)\n"
    groups = {
        "**shows trained on**": metrics["shows_seen"],
        "**other shows**": metrics["shows_unseen"],
        **metrics["shows"],
    }
    rows = [
        [
            show,
            str(part["episodes"]),
            number(dig(part, "spans", "ads", "f05")),
            number(dig(part, "six_labels", "accuracy")),
            number(dig(part, "six_labels", "macro_f1")),
        ]
        for show, part in groups.items()
        if part is not None
    ]
    yield table(["show", "episodes", "ad-span F0.5", "accuracy", "macro F1"], rows)


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
    columns = ("trained_on", "lent_labels", "read_again", "validated_on", "read_for_vocabulary")
    counts = [facts.get(name) or {} for name in columns]
    rows = [
        [
            show,
            *(str(count.get(show, 0)) for count in counts),
            TERMS.get(show, NOT_MEASURED.replace("measured", "known")),
        ]
        for show in sorted(set().union(*counts))
    ]
    written = facts["written"]
    head = ["show", "trained", "lent", "again", "validated", "read", "source and terms"]
    return f"""Episodes by show (lent: with labels of `seeds/labels`; again: with a second reading
from there; read: its text alone, without labels), and {written["ads"]} ads,
{written["passages"]} passages and {written["breaks"]} ways in and out of a break of
`seeds/written`. `seeds/documents` are never trained on.

{table(head, rows)}"""


def _making(manifest: Mapping[str, Any]) -> str:
    parity, versions = manifest["parity"], manifest["versions"]
    start = " START=path/to/encoder" if manifest.get("start") else ""
    train = f"make train CORPUS=path/to/corpus{start} BUNDLE=models/candidate"
    if manifest.get("open_licences_only"):
        train = "python -m train fit --corpus path/to/corpus --open-licences"
    return f"""## Making

Trained in {manifest["train_seconds"]} s on {manifest["device"]}, seed {manifest["seed"]}, commit
{manifest["commit"][:12] or "unknown"}{" with local changes" if manifest["dirty"] else ""};
{", ".join(f"{name} {number}" for name, number in versions.items())}. ONNX and torch differ by at
most {parity["max_abs_diff"]:.1g} nats (allowed: {parity["tolerance"]:g}); the same segments on
{parity.get("episodes_with_equal_segments", NOT_MEASURED)} seed documents.
Hashes are in manifest.json.

    {train}
    make evaluate BUNDLE=models/candidate
    make crossval CORPUS=path/to/corpus
"""
