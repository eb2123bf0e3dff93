"""A tagged source with what the caller wants cut from it: what every kind of output is made of."""

from dataclasses import dataclass
from functools import cached_property

from serve.formats import parse
from serve.labels import Label
from serve.options import Options
from serve.pipeline import Model, joined, label_units, segment_of_unit
from serve.result import Result, Segment
from serve.transcript import Transcript


@dataclass(frozen=True)
class Tagged:
    """A source, what it was parsed into, its result, and what the caller wants cut from it."""

    source: bytes
    transcript: Transcript
    result: Result
    drop: tuple[Label, ...]
    min_score: float = 0.0
    force: bool = False
    name: str = "transcript"  # of the source's file, where an output has to name the episode

    def is_dropped(self, segment: Segment) -> bool:
        """Whether a segment is cut; none is from a source that is not English, unless forced."""
        if self.result.warnings and not self.force:
            return False
        return segment.label in self.drop and segment.score >= self.min_score

    def dropped(self) -> tuple[Segment, ...]:
        """The segments that are cut."""
        return tuple(filter(self.is_dropped, self.result.segments))

    @cached_property
    def segment_of_unit(self) -> list[int]:
        """The index of the segment that each unit lies in: n_units long."""
        return segment_of_unit(self.transcript, self.result)


def tagged_source(
    source: bytes,
    model: Model,
    options: Options,
    *,
    force: bool = False,
    name: str = "transcript",
) -> Tagged:
    """Label a source as the options say, parsed once for all that is made of it.

    Raises TranscriptError when it cannot be read or holds no text.
    """
    transcript = parse(source, options.format)
    result = joined(source, label_units(transcript, model), model.info)
    drop = options.drop or ()
    return Tagged(source, transcript, result, drop, options.min_score, force, name)
