"""Where sound and picture meet: the audio/video offset and what it rests on.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VERDICTS", "SyncEstimate"]

VERDICTS = ("in-sync", "audio-early", "audio-late", "mismatched", "uncertain")


@dataclass(frozen=True, slots=True)
class SyncEstimate:
    """The audio/video offset of a clip.

    Parameters
    ----------
    lead_seconds : float or None
        Best estimate; positive where the audio is early. None only without any evidence.
    lead_interval : (float, float) or None
        Bounds of the 95 % interval, seconds.
    confidence : float
        Probability, 0..1, that the estimate is right to within one frame at 25 frames a second (40 ms).
    verdict : str
        One of :data:`VERDICTS`.
    reason : str
        Why the verdict is "uncertain" or "mismatched"; empty otherwise.
    lags : tuple of float
        Leads at which the evidence was computed, seconds.
    log_likelihoods : tuple of float
        Log-likelihood of the lips at each of `lags`, relative to the best.
    """

    lead_seconds: float | None
    lead_interval: tuple[float, float] | None
    confidence: float
    verdict: str
    reason: str = ""
    lags: tuple[float, ...] = ()
    log_likelihoods: tuple[float, ...] = ()
