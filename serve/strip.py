"""Cut units out of a source; every character that is kept stays as it was."""

from collections.abc import Iterator, Sequence, Set
from itertools import accumulate

from serve.transcript import Piece, Span, Transcript


def cut(transcript: Transcript, dropped: Set[int]) -> str:
    """The source without units[i] for i in `dropped`, nor any copy of what they say."""
    if not dropped:
        return transcript.source
    gone = list(accumulate((i in dropped for i in range(len(transcript.units))), initial=0))
    spans = [piece.span for piece in transcript.pieces if _goes(piece, gone)]
    for items in transcript.lists:
        spans += _item_spans(items, [_goes(item, gone) for item in items])
    return _without(transcript.source, sorted(spans))


def _goes(piece: Piece, gone: Sequence[int]) -> bool:
    """Whether all its units are dropped; gone[i] is how many of units[:i] are."""
    return gone[piece.stop] - gone[piece.first] == piece.stop - piece.first


def _item_spans(items: Sequence[Piece], goes: Sequence[bool]) -> Iterator[Span]:
    """What to cut of a list so that one comma stays between any two items that stay."""
    stays = [i for i, item_goes in enumerate(goes) if not item_goes]
    if not stays:
        if items:
            yield items[0].span[0], items[-1].span[1]
        return
    if stays[-1] + 1 < len(items):
        yield items[stays[-1]].span[1], items[-1].span[1]
    for i in range(stays[-1]):
        if goes[i]:
            yield items[i].span[0], items[i + 1].span[0]


def _without(source: str, spans: Sequence[Span]) -> str:
    """`source` less `spans`, which are sorted and may overlap."""
    kept, position = [], 0
    for start, stop in spans:
        if start > position:
            kept.append(source[position:start])
        position = max(position, stop)
    return "".join([*kept, source[position:]])
