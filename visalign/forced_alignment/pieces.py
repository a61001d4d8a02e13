"""Pieces of a long recording: where it is cut, and how the alignments of pieces become one.

Conventions
-----------
Pieces follow each other without gaps. Cuts stand on whole samples, in the middle of pauses where there are any.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from visalign.files.scratch import release
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.pocketsphinx import merge_silence
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = [
    "FINE_LONGEST",
    "FINE_SHORTEST",
    "AlignedPiece",
    "Span",
    "cut_at_pauses",
    "join_pieces",
    "on_the_clock",
    "part_of",
    "silent_alignment",
]

SHORTEST, LONGEST = 6.0, 20.0
"""Seconds of a piece: long enough to be found again in the transcript, short enough for an exact search."""

FINE_SHORTEST, FINE_LONGEST = 2.0, 6.0
"""The same for the parts of a piece that fits nowhere as a whole."""

MIN_PAUSE = 0.15
"""Seconds; a pause at least this long is where a recording is cut."""


@dataclass(frozen=True, slots=True)
class Span:
    """Samples ``[start, end)`` of a recording."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AlignedPiece:
    """A stretch of a recording, aligned.

    Parameters
    ----------
    start, end : float
        Seconds of the recording.
    first, last : int
        The words ``[first, last)`` of the transcript are in it.
    alignment : Alignment
        On the recording's clock, from `start` to `end`.
    fits : bool
        False where the transcript does not say what is heard: the words are placed as well as they can be, and their
        times mean little.
    left_out : tuple of str
        Words that should be here and could not be placed at all.
    """

    start: float
    end: float
    first: int
    last: int
    alignment: Alignment
    fits: bool = True
    left_out: tuple[str, ...] = ()


def cut_at_pauses(
    speech: Tier, rate_hz: int, whole: Span, *, shortest: float = SHORTEST, longest: float = LONGEST
) -> Iterator[Span]:
    """Pieces of at most `longest` seconds, cut at the longest pauses; within speech where nobody pauses.

    Parameters
    ----------
    speech : Tier
        From :func:`~visalign.sound.voice_activity.find_speech`.
    rate_hz : int
        Of the recording.
    whole : Span
        What is cut.
    shortest, longest : float
        Seconds of a piece; the last one may be shorter.
    """
    # Counted in samples: in seconds a piece of the full length can come out a rounding longer than itself, and whoever
    # cuts it again gets the same piece for ever.
    start, at = whole.start, 0
    n_shortest, n_longest = round(shortest * rate_hz), round(longest * rate_hz)
    pauses = [x for x in speech if not x.label and x.duration >= MIN_PAUSE and x.end > start / rate_hz]
    centres = [round(x.centre * rate_hz) for x in pauses]
    while whole.end - start > n_longest:
        while at < len(pauses) and centres[at] <= start + n_shortest:
            at += 1
        near = [n for n in range(at, min(at + 200, len(pauses))) if centres[n] <= start + n_longest]
        cut = centres[max(near, key=lambda n: pauses[n].duration)] if near else start + n_longest
        yield Span(start, cut)
        start = cut
    yield Span(start, whole.end)


def part_of(audio: Audio, span: Span) -> Audio:
    """The samples of `span`, which begin at 0 s."""
    release(audio.samples)  # pieces come one after the other: of a long recording none but the last stays in memory
    return Audio(audio.samples[span.start : span.end], audio.rate_hz)


def silent_alignment(start: float, end: float, engine: str) -> Alignment:
    """A stretch without words."""
    return Alignment(Tier("words", (start, end), ("",)), Tier("phones", (start, end), (SILENCE,)), engine)


def on_the_clock(found: Alignment, start: float, end: float) -> Alignment:
    """The alignment of a part, at its place from `start` to `end` in the whole."""
    tiers = (found.words, found.phones, found.speakers)
    words, phones, speakers = (None if tier is None else _placed(tier, start, end) for tier in tiers)
    assert words is not None
    assert phones is not None
    notes = tuple(replace(x, start=start + x.start, end=min(start + x.end, end)) for x in found.notes)
    return replace(found, words=words, phones=phones, speakers=speakers, notes=notes)


def _placed(tier: Tier, start: float, end: float) -> Tier:
    # The outer boundaries are given, so that neighbours meet to the last bit.
    inner = (start + time for time in tier.boundaries[1:-1])
    return replace(tier, boundaries=(start, *inner, end))


def join_pieces(pieces: Iterable[AlignedPiece]) -> Alignment:
    """One alignment of pieces that follow each other; what they warn of is for the caller to tell."""
    parts = [piece.alignment for piece in pieces if piece.end > piece.start]
    speakers = None
    if any(part.speakers for part in parts):
        speakers = _joined("speakers", [part.speakers or _nobody(part) for part in parts]).merge_equal()
    return Alignment(
        merge_gaps(_joined("words", [part.words for part in parts])),
        merge_silence(_joined("phones", [part.phones for part in parts])),
        parts[0].engine,
        speakers=speakers,
        notes=tuple(note for part in parts for note in part.notes),
        cues=tuple(cue for part in parts for cue in part.cues),
    )


def _nobody(part: Alignment) -> Tier:
    return Tier("speakers", (part.words.start, part.words.end), ("",))


def _joined(name: str, tiers: Sequence[Tier]) -> Tier:
    boundaries = (tiers[0].start, *chain.from_iterable(tier.boundaries[1:] for tier in tiers))
    labels = tuple(chain.from_iterable(tier.labels for tier in tiers))
    scores = tuple(chain.from_iterable(tier.scores or (None,) * len(tier) for tier in tiers))
    return Tier(name, boundaries, labels, scores if any(x is not None for x in scores) else None)


def merge_gaps(words: Tier) -> Tier:
    """Neighbouring stretches without a word as one; the same word said twice stays two."""
    rows = list[Interval]()
    for x in words:
        if rows and not x.label and not rows[-1].label:
            rows[-1] = replace(rows[-1], end=x.end)
        else:
            rows.append(x)
    return Tier.from_intervals(words.name, rows)
