"""Parts of plots over time: rows of labels, a waveform, the limits of a verdict.

Conventions
-----------
Seconds on the clip's clock along x. A row is drawn between 0 and 1 of its y axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from visalign.errors import ConfigError
from visalign.plots.style import ARTICULATOR_TINTS, EXPECTED, INK, MUTED, VERDICT_MARKS, signed
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import word_as_told
from visalign.signals import Audio
from visalign.sync.evidence import ClipEvidence
from visalign.timeline import Interval
from visalign.visemes.naming import short
from visalign.visemes.viseme_map import VisemeMap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Mark",
    "draw_intervals",
    "draw_waveform",
    "evidence_of",
    "name_row",
    "quiet_row",
    "shapes_of",
    "speech_span",
    "tints_of",
    "word_marks",
]

Mark: TypeAlias = "tuple[str, str]"
"""Tint and hatching."""

_SECONDS_AROUND = 0.25  # of speech that is shown
_LETTER_INCHES = 0.062  # width of a letter of 7 points, a little more than DejaVu's mean
_POINTS_PER_INCH = 72
_EDGE_POINTS, _EDGE_SHARE = 0.8, 0.15  # of a box: its width in points, at most that share of the box
_PIXELS_PER_INCH = 400  # columns of a waveform: finer than any print


def evidence_of(report: ClipReport) -> ClipEvidence:
    """What a report rests on.

    Raises
    ------
    ConfigError
        If it was made without, or read from a file.
    """
    if report.evidence is None:
        raise ConfigError("evidence", None, "a report of check(…, evidence=True); a file of a report holds none")
    return report.evidence


def speech_span(report: ClipReport, start: float | None = None, end: float | None = None) -> tuple[float, float]:
    """The stretch to show: what the caller asks for, or the speech with a margin, lips included.

    Raises
    ------
    ConfigError
        If it is empty.
    """
    lead = report.sync.lead_seconds or 0.0
    silent = ("", "SIL")
    spoken = [x for x in report.phones if x.label not in silent] or list(report.phones)
    first = min((x.start for x in spoken), default=0.0) + min(lead, 0.0) - _SECONDS_AROUND
    last = max((x.end for x in spoken), default=report.clip.duration) + max(lead, 0.0) + _SECONDS_AROUND
    low = max(0.0, first) if start is None else start
    high = min(report.clip.duration, last) if end is None else end
    if not low < high:
        raise ConfigError("span", f"{low:g} to {high:g} s", "an end after the start")
    return low, high


def quiet_row(axes: Axes, name: str) -> None:
    """Make axes a row without ticks or frame, named at its left."""
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([])
    axes.tick_params(axis="x", length=0, labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    name_row(axes, name)


def name_row(axes: Axes, name: str) -> None:
    """Write what a row is at its left, upright."""
    axes.set_ylabel(name, rotation=0, ha="right", va="center", multialignment="right")


def draw_intervals(
    axes: Axes,
    intervals: Iterable[Interval],
    span: tuple[float, float],
    width_inches: float,
    *,
    mark: Callable[[Interval], Mark],
    label: Callable[[Interval], str | Sequence[str]] = lambda x: x.label,
    size: float = 7.0,
) -> None:
    """Draw labelled intervals as boxes; a label that has no room is left out.

    Of a long stretch, what is too narrow to be seen is drawn together with its neighbours of the same mark.

    Parameters
    ----------
    axes : Axes
        A row.
    intervals : iterable of Interval
        Those outside `span` are not drawn.
    span : (float, float)
        Seconds that the axes show.
    width_inches : float
        How wide they are, to know which labels have room.
    mark : callable
        Tint and hatching of an interval.
    label : callable
        Its text, of several the first that has room; what stands below a line break is left out first.
    size : float
        Of the type, points.
    """
    inches = width_inches / (span[1] - span[0])
    shown = (x for x in intervals if x.end > span[0] and x.start < span[1])
    for x, (tint, hatch) in _visible(shown, mark, 1 / (_PIXELS_PER_INCH * inches)):
        start, end = max(x.start, span[0]), min(x.end, span[1])
        edge = min(_EDGE_POINTS, _EDGE_SHARE * _POINTS_PER_INCH * inches * (end - start))
        axes.axvspan(start, end, ymin=0.04, ymax=0.96, facecolor=tint, edgecolor="white", linewidth=edge)
        if hatch:
            axes.axvspan(
                start, end, ymin=0.04, ymax=0.96, facecolor="none", edgecolor=MUTED, hatch=hatch, linewidth=0.0
            )
        room = (end - start) * inches / (_LETTER_INCHES * size / 7.0)
        said = label(x)
        text = next(filter(None, (_fitting(one, room) for one in ([said] if isinstance(said, str) else said))), "")
        if text:
            place = "center" if "\n" in text else "center_baseline"
            middle = 0.5 * (start + end)
            axes.text(middle, 0.5, text, ha="center", va=place, fontsize=size, linespacing=1.15, clip_on=True)
    axes.set_xlim(*span)


def _visible(
    intervals: Iterable[Interval], mark: Callable[[Interval], Mark], least: float
) -> Iterator[tuple[Interval, Mark]]:
    """Boxes to draw, none of them in less than `least` seconds of another one that is as narrow.

    Narrow neighbours of one mark make one box, without a label; a narrow one within `least` seconds of another mark's
    can't be seen beside it and is left out.
    """
    held: tuple[Interval, Mark] | None = None
    for x in intervals:
        own = mark(x)
        if held is not None and x.duration < least:
            before, other = held
            if own == other and x.start - before.end < least:
                held = Interval(before.start, x.end, ""), own
                continue
            if x.end - before.start < least:
                continue
        if held is not None:
            yield held
        held = (x, own) if x.duration < least else None
        if held is None:
            yield x, own
    if held is not None:
        yield held


def _fitting(text: str, room: float) -> str:
    lines = text.split("\n")
    kept = [line for line in lines if len(line) <= room]
    return "\n".join(kept) if lines and len(lines[0]) <= room else ""


def draw_waveform(axes: Axes, audio: Audio, span: tuple[float, float], width_inches: float) -> None:
    """Draw a waveform as its envelope, so that a file stays small however long the sound is."""
    first, last = (round(t * audio.rate_hz) for t in span)
    part = audio.samples[max(first, 0) : last]
    n_columns = max(1, min(len(part), round(width_inches * _PIXELS_PER_INCH)))
    edges = np.linspace(0, len(part), n_columns + 1).astype(int)[:-1]
    if len(part):
        low, high = np.minimum.reduceat(part, edges), np.maximum.reduceat(part, edges)
        times = (max(first, 0) + edges) / audio.rate_hz
        axes.fill_between(times, low, high, color=EXPECTED, linewidth=0.3, edgecolor=EXPECTED)
        loudest = float(np.abs(part).max()) or 1.0
        axes.set_ylim(-1.05 * loudest, 1.05 * loudest)
    axes.set_xlim(*span)
    axes.set_yticks([])


def tints_of(report: ClipReport) -> Callable[[Interval], Mark]:
    """The tint of a viseme by what the lips do; grey where its map is not known here, and without a face hatched."""
    try:
        classes = VisemeMap.load(report.clip.viseme_map).classes
    except ConfigError:  # a map of the user's own: only its name is in the report
        classes = {}
    tints = {name: ARTICULATOR_TINTS.get(entry.articulator, "#DDE2E7") for name, entry in classes.items()}
    tints[report.clip.silence_viseme] = ARTICULATOR_TINTS["silence"]

    def mark(x: Interval) -> Mark:
        return ("#FFFFFF", "////") if x.label == "" else (tints.get(x.label, "#DDE2E7"), "")

    return mark


def shapes_of(report: ClipReport) -> Callable[[Interval], Sequence[str]]:
    """What a viseme is called, the longest first: in words, in short, by its letter."""
    names = report.clip.names

    def label(x: Interval) -> Sequence[str]:
        return (names.get(x.label, x.label), short(x.label, names), x.label) if x.label else ("",)

    return label


def word_marks(report: ClipReport) -> tuple[Callable[[Interval], Mark], Callable[[Interval], str]]:
    """Tint and text of a word: its verdict, and below the word its own lead in milliseconds."""
    rows = {(x.start, x.end): word_as_told(report.sync, x.verdict, x.lead_seconds) for x in report.judged_words}

    def mark(x: Interval) -> Mark:
        told = rows.get((x.start, x.end))
        return ("#FFFFFF", "") if not x.label or told is None else VERDICT_MARKS.get(told[0], (INK, ""))

    def text(x: Interval) -> str:
        lead = rows.get((x.start, x.end), ("", None))[1]
        return x.label if lead is None else f"{x.label}\n{signed(1000 * lead)}"

    return mark, text
