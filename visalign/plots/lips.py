"""Plot of what the lips show: a film strip of the mouth above visemes, their probabilities and the lips' measures.

Conventions
-----------
Seconds on the clip's clock along x; each picture stands over the stretch of time from which it was taken. Widths and
openings are inter-ocular distances (``iod``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ConfigError
from visalign.lips.closures import find_closures
from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import DecodedVisemes
from visalign.media.clips import read_frames
from visalign.plots.style import (
    EXPECTED,
    FAINT,
    MUTED,
    ROOM_FOR_NAMES,
    RULE,
    SEEN,
    TWO_COLUMNS,
    new_figure,
    sequential,
    styled,
)
from visalign.plots.tiers import draw_intervals, name_row, quiet_row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
from visalign.timeline import frame_step

__all__ = ["plot_lips"]

_N_PICTURES = 16
_MOUTH_WIDTHS = 1.7  # width of a picture, in widths of the mouth
_MOUTH_SHAPE = 1.15  # width of a picture over its height
_SHOWN = 0.2  # visemes that are never more probable than this have no row
_MEASURES = (("inner_aperture", "opening", SEEN, "-"), ("outer_width", "width", MUTED, "--"))


@styled
def plot_lips(
    clip: AnyPath,
    lips: LipFeatures,
    decoded: DecodedVisemes,
    *,
    silence: str = "",
    start: float | None = None,
    end: float | None = None,
    track: int | None = None,
) -> tuple[Axes, ...]:
    """Draw the mouth, its visemes and its measures over time.

    Parameters
    ----------
    clip : path-like
        Its pictures are read again.
    lips : LipFeatures
        Read from it.
    decoded : DecodedVisemes
        Decoded from them.
    silence : str
        The viseme of silence, whose intervals are left white.
    start, end : float, optional
        Seconds to show; the whole clip by default.
    track : int, optional
        Index of the video stream that the lips were read from; the one that is marked as default otherwise.

    Returns
    -------
    tuple of Axes
        Pictures, visemes, probabilities, closures, measures.

    Raises
    ------
    ConfigError
        If the span is empty, or the lips were read without their landmarks.
    """
    span = (lips.times.times[0] if start is None else start, lips.times.duration if end is None else end)
    if not span[0] < span[1]:
        raise ConfigError("span", f"{span[0]:g} to {span[1]:g} s", "an end after the start")
    shown = np.flatnonzero(np.nan_to_num(decoded.probabilities).max(axis=0, initial=0.0) > _SHOWN)
    inches = TWO_COLUMNS - ROOM_FOR_NAMES
    heights = (inches / _N_PICTURES / _MOUTH_SHAPE, 0.3, 0.3 + 0.13 * len(shown), 0.5, 1.1)
    figure = new_figure(TWO_COLUMNS, 0.6 + sum(heights))
    made = figure.subplots(5, 1, sharex=True, gridspec_kw={"height_ratios": heights})
    pictures, visemes, posteriors, closed, measures = made
    quiet_row(pictures, "mouth")
    _draw_strip(pictures, clip, lips, span, track)
    quiet_row(visemes, "viseme")
    draw_intervals(
        visemes, decoded.tier, span, inches, mark=lambda x: ("white" if x.label in ("", silence) else FAINT, "")
    )
    _draw_posteriors(posteriors, decoded, shown)
    _draw_closed(closed, lips, decoded)
    _draw_measures(measures, lips)
    measures.set_xlim(*span)
    measures.tick_params(axis="x", length=3, labelbottom=True)
    measures.set_xlabel("seconds")
    pictures.set_title(lips.source)
    figure.align_ylabels()
    return tuple(made)


def _draw_strip(axes: Axes, clip: AnyPath, lips: LipFeatures, span: tuple[float, float], track: int | None) -> None:
    if lips.mouth is None:
        raise ConfigError("lips", None, "lips that were read from the clip by this version, with their landmarks")
    step = (span[1] - span[0]) / _N_PICTURES
    places = [span[0] + (k + 0.5) * step for k in range(_N_PICTURES)]
    frames = np.clip(np.searchsorted(lips.times.times, places, side="right") - 1, 0, len(lips) - 1)
    wanted = {int(i): x - 0.5 * step for i, x in zip(frames, places, strict=True) if lips.has_face[i]}
    if not wanted:
        return
    half = 0.5 * _MOUTH_WIDTHS * float(np.median(np.ptp(lips.mouth[list(wanted), :, 0], axis=1)))
    for index, frame in enumerate(read_frames(clip, colour=True, track=track)):
        if index in wanted:
            left, picture = wanted[index], _cut(frame.image, lips.mouth[index], half)
            extent = (left + 0.02 * step, left + 0.98 * step, 0.0, 1.0)
            axes.imshow(picture, extent=extent, aspect="auto", interpolation="lanczos")


def _cut(image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32], half: float) -> npt.NDArray[np.uint8]:
    """The picture around a mouth, its edges continued where it ends."""
    x, y = points.mean(axis=0).tolist()
    columns = np.clip(np.arange(round(x - half), round(x + half)), 0, image.shape[1] - 1)
    rows = np.clip(np.arange(round(y - half / _MOUTH_SHAPE), round(y + half / _MOUTH_SHAPE)), 0, image.shape[0] - 1)
    return np.asarray(image[np.ix_(rows, columns)])


def _draw_posteriors(axes: Axes, decoded: DecodedVisemes, shown: npt.NDArray[np.intp]) -> None:
    half = 0.5 * frame_step(decoded.times)
    extent = (decoded.times[0] - half, decoded.times[-1] + half, len(shown) - 0.5, -0.5)
    if len(shown):
        axes.imshow(
            decoded.probabilities[:, shown].T,
            extent=extent,
            aspect="auto",
            cmap=sequential(),
            vmin=0.0,
            vmax=1.0,
            interpolation="nearest",
        )
    axes.set_yticks(range(len(shown)), [decoded.visemes[k] or "none" for k in shown], fontsize=6.0)
    axes.tick_params(axis="both", length=0, labelbottom=False)
    name_row(axes, "probability")


def _draw_closed(axes: Axes, lips: LipFeatures, decoded: DecodedVisemes) -> None:
    axes.fill_between(decoded.times, np.nan_to_num(decoded.closed_probabilities), color=FAINT, linewidth=0.0)
    axes.plot(decoded.times, decoded.closed_probabilities, color=EXPECTED, linewidth=0.9)
    for event in find_closures(lips, decoded):
        axes.plot([event.moment], [event.probability], marker="v", markersize=3.5, color=EXPECTED, linestyle="none")
    axes.set_ylim(0.0, 1.1)
    axes.set_yticks([0, 1])
    axes.tick_params(axis="x", length=0, labelbottom=False)
    name_row(axes, "lips closed")


def _draw_measures(axes: Axes, lips: LipFeatures) -> None:
    axes.axhline(0.0, color=RULE, linewidth=0.8)
    for column, label, colour, line in _MEASURES:
        axes.plot(lips.times.centres, lips.column(column), color=colour, linestyle=line, label=label)
    axes.legend(loc="center right", ncols=2)
    name_row(axes, "iod")
