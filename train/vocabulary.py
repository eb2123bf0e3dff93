"""From raw text to a tokenizer and to word vectors, in a minute on a CPU.

The tokenizer writes text the way it sounds, so that a recogniser's spelling matters little: lower
case, no accents, no punctuation but what is spoken aloud ("dot", "slash", "percent"), every digit
a 0 (prices and codes differ from ad to ad, their shape does not).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from serve.text import PAD, UNKNOWN

SPOKEN = (  # pattern, replacement; in this order
    (r"['’`´]", ""),
    (r"(?<=\w)\.(?=\w)", " dot "),
    (r"(?<=\w)/(?=\w|$|\s)", " slash "),
    (r"%", " percent "),
    (r"\$", " dollar "),
    (r"&", " and "),
    (r"@", " at "),
    (r"[0-9]", "0"),
    (r"[^\w♪]+|_", " "),
)
# Between a small letter and a capital: a space was lost there, and no address begun.
GLUED = r"(?<=[a-z])[.,?!](?=[A-Z])"
LETTERS = "0abcdefghijklmnopqrstuvwxyz♪"  # what is left of English; others are unknown
WORD_END = "</w>"


def new_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """A byte-pair tokenizer over `texts`, spoken form; the ids PAD and UNKNOWN are kept free.

    Source: Sennrich, Haddow and Birch (2016), as implemented by Hugging Face tokenizers.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(GLUED), " "),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            *(normalizers.Replace(Regex(pattern), spoken) for pattern, spoken in SPOKEN),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=3,
        # Last letters are named, too: the trainer numbers them in an order that changes by the run.
        special_tokens=["[PAD]", "[UNK]", *(letter + WORD_END for letter in LETTERS)],
        initial_alphabet=list(LETTERS),
        limit_alphabet=len(LETTERS),
        end_of_word_suffix=WORD_END,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.token_to_id("[PAD]") != PAD or tokenizer.token_to_id("[UNK]") != UNKNOWN:
        raise RuntimeError("the tokenizer did not keep ids 0 and 1 for padding and unknown")
    return tokenizer


def word_vectors(
    streams: Iterable[list[int]], vocab_size: int, n_dims: int, *, window: int = 5, seed: int
) -> npt.NDArray[np.float32]:
    """Vectors of tokens that keep like company: (vocab_size, n_dims), mean square 1.

    Counts of neighbours within `window` tokens, nearer ones for more, turned into positive
    pointwise mutual information with smoothed contexts, and cut down by a randomised SVD.
    Source: Levy, Goldberg and Dagan (2015).
    """
    counts = np.zeros(vocab_size * vocab_size, dtype=np.float32)
    for stream in streams:
        ids = np.array(stream, dtype=np.int64)
        for step in range(1, window + 1):
            pairs, n = np.unique(ids[:-step] * vocab_size + ids[step:], return_counts=True)
            counts[pairs] += n / step
    table = counts.reshape(vocab_size, vocab_size)
    table = table + table.T
    table[UNKNOWN], table[:, UNKNOWN] = 0, 0
    left = table.sum(axis=1) + 1e-9
    right = table.sum(axis=0) ** 0.75 + 1e-9
    with np.errstate(divide="ignore"):
        pmi = np.log(table) - np.log(left)[:, None] - np.log(right / right.sum())[None, :]
    vectors = _truncated_svd(np.maximum(pmi, 0), n_dims, np.random.default_rng(seed))
    vectors[[PAD, UNKNOWN]] = 0
    return np.asarray(vectors / np.sqrt((vectors**2).mean()), dtype=np.float32)


def _truncated_svd(
    matrix: npt.NDArray[np.float32], n_dims: int, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Left singular vectors times the root of the singular values: (rows, n_dims).

    Source: Halko, Martinsson and Tropp (2011), three power iterations.
    """
    basis = rng.standard_normal((matrix.shape[1], n_dims + 16)).astype(np.float32)
    for _ in range(4):
        basis, _ = np.linalg.qr(matrix @ basis)
        basis, _ = np.linalg.qr(matrix.T @ basis)
    left, values, _ = np.linalg.svd(matrix @ basis, full_matrices=False)
    return np.asarray(left[:, :n_dims] * np.sqrt(values[:n_dims]), dtype=np.float32)
