"""The measured lead on a scale, as a drawing: where it lies, how sure that is, and what counts as in sync."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import fits_nowhere, lead_in_words
from visalign.sync.evidence import ClipEvidence

__all__ = ["lead_scale"]

_WIDTH, _HEIGHT = 420, 118
_LEFT, _RIGHT, _BASE, _TOP = 16, 404, 84, 26
_LEAST_REACH = 0.2  # seconds to either side


def lead_scale(report: ClipReport, evidence: ClipEvidence | None) -> dict[str, Any] | None:
    """What ``scale.svg`` draws: late on the left, early on the right; None where no offset is told.

    Without evidence there is no curve.
    """
    sync, clip = report.sync, report.clip
    if fits_nowhere(sync):
        return None
    reach = _reach(report)

    def x(seconds: float) -> float:
        part = (min(max(seconds, -reach), reach) + reach) / (2 * reach)
        return round(_LEFT + part * (_RIGHT - _LEFT), 1)

    best, label = None, "No offset could be measured"
    if sync.lead_seconds is not None and sync.lead_interval is not None:
        lead, guess = sync.lead_seconds, "best guess: " * (sync.verdict == "uncertain")
        label = f"Audio is {lead_in_words(lead)}"
        best = {
            "x": x(lead),
            "low": x(sync.lead_interval[0]),
            "high": x(sync.lead_interval[1]),
            "anchor": "start" if lead < -0.5 * reach else "end" if lead > 0.5 * reach else "middle",
            "words": guess + lead_in_words(lead, clip.frame_rate),
        }
    left = x(-clip.max_lag_seconds)
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "right": _RIGHT,
        "base": _BASE,
        "top": _TOP,
        "label": label,
        "zone": (left, round(x(clip.max_lead_seconds) - left, 1)),
        "zero": x(0),
        "curve": "" if evidence is None else _curve(evidence, x, reach),
        "best": best,
        "reach_ms": round(1000 * reach),
    }


def _reach(report: ClipReport) -> float:
    """Seconds to either side that the scale shows: a round number that holds estimate, interval and limits."""
    sync, clip = report.sync, report.clip
    shown = [clip.max_lead_seconds, clip.max_lag_seconds, abs(sync.lead_seconds or 0.0)]
    shown += [abs(bound) for bound in sync.lead_interval or ()]
    return max(_LEAST_REACH, math.ceil(1.15 * max(shown) * 10) / 10)


def _curve(evidence: ClipEvidence, x: Callable[[float], float], reach: float) -> str:
    """Corners of the probability of each lead."""
    leads, density = evidence.density_leads, evidence.density
    shown = np.abs(leads) <= reach
    if not shown.any():
        return ""
    heights = density[shown] / density.max() * (_BASE - _TOP - 4)
    points = " ".join(
        f"{x(float(lead))},{_BASE - height:.1f}" for lead, height in zip(leads[shown], heights, strict=True)
    )
    return f"{x(float(leads[shown][0]))},{_BASE} {points} {x(float(leads[shown][-1]))},{_BASE}"
