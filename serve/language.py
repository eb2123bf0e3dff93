"""Is this English? The default model has seen nothing else and calls other languages ads.

Two questions, both cheap: are the letters Latin, and how many words are English function words?
Those are the words that speech of any topic is full of, and that survive missing case, missing
punctuation and bad recognition.
"""

import re
from collections.abc import Sequence

from serve.result import Warning
from serve.transcript import Unit

# Common English words that are rare or absent in the other languages of Latin script. "a", "i",
# "in", "is", "was", "for", "so", "me", "he", "no", "to" and "we" are left out: German, Dutch,
# Italian, Polish, Danish and their neighbours are full of them.
_WORDS = """
    the and of that it you this with have but not they what like be my just know can about if your
    as from are there been who which would will when how were their it's that's don't i'm you're
    we're because really could then them going get think out some these did more by or one up our at
"""
FUNCTION_WORDS = frozenset(_WORDS.split())

# Share of these words among all words. Measured on 1,408 English episodes (live comedy, captions
# without punctuation, interviews full of names and tools): none below 0.29, half between 0.35 and
# 0.38. Other languages stay below 0.05, Danish (its "at" and "have") below 0.08.
LOWEST_SHARE = 0.10
FEWEST_WORDS = 20  # below it the share is chance; at 20, one English excerpt in 400 is misjudged
FEWEST_LETTERS = 10  # of another script, below it: a name, an emoji, a stray character

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]+")
_OTHER_SCRIPT = re.compile(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]+")


def warnings_for(units: Sequence[Unit]) -> tuple[Warning, ...]:
    """One `not_english` warning when the whole transcript is probably not English, else none."""
    text = "\n".join(unit.text for unit in units)
    reason = _other_script(text) or _other_words(text)
    if reason is None:
        return ()
    message = (
        f"this transcript is probably not English ({reason}), and the model knows only English:"
        " its labels mean little here, and nothing is cut unless you force it"
        " (--force, or force=True in Python)"
    )
    return (Warning(code="not_english", message=message),)


def _other_script(text: str) -> str | None:
    """Why the letters say it is not English, or None."""
    if text.isascii():
        return None
    other = sum(map(len, _OTHER_SCRIPT.findall(text)))
    latin = sum(map(len, _LATIN.findall(text)))
    if other < FEWEST_LETTERS or other <= latin:
        return None
    return f"{_percent(other / (other + latin))} of its letters are not Latin"


def _other_words(text: str) -> str | None:
    """Why the words say it is not English, or None."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    if len(words) < FEWEST_WORDS:
        return None
    share = sum(map(FUNCTION_WORDS.__contains__, words)) / len(words)
    if share >= LOWEST_SHARE:
        return None
    return f"{_percent(share)} of its words are common English words, English has about 37 %"


def _percent(share: float) -> str:
    """A share for people: "3 %"."""
    return f"{share:.0%}".replace("%", " %")
