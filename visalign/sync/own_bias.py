"""By how much the leads of one speaker and camera are off, and how sure that is (:mod:`visalign.sync.reference`).

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from visalign.sync.estimate import LeadEstimate
from visalign.sync.lip_model import Calibration

__all__ = ["SCATTER_OF_A_SECOND", "SCATTER_WITHOUT_TEXT", "OwnBias"]

SCATTER_OF_A_SECOND = 0.019
"""Seconds times the root of seconds: within one speaker the lead of T seconds of speech scatters by this over the root
of T (docs/decisions/0176)."""


SCATTER_WITHOUT_TEXT = 0.028
"""The same of a reference, whose phones are recognised: with 19 ms intervals held the truth in 10 of 13 clips only."""


@dataclass(frozen=True, slots=True)
class OwnBias:
    """The bias of a speaker and a camera.

    Parameters
    ----------
    clip : str
        Name of the clip that it was learnt from, without its folder.
    lead_seconds : float
        Lead that is measured where sound and picture are in sync.
    scatter_seconds : float
        Its standard deviation.
    speech_seconds : float
        How much speech with a face to be seen it rests on.
    """

    clip: str
    lead_seconds: float
    scatter_seconds: float
    speech_seconds: float

    def calibration(self, usual: Calibration, speech_seconds: float) -> Calibration:
        """The calibration of a clip with so much speech, whose bias is known; never wider than the usual one."""
        own = SCATTER_OF_A_SECOND / np.sqrt(max(speech_seconds, 1e-3))
        scatter = min(float(np.hypot(own, self.scatter_seconds)), usual.lag_scatter)
        return replace(usual, lag_scatter=scatter)

    def raw(self, limits: tuple[float, float]) -> tuple[float, float]:
        """Limits for leads that the bias was not taken off."""
        max_lead, max_lag = limits
        return max_lead + self.lead_seconds, max_lag - self.lead_seconds

    def taken_off(self, estimate: LeadEstimate) -> LeadEstimate:
        """The estimate without the bias."""
        off = self.lead_seconds
        interval = estimate.lead_interval
        return replace(
            estimate,
            lead_seconds=None if estimate.lead_seconds is None else estimate.lead_seconds - off,
            lead_interval=None if interval is None else (interval[0] - off, interval[1] - off),
            lags=tuple(lag - off for lag in estimate.lags),
        )
