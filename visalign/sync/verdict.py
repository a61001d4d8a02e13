"""The verdict on a clip and on its parts: decided here, and nowhere else.

An estimate says where lips and sound fit best and how far that can be trusted. What stands against a verdict on it is
an :class:`Objection` with a :class:`Cause` of a closed set; where several stand, the first of :data:`PRECEDENCE` is the
one that is told. Words are made of a cause in :mod:`visalign.reports.wording`, and nothing branches on words.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it. Limits are positive seconds:
how far the audio may lead the lips, and how far it may lag them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from visalign.parameters import ThresholdParams
from visalign.sync.drift import OffsetCourse
from visalign.sync.estimate import LeadEstimate

__all__ = [
    "DOUBTS_OF_A_MISMATCH",
    "MIN_SPEECH",
    "PRECEDENCE",
    "STRAYS",
    "VERDICTS",
    "WORD_VERDICTS",
    "Cause",
    "Objection",
    "StandingInClip",
    "SyncEstimate",
    "changing_offset",
    "decide",
    "part_verdict",
    "placed",
    "word_verdict",
]

VERDICTS = ("in-sync", "audio-early", "audio-late", "mismatched", "uncertain")

WORD_VERDICTS = (*VERDICTS, "out-of-step")
"""Of a word; "out-of-step" is one within the limits that does not go with its clip."""

STRAYS = 0.5
"""Probability of being in step below which a word rather strays from its clip, however sure that is."""

MIN_SPEECH = 1.5
"""Seconds of speech without which lips that fit no sound are not called mismatched: few words show on the lips."""

# Ends of an interval this close to a limit lie on it: they are sums of steps.
_TOUCH = 1e-6  # seconds
# A best lag this close to the end of the search may only be the foot of a peak beyond it.
_EDGE = 0.02  # seconds
_BELONGS = 0.5  # probability from which on lips and sound are taken to belong together
# A word whose lips show its visemes no better than so at its own lead is another word: three of four that were
# replaced are above it, three of four that were moved below (decision 173).
_FITS_NOWHERE = 2.5


class Cause(StrEnum):
    """Why a verdict is "uncertain" or "mismatched". The values stand in the JSON form of a report."""

    OFF_SCREEN = "off-screen"
    DAMAGED = "damaged"
    NO_FACE = "no-face"
    EDGE_OF_SEARCH = "edge-of-search"
    FEW_PICTURES = "few-pictures"
    TREMBLING = "trembling-landmarks"
    STILL_LIPS = "still-lips"
    NOISY_SOUND = "noisy-sound"
    LITTLE_SPEECH = "little-speech"
    NO_FIT = "no-fit"
    SEVERAL_LAGS = "several-lags"
    DOUBTFUL_MATCH = "doubtful-match"
    ACROSS_A_LIMIT = "across-a-limit"
    DRIFT = "drift"
    JUMPS = "jumps"


PRECEDENCE = tuple(Cause)
"""Which cause is told where several stand, first of all: what the material can't give, then what the search can't, then
what the evidence does not, and last what holds for a part of the clip only."""

DOUBTS_OF_A_MISMATCH = frozenset(
    [Cause.FEW_PICTURES, Cause.TREMBLING, Cause.STILL_LIPS, Cause.NOISY_SOUND, Cause.LITTLE_SPEECH]
)
"""Lips that fit no sound may be lips that nobody can read: these stand against that verdict only."""


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against a verdict.

    Parameters
    ----------
    cause : Cause
    facts : mapping of str
        The measures that its sentence tells: numbers in SI units and shares of 0..1.
    course : OffsetCourse or None
        How the offset changes, where that is the cause.
    """

    cause: Cause
    facts: Mapping[str, float | str] = field(default_factory=dict)
    course: OffsetCourse | None = None


@dataclass(frozen=True, slots=True)
class SyncEstimate:
    """The audio/video offset of a clip, and the verdict on it.

    Parameters
    ----------
    lead_seconds : float or None
        Best estimate; positive where the audio is early. None only without any evidence.
    lead_interval : (float, float) or None
        Bounds of the 95 % interval, seconds.
    confidence : float
        Probability, 0..1, that the estimate is right to within one frame at 25 frames a second (40 ms): that lips and
        sound belong together (`match`), and that the lead then lies there.
    verdict : str
        One of :data:`VERDICTS`.
    reason : str
        Why the verdict is "uncertain" or "mismatched", in words; empty otherwise.
    lags : tuple of float
        Leads at which the evidence was computed, seconds.
    log_likelihoods : tuple of float
        Log-likelihood of the lips at each of `lags`, relative to the best.
    match : float
        Probability, 0..1, that lips and sound belong together; 1 where it was not measured.
    cause : Cause or None
        The same as `reason`, for programs.
    objections : tuple of Objection
        What stands against a verdict, what is told first; empty in a report that was read from a file.
    """

    lead_seconds: float | None
    lead_interval: tuple[float, float] | None
    confidence: float
    verdict: str
    reason: str = ""
    lags: tuple[float, ...] = field(default=(), repr=False)
    log_likelihoods: tuple[float, ...] = field(default=(), repr=False)
    match: float = field(default=1.0, compare=False)  # not part of a report
    cause: Cause | None = None
    objections: tuple[Objection, ...] = field(default=(), compare=False, repr=False)  # not part of a report


def decide(
    estimate: LeadEstimate,
    limits: tuple[float, float],
    thresholds: ThresholdParams,
    objections: Collection[Objection] = (),
    *,
    strict: bool,
) -> SyncEstimate:
    """The verdict on a clip.

    Parameters
    ----------
    estimate : LeadEstimate
    limits : (float, float)
        Seconds that the audio may lead, and lag, to be called in sync.
    thresholds : ThresholdParams
        From which probability on a verdict is given.
    objections : collection of Objection
        What else stands against one: poor or damaged material, a voice off screen, an offset that changes.
    strict : bool
        Uncertain wherever the interval reaches across a limit, also where the lead is within
        (docs/decisions/0007-calibration.md).

    Returns
    -------
    SyncEstimate
        Its `reason` is empty: :func:`visalign.reports.wording.with_reason` words it.
    """
    standing = _standing([*objections, *_objections_to(estimate, limits, thresholds, strict)])
    is_off_screen = any(one.cause is Cause.OFF_SCREEN for one in standing)
    return SyncEstimate(
        estimate.lead_seconds,
        estimate.lead_interval,
        0.0 if is_off_screen else estimate.confidence * estimate.match,
        _verdict(standing, estimate.lead_seconds, limits),
        lags=estimate.lags,
        log_likelihoods=estimate.log_likelihoods,
        match=estimate.match,
        cause=standing[0].cause if standing else None,
        objections=standing,
    )


def _standing(objections: Sequence[Objection]) -> tuple[Objection, ...]:
    """Those that stand, by precedence: doubts of a mismatch do so only where there would be one."""
    fits_nowhere = any(one.cause is Cause.NO_FIT for one in objections)
    standing = [one for one in objections if fits_nowhere or one.cause not in DOUBTS_OF_A_MISMATCH]
    return tuple(sorted(standing, key=lambda one: PRECEDENCE.index(one.cause)))


def _verdict(standing: Sequence[Objection], lead: float | None, limits: tuple[float, float]) -> str:
    if not standing:
        assert lead is not None  # without one there is no face, which is an objection
        return placed(lead, limits)
    return "mismatched" if standing[0].cause is Cause.NO_FIT else "uncertain"


def _objections_to(
    estimate: LeadEstimate, limits: tuple[float, float], thresholds: ThresholdParams, strict: bool
) -> Iterator[Objection]:
    """What the estimate itself gives reason for."""
    if estimate.lead_seconds is None or estimate.lead_interval is None:
        yield Objection(Cause.NO_FACE)
        return
    lead, lags, match = estimate.lead_seconds, estimate.lags, estimate.match
    within = placed(lead, limits) == "in-sync"
    if lead <= lags[0] + _EDGE or lead >= lags[-1] - _EDGE:
        yield Objection(Cause.EDGE_OF_SEARCH, {"centre": (lags[0] + lags[-1]) / 2, "reach": (lags[-1] - lags[0]) / 2})
    if match < thresholds.min_match:
        yield Objection(Cause.NO_FIT, {"match": match})
        if estimate.speech_seconds < MIN_SPEECH:
            yield Objection(Cause.LITTLE_SPEECH, {"speech": estimate.speech_seconds, "wanted": MIN_SPEECH})
    if estimate.confidence < thresholds.min_confidence:
        yield Objection(Cause.SEVERAL_LAGS, {"confidence": estimate.confidence})
    least = thresholds.sure_match if within else thresholds.likely_match
    if match < least:
        wanted = estimate.speech_wanted(least)
        more = {} if wanted is None else {"speech": estimate.speech_seconds, "wanted": wanted}
        yield Objection(Cause.DOUBTFUL_MATCH, {"match": match, "least": least, **more})
    if _reaches_across(estimate.lead_interval, limits, within=within, strict=strict):
        yield Objection(Cause.ACROSS_A_LIMIT)


def _reaches_across(interval: tuple[float, float], limits: tuple[float, float], *, within: bool, strict: bool) -> bool:
    """Whether the interval leaves the verdict open: beyond the limits always, within them where that is asked for."""
    max_lead, max_lag = limits
    inside = interval[0] >= -max_lag - _TOUCH and interval[1] <= max_lead + _TOUCH
    outside = interval[0] > max_lead + _TOUCH or interval[1] < -max_lag - _TOUCH
    return (strict and not inside) if within else not outside


def changing_offset(
    course: OffsetCourse | None, lead: float | None, limits: tuple[float, float], end: float
) -> Iterator[Objection]:
    """An objection where the offset changes so that its verdict is not that of all parts of the clip.

    The offset of a clip is the one lag at which lips and sound fit best. Where the sound jumps from early to late in
    the middle, that lag may lie between the two, and would pass for in sync.

    Parameters
    ----------
    course : OffsetCourse or None
        How the offset changes; None where that can't be told.
    lead : float or None
        Of the clip on the whole, seconds.
    limits : (float, float)
        Seconds that the audio may lead, and lag, to be called in sync.
    end : float
        Length of the clip, seconds.
    """
    if course is None or course.kind == "steady" or lead is None:
        return
    drift = course.drift
    leads = [piece.lead_seconds for piece in course.pieces]
    if course.kind == "drift":
        leads = [drift.lead_at_start, drift.lead_at_start + drift.rate * end]
    if {placed(one, limits) for one in leads} != {placed(lead, limits)}:
        yield Objection(Cause.DRIFT if course.kind == "drift" else Cause.JUMPS, course=course)


def placed(lead: float, limits: tuple[float, float]) -> str:
    """Where a lead lies: "in-sync" within the limits, else "audio-early" or "audio-late".

    Examples
    --------
    >>> [placed(lead, (0.04, 0.06)) for lead in (0.04, 0.041, -0.06, -0.061)]
    ['in-sync', 'audio-early', 'in-sync', 'audio-late']
    """
    max_lead, max_lag = limits
    return "audio-early" if lead > max_lead else "audio-late" if lead < -max_lag else "in-sync"


def part_verdict(lead: float, score: float, limits: tuple[float, float], thresholds: ThresholdParams) -> str:
    """The verdict on a phone, a phrase or a window: the score decides whether it is at fault, its lead which fault.

    Parameters
    ----------
    lead, score : float
        Seconds, and 0..1; NaN where the lips can't be seen.
    limits : (float, float)
        Seconds that the audio may lead, and lag, to be called in sync.
    thresholds : ThresholdParams
    """
    if not np.isfinite(score) or thresholds.fault_score < score < thresholds.sync_score:
        return "uncertain"
    if score >= thresholds.sync_score:
        return "in-sync"
    where = placed(lead, limits)
    return "mismatched" if where == "in-sync" else where


@dataclass(frozen=True, slots=True)
class StandingInClip:
    """How a word stands in its clip (:mod:`visalign.sync.in_step`).

    Parameters
    ----------
    in_step : float
        Probability, 0..1, that it is what the lips say at the clip's lead.
    own_lead : float
        The lead at which its own frames fit best, seconds.
    misfit_at_own : float
        How badly the lips show its visemes there (:func:`visalign.sync.word_verdicts.misfit`).
    beyond : float
        Probability, 0..1, that the run of words about it lies beyond the limits.
    run_lead : float
        The lead of that run, seconds.
    match : float
        Probability, 0..1, that lips and sound of the clip belong together.
    """

    in_step: float
    own_lead: float
    misfit_at_own: float
    beyond: float
    run_lead: float
    match: float


def word_verdict(
    score: float, standing: StandingInClip, limits: tuple[float, float], thresholds: ThresholdParams
) -> str:
    """The verdict on a word. A fault is told only of a clip that goes with its sound: what else would it be off from?

    A run is called early or late where the clip itself would be; a word alone, where the clip rather has its own sound.

    Parameters
    ----------
    score : float
        0..1; NaN where the lips can't be seen.
    standing : StandingInClip
    limits : (float, float)
        Seconds that the audio may lead, and lag, to be called in sync.
    thresholds : ThresholdParams

    Examples
    --------
    A word that is 70 ms early in a clip on time, within the limits and beyond them; one that fits nowhere:

    >>> limits = (0.09, 0.185), ThresholdParams()
    >>> word_verdict(0.9, StandingInClip(0.01, 0.07, 0.9, 0.0, 0.0, 0.99), *limits)
    'out-of-step'
    >>> word_verdict(0.1, StandingInClip(0.01, 0.12, 0.9, 0.1, 0.0, 0.99), *limits)
    'audio-early'
    >>> word_verdict(0.5, StandingInClip(0.01, 0.12, 5.0, 0.1, 0.0, 0.99), *limits)
    'mismatched'
    """
    if standing.match >= _BELONGS and standing.in_step <= thresholds.out_of_step:
        where = "mismatched" if standing.misfit_at_own > _FITS_NOWHERE else placed(standing.own_lead, limits)
        return "out-of-step" if where == "in-sync" else where
    if standing.match >= thresholds.likely_match and 1 - standing.beyond <= thresholds.fault_score:
        where = placed(standing.run_lead, limits)
        return "uncertain" if where == "in-sync" else where
    goes = standing.in_step >= STRAYS
    return "in-sync" if goes and np.isfinite(score) and score >= thresholds.sync_score else "uncertain"
