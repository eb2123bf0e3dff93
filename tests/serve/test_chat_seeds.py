"""The shipped model behind the chat completions, on a seed document in windows like MinusPod's."""

import json
from pathlib import Path

from serve import load_model
from serve.formats import parse
from serve.http.chat.calls import Prompt
from serve.http.chat.router import answer
from serve.labels import ADS

SEED = Path(__file__).parents[2] / "seeds" / "documents" / "002_af93ea6e1f4813fd.txt"
WINDOW_S, STEP_S = 600, 420


def timed_units():
    """The units with their times; the last one has no end in the source."""
    units = parse(SEED.read_bytes()).units
    return [(unit, unit.start_s, unit.end_s or unit.start_s + 5) for unit in units]


def windows(timed):
    """The prompts of an episode."""
    for start in range(0, int(timed[-1][2]), STEP_S):
        stop = start + WINDOW_S
        lines = [f"[{a:.1f}s - {b:.1f}s] {u.text}" for u, a, b in timed if a < stop and b > start]
        yield (
            "Podcast: P\nEpisode: E\n\nTranscript:\n"
            + "\n".join(lines)
            + f"\n\n=== WINDOW 1/9: {start / 60:.1f}-{stop / 60:.1f} minutes ===\n"
        )


def test_windows_of_an_episode_give_its_ads_and_little_else():
    model, timed = load_model(), timed_units()
    ads = [ad for user in windows(timed) for ad in json.loads(answer(Prompt("", user), model))]
    rows = [row.split("\t") for row in Path(f"{SEED}.labels.tsv").read_text().splitlines()]
    true = [i for a, b, name in rows if name in ADS for i in range(int(a) - 1, int(b))]
    found, right, wanted = 0, 0, 0
    for unit, start_s, end_s in timed:
        n_words, is_ad = len(unit.text.split()), unit.first_cue in true
        is_found = any(ad["start"] <= start_s and end_s <= ad["end"] for ad in ads)
        found, wanted = found + is_found * n_words, wanted + is_ad * n_words
        right += is_ad * is_found * n_words
    assert right / found > 0.9
    assert right / wanted > 0.9
