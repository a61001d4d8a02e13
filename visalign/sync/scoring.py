r"""Judge the parts of a clip, and count.

Method
------
*Lead and score of a word* rest on the frames in and around it. Two explanations compete: its sound lies within the
limits of the verdict profile, or elsewhere. Each is the lip model's evidence averaged over the lags that it allows. The
score is the posterior probability of the first. It asks nothing of the rest of the clip, so the words before a cut keep
theirs when those after it are displaced.

*Viseme accuracy* compares what the lips should show with what they do show along the warping path of least cost, found
by DTW in a narrow band around the clip's lead; the cost of a pair is how improbable all acceptable visemes are. Sounds
that the lips do not show are left out.

Conventions
-----------
Scores are counts that add up: the score of a batch is the sum of its clips' scores, never a mean of means. A word is
heard at ``[start, end)`` of the clip's clock; its lips are looked for `lead` later.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.dtw import SYMMETRIC1, WarpingPath, dtw_rows
from visalign.lips.viseme_decoder import STEP, DecodedVisemes
from visalign.parameters import ScoringParams, ThresholdParams
from visalign.sync.estimate import LagEvidence, LeadEstimate, best_lead, lag_density
from visalign.sync.lip_model import Calibration
from visalign.sync.verdict import STRAYS, part_verdict
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import VisemeTarget

__all__ = [
    "MAX_COST",
    "STEP_COLUMNS",
    "ClipComparison",
    "PartJudgement",
    "SyncScore",
    "VisemeAgreement",
    "acceptable_visemes",
    "agreement_of",
    "lead_density",
    "local_curve",
]

Floats: TypeAlias = npt.NDArray[np.float64]

MAX_COST = -float(np.log(1e-3))
"""Most that a pair of expected and observed viseme costs on the warping path: no impossible pair, only a bad one."""

STEP_COLUMNS = ("in_step", "own_lead_seconds", "own_lead_low", "own_lead_high")
"""What a judged word has beside other parts: fields of :class:`PartJudgement`."""

_REACH = 5  # flanks
_MIN_WORD_FRAMES = 2


@dataclass(frozen=True, slots=True)
class SyncScore:
    """How well observed and expected visemes agree, as counts.

    Parameters
    ----------
    n_frames : int
        Frames of speech with a face and a visible expected viseme.
    n_frames_right : int
        Those among them whose observed viseme is acceptable.
    n_words : int
        Words that could be judged.
    n_words_in_sync : int
        Those among them whose verdict is "in-sync".

    Examples
    --------
    >>> total = SyncScore(10, 6, 2, 2) + SyncScore(10, 4, 2, 1)
    >>> total.viseme_accuracy, total.proportion_in_sync
    (0.5, 0.75)
    >>> SyncScore.zero().viseme_accuracy is None
    True
    """

    n_frames: int
    n_frames_right: int
    n_words: int
    n_words_in_sync: int

    def __post_init__(self) -> None:
        if not (0 <= self.n_frames_right <= self.n_frames and 0 <= self.n_words_in_sync <= self.n_words):
            raise ValueError(f"impossible counts: {self}")

    @classmethod
    def zero(cls) -> SyncScore:
        """The score of nothing: the neutral element of ``+``."""
        return cls(0, 0, 0, 0)

    def __add__(self, other: SyncScore) -> SyncScore:
        return SyncScore(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def viseme_accuracy(self) -> float | None:
        """Part of the judged frames whose observed viseme is acceptable; None where there are none."""
        return self.n_frames_right / self.n_frames if self.n_frames else None

    @property
    def proportion_in_sync(self) -> float | None:
        """Part of the judged words that are in sync; None where there are none."""
        return self.n_words_in_sync / self.n_words if self.n_words else None


@dataclass(frozen=True, slots=True)
class PartJudgement:
    """What is said of a part of a clip: a word, a phone, a phrase or a window.

    Parameters
    ----------
    label : str
    start, end : float
        Of the sound, seconds.
    phones, expected, observed : str
        Its phones, the visemes that they call for, and those that the lips show, joined by spaces.
    viseme_accuracy : float
        Part of its frames (0..1) whose observed viseme is acceptable; NaN where it can't be told.
    lead_seconds : float
        Its lead; NaN where its lips can't be seen.
    score : float
        0..1, high = in sync; NaN where its lips can't be seen.
    verdict : str
        One of :data:`~visalign.sync.verdict.WORD_VERDICTS`.
    confidence : float
        Probability (0..1) that `lead_seconds` is right to within a frame (40 ms); NaN where there is none.
    in_step : float
        Probability (0..1) that a word is what the lips say, at the lead of its clip (:mod:`visalign.sync.in_step`),
        whether that lead is allowed or not; NaN where its lips can't be seen or its sounds don't show on them, and of
        parts that are no words.
    own_lead_seconds, own_lead_low, own_lead_high : float
        The lead at which a word's own frames fit best, without those of its neighbours, and its 95 % interval; NaN as
        `in_step`.
    """

    label: str
    start: float
    end: float
    phones: str
    expected: str
    observed: str
    viseme_accuracy: float
    lead_seconds: float
    score: float
    verdict: str
    confidence: float
    in_step: float = np.nan
    own_lead_seconds: float = np.nan
    own_lead_low: float = np.nan
    own_lead_high: float = np.nan

    @property
    def told_lead_seconds(self) -> float:
        """The lead that the verdict speaks of: a word's own where it rather strays from its clip."""
        return self.own_lead_seconds if self.in_step < STRAYS else self.lead_seconds

    @property
    def wellness(self) -> float:
        """The lesser of `score` and, where it is known, `in_step`; NaN without a score."""
        return self.score if np.isnan(self.in_step) else float(np.minimum(self.score, self.in_step))


@dataclass(frozen=True, slots=True, eq=False)
class VisemeAgreement:
    """Expected and observed visemes, moment by moment, after warping.

    Parameters
    ----------
    targets : ndarray of int, shape (n_moments,)
        Which target is expected, as heard at `times` less the clip's lead.
    times : ndarray, shape (n_moments,)
        Seconds of the picture.
    is_right : ndarray of bool, shape (n_moments,)
        The observed viseme that the path pairs with it is acceptable.
    counts : ndarray of bool, shape (n_moments,)
        The moment has a face, and its sound shows on the lips.
    acceptable : ndarray of bool, shape (n_moments, n_visemes)
        Visemes that are right at each moment; columns are those of the decoded visemes.
    path : WarpingPath
        Rows are expected, columns observed moments.
    costs : ndarray, shape (n_moments,)
        What each expected moment costs along the path, 0 to :data:`MAX_COST`.
    """

    targets: npt.NDArray[np.int64]
    times: Floats
    is_right: npt.NDArray[np.bool_]
    counts: npt.NDArray[np.bool_]
    acceptable: npt.NDArray[np.bool_]
    path: WarpingPath
    costs: Floats


def agreement_of(
    targets: Sequence[VisemeTarget], decoded: DecodedVisemes, lead: float | Floats, *, band: int
) -> VisemeAgreement:
    """Compare expected and observed visemes along the warping path of least cost.

    Parameters
    ----------
    targets : sequence of VisemeTarget
        What the lips should show, gap-free, at the times of the sound.
    decoded : DecodedVisemes
        What they show.
    lead : float or ndarray, shape (n_targets,)
        Seconds by which the audio leads, everywhere or at each target.
    band : int
        Moments to either side that may be paired.
    """
    times = decoded.times
    starts = np.maximum.accumulate(np.array([t.interval.start for t in targets]) + lead)
    index = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(targets) - 1)
    acceptable = acceptable_visemes(targets, decoded.visemes)
    seen: npt.NDArray[np.bool_] = np.asarray(np.isfinite(decoded.posteriors).all(axis=1))
    posteriors = np.where(seen[:, None], decoded.posteriors, 1.0)

    def cost(row: int, start: int, stop: int) -> Floats:
        return np.asarray(-np.log(np.clip(posteriors[start:stop] @ acceptable[index[row]], np.exp(-MAX_COST), 1.0)))

    path = dtw_rows(cost, (len(times), len(times)), band=band, step_pattern=SYMMETRIC1)
    partner = np.round(path.mean_columns()).astype(np.int64)
    best = posteriors.argmax(axis=1)[partner]
    visible = np.array([t.is_visible and bool(t.word) for t in targets])
    is_right = acceptable[index, best] > 0
    counts = visible[index] & np.asarray(seen)[partner]
    likely = np.einsum("ij,ij->i", posteriors[partner], acceptable[index])
    costs = np.asarray(-np.log(np.clip(likely, np.exp(-MAX_COST), 1.0)))
    return VisemeAgreement(index, times, is_right, counts, acceptable[index] > 0, path, costs)


def acceptable_visemes(targets: Sequence[VisemeTarget], visemes: Sequence[str]) -> Floats:
    """1 where a viseme is right for a target, shape (n_targets, n_visemes)."""
    column = {viseme: k for k, viseme in enumerate(visemes)}
    acceptable = np.zeros((len(targets), len(visemes)))
    for row, target in enumerate(targets):
        for viseme in target.acceptable | {target.viseme}:
            if viseme in column:
                acceptable[row, column[viseme]] = 1.0
    return acceptable


@dataclass(frozen=True, slots=True, eq=False)
class ClipComparison:
    """Sound and lips of a clip side by side, ready to be judged part by part.

    Parameters
    ----------
    targets : sequence of VisemeTarget
        What the lips should show, at the times of the sound.
    decoded : DecodedVisemes
        What they show.
    evidence : LagEvidence
    lead : float
        Seconds by which the audio leads in the clip on the whole; the evidence knows what it differs by along a course.
    calibration : Calibration
    limits : (float, float)
        Seconds that the audio may lead, and lag, to be called in sync.
    agreement : VisemeAgreement
    match : float
        Probability that lips and sound of the clip belong together.
    scoring : ScoringParams
    thresholds : ThresholdParams
    """

    targets: Sequence[VisemeTarget]
    decoded: DecodedVisemes
    evidence: LagEvidence
    lead: float
    calibration: Calibration
    limits: tuple[float, float]
    agreement: VisemeAgreement
    match: float
    scoring: ScoringParams
    thresholds: ThresholdParams

    @classmethod
    def of(
        cls,
        targets: Sequence[VisemeTarget],
        decoded: DecodedVisemes,
        evidence: LagEvidence,
        estimate: LeadEstimate,
        calibration: Calibration,
        limits: tuple[float, float],
        scoring: ScoringParams,
        thresholds: ThresholdParams,
    ) -> ClipComparison:
        """Compare at the clip's lead, or along its course."""
        lead = estimate.lead_seconds or 0.0
        leads = lead + evidence.course.at_heard([target.interval.start for target in targets])
        agreement = agreement_of(targets, decoded, leads, band=scoring.band)
        return cls(
            targets, decoded, evidence, lead, calibration, limits, agreement, estimate.match, scoring, thresholds
        )

    def lead_at(self, part: Interval) -> float:
        """Seconds by which the audio leads in and around a part of the sound, by the course of the clip."""
        return self.lead + float(self.evidence.course.at_heard(part.centre))

    def heard_at(self, shown: Floats) -> Floats:
        """When the sound is heard that goes with the lips at some moments of the picture, in order, seconds."""
        return np.asarray(shown - self.lead - self.evidence.course.at_shown(shown, self.lead))

    def shown(self, part: Interval) -> tuple[float, float]:
        """Where the lips of a part of the sound are looked for: start and end, seconds of the picture."""
        lead = self.lead_at(part)
        return part.start + lead, part.end + lead

    def is_shown(self, part: Interval) -> bool:
        """Whether the lips that go with a part of the sound are in the picture."""
        centres, (start, end) = self.evidence.centres, self.shown(part)
        return bool(end > centres[0] - STEP and start < centres[-1] + STEP)

    def moments(self, part: Interval) -> npt.NDArray[np.int64]:
        """Numbers of the agreement's moments that belong to a part of the sound and count, shape (n_counted,)."""
        first, last = np.searchsorted(self.agreement.times, self.shown(part))
        return np.asarray(first + np.flatnonzero(self.agreement.counts[first:last]))

    def targets_in(self, part: Interval) -> list[VisemeTarget]:
        """Targets of the speech in a part of the sound."""
        first = bisect_right(self.targets, part.start, key=lambda target: target.interval.end)
        last = bisect_left(self.targets, part.end, key=lambda target: target.interval.start)
        return [target for target in self.targets[first:last] if target.word]

    def judge(self, part: Interval) -> PartJudgement:
        """Measure one part of the sound."""
        own, inside = self.targets_in(part), self.moments(part)
        lead_here, score, confidence = self._local(part)
        return PartJudgement(
            label=part.label,
            start=part.start,
            end=part.end,
            phones=" ".join(t.phone for t in own),
            expected=" ".join(t.viseme for t in own),
            observed=_observed(self.decoded.tier, *self.shown(part)),
            viseme_accuracy=float(self.agreement.is_right[inside].mean()) if len(inside) else np.nan,
            lead_seconds=lead_here,
            score=score,
            verdict=part_verdict(lead_here, score, self.limits, self.thresholds),
            confidence=confidence,
        )

    def _local(self, part: Interval) -> tuple[float, float, float]:
        """Lead, score and confidence of one part; NaN where its lips can't be seen."""
        curve = self.curve(part)
        if curve is None:
            return np.nan, np.nan, np.nan
        fine, density = self.density(part, curve)
        score = in_sync_probability(
            self.evidence.lags_at(part), curve, self.calibration, self.limits, margin=self.scoring.margin_seconds
        )
        lead, (_, confidence) = float(fine[density.argmax()]), best_lead(fine, density)
        return lead, score * self.match**self.scoring.match_weight, confidence

    def curve(self, part: Interval) -> Floats | None:
        """Evidence of the frames in and around a part for each lag; None where its lips can't be seen."""
        return local_curve(part, self.evidence, self.lead_at(part), flank=self.scoring.flank_seconds)

    def density(self, part: Interval, curve: Floats) -> tuple[Floats, Floats]:
        """Probability density over the lead of a part with this evidence."""
        spread = self.scoring.local_spread_seconds
        return lead_density(self.evidence.lags_at(part), curve, self.lead_at(part), self.calibration, spread=spread)


def local_curve(part: Interval, evidence: LagEvidence, lead: float, *, flank: float) -> Floats | None:
    """Evidence of the frames in and around a part for each lag, shape (n_lags,); None where its lips can't be seen."""
    start, end = part.start + lead, part.end + lead
    reach = _REACH * flank  # beyond, the weights are nil; without the limit a long clip would take its square
    near = slice(*np.searchsorted(evidence.centres, [start - reach, end + reach]).tolist())
    centres, rows = evidence.centres[near], evidence.log_likelihoods[near]
    outside = np.maximum(0.0, np.maximum(start - centres, centres - end))
    weights = np.exp(-0.5 * (outside / flank) ** 2)
    has_face = np.any(rows, axis=1)
    if (weights * has_face)[outside == 0].sum() < min(_MIN_WORD_FRAMES, (outside == 0).sum()) or not has_face.any():
        return None
    return np.asarray(weights @ rows)


def lead_density(
    lags: Floats,
    curve: Floats,
    lead: float,
    calibration: Calibration,
    *,
    spread: float,
) -> tuple[Floats, Floats]:
    """Probability density over the lead of a part of a clip whose lead on the whole is `lead`.

    As :func:`~visalign.sync.estimate.lag_density`, with the belief that a part does not stray far from the whole.
    """
    near = curve - 0.5 * ((lags - lead) / spread) ** 2 / calibration.temperature
    return lag_density(lags, near, calibration)


def in_sync_probability(
    lags: Floats,
    curve: Floats,
    calibration: Calibration,
    limits: tuple[float, float],
    *,
    margin: float,
) -> float:
    """Posterior probability that the lead lies within the limits, where both explanations are as likely beforehand.

    Parameters
    ----------
    lags, curve : ndarray, shape (n_lags,)
        Leads, seconds, and the log-likelihood of each.
    calibration : Calibration
    limits : (float, float)
        Seconds that the audio may lead, and lag.
    margin : float
        Lags up to so many seconds beyond the limits belong to neither explanation.
    """
    max_lead, max_lag = limits
    within = (lags <= max_lead + 1e-9) & (lags >= -max_lag - 1e-9)
    beyond = (lags > max_lead + margin) | (lags < -max_lag - margin)
    if not (within.any() and beyond.any()):  # the search lies on one side of the limits
        return float(within.any())
    likelihood = np.exp(calibration.temperature * (curve - curve.max()))
    inside, outside = likelihood[within].mean(), likelihood[beyond].mean()
    return float(inside / (inside + outside))


def _observed(observed: Tier, start: float, end: float) -> str:
    start, end = max(start, observed.start), min(end, observed.end)
    return " ".join(x.label for x in observed.crop(start, end) if x.label) if end > start else ""
