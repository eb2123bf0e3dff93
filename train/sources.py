"""All the text a run may use: episodes, labelled or not, and the written ads and passages."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from train.config import Config, CorpusChoice
from train.corpus import CorpusError, Episode, read_episodes, read_transcript
from train.written import Bank, read_bank

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[1]
LENT = ROOT / "seeds" / "labels"  # of transcripts that are not ours to keep


@dataclass(frozen=True, slots=True)
class Sources:
    """All the text a run may use."""

    episodes: tuple[Episode, ...]  # labelled and not
    bank: Bank

    @property
    def shows(self) -> frozenset[str]:
        """The shows of the labelled episodes."""
        return frozenset(e.show for e in self.episodes if e.cues is not None)


def read_sources(config: Config) -> Sources:
    """Every episode of the config's folders, and the written texts where they are among them.

    A folder that does not start with `/` is looked for beside this package, as in the config.
    """
    episodes: list[Episode] = []
    bank = Bank()
    lent = LENT if config.corpus.lent_labels else None
    for folder in config.corpus.folders:
        found_here = list(read_episodes(ROOT / folder, unlabelled=True, lent=lent))
        if not any(e.cues is not None for e in found_here):
            raise CorpusError(
                f"{folder} holds no labelled transcripts; put `<file name>.labels.tsv` beside each,"
                " or give the folder that has `labels` and `transcripts` in it"
            )
        episodes += found_here
        bank += read_bank(ROOT / folder)
    return licensed(Sources(tuple(episodes), bank), config.corpus)


def licensed(sources: Sources, choice: CorpusChoice) -> Sources:
    """The sources less what their licences keep out of training, if that is the choice."""
    if not choice.open_licences_only:
        return sources
    shows = (*choice.open_shows, "written")
    return replace(sources, episodes=tuple(e for e in sources.episodes if e.show in shows))


def readable_units(episode: Episode) -> list[str]:
    """What is said in an episode; nothing, and a warning, where an unlabelled one is broken."""
    try:
        return [unit.text for unit in read_transcript(episode).units]
    except CorpusError as error:
        if episode.cues is not None:
            raise
        log.warning("left out: %s", error)
        return []
