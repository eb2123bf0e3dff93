"""Which stretch of the speech each word of a copy repeats, also where the two differ a little."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from serve.transcript import Span

_WORD = re.compile(r"\S+")
_NOT_LETTERS = re.compile(r"[\W_]+")

Pair = tuple[int, int]  # a word of the copy and the word of the speech that it repeats


def places(words: Sequence[str], texts: Sequence[str]) -> list[Span]:
    """Where in `texts`, one behind the other, each of `words` is said.

    These can be words, letters or phrases. White space does not matter. An empty range is a place
    between two words.

    >>> places(["wel", "come", " back. "], [" welcome ", "back."])
    [(1, 4), (4, 8), (9, 14)]
    """
    starts = accumulate((len(text) for text in texts), initial=0)
    found = [
        (start + m.start(), start + m.end(), m[0])
        for start, text in zip(starts, texts, strict=False)
        for m in _WORD.finditer(text)
    ]
    said = [(start, stop) for start, stop, _ in found]
    bare = ["".join(word.split()) for word in words]
    if "".join(bare) == "".join(word for _, _, word in found):
        return _exact(bare, said)
    return _alike([_key(word) for word in bare], [_key(word) for _, _, word in found], said)


def _exact(bare: Sequence[str], said: Sequence[Span]) -> list[Span]:
    """Places of words that are the speech, by counting characters that are no white space."""
    if not said:
        return [(0, 0)] * len(bare)
    counts = list(accumulate((b - a for a, b in said), initial=0))
    found, stop = [], 0
    for word in bare:
        start, stop = stop, stop + len(word)
        k = min(bisect_right(counts, start), len(said)) - 1
        first = said[k][0] + start - counts[k]
        k = max(0, bisect_left(counts, stop) - 1)
        found.append((first, max(first, said[k][0] + stop - counts[k])) if word else (first, first))
    return found


def _alike(a: Sequence[str], b: Sequence[str], said: Sequence[Span]) -> list[Span]:
    """Places of words that differ from the speech in part: a[i] by the pairs around it."""
    found: list[Span] = []
    if not said:
        return [(0, 0)] * len(a)
    for (i0, k0), (i1, k1) in pairwise([(-1, -1), *matches(a, b), (len(a), len(b))]):
        if i0 >= 0:
            found.append(said[k0])
        between = said[k0 + 1 : k1]
        for i in range(i1 - i0 - 1):
            if between:  # in proportion, all of them
                first, stop = (len(between) * n // (i1 - i0 - 1) for n in (i, i + 1))
                found.append((between[first][0], between[max(first, stop - 1)][1]))
            else:  # nothing is said here: with the word before
                found.append(said[max(0, k0)])
    return found


def matches(a: Sequence[str], b: Sequence[str]) -> list[Pair]:
    """Pairs of equal words, rising in both: first where four words in a row come once only.

    Source: patience diff (Bram Cohen), by levels; n log n, where difflib is quadratic.
    """
    found: list[Pair] = [(-1, -1), (len(a), len(b))]
    for n in (4, 1, 0):
        finer: list[Pair] = []
        for left, right in pairwise(found):
            finer += [left, *_within(a, b, left, right, n)]
        found = [*finer, found[-1]]
    return found[1:-1]


def _within(a: Sequence[str], b: Sequence[str], left: Pair, right: Pair, n: int) -> Iterator[Pair]:
    """Pairs between two pairs: equal words next to these, then n words that come once in both."""
    (i0, k0), (i1, k1) = left, right
    i0, k0 = i0 + 1, k0 + 1
    while i0 < i1 and k0 < k1 and a[i0] == b[k0]:
        yield i0, k0
        i0, k0 = i0 + 1, k0 + 1
    tail: list[Pair] = []
    while i0 < i1 and k0 < k1 and a[i1 - 1] == b[k1 - 1]:
        i1, k1 = i1 - 1, k1 - 1
        tail.append((i1, k1))
    if n:
        once_a, once_b = _once(a, i0, i1, n), _once(b, k0, k1, n)
        yield from _rising([(i, once_b[words]) for words, i in once_a.items() if words in once_b])
    yield from reversed(tail)


def _once(words: Sequence[str], first: int, stop: int, n: int) -> dict[tuple[str, ...], int]:
    """Where each run of n words starts that comes only once in words[first:stop], in order."""
    found: dict[tuple[str, ...], int] = {}
    twice = set()
    for i in range(first, stop - n + 1):
        run = tuple(words[i : i + n])
        if run in found:
            twice.add(run)
        found.setdefault(run, i)
    return {run: i for run, i in found.items() if run not in twice}


def _rising(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest choice of `pairs`, which rise in the first, that rise in the second as well."""
    ends: list[int] = []  # the lowest last k of a chain of each length
    tops: list[int] = []  # the pair that has it
    before: list[int] = []
    for place, (_, k) in enumerate(pairs):
        at = bisect_left(ends, k)
        before.append(tops[at - 1] if at else -1)
        ends[at : at + 1], tops[at : at + 1] = [k], [place]
    chain, place = [], tops[-1] if tops else -1
    while place >= 0:
        chain.append(pairs[place])
        place = before[place]
    return chain[::-1]


def _key(word: str) -> str:
    """A word without what copies differ in: case and punctuation."""
    return _NOT_LETTERS.sub("", word).casefold() or word
