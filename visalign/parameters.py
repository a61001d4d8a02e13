"""Numbers by which evidence is weighed and words are judged, as one frozen dataclass a stage.

They stand below the rooms that use them, so that :class:`~visalign.config.Config` can set them and `visalign tune` can
search them. The defaults are what was measured on GRID (docs/decisions/0005-lip-model.md, 0006-word-scores.md).

Conventions
-----------
Times are seconds. A factor multiplies what the lip model says of itself, so 1 leaves the model as it is, whichever it
is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from visalign.errors import ConfigError

__all__ = ["RIGHT_WITHIN", "EvidenceParams", "ScoringParams", "ThresholdParams"]

RIGHT_WITHIN = 0.04
"""Seconds by which a lead may be off and is right: one frame at 25 frames a second. A confidence is the probability of
that, and every measure of leads counts by it."""


@dataclass(frozen=True, slots=True)
class EvidenceParams:
    """How the streams of the lip model are weighed and how far their evidence is trusted.

    Parameters
    ----------
    geometry_factor, appearance_factor : float
        On the weight of the stream over the mouth's geometry, and of the one over geometry and appearance.
    temperature_factor : float
        On the temperature: below 1 the evidence of neighbouring frames counts less.
    scatter_factor : float
        On the scatter by which even perfect evidence misses the true lead.
    prior_frames : float
        How many frames the variances of the training count against those of the clip. Lips that follow the sound in
        some dimensions only (a beard, a drawn face, bad light) are then believed in those dimensions.
    persistence : float
        Correlation of what the prediction leaves over from one frame to the next, 0..0.95. 0 takes frames as
        independent; above it, only what is new in a frame counts.

    Examples
    --------
    >>> EvidenceParams(persistence=1.0)
    Traceback (most recent call last):
        ...
    visalign.errors.ConfigError: evidence.persistence = 1.0 is not possible; allowed: 0 to 0.95.
    """

    geometry_factor: float = 1.0
    appearance_factor: float = 1.0
    temperature_factor: float = 1.0
    scatter_factor: float = 1.0
    prior_frames: float = 60.0
    persistence: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "evidence", "geometry_factor", 0.0, 10.0)
        _check(self, "evidence", "appearance_factor", 0.0, 10.0)
        _check(self, "evidence", "temperature_factor", 0.05, 20.0)
        _check(self, "evidence", "scatter_factor", 0.05, 20.0)
        _check(self, "evidence", "prior_frames", 1.0, 1e6)
        _check(self, "evidence", "persistence", 0.0, 0.95)
        if not self.geometry_factor + self.appearance_factor > 0:
            raise ConfigError("evidence.geometry_factor", 0.0, "more than 0 where appearance_factor is 0")


@dataclass(frozen=True, slots=True)
class ScoringParams:
    """How words are judged.

    Parameters
    ----------
    flank_seconds : float
        How far the frames around a word tell about it: full weight within, a Gaussian flank of this width beyond. A
        word of 200 ms holds five frames at 25 a second, too few to be judged alone.
    margin_seconds : float
        Lags between the limits of the verdict profile and this beyond belong to neither explanation.
    local_spread_seconds : float
        How far a word's lead is believed to stray from the clip's.
    band : int
        Steps of 40 ms to either side of the clip's lead in which expected and observed visemes are paired.
    match_weight : float
        How much the clip's probability of belonging together counts in the score of each word, 0..1. 0 leaves every
        word alone with its own frames.
    """

    flank_seconds: float = 0.25
    margin_seconds: float = 0.02
    local_spread_seconds: float = 0.15
    band: int = 2
    match_weight: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "scoring", "flank_seconds", 0.02, 5.0)
        _check(self, "scoring", "margin_seconds", 0.0, 0.2)
        _check(self, "scoring", "local_spread_seconds", 0.01, 10.0)
        _check(self, "scoring", "band", 0, 25)
        _check(self, "scoring", "match_weight", 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ThresholdParams:
    """From which probability on a verdict is given.

    Parameters
    ----------
    min_confidence : float
        Below this confidence no lead is called, whatever it is.
    min_match, likely_match, sure_match : float
        Probability of belonging together below which picture and sound are called mismatched, from which on early or
        late, and from which on in sync. To pass a clip with another's sound is the worst mistake, to accuse one of it
        the second worst; between them the verdict is uncertain (docs/decisions/0142).
    fault_score, sync_score : float
        Scores of a word up to the first call a fault, from the second on in sync; those between call no verdict.
    """

    min_confidence: float = 0.8
    min_match: float = 0.2
    likely_match: float = 0.85
    sure_match: float = 0.97
    fault_score: float = 0.35
    sync_score: float = 0.65

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(self, "thresholds", one.name, 0.0, 1.0)
        ordered = (("min_match", "likely_match"), ("likely_match", "sure_match"), ("fault_score", "sync_score"))
        for low, high in ordered:
            if getattr(self, low) > getattr(self, high):
                raise ConfigError(f"thresholds.{low}", getattr(self, low), f"at most {high}, {getattr(self, high)}")


def _check(params: Any, stage: str, name: str, low: float, high: float) -> None:
    value = getattr(params, name)
    if not low <= value <= high:
        raise ConfigError(f"{stage}.{name}", value, f"{low:g} to {high:g}")
