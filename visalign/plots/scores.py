"""Plots of many results: which visemes are confused, how leads are spread, and whether confidences can be believed.

Conventions
-----------
Leads are drawn in milliseconds, positive where the audio is early. A confusion is time: seconds in which one viseme was
expected, at the clip's lead, and another observed. The reliability diagram follows DeGroot and Fienberg [1]_; its bars
are Wilson's 95 % intervals [2]_.

References
----------
.. [1] M. H. DeGroot and S. E. Fienberg, The comparison and evaluation of forecasters, The Statistician 32, 1983.
.. [2] E. B. Wilson, Probable inference, the law of succession, and statistical inference, J. American Statistical
   Association 22(158), 1927.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from visalign.errors import ConfigError
from visalign.language.phones import is_silence
from visalign.plots.samples import LeadSample
from visalign.plots.style import (
    IN_SYNC,
    INK,
    MUTED,
    ONE_COLUMN,
    RULE,
    SEEN,
    axes_or_new,
    sequential,
    signed,
    styled,
)
from visalign.reports.clip_report import ClipReport
from visalign.reports.palette import LIGHT
from visalign.sync.verdict import WORD_VERDICTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_confusion", "plot_lags", "plot_reliability", "viseme_confusion"]

Floats = npt.NDArray[np.float64]

_STEP = 0.01  # seconds between samples of two tiers
_NUMBER_FROM = 0.05  # part of a row from which a cell has its number
_DARK = 0.55  # part from which the number is white
_LAG_BIN_MS = 20.0
_MOST_BINS = 60
_KEY_ROW_POINTS = 11.0


def viseme_confusion(reports: Sequence[ClipReport]) -> tuple[tuple[str, ...], Floats]:
    """Seconds in which one viseme was expected and one observed, while somebody speaks.

    Parameters
    ----------
    reports : sequence of ClipReport
        All with the same viseme map.

    Returns
    -------
    visemes : tuple of str
        Of rows and columns, the silent one last.
    seconds : ndarray, shape (n_visemes, n_visemes)
        Rows are expected, columns observed.

    Raises
    ------
    ConfigError
        If there is no report, or their maps differ.
    """
    maps = sorted({report.clip.viseme_map for report in reports})
    if len(maps) != 1:
        raise ConfigError("reports", ", ".join(maps) or "none", "one or more reports with the same viseme map")
    pairs = [pair for report in reports for pair in _pairs(report)]
    silence = reports[0].clip.silence_viseme
    visemes = tuple(sorted({x for pair in pairs for x in pair}, key=lambda x: (x == silence, x)))
    index = {viseme: k for k, viseme in enumerate(visemes)}
    seconds = np.zeros((len(visemes), len(visemes)))
    for expected, observed in pairs:
        seconds[index[expected], index[observed]] += _STEP
    return visemes, seconds


def _pairs(report: ClipReport) -> list[tuple[str, str]]:
    lead = report.sync.lead_seconds or 0.0
    if not len(report.phones):
        return []
    heard = np.arange(report.phones.start + _STEP / 2, report.phones.end, _STEP)
    phones = report.phones.sample(heard, outside="SIL")
    expected = report.expected_visemes.sample(heard)
    observed = report.observed_visemes.sample(heard + lead)
    together = zip(phones, expected, observed, strict=True)
    return [(should, does) for phone, should, does in together if not is_silence(phone) and should and does]


@styled
def plot_confusion(reports: ClipReport | Sequence[ClipReport], axes: Axes | None = None) -> Axes:
    """Draw which visemes the lips showed for those that were expected.

    Parameters
    ----------
    reports : ClipReport or sequence of ClipReport
        All with the same viseme map; their times add up.
    axes : Axes, optional
        Where to; a new figure by default.

    Raises
    ------
    ConfigError
        If nobody speaks with a face in them, or their maps differ.
    """
    every = [reports] if isinstance(reports, ClipReport) else list(reports)
    visemes, seconds = viseme_confusion(every)
    if not visemes:
        raise ConfigError("reports", every[0].clip.name, "one in which somebody speaks and a face is seen")
    side = max(ONE_COLUMN, 1.3 + 0.27 * len(visemes))
    axes = axes_or_new(axes, side, side)
    totals = seconds.sum(axis=1, keepdims=True)
    share = np.divide(seconds, totals, out=np.zeros_like(seconds), where=totals > 0)
    axes.imshow(share, cmap=sequential(), vmin=0.0, vmax=1.0, interpolation="nearest")
    for row, column in zip(*np.nonzero(share >= _NUMBER_FROM), strict=True):
        colour = "white" if share[row, column] >= _DARK else INK
        axes.text(column, row, f"{100 * share[row, column]:.0f}", ha="center", va="center", fontsize=6.5, color=colour)
    ticks = range(len(visemes))
    axes.set_xticks(ticks, visemes, rotation=90 if max(map(len, visemes)) > 2 else 0)
    axes.set_yticks(ticks, [f"{x}  ({total:.1f} s)" for x, total in zip(visemes, totals[:, 0], strict=True)])
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(len(visemes) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(visemes) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color=RULE, linewidth=0.4)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(RULE)
    axes.set_xlabel("observed")
    axes.set_ylabel("expected")
    right = float(np.trace(seconds) / seconds.sum())
    names = every[0].clip.name if len(every) == 1 else f"{len(every)} clips"
    axes.set_title(f"Visemes of {names}\n% of each row; {right:.0%} on the diagonal")
    return axes


@styled
def plot_lags(
    leads: Sequence[LeadSample],
    axes: Axes | None = None,
    *,
    limits: tuple[float, float] | None = None,
    what: str = "clips",
) -> Axes:
    """Draw how leads are spread, stacked by verdict; of those that fit at no lead, the title says how many there are.

    Parameters
    ----------
    leads : sequence of LeadSample
        From :mod:`visalign.plots.samples`.
    axes : Axes, optional
        Where to; a new figure of one column by default.
    limits : (float, float), optional
        Seconds that the audio may lead, and lag; shaded.
    what : str
        What is counted, for the labels.

    Raises
    ------
    ConfigError
        If there are none.
    """
    n_unfit = sum(lead.verdict == "mismatched" for lead in leads)
    leads = [lead for lead in leads if lead.verdict != "mismatched"]
    if not leads:
        raise ConfigError("leads", "none", f"{what} with a measured lead; what fits at no lead has none")
    # Optional, and there if `styled` let us in.
    from matplotlib.ticker import MaxNLocator

    axes = axes_or_new(axes)
    ms = np.array([1000 * x.seconds for x in leads])
    edges = _bins(ms)
    if limits is not None:
        axes.axvspan(-1000 * limits[1], 1000 * limits[0], facecolor=IN_SYNC, edgecolor="none", zorder=0)
    bottom = np.zeros(len(edges) - 1)
    for verdict in (x for x in WORD_VERDICTS if any(lead.verdict == x for lead in leads)):
        own = np.array([lead.verdict == verdict for lead in leads])
        counts, _ = np.histogram(ms[own], edges)
        tint, hatch = _BAR_MARKS[verdict]
        axes.bar(edges[:-1], counts, np.diff(edges), bottom, align="edge", facecolor=tint, edgecolor="white",
                 linewidth=0.5, hatch=hatch, label=f"{verdict} ({own.sum()})")  # fmt: skip
        bottom += counts
    middle = float(np.median(ms))
    axes.axvline(middle, color=INK, linewidth=0.9, linestyle="--")
    axes.annotate(f"median {signed(middle)}", (middle, 1.0), xycoords=axes.get_xaxis_transform(), xytext=(3, -1),
                  textcoords="offset points", fontsize=7, va="top")  # fmt: skip
    axes.set_ylim(0.0, 1.22 * float(bottom.max()))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("lead of the audio, ms (+ = early)")
    axes.set_ylabel(what)
    key = axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.2, handlelength=1.2,
                      labelspacing=0.3)  # fmt: skip
    unfit = f"; {n_unfit} more fit at none" * bool(n_unfit)
    axes.set_title(f"Leads of {len(leads)} {what}{unfit}", pad=6 + _KEY_ROW_POINTS * -(-len(key.get_texts()) // 2))
    return axes


_BAR_MARKS = {
    "in-sync": (LIGHT["good"], ""),
    "audio-early": (LIGHT["fault"], ""),
    "audio-late": (LIGHT["fault"], ""),
    "out-of-step": ("#F9C9A6", "\\\\"),
    "uncertain": ("#DDD2F6", "...."),
}


def _bins(ms: Floats) -> Floats:
    """Edges at multiples of a width that leaves no more than :data:`_MOST_BINS`."""
    spread = float(ms.max() - ms.min())
    width = _LAG_BIN_MS * max(1, int(np.ceil(spread / _LAG_BIN_MS / _MOST_BINS)))
    first, last = np.floor(ms.min() / width), np.floor(ms.max() / width) + 1
    return np.asarray(width * np.arange(first - 1, last + 2), np.float64)


@styled
def plot_reliability(
    confidences: npt.ArrayLike, is_right: npt.ArrayLike, axes: Axes | None = None, *, n_bins: int = 10
) -> Axes:
    """Draw how often results of each confidence were right.

    Parameters
    ----------
    confidences : array-like, shape (n,)
        Stated probabilities of being right, 0..1.
    is_right : array-like of bool, shape (n,)
        Whether they were.
    axes : Axes, optional
        Where to; a new figure of one column by default.
    n_bins : int
        Bins of equal width.

    Raises
    ------
    ConfigError
        If there is nothing to draw, or a confidence is no probability.
    """
    stated, right = np.asarray(confidences, float), np.asarray(is_right, bool)
    if not len(stated) or stated.shape != right.shape or not ((stated >= 0) & (stated <= 1)).all():
        raise ConfigError("confidences", f"{len(stated)} values", "probabilities between 0 and 1, each with its truth")
    axes = axes_or_new(axes, ONE_COLUMN, ONE_COLUMN)
    index = np.minimum((stated * n_bins).astype(int), n_bins - 1)
    counts = np.bincount(index, minlength=n_bins)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    axes.bar((np.arange(n_bins) + 0.5) / n_bins, 0.18 * counts / counts.max(), 0.94 / n_bins, color=RULE)
    filled = np.flatnonzero(counts)
    x = np.array([stated[index == k].mean() for k in filled])
    y = np.array([right[index == k].mean() for k in filled])
    intervals = (binomtest(int(right[index == k].sum()), int(counts[k])).proportion_ci(method="wilson") for k in filled)
    low, high = np.array([(found.low, found.high) for found in intervals]).T
    axes.errorbar(x, y, [y - low, high - y], fmt="none", ecolor=SEEN, elinewidth=0.9, capsize=2)
    axes.plot(x, y, color=SEEN, linewidth=0.8, alpha=0.5)
    axes.scatter(x, y, s=10 + 50 * counts[filled] / counts.max(), color=SEEN, zorder=3)
    error = float(np.sum(counts[filled] * np.abs(y - x)) / len(stated))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.05)
    axes.set_aspect("equal")
    axes.set_xlabel("stated confidence")
    axes.set_ylabel("part that was right")
    axes.set_title(
        f"{len(stated)} results: right {right.mean():.0%}, stated {stated.mean():.0%}\n"
        f"calibration error {error:.3f}; bars: count"
    )
    return axes
