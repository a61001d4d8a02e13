"""Closed lips as events: when P, B and M close the mouth in the picture.

Method
------
The decoder's probability that the lips close (:attr:`~visalign.lips.viseme_decoder.DecodedVisemes.closed`) is above a
half for as long as an event lasts; its moment is where the gap between the lips is narrowest. What is seen of the lips
alone decides: no sound, no text. How sure the decoder must be was set in its training (the closure bias).

Conventions
-----------
Seconds on the clip's clock; intervals are half-open. Lips are not always shut in the frame nearest to a closure, which
may last no longer than one frame at 25 a second: an event is an interval of frames around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import STEP, DecodedVisemes
from visalign.timeline import Interval, runs

__all__ = ["LipClosure", "find_closures"]

_APERTURE = "inner_aperture"
_AT_LEAST = 0.5  # probability


@dataclass(frozen=True, slots=True)
class LipClosure:
    """Lips that close.

    Parameters
    ----------
    start, end : float
        The stretch in which they are taken to be closed, seconds.
    moment : float
        When the gap is narrowest, seconds.
    aperture : float
        The gap at that moment, in inter-ocular distances; below 0 where the landmarks cross.
    probability : float
        That it is a closure: the highest in the stretch, 0.5..1.
    """

    start: float
    end: float
    moment: float
    aperture: float
    probability: float

    @property
    def interval(self) -> Interval:
        """The stretch as an interval, its probability as the score."""
        return Interval(self.start, self.end, "closed", self.probability)


def find_closures(lips: LipFeatures, decoded: DecodedVisemes) -> list[LipClosure]:
    """The closures of a clip, in order.

    Parameters
    ----------
    lips : LipFeatures
        With the column ``inner_aperture``.
    decoded : DecodedVisemes
        What the decoder made of them.
    """
    closed = np.nan_to_num(decoded.closed) >= _AT_LEAST
    probabilities = decoded.closed_probabilities
    return [_closure(lips, decoded, probabilities, first, last) for first, last in runs(closed)]


def _closure(
    lips: LipFeatures, decoded: DecodedVisemes, probabilities: npt.NDArray[np.float64], first: int, last: int
) -> LipClosure:
    start, end = float(decoded.times[first] - STEP / 2), float(decoded.times[last - 1] + STEP / 2)
    centres, gap = lips.times.centres, lips.column(_APERTURE)
    inside = np.flatnonzero((centres >= start) & (centres < end) & np.isfinite(gap))
    if not len(inside):  # between two frames of a slow picture
        inside = np.array([int(np.nanargmin(np.where(np.isfinite(gap), np.abs(centres - start), np.nan)))])
    narrowest = int(inside[gap[inside].argmin()])
    probability = float(np.nanmax(probabilities[first:last]))
    return LipClosure(start, end, float(centres[narrowest]), float(gap[narrowest]), min(probability, 1.0))
