"""Plots of the offset: how well each lead fits, and the warping path on its matrix of costs.

Conventions
-----------
Leads are drawn in milliseconds, positive where the audio is early. Both axes of the matrix are seconds of the picture;
what is expected has been moved by the clip's lead, so that a path on the diagonal means that the lead holds throughout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from visalign.errors import ConfigError
from visalign.plots.style import (
    EXPECTED,
    IN_SYNC,
    IN_SYNC_INK,
    INK,
    MUTED,
    RULE,
    TWO_COLUMNS,
    axes_or_new,
    sequential,
    signed,
    styled,
)
from visalign.plots.tiers import evidence_of, speech_span
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import fits_nowhere, headline, lead_in_words
from visalign.sync.scoring import MAX_COST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_SECONDS", "draw_limits", "plot_offset", "plot_path"]

MOST_SECONDS = 120.0
"""Longest stretch of a warping path: its matrix grows with the square."""

_LABEL_INCHES = 0.065  # from one phone's label to the next, at least
_LOWEST_SHOWN = 1.15  # of the curve's range, so that the lead's label has room below


def draw_limits(axes: Axes, report: ClipReport, *, along: str = "x") -> None:
    """Shade the leads that the verdict profile calls in sync, in milliseconds along an axis."""
    low, high = -1000 * report.clip.max_lag_seconds, 1000 * report.clip.max_lead_seconds
    span = axes.axvspan if along == "x" else axes.axhspan
    span(low, high, facecolor=IN_SYNC, edgecolor="none", zorder=0)


@styled
def plot_offset(report: ClipReport, axes: Axes | None = None) -> Axes:
    """Draw how well the lips fit what is heard at each lead, with the estimate and its 95 % interval.

    Parameters
    ----------
    report : ClipReport
        Of a check, or read from JSON.
    axes : Axes, optional
        Where to; a new figure of one column by default.

    Raises
    ------
    ConfigError
        If the report holds no curve, because there was nothing to see or to hear.
    """
    sync = report.sync
    if len(sync.lags) < 2:
        raise ConfigError("report", report.clip.name, f"one with an offset curve; this has none ({sync.reason})")
    axes = axes_or_new(axes)
    lags, curve = 1000 * np.asarray(sync.lags), np.asarray(sync.log_likelihoods)
    deepest = float(curve.min()) or -1.0
    draw_limits(axes, report)
    axes.text(-1000 * report.clip.max_lag_seconds, 0.03, "in sync ", transform=axes.get_xaxis_transform(), ha="right",
              fontsize=7, color=IN_SYNC_INK)  # fmt: skip
    axes.plot(lags, curve, color=EXPECTED)
    axes.set_xlim(float(lags[0]), float(lags[-1]))
    axes.set_ylim(_LOWEST_SHOWN * deepest, -0.12 * deepest)
    if fits_nowhere(sync):
        axes.set_title(headline(sync).rstrip("."), color=INK)
    elif sync.lead_seconds is not None and sync.lead_interval is not None:
        low, high = (1000 * x for x in sync.lead_interval)
        axes.axvspan(low, high, facecolor=INK, alpha=0.12, edgecolor="none")
        axes.axvline(1000 * sync.lead_seconds, color=INK, linewidth=1.1)
        told = lead_in_words(sync.lead_seconds, report.clip.frame_rate)
        axes.set_title(f"Audio {told}\n95 %: {signed(low)} to {signed(high)} ms", color=INK)
    axes.set_xlabel("lead of the audio, ms (+ = early)")
    axes.set_ylabel("log-likelihood of the lips")
    return axes


@styled
def plot_path(
    report: ClipReport, axes: Axes | None = None, *, start: float | None = None, end: float | None = None
) -> Axes:
    """Draw the warping path of least cost on the matrix of costs: expected visemes down, observed ones across.

    Parameters
    ----------
    report : ClipReport
        With its evidence.
    axes : Axes, optional
        Where to; a new square figure by default.
    start, end : float, optional
        Seconds to show; the speech by default. At most :data:`MOST_SECONDS`; phones are named where they have room.

    Raises
    ------
    ConfigError
        If the report has no evidence, or the stretch is too long.
    """
    kept, span = evidence_of(report), speech_span(report, start, end)
    if span[1] - span[0] > MOST_SECONDS:
        raise ConfigError(
            "span", f"{span[0]:.1f} to {span[1]:.1f} s", f"start and end at most {MOST_SECONDS:g} s apart"
        )
    axes = axes_or_new(axes, 0.62 * TWO_COLUMNS, 0.55 * TWO_COLUMNS)
    chosen = np.flatnonzero((kept.moments >= span[0]) & (kept.moments <= span[1]))
    if len(chosen) < 2:
        raise ConfigError("span", f"{span[0]:g} to {span[1]:g} s", "two moments of the clip at least")
    part = slice(int(chosen[0]), int(chosen[-1]) + 1)
    likely = np.nan_to_num(kept.posteriors[part], nan=1.0) @ kept.acceptable[part].T.astype(float)
    cost = np.clip(-np.log(np.clip(likely, 1e-12, 1.0)), 0.0, MAX_COST).T
    half = 0.5 * float(kept.moments[1] - kept.moments[0])
    low, high = kept.moments[part][0] - half, kept.moments[part][-1] + half
    image = axes.imshow(cost, extent=(low, high, high, low), cmap=sequential().reversed(), vmin=0.0, vmax=MAX_COST,
                        interpolation="nearest")  # fmt: skip
    axes.plot([low, high], [low, high], color=RULE, linewidth=0.8, linestyle=":")
    within = (kept.path_expected >= part.start) & (kept.path_expected < part.stop)
    within &= (kept.path_observed >= part.start) & (kept.path_observed < part.stop)
    axes.plot(
        kept.moments[kept.path_observed[within]],
        kept.moments[kept.path_expected[within]],
        color=EXPECTED,
        linewidth=1.6,
    )
    lead = report.sync.lead_seconds or 0.0
    room = _LABEL_INCHES * axes.figure.dpi / axes.get_window_extent().height * (high - low)
    last = -np.inf
    for x in report.phones:
        shown = x.centre + lead
        if low < shown < high and x.label not in ("", "SIL") and shown - last >= room:
            last = shown
            axes.text(-0.012, shown, x.label, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=6)
    axes.set_yticks([])
    axes.set_ylabel("expected, by phone", labelpad=18)
    axes.set_xlabel("observed, seconds")
    axes.set_title("Warping path on the cost of pairing")
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.75, aspect=28, pad=0.02)
    bar.set_label("cost, −log probability", color=MUTED)
    bar.outline.set_visible(False)
    return axes
