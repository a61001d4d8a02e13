"""Whether lips and sound are clear enough to say that they do not belong together.

Lips that fit no lag may be those of another sound. They may also be lips that nobody can read: under a hand, in the
dark, coded away, or with a sound full of noise. Only where none of this is seen is a clip called mismatched.

Method
------
*Tremble*: lips hardly move faster than 8 Hz; of clear pictures 1 to 2 % of the motion of lips and chin lies above, of
poor ones 4 to 70 %, because landmarks then jump. *Movement*: codecs and darkness leave a mouth that hardly opens. Both
are measured over the whole clip, on features that do not depend on the size of the picture. With fewer pictures than
`MIN_RATE_HZ` a second, closures fall between them. Limits and what they were measured on: docs/decisions/0007.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lips.lip_features import LipFeatures
from visalign.sync.periodogram import periodogram
from visalign.sync.verdict import Cause, Objection
from visalign.timeline import runs

__all__ = ["MAX_TREMBLE", "MIN_MOVEMENT", "MIN_RATE_HZ", "MIN_SNR_DB", "movement", "tremble", "what_is_poor"]

Floats: TypeAlias = npt.NDArray[np.float64]

MAX_TREMBLE = 0.035  # share of motion; 99 % of 176 GRID clips of seven speakers lie below, half of them below 0.013
MIN_MOVEMENT = 0.033  # standard deviation of the outer aperture, in distances between the eyes
MIN_RATE_HZ = 20.0  # pictures a second
MIN_SNR_DB = 15.0  # of the speech, told from the pauses

_FAST_HZ = 8.0
_TOP_HZ = 12.6  # what 25 pictures a second can show; above, other rates would count for more
_MOVING = ("outer_aperture", "outer_width", "lower_lip_height", "upper_lip_height", "chin_height")
_SHORTEST = 16  # frames of a stretch with a face


def what_is_poor(lips: LipFeatures, snr_db: float | None) -> tuple[Objection, ...]:
    """What is too poor to say that lips and sound do not belong together; empty where nothing is.

    Parameters
    ----------
    lips : LipFeatures
    snr_db : float or None
        Of the sound; None where it is not known.
    """
    poor = list[Objection]()
    if (rate := _rate(lips)) < MIN_RATE_HZ:
        poor.append(Objection(Cause.FEW_PICTURES, {"rate": rate}))
    if tremble(lips) > MAX_TREMBLE:
        poor.append(Objection(Cause.TREMBLING))
    if movement(lips) < MIN_MOVEMENT:
        poor.append(Objection(Cause.STILL_LIPS))
    if snr_db is not None and snr_db < MIN_SNR_DB:
        poor.append(Objection(Cause.NOISY_SOUND, {"snr_db": snr_db}))
    return tuple(poor)


def tremble(lips: LipFeatures) -> float:
    """Share of the motion of lips and chin that is faster than lips move, 0..1; 0 where it can't be told."""
    rate = _rate(lips)
    fast, whole = np.zeros(len(_MOVING)), np.zeros(len(_MOVING))
    for stretch in _stretches(lips):
        frequency, power = periodogram(stretch, rate)
        known = (frequency > 0) & (frequency <= _TOP_HZ)
        whole += power[known].sum(axis=0)
        fast += power[known & (frequency > _FAST_HZ)].sum(axis=0)
    return float(np.mean(fast[whole > 0] / whole[whole > 0])) if whole.any() else 0.0


def movement(lips: LipFeatures) -> float:
    """Standard deviation of the outer aperture over the frames with a face; infinite where it can't be told."""
    opening = lips.column("outer_aperture")[lips.has_face]
    return float(opening.std()) if len(opening) >= _SHORTEST else np.inf


def _rate(lips: LipFeatures) -> float:
    steps = np.diff(lips.times.centres)
    return float(1 / np.median(steps)) if len(steps) else np.inf


def _stretches(lips: LipFeatures) -> Iterator[Floats]:
    """What moves, shape (n_frames, n_moving), where a face is seen without a gap."""
    moving = np.stack([lips.column(name) for name in _MOVING], axis=1)
    for start, end in runs(lips.has_face):
        if end - start >= _SHORTEST:
            yield moving[start:end]
