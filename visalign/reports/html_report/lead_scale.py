"""The measured lead on a scale, as a drawing: where it lies, how sure that is, and what counts as in sync."""

from __future__ import annotations

import math

import numpy as np

from visalign.reports.clip_report import ClipReport
from visalign.reports.html_report.document import text
from visalign.reports.wording import lead_in_words
from visalign.sync.evidence import ClipEvidence

__all__ = ["lead_scale"]

_WIDTH, _HEIGHT = 420, 118
_LEFT, _RIGHT, _BASE, _TOP = 16, 404, 84, 26
_LEAST_REACH = 0.2  # seconds to either side


def lead_scale(report: ClipReport, evidence: ClipEvidence) -> str:
    """The scale as SVG: late on the left, early on the right."""
    sync, clip = report.sync, report.clip
    reach = _reach(report)

    def x(seconds: float) -> float:
        part = (min(max(seconds, -reach), reach) + reach) / (2 * reach)
        return round(_LEFT + part * (_RIGHT - _LEFT), 1)

    zone = (x(-clip.max_lag_seconds), x(clip.max_lead_seconds))
    parts = [
        f'<rect class="zone" x="{zone[0]}" y="{_TOP}" width="{zone[1] - zone[0]:.1f}" height="{_BASE - _TOP}"/>',
        _curve(evidence, x, reach),
        f'<line class="axis" x1="{_LEFT}" y1="{_BASE}" x2="{_RIGHT}" y2="{_BASE}"/>',
        f'<line class="zero" x1="{x(0)}" y1="{_TOP}" x2="{x(0)}" y2="{_BASE + 4}"/>',
    ]
    label = "No offset could be measured"
    if sync.lead_seconds is not None and sync.lead_interval is not None:
        low, high = sync.lead_interval
        guess = "best guess: " if sync.verdict in ("mismatched", "uncertain") else ""
        label = f"Audio is {lead_in_words(sync.lead_seconds)}"
        anchor = "start" if sync.lead_seconds < -0.5 * reach else "end" if sync.lead_seconds > 0.5 * reach else "middle"
        parts += [
            f'<line class="span" x1="{x(low)}" y1="{_BASE}" x2="{x(high)}" y2="{_BASE}"/>',
            f'<circle class="best" cx="{x(sync.lead_seconds)}" cy="{_BASE}" r="5"/>',
            f'<text class="value" x="{x(sync.lead_seconds)}" y="16" text-anchor="{anchor}">'
            f"{text(guess + lead_in_words(sync.lead_seconds))}</text>",
        ]
    ms = round(1000 * reach)
    parts += [
        f'<text x="{_LEFT}" y="{_BASE + 20}">{ms} ms late</text>',
        f'<text x="{x(0)}" y="{_BASE + 20}" text-anchor="middle">in sync</text>',
        f'<text x="{_RIGHT}" y="{_BASE + 20}" text-anchor="end">{ms} ms early</text>',
    ]
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(label)}">{"".join(parts)}</svg>'


def _reach(report: ClipReport) -> float:
    """Seconds to either side that the scale shows: a round number that holds estimate, interval and limits."""
    sync, clip = report.sync, report.clip
    shown = [clip.max_lead_seconds, clip.max_lag_seconds, abs(sync.lead_seconds or 0.0)]
    shown += [abs(bound) for bound in sync.lead_interval or ()]
    return max(_LEAST_REACH, math.ceil(1.15 * max(shown) * 10) / 10)


def _curve(evidence: ClipEvidence, x: object, reach: float) -> str:
    assert callable(x)
    leads, density = evidence.density_leads, evidence.density
    shown = np.abs(leads) <= reach
    if not shown.any():
        return ""
    heights = density[shown] / density.max() * (_BASE - _TOP - 4)
    points = " ".join(
        f"{x(float(lead))},{_BASE - height:.1f}" for lead, height in zip(leads[shown], heights, strict=True)
    )
    ends = f"{x(float(leads[shown][0]))},{_BASE}", f"{x(float(leads[shown][-1]))},{_BASE}"
    return f'<polygon class="curve" points="{ends[0]} {points} {ends[1]}"/>'
