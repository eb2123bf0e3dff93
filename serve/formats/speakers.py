"""`Ann: Welcome back.`: who speaks, where a format has no field for it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

# Up to four words, the last one before a colon; no sentence ends among them.
NAME = r"[^\W\d_][^\s:<>\[\]()\"“”]{0,30}(?<![.?!])(?: [^\s:<>\[\]()\"“”]{1,30}(?<![.?!])){0,3}"

_PREFIX = re.compile(rf"\s*(?P<name>{NAME}):(?:\s+|\Z)")
_GENERIC = re.compile(r"(?i)(?:speaker|spk)[ _]?\w{1,3}")
_ARTICLES = frozenset({"The", "This", "That", "So", "And", "But", "Here's", "Now", "Then"})


Names = Collection[str]


def prefix(text: str) -> tuple[str, int] | None:
    """The name before the first colon and how long it is with its colon, when it may be a speaker.

    >>> prefix("Ann: Hi."), prefix("so here it is: Hi.")
    (('Ann', 5), None)
    """
    match = _PREFIX.match(text)
    if match is None or not match["name"][0].isupper():
        return None
    return match["name"], match.end()


def names(texts: Iterable[str], *, once: bool) -> Names:
    """Which prefixes of these texts are speakers: those that recur, and `Speaker 1`.

    once  whether a name like `Ann Lee` that comes only once is one as well: in captions, which
          give it when the speaker changes
    """
    counts = Counter(found[0] for text in texts if (found := prefix(text)))
    return {
        name
        for name, n in counts.items()
        if n > 1 or _GENERIC.fullmatch(name) or (once and _looks_like_a_name(name))
    }


def _looks_like_a_name(name: str) -> bool:
    """Whether every word is capitalised and there are at most three."""
    words = name.split()
    return len(words) <= 3 and all(w[0].isupper() for w in words) and words[0] not in _ARTICLES
