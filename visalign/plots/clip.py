"""Plots of one clip over time: its tracks, and the stages of the method from sound and picture to the lead.

Conventions
-----------
Words and phones stand where they are heard. Expected visemes and lip openings stand where they should be seen: later by
the clip's lead, so that they lie over what is observed when the lead is right.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from visalign.errors import AnyPath, ConfigError
from visalign.media.clips import read_frames
from visalign.plots.offset import draw_limits
from visalign.plots.style import (
    EXPECTED,
    FAINT,
    INK,
    MUTED,
    ROOM_FOR_NAMES,
    RULE,
    SEEN,
    TWO_COLUMNS,
    new_figure,
    sequential,
    styled,
)
from visalign.plots.tiers import (
    draw_intervals,
    draw_waveform,
    evidence_of,
    name_row,
    quiet_row,
    shapes_of,
    speech_span,
    tints_of,
    word_marks,
)
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import fits_nowhere, headline, lead_in_words, tells_offset
from visalign.signals import Audio
from visalign.sync.evidence import ClipEvidence
from visalign.timeline import frame_step
from visalign.visemes.naming import named, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["TRACKS", "plot_stages", "plot_tracks"]

Floats = npt.NDArray[np.float64]
Span = tuple[float, float]

TRACKS: Mapping[str, float] = MappingProxyType(
    {"sound": 1.0, "words": 0.75, "phones": 0.5, "expected": 0.5, "observed": 0.5, "opening": 1.7, "lead": 1.5}
)
"""Rows of :func:`plot_tracks`, from the top, and how high they are to one another."""

_INCHES = TWO_COLUMNS - ROOM_FOR_NAMES
_KEY_LINE_INCHES, _KEY_CHARACTERS = 0.11, 140  # of type of 6 points
_MOST_DOTS = 40  # an inch: closer ones hide the curve
_MOUTH_WIDTHS = 1.7  # width of a mouth's picture
_MOUTH_SHAPE = 1.15  # its width over its height
_EVIDENCE_SMOOTHING = 0.12  # seconds: single frames say too little to be seen
_MARGINAL_SHARE = 0.17  # of the width goes to the curve beside the evidence


@styled
def plot_tracks(
    report: ClipReport,
    audio: Audio | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
    rows: Sequence[str] | None = None,
    title: str | None = None,
) -> tuple[Axes, ...]:
    """Draw what is heard, expected and seen over time.

    Parameters
    ----------
    report : ClipReport
        With its evidence, lip opening and local lead are drawn as well.
    audio : Audio, optional
        The sound, for a waveform.
    start, end : float, optional
        Seconds to show; the speech by default.
    rows : sequence of str, optional
        Which of :data:`TRACKS` to draw; by default all for which there is data.
    title : str, optional
        Above it; the clip and its verdict by default.

    Returns
    -------
    tuple of Axes
        A row each, from the top.

    Raises
    ------
    ConfigError
        If there is no such row, or no data for one that was asked for.
    """
    span, drawn = speech_span(report, start, end), _rows(report, audio, rows)
    heights = [TRACKS[name] for name in drawn]
    key = _key(report) if {"expected", "observed"} & set(drawn) else ""
    figure = new_figure(TWO_COLUMNS, 0.5 + 0.62 * sum(heights) + _KEY_LINE_INCHES * len(key.splitlines()))
    made = figure.subplots(len(drawn), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for name, axes in zip(drawn, made, strict=True):
        _TRACK_DRAWERS[name](axes, report, audio, span)
    made[-1].tick_params(axis="x", length=3, labelbottom=True)
    made[-1].set_xlabel("seconds")
    if key:
        figure.supxlabel(key, fontsize=6, color=MUTED, x=0.01, ha="left")
    made[0].set_title(_title(report) if title is None else title)
    figure.align_ylabels()
    return tuple(made)


def _rows(report: ClipReport, audio: Audio | None, wanted: Sequence[str] | None) -> list[str]:
    missing = {"sound"} if audio is None else set()
    missing |= {"opening", "lead"} if report.evidence is None else set()
    missing |= set() if tells_offset(report.sync) or wanted else {"lead"}
    known = [name for name in TRACKS if name not in missing]
    for name in wanted or ():
        if name not in known:
            raise ConfigError("rows", name, known)
    return [name for name in known if wanted is None or name in wanted]


def _key(report: ClipReport) -> str:
    """What the letters of the clip's shapes mean, in lines; the same for every stretch of it."""
    tiers, names = (report.expected_visemes, report.observed_visemes), report.clip.names
    shown = {label for tier in tiers for label in tier.labels}
    parts = [
        f"{letter} {words}" for letter, words in names.items() if letter in shown and named(letter, names) != letter
    ]
    return "\n".join(textwrap.wrap(" · ".join(parts), _KEY_CHARACTERS))


def _title(report: ClipReport) -> str:
    sync = report.sync
    if fits_nowhere(sync):
        return f"{report.clip.name}: {headline(sync).rstrip('.')}"
    lead = None if sync.lead_seconds is None else f"audio {lead_in_words(sync.lead_seconds, report.clip.frame_rate)}"
    told = lead if lead and sync.verdict.startswith("audio") else ", ".join(filter(None, (sync.verdict, lead)))
    return f"{report.clip.name}: {told}"


def _draw_sound(axes: Axes, _: ClipReport, audio: Audio | None, span: Span) -> None:
    assert audio is not None  # the row is there only with sound
    quiet_row(axes, "sound")
    draw_waveform(axes, audio, span, _INCHES)


def _draw_words(axes: Axes, report: ClipReport, _: Audio | None, span: Span) -> None:
    quiet_row(axes, "words\nlead, ms")
    mark, text = word_marks(report)
    draw_intervals(axes, report.words, span, _INCHES, mark=mark, label=text)


def _draw_phones(axes: Axes, report: ClipReport, _: Audio | None, span: Span) -> None:
    quiet_row(axes, "phones")
    heard = [x for x in report.phones if x.label not in ("", "SIL")]
    draw_intervals(axes, heard, span, _INCHES, mark=lambda _: (FAINT, ""), size=6.5)


def _draw_expected(axes: Axes, report: ClipReport, _: Audio | None, span: Span) -> None:
    lead = (report.sync.lead_seconds or 0.0) if tells_offset(report.sync) else 0.0
    ms = round(1000 * lead)
    quiet_row(axes, "expected" if ms == 0 else f"expected\n{abs(ms)} ms {'later' if ms > 0 else 'earlier'}")
    shown = report.expected_visemes.shift(lead)
    draw_intervals(axes, shown, span, _INCHES, mark=tints_of(report), label=shapes_of(report))


def _draw_observed(axes: Axes, report: ClipReport, _: Audio | None, span: Span) -> None:
    quiet_row(axes, "observed")
    draw_intervals(axes, report.observed_visemes, span, _INCHES, mark=tints_of(report), label=shapes_of(report))


def _draw_opening(axes: Axes, report: ClipReport, _: Audio | None, span: Span) -> None:
    kept = evidence_of(report)
    axes.axhline(0.0, color=RULE, linewidth=0.8)
    axes.plot(kept.centres, kept.expected_aperture, color=EXPECTED, linestyle="--", label="expected")
    n_shown = int(((kept.centres >= span[0]) & (kept.centres <= span[1])).sum())
    dots = {"marker": ".", "markersize": 3.5} if n_shown <= _MOST_DOTS * _INCHES else {"linewidth": 0.8}
    axes.plot(kept.centres, kept.aperture, color=SEEN, label="measured", **dots)
    name_row(axes, "lip opening\niod")
    low, high = _range_within(kept.centres, [kept.aperture, kept.expected_aperture], span)
    axes.set_ylim(low - 0.05 * (high - low), high + 0.3 * (high - low))  # room for the legend
    axes.legend(loc="upper right", ncols=2, borderaxespad=0.1, handlelength=2.4)
    axes.set_xlim(*span)
    axes.tick_params(axis="x", labelbottom=False, length=0)


def _draw_local_lead(axes: Axes, report: ClipReport, _: Audio | None, span: Span) -> None:
    local = evidence_of(report).local
    draw_limits(axes, report, along="y")
    axes.fill_between(local.times, 1000 * local.low, 1000 * local.high, color=EXPECTED, alpha=0.2, linewidth=0)
    axes.plot(local.times, 1000 * local.lead, color=SEEN)
    shown = [-report.clip.max_lag_seconds, report.clip.max_lead_seconds, report.sync.lead_seconds or 0.0]
    low, high = _range_within(local.times, [local.low, local.high], span, shown)
    if report.sync.lead_seconds is not None and tells_offset(report.sync):
        lead = 1000 * report.sync.lead_seconds
        axes.axhline(lead, color=INK, linewidth=0.8, linestyle=":")
        _note_beside(axes, lead, "clip")
    middle = 500 * (report.clip.max_lead_seconds - report.clip.max_lag_seconds)
    if not tells_offset(report.sync) or abs(lead - middle) > 0.12 * 1000 * (high - low):
        _note_beside(axes, middle, "in sync")
    name_row(axes, "lead\nms, 95 %")
    axes.set_xlim(*span)
    axes.set_ylim(1000 * (low - 0.08 * (high - low)), 1000 * (high + 0.08 * (high - low)))


def _note_beside(axes: Axes, y: float, text: str) -> None:
    axes.text(1.005, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7, color=MUTED)


def _range_within(
    times: Floats, values: Sequence[Floats], span: Span, others: Sequence[float] = ()
) -> tuple[float, float]:
    """The least and the greatest of what is shown."""
    part = (times >= span[0]) & (times <= span[1])
    known = np.concatenate([*(x[part] for x in values), np.asarray(others, float)])
    known = known[np.isfinite(known)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)


_TRACK_DRAWERS: Mapping[str, Callable[[Axes, ClipReport, Audio | None, Span], None]] = MappingProxyType(
    {
        "sound": _draw_sound,
        "words": _draw_words,
        "phones": _draw_phones,
        "expected": _draw_expected,
        "observed": _draw_observed,
        "opening": _draw_opening,
        "lead": _draw_local_lead,
    }
)


# --- stages of the method ---------------------------------------------------------------------------------------


@styled
def plot_stages(
    report: ClipReport, clip: AnyPath, audio: Audio, *, start: float | None = None, end: float | None = None
) -> tuple[Axes, ...]:
    """Draw the method from sound and picture to the lead, one stage below the other.

    Parameters
    ----------
    report : ClipReport
        With its evidence.
    clip : path-like
        The clip, for pictures of the mouth.
    audio : Audio
        Its sound.
    start, end : float, optional
        Seconds to show; the speech by default.

    Returns
    -------
    tuple of Axes
        Sound, phones, expected visemes, mouths, observed visemes, evidence, and the curve beside it.

    Raises
    ------
    ConfigError
        If the report has no evidence, or its lips were read without landmarks.
    MediaError
        If the clip can't be read.
    """
    kept, span = evidence_of(report), speech_span(report, start, end)
    figure = new_figure(TWO_COLUMNS, 6.4)
    grid = figure.add_gridspec(
        6, 2, height_ratios=[0.8, 0.42, 0.42, 0.72, 1.5, 1.9], width_ratios=[1 - _MARGINAL_SHARE, _MARGINAL_SHARE]
    )
    rows = [figure.add_subplot(grid[0, 0])]
    rows += [figure.add_subplot(grid[k, 0], sharex=rows[0]) for k in range(1, 6)]
    inches = (TWO_COLUMNS - ROOM_FOR_NAMES) * (1 - _MARGINAL_SHARE)
    quiet_row(rows[0], "1  sound")
    draw_waveform(rows[0], audio, span, inches)
    quiet_row(rows[1], "2  phones")
    heard = [x for x in report.phones if x.label not in ("", "SIL")]
    draw_intervals(rows[1], heard, span, inches, mark=lambda _: (FAINT, ""), size=6.5)
    quiet_row(rows[2], "3  visemes\nexpected")
    draw_intervals(rows[2], report.expected_visemes, span, inches, mark=tints_of(report), label=shapes_of(report))
    quiet_row(rows[3], "4  lips")
    shape = inches * 0.95 / _row_height(figure, rows[3])
    _draw_mouths(rows[3], clip, kept, span, shape, report.clip.video_track)
    _draw_posteriors(rows[4], kept, span, report.clip.names)
    curve = figure.add_subplot(grid[5, 1], sharey=rows[5])
    _draw_evidence(rows[5], curve, report, kept, span)
    rows[0].set_title(f"From sound and picture to the lead: {report.clip.name}")
    figure.align_ylabels(rows)
    return (*rows, curve)


def _row_height(figure: Figure, axes: Axes) -> float:
    """Height of a row in inches, before the layout takes its share."""
    return float(axes.get_position().height * figure.get_figheight())


def _draw_mouths(axes: Axes, clip: AnyPath, kept: ClipEvidence, span: Span, shape: float, track: int | None) -> None:
    """Pictures of the mouth side by side, each at its time, with the lips' contours; `shape` is width over height."""
    if kept.mouth is None:
        raise ConfigError("lips", None, "lips that were read from the clip by this version, with their landmarks")
    n = max(1, int(shape / _MOUTH_SHAPE))
    step = (span[1] - span[0]) / n
    chosen = {_frame_at(kept, span[0] + (k + 0.5) * step): k for k in range(n)}
    seen = [i for i in chosen if np.isfinite(kept.mouth[i]).all()]
    if not seen:
        return
    half = 0.5 * _MOUTH_WIDTHS * float(np.median([np.ptp(kept.mouth[i][:, 0]) for i in seen]))
    for index, frame in enumerate(read_frames(clip, colour=True, track=track)):
        if index in seen:
            left = span[0] + chosen[index] * step
            _draw_mouth(axes, frame.image, kept.mouth[index], half, (left + 0.02 * step, left + 0.98 * step))
    axes.set_xlim(*span)
    axes.set_ylim(0.0, 1.0)


def _frame_at(kept: ClipEvidence, time: float) -> int:
    return int(np.clip(np.searchsorted(kept.times, time, side="right") - 1, 0, len(kept.times) - 1))


def _draw_mouth(
    axes: Axes, image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32], half: float, x: Span
) -> None:
    tall = half / _MOUTH_SHAPE
    centre_x, centre_y = points.mean(axis=0)
    padded = int(np.ceil(2 * half))
    wide = np.pad(image, ((padded, padded), (padded, padded), (0, 0)), mode="edge")
    top, left = round(float(centre_y - tall)), round(float(centre_x - half))
    n_rows, n_columns = round(2 * tall), round(2 * half)
    patch = wide[top + padded : top + padded + n_rows, left + padded : left + padded + n_columns]
    axes.imshow(patch, extent=(*x, 0.0, 1.0), aspect="auto", interpolation="lanczos", zorder=1)
    for part in (slice(0, 12), slice(12, 20)):
        loop = np.vstack([points[part], points[part][:1]])
        across = x[0] + (loop[:, 0] - left) / n_columns * (x[1] - x[0])
        axes.plot(across, 1.0 - (loop[:, 1] - top) / n_rows, color="white", linewidth=1.3, alpha=0.6, zorder=2)
        axes.plot(across, 1.0 - (loop[:, 1] - top) / n_rows, color=SEEN, linewidth=0.8, zorder=3)


def _row_name(viseme: str, names: Mapping[str, str]) -> str:
    """In short, with its letter."""
    words = short(viseme, names)
    return words if words == viseme or not viseme else f"{words}  {viseme}"


def _draw_posteriors(axes: Axes, kept: ClipEvidence, span: Span, names: Mapping[str, str]) -> None:
    shown = np.flatnonzero(np.nanmax(kept.posteriors, axis=0, initial=0.0) > 0.1)
    half = 0.5 * frame_step(kept.moments)
    extent = (kept.moments[0] - half, kept.moments[-1] + half, len(shown) - 0.5, -0.5)
    axes.imshow(kept.posteriors[:, shown].T, extent=extent, aspect="auto", cmap=sequential(), vmin=0.0, vmax=1.0,
                interpolation="nearest")  # fmt: skip
    axes.set_yticks(range(len(shown)), [_row_name(kept.visemes[k], names) for k in shown], fontsize=6)
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(*span)
    name_row(axes, "5  visemes\nobserved")


def _draw_evidence(rows: Axes, curve: Axes, report: ClipReport, kept: ClipEvidence, span: Span) -> None:
    """Evidence over time and lead, and its sum over time beside it."""
    step = frame_step(kept.times)
    smooth = gaussian_filter1d(kept.log_likelihoods, _EVIDENCE_SMOOTHING / step, axis=0)
    relative = smooth - np.median(smooth, axis=1, keepdims=True)
    ms = 1000 * kept.lags
    half = 0.5 * float(ms[1] - ms[0])
    extent = (kept.times[0], kept.times[-1] + step, ms[0] - half, ms[-1] + half)
    top = float(np.percentile(relative, 99.5)) or 1.0
    rows.imshow(relative.T, extent=extent, origin="lower", aspect="auto", cmap=sequential(), vmin=0.0, vmax=top,
                interpolation="bilinear")  # fmt: skip
    rows.set_xlim(*span)
    rows.set_xlabel("seconds")
    name_row(rows, "6  evidence\nfor each\nlead, ms")
    draw_limits(curve, report, along="y")
    curve.plot(kept.density / kept.density.max(), 1000 * kept.density_leads, color=EXPECTED)
    curve.fill_betweenx(
        1000 * kept.density_leads, 0.0, kept.density / kept.density.max(), color=EXPECTED, alpha=0.2, linewidth=0
    )
    curve.set_xlim(0.0, 1.25)
    curve.set_xticks([])
    curve.tick_params(axis="y", labelleft=False)
    curve.set_xlabel("probability")
    if report.sync.lead_seconds is not None and tells_offset(report.sync):
        lead = 1000 * report.sync.lead_seconds
        for axes in (rows, curve):
            axes.axhline(lead, color=INK, linewidth=0.9, linestyle=(0, (4, 2)))
        said = f"audio\n{lead_in_words(report.sync.lead_seconds, report.clip.frame_rate)}".replace(" (", "\n(")
        high = report.sync.lead_seconds < 0.5 * float(kept.lags[-1])  # above the peak, or below it
        curve.text(0.12, 0.97 if high else 0.03, said, transform=curve.transAxes, va="top" if high else "bottom",
                   fontsize=8, fontweight="bold")  # fmt: skip
