"""The mouth shapes of an utterance as a rig wants them: in seconds, or on whole frames.

The order of things: shapes from phones (:mod:`visalign.animation.mouth_cues`), edits by hand, the lead, then frames
with their least holds (:mod:`visalign.animation.cue_layout`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from visalign.animation.cue_layout import FrameCue, lay_out
from visalign.animation.mouth_cues import CueTiming, mouth_cues
from visalign.animation.mouth_rules import RHUBARB, MouthRules, load_mouth_rules
from visalign.errors import UnknownSymbol
from visalign.exports.exporter import Exporter, ExportOptions
from visalign.exports.hand_edits import apply_edits
from visalign.exports.utterance import Utterance
from visalign.timeline import Interval, Tier

__all__ = ["FrameTrack", "cue_tier", "frame_track", "mouth_rules"]


@dataclass(frozen=True, slots=True)
class FrameTrack:
    """Mouth shapes on frames.

    Parameters
    ----------
    cues : tuple of FrameCue
        One after the other, without gaps, from 0-based frame 0.
    rate : Fraction
        Frames a second.
    first_frame : int
        What the format calls frame 0.
    """

    cues: tuple[FrameCue, ...]
    rate: Fraction
    first_frame: int

    @property
    def n_frames(self) -> int:
        """How many frames there are."""
        return self.cues[-1].end

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Each cue's first frame, as the format counts, and its shape."""
        return ((x.start + self.first_frame, x.shape) for x in self.cues)

    def shapes(self) -> Iterator[tuple[int, str]]:
        """Each frame, as the format counts, and its shape."""
        return ((f + self.first_frame, x.shape) for x in self.cues for f in range(x.start, x.end))


def mouth_rules(options: ExportOptions, default: str = RHUBARB) -> MouthRules:
    """The rules of the rig that `options` name."""
    return load_mouth_rules(default if options.mouths is None else options.mouths)


def cue_tier(utterance: Utterance, options: ExportOptions, exporter: Exporter, rules: MouthRules) -> Tier:
    """Mouth shapes with times in seconds: edits made, lead applied.

    `rules` are those of :func:`mouth_rules`, which an exporter asks for once: they may be a file of the user's.

    Raises
    ------
    UnknownSymbol
        If a phone, an edit or the subset names a shape that the rig has not.
    """
    timing = CueTiming(
        rest_after=options.rest_after,
        tweens=options.tweens,
        early_closures=options.early_closures,
        shapes=_subset(options, rules),
    )
    cues = mouth_cues(utterance.phones, rules, timing, alphabet=utterance.alphabet)
    for edit in options.edits:
        if edit.shape not in rules.kinds:
            raise UnknownSymbol(edit.shape, rules.shapes)
    cues = apply_edits(cues, options.edits)
    return _advanced(cues, options.lead_frames / float(options.rate or exporter.rate))


def _subset(options: ExportOptions, rules: MouthRules) -> frozenset[str] | None:
    if options.shapes is None:
        return None
    unknown = [x for x in options.shapes if x not in rules.kinds]
    if unknown:
        raise UnknownSymbol(unknown[0], rules.shapes)
    return frozenset(options.shapes)


def _advanced(cues: Tier, lead: float) -> Tier:
    """Every change earlier by `lead` seconds; the span stays, so that the file still lasts as long as the sound."""
    if lead == 0:
        return cues
    moved = [(x.start - lead, x.end - lead, x.label) for x in cues]
    moved[0] = (cues.start, *moved[0][1:])
    moved[-1] = (*moved[-1][:1], cues.end, moved[-1][2])
    rows = [(max(a, cues.start), min(b, cues.end), label) for a, b, label in moved]
    return Tier.from_intervals(cues.name, [Interval(a, b, label) for a, b, label in rows if b > a]).merge_equal()


def frame_track(utterance: Utterance, options: ExportOptions, exporter: Exporter, rules: MouthRules) -> FrameTrack:
    """Mouth shapes on whole frames, each held as long as `options` want; edits keep their frames.

    Raises
    ------
    UnknownSymbol
        As :func:`cue_tier`.
    """
    rate = options.rate or exporter.rate
    tier = cue_tier(utterance, replace(options, edits=()), exporter, rules)
    closed = max(options.closure_frames, options.hold_frames)
    cues = lay_out(tier.shift(-tier.start), rules.kinds, rate, holds={"closed": closed}, hold=options.hold_frames)
    for edit in options.edits:
        if edit.shape not in rules.kinds:
            raise UnknownSymbol(edit.shape, rules.shapes)
        cues = _edited(cues, edit.start * rate - options.lead_frames, edit.end * rate - options.lead_frames, edit.shape)
    first = exporter.first_frame if options.first_frame is None else options.first_frame
    return FrameTrack(tuple(cues), rate, first)


def _edited(cues: list[FrameCue], start: float, end: float, shape: str) -> list[FrameCue]:
    last = cues[-1].end
    a = min(max(math.floor(start + 0.5), 0), last - 1)
    b = min(max(math.floor(end + 0.5), a + 1), last)
    shapes = [x.shape for x in cues for _ in range(x.start, x.end)]
    shapes[a:b] = [shape] * (b - a)
    edges = [0, *(i for i in range(1, last) if shapes[i] != shapes[i - 1]), last]
    return [FrameCue(x, y, shapes[x]) for x, y in pairwise(edges)]
