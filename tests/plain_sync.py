"""Estimate and verdict in one, with the settings that a configuration has by default."""

from __future__ import annotations

from typing import Any

from visalign.parameters import EvidenceParams, ScoringParams, ThresholdParams
from visalign.reports.wording import with_reason
from visalign.sync.estimate import LagEvidence, estimate_lead
from visalign.sync.lip_model import Calibration
from visalign.sync.match import MatchEvidence
from visalign.sync.verdict import Objection, SyncEstimate, decide

EVIDENCE, SCORING, THRESHOLDS = EvidenceParams(), ScoringParams(), ThresholdParams()
ALWAYS = MatchEvidence(words=8.0, sounds=8.0, support=1.0, speech_seconds=10.0)


def estimate_sync(
    evidence: LagEvidence,
    spoken: Any,
    calibration: Calibration,
    limits: tuple[float, float],
    objections: tuple[Objection, ...] = (),
    *,
    match: MatchEvidence = ALWAYS,
    certainty: float = 1.0,
    strict: bool = False,
) -> SyncEstimate:
    """The offset of a clip with its verdict."""
    estimate = estimate_lead(evidence, spoken, calibration, limits, match=match, certainty=certainty)
    return with_reason(decide(estimate, limits, THRESHOLDS, objections, strict=strict))
