"""Estimate and verdict in one, with the settings that a configuration has by default."""

from __future__ import annotations

from typing import Any

from visalign.parameters import EvidenceParams, ScoringParams, ThresholdParams
from visalign.reports.wording import with_reason
from visalign.sync.estimate import LagEvidence, estimate_lead
from visalign.sync.lip_model import Calibration
from visalign.sync.verdict import Objection, SyncEstimate, decide

EVIDENCE, SCORING, THRESHOLDS = EvidenceParams(), ScoringParams(), ThresholdParams()


def estimate_sync(
    evidence: LagEvidence,
    spoken: Any,
    calibration: Calibration,
    limits: tuple[float, float],
    objections: tuple[Objection, ...] = (),
    *,
    certainty: float = 1.0,
    strict: bool = False,
) -> SyncEstimate:
    """The offset of a clip with its verdict."""
    estimate = estimate_lead(evidence, spoken, calibration, limits, certainty=certainty)
    return with_reason(decide(estimate, limits, THRESHOLDS, objections, strict=strict))
