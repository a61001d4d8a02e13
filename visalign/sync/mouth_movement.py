"""Where the mouth moves though nobody speaks, and where it is still though somebody does.

Method
------
*The mouth moves* where the standard deviation of the inner aperture over 0.4 s exceeds 0.018 inter-ocular distances,
and is *still* where it is below 0.0115: nine in ten moments of speech of seven speakers of GRID lie above the first,
nine in ten of silence below it, and 98 in a hundred of speech above the second. Shorter stretches than 0.4 s (moving)
and 0.5 s (still) do not count: a mouth opens to draw breath, and rests in a long vowel.

Conventions
-----------
Times of parts are those of the sound, seconds on the clip's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lips.lip_features import LipFeatures
from visalign.numerics import uniform_filter1d
from visalign.sync.estimate import spoken_frames
from visalign.timeline import Interval, Tier, runs

__all__ = ["MouthMovement"]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

# See the module's Method.
_MOVEMENT_WINDOW = 0.4  # seconds
_MOVING, _STILL = 0.018, 0.0115  # inter-ocular distances
_MIN_DEAD_AIR, _MIN_OVERRUN = 0.4, 0.5  # seconds
_SPEECH_MARGIN = 0.3  # seconds around speech in which a mouth may move


@dataclass(frozen=True, slots=True, eq=False)
class MouthMovement:
    """The mouth beside the voice, frame by frame.

    Parameters
    ----------
    heard : ndarray, shape (n_frames,)
        When the sound is heard that goes with each frame, seconds.
    step : float
        Seconds of a frame.
    moving : ndarray of bool, shape (n_frames,)
        The mouth moves; never where it is not seen.
    voiced : ndarray of bool, shape (n_frames,)
        Somebody speaks.
    dead_air_frames, overrun_frames : ndarray of bool, shape (n_frames,)
        The mouth moves as in speech while nobody speaks, and there is speech while it is still.
    """

    heard: Floats
    step: float
    moving: Flags
    voiced: Flags
    dead_air_frames: Flags
    overrun_frames: Flags

    @classmethod
    def of(cls, lips: LipFeatures, phones: Tier, speech: Tier | None, lead: float | Floats) -> MouthMovement:
        """Measure it.

        Parameters
        ----------
        lips : LipFeatures
        phones : Tier
            What is said.
        speech : Tier or None
            Where a voice is heard; None: wherever there are phones.
        lead : float or ndarray, shape (n_frames,)
            By how much the sound that goes with each frame is early, seconds.
        """
        centres, step = lips.times.centres, lips.times.duration / max(len(lips), 1)
        aperture, seen = lips.column("inner_aperture_centre"), lips.has_face
        spread = _spread(np.where(seen, aperture, 0.0), seen, max(round(_MOVEMENT_WINDOW / step), 1))
        near = spoken_frames(lips, phones, speech, _SPEECH_MARGIN, lead=lead)
        within = spoken_frames(lips, phones, speech, 0.0, lead=lead)
        moving = seen & (spread > _MOVING)
        dead_air = _long(moving & ~near, round(_MIN_DEAD_AIR / step))
        overrun = _long(seen & within & (spread < _STILL), round(_MIN_OVERRUN / step))
        return cls(centres - lead, step, moving, within, dead_air, overrun)

    def dead_air(self, part: Interval) -> float:
        """Seconds within a part in which the mouth moves as in speech while nobody speaks."""
        return self._seconds(self.dead_air_frames, part)

    def overrun(self, part: Interval) -> float:
        """Seconds within a part in which there is speech while the mouth is still."""
        return self._seconds(self.overrun_frames, part)

    def frames(self, part: Interval) -> slice:
        """The frames that go with a part."""
        return slice(*np.searchsorted(self.heard, [part.start, part.end]).tolist())

    def _seconds(self, flags: Flags, part: Interval) -> float:
        return float(flags[self.frames(part)].sum() * self.step)


def _spread(values: Floats, seen: Flags, n: int) -> Floats:
    """Standard deviation over `n` frames around each, of those that were seen; 0 where none was."""
    share = np.maximum(uniform_filter1d(seen.astype(np.float64), n), 1e-9)
    mean = uniform_filter1d(values, n) / share
    square = uniform_filter1d(values**2, n) / share
    return np.asarray(np.sqrt(np.maximum(square - mean**2, 0.0)))


def _long(flags: Flags, n: int) -> Flags:
    """Only runs of at least `n` frames."""
    kept = np.zeros_like(flags)
    for first, last in runs(flags):
        kept[first:last] = last - first >= n
    return kept
