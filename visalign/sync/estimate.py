r"""Where sound and picture meet: the audio/video offset, and how far it can be trusted.

Method
------
The lip model gives each frame's log-likelihood at each lag. Their sum over frames, tempered because neighbouring frames
repeat each other, and blurred by the scatter that even perfect evidence has, is a probability density over the lead:

.. math:: p(L) \propto \exp\Big(\tau \sum_t \log p(y_t \mid x_{t-L})\Big) * \mathcal N(0, \sigma^2)

The estimate is its peak, between the lags by a cubic spline; the interval holds 95 % of it; the confidence is what
lies within a frame (40 ms) of the estimate. Temperature and scatter are measured on speakers that the model was not
trained on (:class:`~visalign.sync.lip_model.Calibration`).

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of
from visalign.language.phones import is_silence
from visalign.lips.lip_features import LipFeatures
from visalign.numerics import cubic_spline, gaussian_filter1d, logit
from visalign.parameters import RIGHT_WITHIN, EvidenceParams
from visalign.sound.voice_activity import SPEECH
from visalign.sync.lead_course import STEADY, LeadCourse
from visalign.sync.lip_model import Calibration
from visalign.sync.match import MatchEvidence
from visalign.sync.speech_context import SpeechContext
from visalign.sync.streams import Stream, stream_log_likelihoods
from visalign.timeline import Interval, Tier

__all__ = [
    "INTERVAL",
    "LagEvidence",
    "LeadEstimate",
    "best_lead",
    "estimate_lead",
    "lag_density",
    "lag_evidence",
    "lead_interval",
    "placed_match",
    "spoken_frames",
]

Floats: TypeAlias = npt.NDArray[np.float64]

LAG_STEP = 0.01
"""Seconds between the lags at which the evidence is computed."""

INTERVAL = 0.95
"""What the interval of a lead holds of its probability."""

_FINE_STEP = 0.002  # seconds, of the density
_BLOCK = 1 << 11  # frames
_SPEECH_MARGIN = 0.2  # seconds around speech in which lips belong to it
# Of the clips that somebody checks so many have their own sound, and of those so many are in sync.
_MATCH_PRIOR = 0.75
_IN_SYNC_PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class LeadEstimate:
    """Where lips and sound fit best, and how far that can be trusted; the verdict is :mod:`visalign.sync.verdict`'s.

    Parameters
    ----------
    lead_seconds : float or None
        Best estimate; positive where the audio is early. None without any evidence.
    lead_interval : (float, float) or None
        Bounds of the 95 % interval, seconds.
    confidence : float
        Probability, 0..1, that the estimate is right to within one frame at 25 frames a second (40 ms), if lips and
        sound belong together.
    match : float
        Probability, 0..1, that they do.
    lags : tuple of float
        Leads at which the evidence was computed, seconds.
    log_likelihoods : tuple of float
        Log-likelihood of the lips at each of `lags`, relative to the best.
    speech_seconds : float
        How much speech with a face to be seen it rests on.
    log_odds_of_standing : float or None
        What of the log odds of `match` grows with the root of the speech; None where more of it promises nothing.
    """

    lead_seconds: float | None
    lead_interval: tuple[float, float] | None
    confidence: float
    match: float = 1.0
    lags: tuple[float, ...] = ()
    log_likelihoods: tuple[float, ...] = ()
    speech_seconds: float = float("inf")
    log_odds_of_standing: float | None = None

    def speech_wanted(self, probability: float) -> float | None:
        """Seconds of such speech with which `match` would be this probability, going by how they fit so far.

        It goes by `match` itself, the very probability that a verdict is given by and that a reader is told, and so by
        where the best lag lies. None where more speech promises nothing.
        """
        grows = self.log_odds_of_standing
        if grows is None or not (0 < self.match < 1 and 0 < probability < 1):
            return None
        lacking = float(logit(probability) - logit(self.match))
        return float(self.speech_seconds * max(1 + lacking / grows, 1.0) ** 2)


@dataclass(frozen=True, slots=True, eq=False)
class LagEvidence:
    """What each frame says about each lag.

    Parameters
    ----------
    lags : ndarray, shape (n_lags,)
        Leads of the audio, seconds, :data:`LAG_STEP` apart.
    log_likelihoods : ndarray, shape (n_frames, n_lags)
        Of each frame's lips, given what is heard at that lag; 0 without a face.
    centres : ndarray, shape (n_frames,)
        When each frame is shown, seconds.
    course : LeadCourse
        What is to be added to `lags` along a clip whose offset changes.
    """

    lags: Floats
    log_likelihoods: Floats
    centres: Floats
    course: LeadCourse = STEADY

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """Frames that say anything, shape (n_frames,)."""
        return np.concatenate([np.any(self.log_likelihoods[part], axis=1) for part in self.blocks()])

    @property
    def total(self) -> Floats:
        """Sum of all frames, shape (n_lags,)."""
        return np.asarray(np.sum([self.log_likelihoods[part].sum(axis=0) for part in self.blocks()], axis=0))

    def blocks(self) -> Iterator[slice]:
        """Stretches of frames, so that a long clip is never in memory as a whole."""
        return blocks_of(len(self.centres), _BLOCK, self.log_likelihoods)

    def lags_at(self, part: Interval) -> Floats:
        """Leads of the audio for a part of the sound, seconds, shape (n_lags,)."""
        return np.asarray(self.lags + self.course.at_heard(part.centre))


def lag_evidence(
    streams: Sequence[Stream],
    lips: LipFeatures,
    context: SpeechContext,
    max_lag: float,
    params: EvidenceParams,
    *,
    centre: float = 0.0,
    course: LeadCourse = STEADY,
) -> LagEvidence:
    """Evidence of every frame for every lag within ±`max_lag` seconds of `centre`, or of the course about it."""
    n, middle = round(max_lag / LAG_STEP), round(centre / LAG_STEP)
    lags = np.asarray(LAG_STEP * np.arange(middle - n, middle + n + 1), np.float64)
    centres = lips.times.centres
    on_course = centres - course.at_shown(centres, centre)
    return LagEvidence(lags, stream_log_likelihoods(streams, lips, context, lags, params, on_course), centres, course)


def spoken_frames(
    lips: LipFeatures,
    phones: Tier,
    speech: Tier | None = None,
    margin: float = _SPEECH_MARGIN,
    *,
    lead: float | Floats = 0.0,
) -> npt.NDArray[np.bool_]:
    """Frames within `margin` seconds of speech, shape (n_frames,).

    Parameters
    ----------
    lips : LipFeatures
        Only their times are used.
    phones : Tier
        Where the words were placed.
    speech : Tier, optional
        Where a voice is heard (:func:`~visalign.sound.voice_activity.find_speech`); phones elsewhere don't count, for
        an aligner places words in silence too. None: all phones count.
    margin : float
        Seconds.
    lead : float or ndarray, shape (n_frames,)
        By how much the sound of each frame is heard before it, seconds.
    """
    centres = lips.times.centres - lead
    near = np.zeros(len(centres), bool)
    voice = None if speech is None else np.array([(x.start, x.end) for x in speech if x.label == SPEECH]).reshape(-1, 2)
    for phone in phones:
        if is_silence(phone.label) or (voice is not None and not _meets(phone, voice)):
            continue
        near[slice(*np.searchsorted(centres, [phone.start - margin, phone.end + margin]))] = True
    return near


def _meets(part: Interval, others: Floats) -> bool:
    """Whether a part overlaps one of the others, rows of start and end in order."""
    last = int(np.searchsorted(others[:, 0], part.end)) - 1
    return last >= 0 and bool(others[last, 1] > part.start)


def lag_density(lags: Floats, log_likelihoods: Floats, calibration: Calibration) -> tuple[Floats, Floats]:
    """Probability density over the lead.

    Parameters
    ----------
    lags : ndarray, shape (n_lags,)
        Evenly spaced, seconds.
    log_likelihoods : ndarray, shape (n_lags,)
        Sums over frames.
    calibration : Calibration
        Temperature and scatter.

    Returns
    -------
    fine_lags : ndarray, shape (n_fine,)
        Two milliseconds apart.
    probabilities : ndarray, shape (n_fine,)
        They sum to 1.
    """
    fine = np.linspace(lags[0], lags[-1], round((lags[-1] - lags[0]) / _FINE_STEP) + 1)
    curve = cubic_spline(lags, calibration.temperature * log_likelihoods, fine)
    density = np.exp(curve - curve.max())
    blurred = gaussian_filter1d(density, calibration.lag_scatter / _FINE_STEP, mode="constant")
    return fine, blurred / blurred.sum()


def estimate_lead(
    evidence: LagEvidence,
    spoken: npt.NDArray[np.bool_],
    calibration: Calibration,
    limits: tuple[float, float],
    *,
    match: MatchEvidence,
    certainty: float = 1.0,
) -> LeadEstimate:
    """Offset, interval and confidence of a clip.

    Parameters
    ----------
    evidence : LagEvidence
        Of all its frames.
    spoken : ndarray of bool, shape (n_frames,)
        Frames near speech.
    calibration : Calibration
        Of the lip model.
    limits : (float, float)
        Seconds that the audio may lead, and lag, to be called in sync: where most clips lie (:func:`placed_match`).
    match : MatchEvidence
        Whether lips and sound belong together at all.
    certainty : float
        Probability that the true lead is among these lags at all (:mod:`visalign.sync.wide_search`).
    """
    if not evidence.has_face.any() or not spoken.any():
        return LeadEstimate(None, None, 0.0)
    total = evidence.total
    fine, density = lag_density(evidence.lags, total, calibration)
    lead, confidence = best_lead(fine, density)
    relative = total - total.max()
    return LeadEstimate(
        lead,
        lead_interval(fine, density),
        confidence * certainty,
        placed_match(match.probability(calibration), lead, evidence.lags, limits),
        tuple(evidence.lags.tolist()),
        tuple(relative.tolist()),
        match.speech_seconds,
        match.log_odds_of_standing(calibration),
    )


def placed_match(match: float, lead: float, lags: Floats, limits: tuple[float, float]) -> float:
    """The probability of a match once it is known where the best lag lies.

    Lips and sound that do not belong together fit best at any lag of the search; those that do, mostly where they
    should: half of the clips that somebody checks are taken to be in sync. A best lag within the limits thus speaks for
    a match by Bayes' rule, and one elsewhere a little against it. Three of four clips that somebody checks are taken to
    have their own sound.
    """
    share = min(sum(limits) / float(lags[-1] - lags[0]), 1.0)
    within = -limits[1] <= lead <= limits[0]
    ratio = _IN_SYNC_PRIOR / share if within else (1 - _IN_SYNC_PRIOR) / max(1 - share, 1e-9)
    ratio *= _MATCH_PRIOR / (1 - _MATCH_PRIOR)  # the calibration counted both kinds alike
    return match * ratio / (match * ratio + 1 - match)


def lead_interval(fine: Floats, density: Floats) -> tuple[float, float]:
    """Bounds of the interval that holds :data:`INTERVAL` of the density, as much beyond either end."""
    cumulative = np.cumsum(density)
    ends = np.searchsorted(cumulative, ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2))
    low, high = fine[np.minimum(ends, len(fine) - 1)]
    return float(low), float(high)


def best_lead(fine: Floats, density: Floats) -> tuple[float, float]:
    """The lead, seconds, that is most probably right to within a frame (40 ms), and that probability.

    Where several lags compete, the highest point of the density says less than the stretch of two frames that holds
    most of it; within that stretch the mean is the best guess.
    """
    reach = round(RIGHT_WITHIN / (fine[1] - fine[0]))
    sums = np.concatenate([[0.0], np.cumsum(density)])
    middle = np.arange(len(fine))
    low, high = np.maximum(middle - reach, 0), np.minimum(middle + reach + 1, len(fine))
    best = int((sums[high] - sums[low]).argmax())
    part = slice(int(low[best]), int(high[best]))
    mass = float(density[part].sum())
    return float(density[part] @ fine[part] / mass), min(mass, 1.0)
