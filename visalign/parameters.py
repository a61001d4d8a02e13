"""Numbers by which evidence is weighed and words are judged, as one frozen dataclass a stage.

They stand below the rooms that use them, so that :class:`~visalign.config.Config` can set them and `visalign tune` can
search them. The defaults are what was measured on GRID (docs/decisions/0005-lip-model.md, 0006-word-scores.md).

Conventions
-----------
Times are seconds. A factor multiplies what the lip model says of itself, so 1 leaves the model as it is, whichever it
is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from visalign.errors import ConfigError

__all__ = [
    "GATES",
    "RIGHT_WITHIN",
    "EvidenceParams",
    "GateParams",
    "ScoringParams",
    "ThresholdParams",
    "check_settings",
    "choice",
    "number",
    "range_of",
]

RIGHT_WITHIN = 0.04
"""Seconds by which a lead may be off and is right: one frame at 25 frames a second. A confidence is the probability of
that, and every measure of leads counts by it."""


def number(default: float | None, low: float, high: float, allowed: str = "", unit: str = "") -> Any:
    """A field of a dataclass of settings that holds a number from `low` to `high`.

    Both ends and the unit stand in its metadata, where :func:`check_settings` and the reference of all settings find
    them. `allowed` says them in words, where the numbers alone would not do. None is possible where it is the default.
    Without a unit, a name that ends in ``_seconds`` tells it.
    """
    return field(default=default, metadata={"low": low, "high": high, "allowed": allowed, "unit": unit})


def choice(default: str, choices: Sequence[str]) -> Any:
    """A field of a dataclass of settings that holds one of some names; as :func:`number`."""
    return field(default=default, metadata={"choices": tuple(choices)})


def check_settings(settings: Any, stage: str) -> None:
    """Check the fields of a dataclass of settings by what :func:`number` and :func:`choice` say of them.

    Raises
    ------
    ConfigError
        For the first that is not possible.
    """
    for one in fields(settings):
        value, known = getattr(settings, one.name), one.metadata
        if "choices" in known and value not in known["choices"]:
            raise ConfigError(f"{stage}.{one.name}", value, known["choices"])
        is_none = value is None and one.default is None
        if "low" in known and not is_none and not known["low"] <= value <= known["high"]:
            raise ConfigError(f"{stage}.{one.name}", value, range_of(known))


def range_of(known: Any) -> str:
    """The range that :func:`number` gave a field, in words; empty for other fields.

    Parameters
    ----------
    known : mapping
        The field's metadata.
    """
    if "low" not in known:
        return ""
    return known["allowed"] or f"{known['low']:g} to {known['high']:g}"


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

    geometry_factor: float = number(1.0, 0.0, 10.0)
    appearance_factor: float = number(1.0, 0.0, 10.0)
    temperature_factor: float = number(1.0, 0.05, 20.0)
    scatter_factor: float = number(1.0, 0.05, 20.0)
    prior_frames: float = number(60.0, 1.0, 1e6, unit="frames")
    persistence: float = number(0.0, 0.0, 0.95)

    def __post_init__(self) -> None:
        check_settings(self, "evidence")
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

    flank_seconds: float = number(0.25, 0.02, 5.0)
    margin_seconds: float = number(0.02, 0.0, 0.2)
    local_spread_seconds: float = number(0.15, 0.01, 10.0)
    band: int = number(2, 0, 25, unit="steps of 40 ms")
    match_weight: float = number(0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        check_settings(self, "scoring")


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
        Scores of a part up to the first call a fault, from the second on in sync; those between call no verdict. Of
        words the first is held against the probability that the run of words about it lies within the limits.
    out_of_step : float
        Probability of being in step with its clip up to which a word is called at fault.
    """

    min_confidence: float = number(0.8, 0.0, 1.0)
    min_match: float = number(0.2, 0.0, 1.0)
    likely_match: float = number(0.85, 0.0, 1.0)
    sure_match: float = number(0.97, 0.0, 1.0)
    fault_score: float = number(0.35, 0.0, 1.0)
    sync_score: float = number(0.65, 0.0, 1.0)
    out_of_step: float = number(0.02, 0.0, 0.5)

    def __post_init__(self) -> None:
        check_settings(self, "thresholds")
        ordered = (("min_match", "likely_match"), ("likely_match", "sure_match"), ("fault_score", "sync_score"))
        for low, high in ordered:
            if getattr(self, low) > getattr(self, high):
                raise ConfigError(f"thresholds.{low}", getattr(self, low), f"at most {high}, {getattr(self, high)}")


@dataclass(frozen=True, slots=True)
class GateParams:
    """What a programme must keep to be released (:mod:`visalign.dubbing.gate`); a rule that is None is not asked.

    Parameters
    ----------
    max_start_seconds, max_end_seconds : float, optional
        How early or late a line may begin, and end, against the lips.
    max_overrun_seconds : float, optional
        How long a line may be heard while the mouth is still.
    max_dead_air_seconds : float, optional
        How long the mouth may move about a line while nobody speaks.
    min_closures_met : float, optional
        Share of the P, B and M of a line, 0..1, for which the lips close; asked of lines with at least
        `least_closures` of them.
    least_closures : int
        With fewer, a line's closures are not judged.
    max_open_vowels_closed : float, optional
        Share of the open vowels of a line, 0..1, during which the lips are closed.
    min_isochrony : float, optional
        Share of a line's time, 0..1, in which lips and voice are active together or rest together.
    min_match : float, optional
        Probability, 0..1, that the words of a line are those of the lips; not asked of lines too short to tell.
    max_failed_part : float, optional
        Share of the judged lines, 0..1, that may fail one of the rules above or be early, late or mismatched.
    min_judged_part : float, optional
        Share of all lines, 0..1, that could be judged at all.
    max_p90_lead_seconds, max_p99_lead_seconds : float, optional
        Percentiles of how far the lines are from sync, whichever way.
    """

    max_start_seconds: float | None = number(None, 0.0, 10.0)
    max_end_seconds: float | None = number(None, 0.0, 10.0)
    max_overrun_seconds: float | None = number(None, 0.0, 60.0)
    max_dead_air_seconds: float | None = number(None, 0.0, 60.0)
    min_closures_met: float | None = number(None, 0.0, 1.0)
    least_closures: int = number(3, 1, 1000, unit="closures")
    max_open_vowels_closed: float | None = number(None, 0.0, 1.0)
    min_isochrony: float | None = number(None, 0.0, 1.0)
    min_match: float | None = number(None, 0.0, 1.0)
    max_failed_part: float | None = number(None, 0.0, 1.0)
    min_judged_part: float | None = number(None, 0.0, 1.0)
    max_p90_lead_seconds: float | None = number(None, 0.0, 10.0)
    max_p99_lead_seconds: float | None = number(None, 0.0, 10.0)

    def __post_init__(self) -> None:
        check_settings(self, "gate")

    @property
    def is_on(self) -> bool:
        """Whether any rule is asked."""
        return any(getattr(self, one.name) is not None for one in fields(self) if one.default is None)


GATES: Mapping[str, GateParams] = MappingProxyType(
    {
        "dubbing": GateParams(
            max_start_seconds=0.1,
            max_end_seconds=0.1,
            max_overrun_seconds=0.5,
            max_dead_air_seconds=0.6,
            min_closures_met=0.5,
            max_open_vowels_closed=0.5,
            min_match=0.4,
            max_failed_part=0.0,
            min_judged_part=0.5,
        ),
    }
)
"""Gates of the verdict profiles that have one (docs/decisions/0175)."""
