"""Plots of viseme maps: the tree of a learnt map, maps side by side on a corpus, and a mouth over time.

Conventions
-----------
The ending of the file chooses the form: .png, .svg or .pdf. The same input gives the same bytes. Matplotlib is an
optional part of the installation (``pip install "visalign[plot]"``).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import dendrogram

from visalign.coarticulation import mouth_track
from visalign.errors import AnyPath, BackendUnavailable
from visalign.forced_alignment import force_align
from visalign.lip_features import read_lips
from visalign.map_evaluation import MapFit
from visalign.map_learning import LearntMap
from visalign.media import read_audio
from visalign.outputs import whole_file
from visalign.timeline import Interval, Tier
from visalign.visemes import VisemeMap, expected_visemes, viseme_tier
from visalign.weight_curves import WeightCurves, frame_grid, weight_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PLOT_SUFFIXES", "draw_clip", "plot_learnt_map", "plot_map_fits", "plot_mouth"]

Floats = npt.NDArray[np.float64]

PLOT_SUFFIXES = (".png", ".svg", ".pdf")

_DPI = 110
_CURVE_RATE = Fraction(100)  # finer than any film: a plot should show the curve and not its frames
# Okabe and Ito's colours, which people with any colour vision tell apart; black is kept for what is measured.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B6F00", "#666666")
_STYLES = ("-", "--", ":", "-.", "-", "-")  # when the colours begin again
_REST_COLOUR = "#BBBBBB"
_CLOSED_COLOUR = "#D55E00"


def plot_learnt_map(path: AnyPath, learnt: LearntMap) -> Path:
    """Draw the tree of a learnt map, with its cut, above the confusions of its phones, with its visemes.

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    OutputError
        If the file can't be written there.
    """
    figure = _figure(8.0, 10.5)
    tree, table = figure.subplots(2, 1, gridspec_kw={"height_ratios": [1, 2.2]})
    dendrogram(learnt.tree, labels=list(learnt.phones), ax=tree, color_threshold=learnt.cut, leaf_font_size=8)
    tree.axhline(learnt.cut, color="black", linestyle="--", linewidth=0.8)
    tree.set_ylabel("distance of profiles (Ward)")
    tree.set_title(learnt.viseme_map.name)
    _draw_confusions(table, learnt)
    return _save(figure, path)


def _draw_confusions(axes: Axes, learnt: LearntMap) -> None:
    order = learnt.order
    shown = np.sqrt(learnt.confusions[np.ix_(order, order)])  # the root, so that rare confusions are seen
    axes.imshow(shown, cmap="Greys", vmin=0.0, vmax=float(shown.max()))
    names = [learnt.phones[i] for i in order]
    axes.set_xticks(range(len(names)), names, fontsize=8, rotation=90)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("taken for (root of the mean probability)")
    axes.set_ylabel("spoken")
    visemes = [learnt.viseme_map[name] for name in names]
    start = 0
    for end in range(1, len(visemes) + 1):
        if end == len(visemes) or visemes[end] != visemes[start]:
            x = [start - 0.5, end - 0.5, end - 0.5, start - 0.5, start - 0.5]
            y = [start - 0.5, start - 0.5, end - 0.5, end - 0.5, start - 0.5]
            axes.plot(x, y, color=_COLOURS[0], linewidth=1.5)
            start = end


def plot_map_fits(path: AnyPath, fits: Sequence[MapFit], *, corpus: str) -> Path:
    """Draw maps side by side: gain beside that of random maps, and accuracy beside chance.

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    OutputError
        If the file can't be written there.
    """
    figure = _figure(10.0, 1.6 + 0.27 * len(fits))
    gains, accuracies = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(fits))[::-1]
    gains.barh(rows, [fit.gain for fit in fits], xerr=[fit.gain_error for fit in fits], color=_COLOURS[0], height=0.6)
    gains.scatter([fit.random_gain for fit in fits], rows, color="black", marker="|", s=120, zorder=3)
    gains.set_xlabel("gain, bits a frame; bar: random maps of the same sizes")
    gains.set_yticks(rows, [f"{fit.name} ({fit.n_visemes})" for fit in fits], fontsize=8)
    accuracies.barh(rows, [fit.accuracy for fit in fits], color=_COLOURS[2], height=0.6)
    accuracies.scatter([fit.chance for fit in fits], rows, color="black", marker="|", s=120, zorder=3)
    accuracies.set_xlabel("accuracy; bar: chance")
    gains.margins(y=0.01)
    figure.suptitle(f"Viseme maps on {corpus}: {fits[0].n_frames} frames" if fits else "No maps", fontsize=11)
    return _save(figure, path)


def plot_mouth(
    path: AnyPath,
    phones: Tier,
    track: Tier,
    curves: WeightCurves,
    times: Floats,
    aperture: Floats,
    *,
    title: str,
    closed: frozenset[str] = frozenset(),
    rest: frozenset[str] = frozenset(),
) -> Path:
    """Draw a mouth over time: what the lips do, the phones, the mouth track, and the weight curves.

    Parameters
    ----------
    path : path-like
        Where to.
    phones, track : Tier
        What is spoken, and which mouth is shown.
    curves : WeightCurves
        Of the same map.
    times, aperture : ndarray of float64, shape (n_frames,)
        Seconds, and the measured gap between the lips.
    title : str
        Above the plot.
    closed, rest : frozenset of str
        Visemes of closed lips, which are marked down to the aperture, and of silence, which is drawn faintly.

    Raises
    ------
    BackendUnavailable
        If Matplotlib is not installed.
    OutputError
        If the file can't be written there.
    """
    figure = _figure(12.0, 6.5)
    lips, spoken, shown, weights = figure.subplots(
        4, 1, sharex=True, gridspec_kw={"height_ratios": [3, 0.6, 0.6, 3], "hspace": 0.12}
    )
    lips.plot(times, aperture, color="black", marker=".", linewidth=1.2)
    lips.set_ylabel("measured aperture, iod")
    lips.set_title(title, fontsize=10)
    colours = _colours(curves.visemes, closed, rest)
    for interval in track:
        if interval.label in closed:
            lips.axvspan(interval.start, interval.end, color=_CLOSED_COLOUR, alpha=0.25, linewidth=0)
    _draw_tier(spoken, phones, dict.fromkeys(phones.labels, "white"), "phones")
    _draw_tier(shown, track, colours, "mouth")
    for viseme in curves.visemes:
        column = curves.column(viseme)
        if column.max(initial=0.0) > 0.05:
            style = "-" if viseme in closed | rest else _STYLES[curves.visemes.index(viseme) // len(_COLOURS)]
            weights.plot(curves.times, column, style, color=colours[viseme], label=viseme, linewidth=1.6)
    weights.set_ylabel("weight")
    weights.set_ylim(0.0, 1.02)
    weights.set_xlim(phones.start, phones.end)
    weights.set_xlabel("seconds")
    weights.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    return _save(figure, path)


def draw_clip(path: AnyPath, clip: AnyPath, transcript: str, viseme_map: VisemeMap) -> Path:
    """Draw what the lips of a clip do above the mouth track and the curves that its sound asks for.

    Parameters
    ----------
    path : path-like
        Where to.
    clip : path-like
        A clip with a face and its speech.
    transcript : str
        What is said.
    viseme_map : VisemeMap
        Which mouths there are.

    Raises
    ------
    VisalignError
        If the clip can't be read or aligned, Matplotlib is missing, or the file can't be written.
    """
    lips, audio = read_lips(clip), read_audio(clip)
    spoken = force_align(audio, transcript)
    expected = expected_visemes(spoken.phones, spoken.words, viseme_map)
    curves = weight_curves(expected, viseme_map, frame_grid(spoken.phones.end, _CURVE_RATE))
    articulators = {key: entry.articulator for key, entry in viseme_map.classes.items()}
    return plot_mouth(
        path,
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
    free = [x for x in _COLOURS if x != _CLOSED_COLOUR]
    cycled = {viseme: free[k % len(free)] for k, viseme in enumerate(others)}
    return cycled | dict.fromkeys(closed, _CLOSED_COLOUR) | dict.fromkeys(rest, _REST_COLOUR)


def _draw_tier(axes: Axes, tier: Tier, colours: dict[str, str], name: str) -> None:
    for interval in tier:
        axes.axvspan(interval.start, interval.end, facecolor=colours[interval.label], edgecolor="black", linewidth=0.5)
        axes.text(interval.centre, 0.5, _fitting(interval, tier), ha="center", va="center", fontsize=7)
    axes.set_yticks([])
    axes.set_ylabel(name, rotation=0, ha="right", va="center")


def _fitting(interval: Interval, tier: Tier) -> str:
    """The label, where there is room for it."""
    return interval.label if interval.duration > 0.008 * (tier.end - tier.start) else ""


def _figure(width_inches: float, height_inches: float) -> Figure:
    try:
        # Optional: only those who plot need it.
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BackendUnavailable("Matplotlib", 'Plots need it: pip install "visalign[plot]".') from error
    return Figure(figsize=(width_inches, height_inches), layout="constrained")


def _save(figure: Figure, path: AnyPath) -> Path:
    # Here as in _figure; it is there if a figure is.
    import matplotlib as mpl

    suffix = Path(path).suffix.lower()
    undated: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
    with whole_file(path) as draft, mpl.rc_context({"svg.hashsalt": "visalign"}):
        figure.savefig(draft, format=suffix.lstrip("."), dpi=_DPI, metadata=undated)
    return Path(path)
