"""What the label files of seeds/labels promise."""

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import LABELS
from train.corpus import read_episodes, read_labels, read_transcript
from train.sources import LENT, ROOT

FILES = sorted(LENT.glob("*/*.tsv"))
CORPUS = ROOT.parent / "shared" / "corpus"


def test_every_file_is_for_a_transcript_of_a_known_hash():
    rows = [row.split("  ") for row in (LENT / "SHA256SUMS").read_text().splitlines()]
    assert all(len(digest) == 64 for digest, _ in rows)
    names = [LENT / name.replace(".json", ".tsv") for _, name in rows]
    assert sorted(names) == FILES
    assert len(FILES) > 400


def test_all_are_of_six_labels_or_of_advertising_alone():
    for path in FILES:
        kinds = {tuple(row) for row in read_labels(path)}
        six = all(sum(kind) == 1 for kind in kinds)
        advertising = kinds <= {
            *(tuple(np.isin(LABELS, name)) for name in ("sponsor_read", "self_promo")),
            (False, False, True, True, True, True),
        }
        assert six or advertising, path


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the transcripts are not here")
def test_they_cover_the_transcripts_they_are_for():
    lent = [e.taught for e in read_episodes(CORPUS, lent=LENT) if e.lent or e.second is not None]
    assert len(lent) == len(FILES)
    differing = [e.name for e in lent if len(e.cues) != read_transcript(e).n_cues]
    assert differing == []
