"""What a clip's report rests on, moment by moment: for pages, plots and everything else that shows why.

:func:`visalign.check` puts it into :attr:`ClipReport.evidence <visalign.reports.clip_report.ClipReport.evidence>`
unless told not to (``evidence=False``): most of it is computed anyway. It is never part of the JSON form.

Conventions
-----------
Seconds on the clip's clock, the picture's where nothing else is said. ``lead_seconds > 0`` means that the audio leads:
what is heard at t is expected on the lips at ``t + lead``. A frame without a face is NaN. Lengths on the face are
inter-ocular distances (``iod``), positions in the picture pixels of the upright frame.

The local lead is what :mod:`visalign.sync.scoring` tells of a word, for a moment: the evidence of the frames around it,
weighted by a Gaussian, with the same belief that a lead does not stray far from the clip's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lips.lip_features import LipFeatures
from visalign.signals import Audio
from visalign.sync.estimate import LagEvidence, lag_density, lead_interval
from visalign.sync.lead_course import STEADY, LeadCourse
from visalign.sync.lip_model import Calibration
from visalign.sync.own_bias import OwnBias
from visalign.sync.scoring import ClipComparison, lead_density

__all__ = ["ClipEvidence", "LocalLead", "gather_evidence", "local_lead", "without_bias"]

Floats: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

_LOCAL_STEP = 0.1  # seconds from one local lead to the next
_LOCAL_SPAN = 0.35  # seconds, standard deviation of the weights: about two words to either side
_MIN_FRAMES = 2.0  # sum of the weights of frames with a face; with less nothing is said


@dataclass(frozen=True, slots=True, eq=False)
class LocalLead:
    """The lead as it is around each moment.

    Parameters
    ----------
    times : ndarray, shape (n_local,)
        Moments 0.1 s apart, seconds.
    lead, low, high : ndarray, shape (n_local,)
        Best lead and its 95 % interval, seconds; NaN where there is no face.
    """

    times: Floats
    lead: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ClipEvidence:
    """What was measured and expected, moment by moment.

    Parameters
    ----------
    times, centres : ndarray, shape (n_frames,)
        When each frame appears, and the middle of its time on screen, seconds.
    mouth : ndarray of float32, shape (n_frames, 20, 2), or None
        Landmarks 48–67 (outer, then inner lip contour), pixels; None where the lips were read without them.
    aperture : ndarray, shape (n_frames,)
        Measured gap between the lips in the middle, iod; below 0 where the landmarks cross.
    expected_shapes : ndarray, shape (n_frames, 7)
        The mouth that goes with what is heard, at the clip's lead: a row a frame, columns
        :data:`~visalign.animation.lip_trajectory.LIP_CHANNELS` (opening, width … in iod).
    moments : ndarray, shape (n_moments,)
        Grid of the visemes, 40 ms apart, seconds.
    visemes : tuple of str, length n_visemes
        Columns of `posteriors` and `acceptable`.
    posteriors : ndarray, shape (n_moments, n_visemes)
        Probability of each viseme, from the picture alone; NaN without a face.
    acceptable : ndarray of bool, shape (n_moments, n_visemes)
        Visemes that would be right at each moment, by what is heard at the clip's lead.
    path_expected, path_observed : ndarray of int64, shape (n_cells,)
        The warping path: indices into `moments`, of what is expected and of what is observed. The cost of a cell is
        ``-log(posteriors[observed] @ acceptable[expected])``, at most :data:`~visalign.sync.scoring.MAX_COST`.
    lags : ndarray, shape (n_lags,)
        Leads that were tried, seconds.
    log_likelihoods : ndarray, shape (n_frames, n_lags)
        Of each frame's lips at each lead; 0 without a face.
    density_leads, density : ndarray, shape (n_fine,)
        Leads 2 ms apart, and the probability of each for the whole clip; sums to 1.
    local : LocalLead
        The lead along the clip.
    clip : Path or None
        File of the picture, for whoever shows it; None where lips were given in place of a clip.
    audio : Audio, Path or None
        The sound that was judged in place of the clip's own.
    course : LeadCourse
        What is to be added to `lags` along a clip whose offset changes.
    comparison : ClipComparison or None
        What all of it was taken from.
    """

    times: Floats
    centres: Floats
    mouth: npt.NDArray[np.float32] | None
    aperture: Floats
    expected_shapes: Floats
    moments: Floats
    visemes: tuple[str, ...]
    posteriors: Floats
    acceptable: Flags
    path_expected: Indices
    path_observed: Indices
    lags: Floats
    log_likelihoods: Floats
    density_leads: Floats
    density: Floats
    local: LocalLead
    clip: Path | None = None
    audio: Audio | Path | None = None
    course: LeadCourse = STEADY
    comparison: ClipComparison | None = None

    @property
    def expected_aperture(self) -> Floats:
        """Gap between the expected lips, iod, at least 0; shape (n_frames,).

        A model of an average speaker: compare when it opens and closes, not how far.
        """
        return np.maximum(self.expected_shapes[:, 0], 0.0)


def gather_evidence(lips: LipFeatures, expected_shapes: Floats, comparison: ClipComparison) -> ClipEvidence:
    """Put together what :func:`visalign.check` knows of a clip.

    Parameters
    ----------
    lips : LipFeatures
    expected_shapes : ndarray, shape (n_frames, 7)
        Mouths that go with the sound, at the clip's lead.
    comparison : ClipComparison
        Sound and lips side by side, at the clip's lead.
    """
    evidence, decoded, agreement = comparison.evidence, comparison.decoded, comparison.agreement
    calibration, spread = comparison.calibration, comparison.scoring.local_spread_seconds
    leads, density = lag_density(evidence.lags, evidence.total, calibration)
    return ClipEvidence(
        times=lips.times.times,
        centres=evidence.centres,
        mouth=lips.mouth,
        aperture=lips.column("inner_aperture_centre"),
        expected_shapes=expected_shapes,
        moments=decoded.times,
        visemes=decoded.visemes,
        posteriors=decoded.posteriors,
        acceptable=agreement.acceptable,
        path_expected=agreement.path.rows,
        path_observed=agreement.path.columns,
        lags=evidence.lags,
        log_likelihoods=evidence.log_likelihoods,
        density_leads=leads,
        density=density,
        local=local_lead(evidence, comparison.lead, calibration, spread=spread),
        course=evidence.course,
        comparison=comparison,
    )


def without_bias(evidence: ClipEvidence, own_bias: OwnBias, speech_seconds: float) -> ClipEvidence:
    """The same evidence with the bias of speaker and camera taken off its leads, as the report tells them."""
    comparison, off = evidence.comparison, own_bias.lead_seconds
    if comparison is None:
        return evidence
    calibration = own_bias.calibration(comparison.calibration, speech_seconds)
    leads, density = lag_density(comparison.evidence.lags, comparison.evidence.total, calibration)
    local = evidence.local
    return replace(
        evidence,
        density_leads=leads - off,
        density=density,
        local=replace(local, lead=local.lead - off, low=local.low - off, high=local.high - off),
    )


def local_lead(evidence: LagEvidence, lead: float, calibration: Calibration, *, spread: float) -> LocalLead:
    """The lead along a clip whose lead on the whole is `lead` seconds, from which no part strays by much more than
    `spread`.
    """
    centres = evidence.centres
    times = np.arange(centres[0], centres[-1] + _LOCAL_STEP / 2, _LOCAL_STEP)
    has_face = evidence.has_face
    rows = [_local_row(evidence, has_face, float(t), lead, calibration, spread) for t in times]
    best, low, high = np.array(rows, np.float64).reshape(-1, 3).T + evidence.course.at_shown(times, lead)
    return LocalLead(times, best, low, high)


def _local_row(
    evidence: LagEvidence, has_face: Flags, time: float, lead: float, calibration: Calibration, spread: float
) -> tuple[float, float, float]:
    reach = 4 * _LOCAL_SPAN  # beyond, the weights are nil; without the limit a long clip would take its square
    near = slice(*np.searchsorted(evidence.centres, [time - reach, time + reach]).tolist())
    weights = np.exp(-0.5 * ((evidence.centres[near] - time) / _LOCAL_SPAN) ** 2) * has_face[near]
    if weights.sum() < _MIN_FRAMES:
        return np.nan, np.nan, np.nan
    curve = weights @ evidence.log_likelihoods[near]
    leads, density = lead_density(evidence.lags, curve, lead, calibration, spread=spread)
    return float(leads[density.argmax()]), *lead_interval(leads, density)
