"""A tagged source with what the caller wants cut from it: what every kind of output is made of."""

from dataclasses import dataclass
from functools import cached_property

from serve.formats import parse
from serve.labels import Label
from serve.pipeline import segment_of_unit
from serve.result import Result, Segment
from serve.transcript import Transcript


@dataclass(frozen=True)
class Tagged:
    """A source with its result, and what the caller wants cut from it."""

    source: bytes
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
    def transcript(self) -> Transcript:
        """The parsed source; many kinds need it, and parsing is most of their work."""
        return parse(self.source, self.result.transcript.format)

    @cached_property
    def segment_of_unit(self) -> list[int]:
        """The index of the segment that each unit lies in: n_units long."""
        return segment_of_unit(self.transcript, self.result)
