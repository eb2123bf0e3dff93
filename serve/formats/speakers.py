"""`Ann: Welcome back.`: who speaks, where a format has no field for it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

# Up to four words, the last one before a colon; no sentence ends among them.
NAME = r"[^\W\d_][^\s:<>\[\]()\"“”]{0,30}(?<![.?!])(?: [^\s:<>\[\]()\"“”]{1,30}(?<![.?!])){0,3}"

_PREFIX = re.compile(rf"\s*(?P<name>{NAME}):(?:\s+|\Z)")
_GENERIC = re.compile(r"(?i)(?:speaker|spk)[ _]?\w{1,3}")
# Words that stand before a colon or a time and are no names: "At 9:30", "Sponsor: Acme".
_NO_NAMES = frozenset({
    "The", "This", "That", "So", "And", "But", "Here's", "Now", "Then", "At", "By", "Until",
    "Around", "About", "Ad", "Advertisement", "Answer", "Disclaimer", "Note", "Question",
    "Remember", "Sponsor", "Sponsors", "Warning",
})  # fmt: skip

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
        if n > 1 or _GENERIC.fullmatch(name) or (once and _is_capitalised(name))
    }


def is_likely(name: str) -> bool:
    """Whether this is a name at first sight: `Ludwig van Beethoven`, `SPEAKER_01`.

    >>> is_likely("Ann"), is_likely("speaker 2"), is_likely("We start at"), is_likely("At")
    (True, True, False, False)
    """
    words = name.split()
    cased = not words[0][0].islower() and not words[-1][0].islower()
    return (cased and words[0] not in _NO_NAMES) or _GENERIC.fullmatch(name) is not None


def _is_capitalised(name: str) -> bool:
    """Whether every word is capitalised and there are at most three."""
    words = name.split()
    return len(words) <= 3 and all(w[0].isupper() for w in words) and words[0] not in _NO_NAMES
