"""Plots of viseme maps: the tree of a learnt map, maps side by side on a corpus, and a mouth over time.

Colours, type and files are those of :mod:`visalign.plots.style`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import dendrogram

from visalign.animation.coarticulation import mouth_track
from visalign.animation.weight_curves import WeightCurves, frame_grid, weight_curves
from visalign.errors import AnyPath
from visalign.forced_alignment import force_align
from visalign.lips.lip_features import read_lips
from visalign.media.clips import read_audio
from visalign.plots.style import (
    COLOURS,
    EXPECTED,
    INK,
    MUTED,
    ROOM_FOR_NAMES,
    SEEN,
    TWO_COLUMNS,
    new_figure,
    sequential,
    styled,
)
from visalign.plots.tiers import Mark, draw_intervals, name_row, quiet_row
from visalign.timeline import Interval, Tier
from visalign.training.map_evaluation import MapFit
from visalign.training.map_learning import LearntMap
from visalign.visemes.expected import expected_visemes, viseme_tier
from visalign.visemes.viseme_map import VisemeMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_clip_mouth", "plot_learnt_map", "plot_map_fits", "plot_mouth"]

Floats = npt.NDArray[np.float64]

_CURVE_RATE = Fraction(100)  # finer than any film: a plot should show the curve and not its frames
_STYLES = ("-", "--", ":", "-.", "-", "-")  # when the colours begin again
_REST_COLOUR = "#B8C0C8"
_CLOSED_COLOUR = COLOURS[1]
_ROOM_FOR_LEGEND = 0.9  # inches


@styled
def plot_learnt_map(learnt: LearntMap) -> tuple[Axes, Axes]:
    """Draw the tree of a learnt map, with its cut, above the confusions of its phones, with its visemes.

    Returns
    -------
    tree, table : Axes

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    """
    figure = new_figure(TWO_COLUMNS, 1.32 * TWO_COLUMNS)
    tree, table = figure.subplots(2, 1, gridspec_kw={"height_ratios": [1, 2.4]})
    named = list(learnt.phones)
    dendrogram(
        learnt.tree,
        labels=named,
        ax=tree,
        color_threshold=learnt.cut,
        above_threshold_color=MUTED,
        leaf_font_size=7,
    )
    tree.axhline(learnt.cut, color=INK, linestyle="--", linewidth=0.8)
    tree.set_ylabel("distance of profiles (Ward)")
    tree.set_title(learnt.viseme_map.name)
    tree.spines["bottom"].set_visible(False)
    tree.tick_params(axis="x", length=0)
    _draw_confusions(table, learnt)
    return tree, table


def _draw_confusions(axes: Axes, learnt: LearntMap) -> None:
    order = learnt.order
    shown = np.sqrt(learnt.confusions[np.ix_(order, order)])  # the root, so that rare confusions are seen
    axes.imshow(shown, cmap=sequential(), vmin=0.0, vmax=float(shown.max()))
    names = [learnt.phones[i] for i in order]
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.set_xlabel("taken for (root of the mean probability)")
    axes.set_ylabel("spoken")
    visemes = [learnt.viseme_map[name] for name in names]
    start = 0
    for end in range(1, len(visemes) + 1):
        if end == len(visemes) or visemes[end] != visemes[start]:
            x = [start - 0.5, end - 0.5, end - 0.5, start - 0.5, start - 0.5]
            y = [start - 0.5, start - 0.5, end - 0.5, end - 0.5, start - 0.5]
            axes.plot(x, y, color=EXPECTED, linewidth=1.4)
            start = end


@styled
def plot_map_fits(fits: Sequence[MapFit], *, corpus: str) -> tuple[Axes, Axes]:
    """Draw maps side by side: gain beside that of random maps, and accuracy beside chance.

    Returns
    -------
    gains, accuracies : Axes

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    """
    figure = new_figure(TWO_COLUMNS, 0.9 + 0.19 * len(fits))
    gains, accuracies = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(fits))[::-1]
    errors = {"ecolor": INK, "elinewidth": 0.8}
    gains.barh(rows, [fit.gain for fit in fits], xerr=[fit.gain_error for fit in fits], color=SEEN, height=0.64,
               error_kw=errors)  # fmt: skip
    gains.scatter([fit.random_gain for fit in fits], rows, color=EXPECTED, marker="|", s=70, linewidths=1.8, zorder=3)
    gains.set_xlabel("gain, bits a frame; bar: random maps of the same sizes")
    gains.set_yticks(rows, [f"{fit.name} ({fit.n_visemes})" for fit in fits])
    accuracies.barh(rows, [fit.accuracy for fit in fits], color=SEEN, height=0.64)
    accuracies.scatter([fit.chance for fit in fits], rows, color=EXPECTED, marker="|", s=70, linewidths=1.8, zorder=3)
    accuracies.set_xlabel("accuracy; bar: chance")
    for axes in (gains, accuracies):
        axes.margins(y=0.01)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
    gains.set_title(f"Viseme maps on {corpus}: {fits[0].n_frames} frames" if fits else "No maps")
    return gains, accuracies


@styled
def plot_mouth(
    phones: Tier,
    track: Tier,
    curves: WeightCurves,
    times: Floats,
    aperture: Floats,
    *,
    title: str,
    closed: frozenset[str] = frozenset(),
    rest: frozenset[str] = frozenset(),
) -> tuple[Axes, ...]:
    """Draw a mouth over time: what the lips do, the phones, the mouth track, and the weight curves.

    Parameters
    ----------
    phones, track : Tier
        What is spoken, and which mouth is shown.
    curves : WeightCurves
        Of the same map.
    times, aperture : ndarray of float64, shape (n_frames,)
        Seconds, and the measured gap between the lips.
    title : str
        Above the plot.
    closed, rest : frozenset of str
        Visemes of closed lips, which are marked up to the aperture, and of silence, which is drawn faintly.

    Returns
    -------
    tuple of Axes
        Aperture, phones, mouth track, weights.

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    """
    figure = new_figure(TWO_COLUMNS, 4.2)
    lips, spoken, shown, weights = made = figure.subplots(
        4, 1, sharex=True, gridspec_kw={"height_ratios": [3, 0.6, 0.6, 3]}
    )
    span, inches = (phones.start, phones.end), TWO_COLUMNS - ROOM_FOR_NAMES - _ROOM_FOR_LEGEND
    lips.plot(times, aperture, color=SEEN, marker=".", markersize=3.5)
    name_row(lips, "measured\naperture, iod")
    lips.set_title(title)
    colours = _colours(curves.visemes, closed, rest)
    for interval in track:
        if interval.label in closed:
            lips.axvspan(interval.start, interval.end, color=_CLOSED_COLOUR, alpha=0.2, linewidth=0)
    for axes, tier, name in ((spoken, phones, "phones"), (shown, track, "mouth")):
        quiet_row(axes, name)
        draw_intervals(axes, tier, span, inches, mark=_mark({} if tier is phones else colours), size=6.5)
    _draw_weights(weights, curves, colours, closed | rest)
    weights.set_xlim(*span)
    weights.tick_params(axis="x", length=3, labelbottom=True)
    lips.tick_params(axis="x", length=0, labelbottom=False)
    return tuple(made)


def _mark(colours: dict[str, str]) -> Callable[[Interval], Mark]:
    return lambda x: (_lighter(colours[x.label]) if x.label in colours else "#F1F4F6", "")


def _lighter(colour: str) -> str:
    """The colour half-way to white, so that a label on it can be read."""
    parts = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return "#" + "".join(f"{(x + 255) // 2:02X}" for x in parts)


def _draw_weights(axes: Axes, curves: WeightCurves, colours: dict[str, str], plain: frozenset[str]) -> None:
    for viseme in curves.visemes:
        column = curves.column(viseme)
        if column.max(initial=0.0) > 0.05:
            style = "-" if viseme in plain else _STYLES[curves.visemes.index(viseme) // len(COLOURS)]
            axes.plot(curves.times, column, style, color=colours[viseme], label=viseme)
    name_row(axes, "weight")
    axes.set_ylim(0.0, 1.02)
    axes.set_xlabel("seconds")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


@styled
def plot_clip_mouth(clip: AnyPath, transcript: str, viseme_map: VisemeMap) -> tuple[Axes, ...]:
    """Draw what the lips of a clip do above the mouth track and the curves that its sound asks for.

    Parameters
    ----------
    clip : path-like
        A clip with a face and its speech.
    transcript : str
        What is said.
    viseme_map : VisemeMap
        Which mouths there are.

    Returns
    -------
    tuple of Axes
        Those of :func:`plot_mouth`.

    Raises
    ------
    VisalignError
        If the clip can't be read or aligned, or Matplotlib is missing.
    """
    lips, audio = read_lips(clip), read_audio(clip)
    spoken = force_align(audio, transcript)
    expected = expected_visemes(spoken.phones, spoken.words, viseme_map)
    curves = weight_curves(expected, viseme_map, frame_grid(spoken.phones.end, _CURVE_RATE))
    articulators = {key: entry.articulator for key, entry in viseme_map.classes.items()}
    return plot_mouth(
        spoken.phones,
        viseme_tier(mouth_track(expected, viseme_map), "mouth"),
        curves,
        lips.times.centres,
        lips.column("inner_aperture_centre"),
        title=f"{Path(clip).name}: {' '.join(word for word in spoken.words.labels if word)} ({viseme_map.id})",
        closed=frozenset(key for key, articulator in articulators.items() if articulator == "bilabial"),
        rest=frozenset({viseme_map.silence}),
    )


def _colours(visemes: Sequence[str], closed: frozenset[str], rest: frozenset[str]) -> dict[str, str]:
    others = [x for x in visemes if x not in closed and x not in rest]
    free = [x for x in COLOURS if x != _CLOSED_COLOUR]
    cycled = {viseme: free[k % len(free)] for k, viseme in enumerate(others)}
    return cycled | dict.fromkeys(closed, _CLOSED_COLOUR) | dict.fromkeys(rest, _REST_COLOUR)
