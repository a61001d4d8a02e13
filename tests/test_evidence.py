"""What a report rests on: shapes, times, and that the numbers are those of the report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import visalign
from visalign import Audio, ClipReport, LipFeatures
from visalign.avatar import LIP_CHANNELS
from visalign.evidence import ClipEvidence, local_lead
from visalign.generated_clip import SENTENCES, GeneratedClip
from visalign.lip_model import LipModel
from visalign.scoring import MAX_COST
from visalign.sync import LagEvidence


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
    plain = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio)
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
    assert cost[rows, columns].sum() <= np.trace(cost) + 1e-9


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
    assert np.isnan(local_lead(evidence, 0.0, LipModel.load().calibration).lead).all()


def test_cropped_lips_keep_their_mouths(generated_lips: LipFeatures) -> None:
    part = generated_lips.crop(0.4, 0.8)
    assert part.mouth is not None
    assert generated_lips.mouth is not None
    assert len(part.mouth) == len(part) == 10
    assert np.array_equal(part.mouth[0], generated_lips.mouth[10])
