"""What the network has to beat: TF-IDF features of a window, logistic regression, scikit-learn.

Words of the unit and of its neighbours on two scales, each scale its own features; one model tells
advertising from content on all labels, another the six labels where they are known.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier

from serve.labels import LABELS
from serve.smooth import Scores
from serve.transcript import Transcript
from train.corpus import Episode, read_transcript, unit_labels
from train.evaluate import Scored, scored
from train.examples import IS_AD

REACHES = (0, 4, 15)  # units on each side
ALPHA = 3e-6  # of the penalty; other values were not tried
FLOOR = 1e-4  # a probability of 0 would forbid what smoothing may still choose


def baseline_scores(training: Sequence[Episode], held_out: Sequence[Episode]) -> list[Scored]:
    """Fit on the labelled episodes of `training`; score those of `held_out`."""
    labelled = [e.taught for e in training if e.cues is not None]
    read = [read_transcript(e) for e in labelled]
    allowed = np.concatenate([unit_labels(e, t) for e, t in zip(labelled, read, strict=True)])
    vectorizer = TfidfVectorizer(min_df=5, max_features=30_000, sublinear_tf=True)
    vectorizer.fit(unit.text for transcript in read for unit in transcript.units)
    features = sparse.vstack([_features(t, vectorizer) for t in read], format="csr")
    decided = ~(allowed[:, IS_AD].any(axis=1) & allowed[:, ~IS_AD].any(axis=1))
    six = allowed.sum(axis=1) == 1
    is_ad = _fit(features[decided], allowed[decided][:, IS_AD].any(axis=1).astype(int))
    which = _fit(features[six], allowed[six].argmax(axis=1))
    del features
    return [_score(e, vectorizer, is_ad, which) for e in held_out]


def _features(transcript: Transcript, vectorizer: TfidfVectorizer) -> sparse.csr_matrix:
    """(n_units, len(REACHES) * n_words): the unit's words, then its neighbours' on each scale."""
    own = vectorizer.transform([unit.text for unit in transcript.units])
    n = own.shape[0]
    scales = [own]
    for reach in REACHES[1:]:
        steps = range(-min(reach, n - 1), min(reach, n - 1) + 1)
        near = sparse.diags([np.ones(n)] * len(steps), list(steps), shape=(n, n), format="csr")
        scales.append((near @ own) / np.sqrt(len(steps)))
    return sparse.hstack(scales, format="csr", dtype=np.float32)


def _fit(features: sparse.csr_matrix, labels: npt.NDArray[np.int64]) -> SGDClassifier:
    model = SGDClassifier(
        loss="log_loss", alpha=ALPHA, max_iter=8, tol=None, average=True, random_state=0
    )
    return model.fit(features, labels)


def _score(
    episode: Episode, vectorizer: TfidfVectorizer, is_ad: SGDClassifier, which: SGDClassifier
) -> Scored:
    """The six labels' shares within advertising and within content, scaled to the ad model's."""
    transcript = read_transcript(episode)
    features = _features(transcript, vectorizer)
    shares = np.full((features.shape[0], len(LABELS)), FLOOR)
    shares[:, which.classes_] += which.predict_proba(features)
    ad = np.clip(is_ad.predict_proba(features)[:, 1:], FLOOR, 1 - FLOOR)
    for columns, total in ((IS_AD, ad), (~IS_AD, 1 - ad)):
        shares[:, columns] *= total / shares[:, columns].sum(axis=1, keepdims=True)
    log_probs: Scores = np.log(np.maximum(shares, FLOOR)).astype(np.float32)
    return scored(episode, transcript, log_probs)
