"""What a report rests on: shapes, times, and that the numbers are those of the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sample_lips import frame_times

import visalign
from visalign import Audio, ClipReport, LipFeatures
from visalign.animation.lip_trajectory import LIP_CHANNELS
from visalign.face.generated_clip import SENTENCES, GeneratedClip
from visalign.sync.estimate import LagEvidence
from visalign.sync.evidence import ClipEvidence, local_lead
from visalign.sync.lead_course import STEADY, LeadCourse
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.scoring import MAX_COST


@pytest.fixture(scope="module")
def report(generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio) -> ClipReport:
    return visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=True)


@pytest.fixture(scope="module")
def evidence(report: ClipReport) -> ClipEvidence:
    assert report.evidence is not None
    return report.evidence


def test_evidence_changes_nothing_else(
    report: ClipReport, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    plain = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, evidence=False)
    assert plain.evidence is None
    assert plain.to_dict() == report.to_dict()


def test_shapes_are_those_that_are_documented(evidence: ClipEvidence, generated_lips: LipFeatures) -> None:
    n_frames, n_moments, n_lags = len(generated_lips), len(evidence.moments), len(evidence.lags)
    assert evidence.times.shape == evidence.centres.shape == evidence.aperture.shape == (n_frames,)
    assert evidence.mouth is not None
    assert evidence.mouth.shape == (n_frames, 20, 2)
    assert evidence.expected_shapes.shape == (n_frames, len(LIP_CHANNELS))
    assert evidence.posteriors.shape == evidence.acceptable.shape == (n_moments, len(evidence.visemes))
    assert evidence.log_likelihoods.shape == (n_frames, n_lags)
    assert evidence.density_leads.shape == evidence.density.shape
    assert evidence.local.times.shape == evidence.local.lead.shape == evidence.local.low.shape


def test_the_mouth_lies_where_the_generated_face_has_it(evidence: ClipEvidence) -> None:
    assert evidence.mouth is not None
    x, y = evidence.mouth.mean(axis=(0, 1))
    assert x == pytest.approx(240, abs=8)
    assert y == pytest.approx(305, abs=15)


def test_probabilities_sum_to_one(evidence: ClipEvidence) -> None:
    assert evidence.density.sum() == pytest.approx(1)
    assert evidence.posteriors.sum(axis=1) == pytest.approx(np.ones(len(evidence.moments)))


def test_lips_open_when_they_are_expected_to(evidence: ClipEvidence) -> None:
    """The face was drawn with the same mouth shapes; the lead is taken into account."""
    together = np.corrcoef(evidence.aperture, evidence.expected_aperture)[0, 1]
    assert together > 0.8
    shifted = np.corrcoef(evidence.aperture[5:], evidence.expected_aperture[:-5])[0, 1]
    assert shifted < together - 0.2


def test_the_path_runs_from_corner_to_corner_at_the_least_cost(evidence: ClipEvidence) -> None:
    rows, columns, last = evidence.path_expected, evidence.path_observed, len(evidence.moments) - 1
    assert (rows[0], columns[0]) == (0, 0)
    assert (rows[-1], columns[-1]) == (last, last)
    assert set(zip(np.diff(rows), np.diff(columns), strict=True)) <= {(0, 1), (1, 0), (1, 1)}
    cost = np.minimum(-np.log(np.maximum(evidence.acceptable @ evidence.posteriors.T, 1e-9)), MAX_COST)
    assert cost[rows, columns].sum() == pytest.approx(least_cost(cost, band=2), abs=1e-9)
    assert cost[rows, columns].sum() < np.trace(cost) - 1.0  # and the diagonal is not the path already


def least_cost(cost: np.ndarray, band: int) -> float:
    """Of all ways from corner to corner at most so many moments off the diagonal, cell by cell."""
    total = np.full(cost.shape, np.inf)
    total[0, 0] = cost[0, 0]
    for i in range(len(cost)):
        for j in range(max(i - band, 0), min(i + band + 1, len(cost))):
            before = [total[a, b] for a, b in ((i - 1, j), (i, j - 1), (i - 1, j - 1)) if a >= 0 and b >= 0]
            total[i, j] = cost[i, j] + min(before, default=0.0)
    return float(total[-1, -1])


def test_the_density_peaks_at_the_lead_of_the_report(evidence: ClipEvidence, report: ClipReport) -> None:
    assert report.sync.lead_seconds is not None
    peak = evidence.density_leads[evidence.density.argmax()]
    assert peak == pytest.approx(report.sync.lead_seconds, abs=0.03)


def test_the_local_lead_follows_a_jump(made_once: Any) -> None:
    """In the second half of the clip the audio is 160 ms earlier."""
    clip = made_once.clip(text=SENTENCES[0], fault="half-shifted", size_px=240)
    found = visalign.check(clip.path, clip.transcript, evidence=True).evidence
    assert found is not None
    spoken = [x for x in clip.words if x.label]
    first, last = spoken[0].start, spoken[-1].end
    local, middle = found.local, 0.5 * (first + last)
    early = local.lead[(local.times > first) & (local.times < middle - 0.5)]
    late = local.lead[(local.times > middle + 0.5) & (local.times < last)]
    assert np.median(early) == pytest.approx(0.0, abs=0.04)
    assert np.median(late) == pytest.approx(0.16, abs=0.04)
    known = np.isfinite(local.lead)
    assert (local.low[known] <= local.lead[known]).all()
    assert (local.lead[known] <= local.high[known]).all()


def test_without_a_face_there_is_no_local_lead() -> None:
    evidence = LagEvidence(np.linspace(-0.5, 0.5, 101), np.zeros((50, 101)), np.arange(50) * 0.04)
    assert np.isnan(local_lead(evidence, 0.0, LipModel.load().calibration, spread=0.15).lead).all()


def test_cropped_lips_keep_their_mouths(generated_lips: LipFeatures) -> None:
    part = generated_lips.crop(0.4, 0.8)
    assert part.mouth is not None
    assert generated_lips.mouth is not None
    assert len(part.mouth) == len(part) == 10
    assert np.array_equal(part.mouth[0], generated_lips.mouth[10])


# --- the local lead by hand ----------------------------------------------------------------------------------------

LAGS = 0.01 * np.arange(-60, 61)
TEMPERED = Calibration(temperature=0.3, lag_scatter=0.006, match_offset=0.0, match_weights=(1.0, 0.0))


def pointing(leads: np.ndarray, faceless: Sequence[int] = (), course: LeadCourse = STEADY) -> LagEvidence:
    """Frames at 25 a second that each point at a lead, to 80 ms."""
    rows = -0.5 * ((LAGS - leads[:, None]) / 0.08) ** 2
    rows[list(faceless)] = 0.0
    return LagEvidence(LAGS, rows, frame_times(len(leads)).centres, course)


def test_local_leads_reach_to_the_last_frame() -> None:
    """The first frame's middle is at 0.02 s, the last one's at 0.98 s: within half a step of 1.02 s."""
    found = local_lead(pointing(np.zeros(25)), 0.0, TEMPERED, spread=0.15)
    assert found.times == pytest.approx(0.02 + 0.1 * np.arange(11), abs=1e-9)
    assert found.lead == pytest.approx(np.zeros(11), abs=1e-9)


def test_a_local_lead_is_a_weighted_mean_of_what_the_frames_point_at() -> None:
    """Weights are a Gaussian of 0.35 s, times the temperature over the square of 80 ms; the clip's lead of 0.05 s
    counts as one frame of the spread, 0.1 s. Three frames show no face."""
    leads = np.where(np.arange(50) < 25, -0.05, 0.1)
    found = local_lead(pointing(leads, [10, 11, 30]), 0.05, TEMPERED, spread=0.1)
    for time, lead in zip(found.times, found.lead, strict=True):
        above, below = 0.05 / 0.1**2, 1 / 0.1**2
        for k in range(50):
            if k not in (10, 11, 30):
                weight = np.exp(-0.5 * ((0.02 + 0.04 * k - time) / 0.35) ** 2) * 0.3 / 0.08**2
                above, below = above + weight * leads[k], below + weight
        assert lead == pytest.approx(above / below, abs=0.0015)


def test_two_frames_worth_of_a_face_are_needed() -> None:
    """Faces in three frames about 0.46 s: 0.26 s away they weigh 2.3 together, 0.36 s away 1.8."""
    found = local_lead(
        pointing(np.zeros(50), [k for k in range(50) if k not in (10, 11, 12)]), 0.0, TEMPERED, spread=0.15
    )
    assert found.times[np.isfinite(found.lead)] == pytest.approx(0.1 * np.arange(2, 8) + 0.02, abs=1e-9)


def test_local_leads_follow_the_course() -> None:
    """A lead that grows by a tenth: lips at 1.02 s, in a clip of no lead on the whole, were heard a tenth earlier."""
    course = LeadCourse(np.array([0.0, 2.0]), np.array([0.0, 0.2]))
    plain, along = (local_lead(pointing(np.zeros(50), course=x), 0.0, TEMPERED, spread=0.15) for x in (STEADY, course))
    for one, other in ((plain.lead, along.lead), (plain.low, along.low), (plain.high, along.high)):
        assert other - one == pytest.approx(along.times / 11, abs=1e-9)  # t - t / 1.1


def test_what_it_was_taken_from_is_kept(generated_clip: GeneratedClip) -> None:
    report = visalign.check(generated_clip.path, generated_clip.transcript)
    assert report.evidence is not None
    comparison = report.evidence.comparison
    assert comparison is not None
    assert comparison.lead == report.sync.lead_seconds
    assert comparison.evidence.lags is report.evidence.lags
