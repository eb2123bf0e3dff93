"""What the label files of seeds/labels promise."""

import numpy as np
import pytest

pytest.importorskip("torch")

from serve.labels import LABELS
from train.corpus import CorpusError, read_episodes, read_labels, read_transcript, unit_labels
from train.sources import LABELS as LENT
from train.sources import ROOT

FILES = sorted(LENT.glob("*/*.tsv"))
CORPUS = ROOT.parent / "shared" / "corpus"


def test_there_are_as_many_as_promised():
    assert len(FILES) >= 440


def test_all_are_of_six_labels_or_of_advertising_alone():
    for path in FILES:
        kinds = {tuple(row) for row in read_labels(path)}
        six = all(sum(kind) == 1 for kind in kinds)
        advertising = kinds <= {
            *(tuple(np.isin(LABELS, name)) for name in ("sponsor_read", "self_promo")),
            (False, False, True, True, True, True),
        }
        assert six or advertising, path


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the transcripts are not here")
def test_they_cover_the_transcripts_they_are_for():
    lent = [e for e in read_episodes(CORPUS, lent=LENT) if e.lent]
    assert len(lent) == len(FILES)
    for episode in lent[::20]:
        try:
            unit_labels(episode, read_transcript(episode))
        except CorpusError as error:
            pytest.fail(str(error))
