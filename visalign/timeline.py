"""Intervals, tiers and frame times: the only place where seconds and frames meet.

Conventions
-----------
Time is float seconds from the origin of the clip. Intervals are half-open, ``[start, end)``. Rates are
:class:`fractions.Fraction`. Frame indices are 0-based ints. Nothing here rounds: exporters do.

A :class:`Tier` stores ``n`` labels and ``n + 1`` boundaries, so it can't hold a gap or an overlap; silence is a
label like any other.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from visalign.errors import TimelineError, quoted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["USUAL_STEP", "FrameTimes", "Interval", "Tier", "frame_step", "runs"]

USUAL_STEP = 0.04
"""Seconds from one frame to the next where nothing tells: 25 frames a second."""

_SHOWN_LABELS = 8  # of a tier, where it is shown in a line


def frame_step(times: npt.NDArray[np.floating]) -> float:
    """Median time from one frame to the next, seconds; :data:`USUAL_STEP` for a single frame.

    Examples
    --------
    >>> frame_step(np.array([0.0, 0.02, 0.04, 0.5])), frame_step(np.array([3.0]))
    (0.02, 0.04)
    """
    return float(np.median(np.diff(times))) if len(times) > 1 else USUAL_STEP


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First index of each unbroken run of True, and the index after its last.

    Examples
    --------
    >>> runs(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.pad(flags, 1).astype(np.int8)))
    return [(first, last) for first, last in edges.reshape(-1, 2).tolist()]


@dataclass(frozen=True, slots=True)
class Interval:
    """A labelled stretch of time.

    Parameters
    ----------
    start, end : float
        Seconds, ``end > start``; the end is not part of the interval.
    label : str
        What is there.
    score : float or None
        A confidence or measure between 0 and 1, where there is one.

    Raises
    ------
    TimelineError
        If a time is not finite or the end is not after the start.

    Examples
    --------
    >>> Interval(0.5, 0.75, "AA").duration
    0.25
    """

    start: float
    end: float
    label: str
    score: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end) and self.end > self.start):
            raise TimelineError(
                f"interval {quoted(self.label)} runs from {self.start} to {self.end} s: times must be finite seconds "
                "and the end must come after the start"
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    @property
    def centre(self) -> float:
        """The middle, in seconds."""
        return 0.5 * (self.start + self.end)

    def overlap(self, other: Interval) -> float:
        """Seconds that both intervals share (0 where they do not meet)."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Tier:
    """A gap-free sequence of labelled intervals.

    Parameters
    ----------
    name : str
        What the tier holds: ``"words"``, ``"phones"``, ``"expected visemes"`` …
    boundaries : tuple of float, length n + 1
        Strictly increasing seconds.
    labels : tuple of str, length n
        Label i holds over ``[boundaries[i], boundaries[i + 1])``.
    scores : tuple of (float or None), length n, optional
        A confidence or measure of each interval.

    Raises
    ------
    TimelineError
        If the lengths do not fit or the boundaries do not increase.

    Examples
    --------
    >>> tier = Tier("phones", (0.0, 0.1, 0.3), ("B", "IH"))
    >>> tier.label_at(0.1)
    'IH'
    >>> [(x.start, x.end, x.label) for x in tier]
    [(0.0, 0.1, 'B'), (0.1, 0.3, 'IH')]
    """

    name: str
    boundaries: tuple[float, ...]
    labels: tuple[str, ...]
    scores: tuple[float | None, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.boundaries) != len(self.labels) + 1:
            raise TimelineError(
                f"tier {quoted(self.name)} has {len(self.labels)} labels and {len(self.boundaries)} boundaries; "
                "it needs one boundary more than labels"
            )
        if self.scores is not None and len(self.scores) != len(self.labels):
            raise TimelineError(f"tier {quoted(self.name)} has {len(self.labels)} labels and {len(self.scores)} scores")
        for before, after in zip(self.boundaries, self.boundaries[1:], strict=False):
            if not (math.isfinite(before) and math.isfinite(after) and after > before):
                raise TimelineError(
                    f"tier {quoted(self.name)}: boundary {after} s does not come after {before} s; "
                    "boundaries must increase"
                )
        if not math.isfinite(self.boundaries[0]):
            raise TimelineError(f"tier {quoted(self.name)} starts at {self.boundaries[0]}")

    @classmethod
    def from_intervals(
        cls,
        name: str,
        intervals: Iterable[Interval],
        *,
        start: float | None = None,
        end: float | None = None,
        gap_label: str = "",
    ) -> Tier:
        """Build a tier from intervals in any order, filling what they leave open with `gap_label`.

        Parameters
        ----------
        name : str
            Name of the tier.
        intervals : iterable of Interval
            They may touch but not overlap.
        start, end : float, optional
            Seconds that the tier spans; the outermost intervals by default.
        gap_label : str
            Label of the stretches that no interval covers, usually silence.

        Raises
        ------
        TimelineError
            If two intervals overlap, or one lies outside ``[start, end]``.
        """
        rows = sorted(intervals, key=lambda x: (x.start, x.end))
        if not rows and (start is None or end is None):
            raise TimelineError(f"tier {quoted(name)}: no intervals, and no span to fill")
        low = rows[0].start if start is None else start
        high = rows[-1].end if end is None else end
        boundaries, labels, scores = [low], list[str](), list[float | None]()
        for row in rows:
            if row.start < boundaries[-1]:
                raise TimelineError(
                    f"tier {quoted(name)}: {quoted(row.label)} starts at {row.start} s, before {boundaries[-1]} s, "
                    "where the interval before it ends or the tier begins"
                )
            if row.start > boundaries[-1]:
                boundaries.append(row.start)
                labels.append(gap_label)
                scores.append(None)
            boundaries.append(row.end)
            labels.append(row.label)
            scores.append(row.score)
        if boundaries[-1] > high:
            raise TimelineError(
                f"tier {quoted(name)}: an interval ends at {boundaries[-1]} s, after the tier's end {high} s"
            )
        if boundaries[-1] != high:  # not "<": that would let an end of NaN pass unseen
            boundaries.append(high)
            labels.append(gap_label)
            scores.append(None)
        has_scores = any(score is not None for score in scores)
        return cls(name, tuple(boundaries), tuple(labels), tuple(scores) if has_scores else None)

    @property
    def start(self) -> float:
        """First boundary, seconds."""
        return self.boundaries[0]

    @property
    def end(self) -> float:
        """Last boundary, seconds."""
        return self.boundaries[-1]

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        said = [x for x in self.labels if x]
        shown = " ".join(said[:_SHOWN_LABELS]) + " …" * (len(said) > _SHOWN_LABELS)
        return f"<Tier {self.name}: {len(self)} intervals, {self.start:g} to {self.end:g} s: {shown!r}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table."""
        return self.to_frame().to_html(max_rows=60)

    def to_frame(self) -> pd.DataFrame:
        """A table, one row an interval: label, start, end (seconds), score (NaN where there is none)."""
        # A third of a second, which whoever looks at no table does not wait for.
        import pandas as pd

        scores = self.scores or (None,) * len(self)
        columns = {"label": self.labels, "start": self.boundaries[:-1], "end": self.boundaries[1:], "score": scores}
        # Text of pandas' own kind holds no half of a surrogate pair, which a file may spell.
        return pd.DataFrame(columns, dtype=object).astype(dict.fromkeys(("start", "end", "score"), float))

    def __getitem__(self, index: int) -> Interval:
        n = len(self.labels)
        if not -n <= index < n:
            raise IndexError(f"tier {quoted(self.name)} has {n} intervals; there is no number {index}")
        i = index % n
        score = None if self.scores is None else self.scores[i]
        return Interval(self.boundaries[i], self.boundaries[i + 1], self.labels[i], score)

    def __iter__(self) -> Iterator[Interval]:
        return (self[i] for i in range(len(self)))

    def index_at(self, time: float) -> int | None:
        """Index of the interval that holds `time`; None outside the tier."""
        if not self.start <= time < self.end:
            return None
        return bisect_right(self.boundaries, time) - 1

    def label_at(self, time: float) -> str | None:
        """Label that holds at `time` seconds; None outside the tier."""
        index = self.index_at(time)
        return None if index is None else self.labels[index]

    def sample(self, times: Sequence[float] | npt.NDArray[np.float64], *, outside: str = "") -> list[str]:
        """Label at each of `times` (seconds, any order); `outside` where the tier does not reach."""
        indices = np.searchsorted(np.asarray(self.boundaries), np.asarray(times, dtype=float), side="right") - 1
        return [self.labels[i] if 0 <= i < len(self.labels) else outside for i in indices]

    def crop(self, start: float, end: float) -> Tier:
        """The part within ``[start, end)``, times kept, intervals cut at the edges.

        Raises
        ------
        TimelineError
            If nothing of the tier lies there.
        """
        rows = [replace(x, start=max(x.start, start), end=min(x.end, end)) for x in self.touching(start, end)]
        if not rows:
            raise TimelineError(f"tier {quoted(self.name)} has nothing between {start} and {end} s")
        return Tier.from_intervals(self.name, rows)

    def touching(self, start: float, end: float) -> Iterator[Interval]:
        """The intervals that share some time with ``[start, end)``, whole."""
        first, last = max(bisect_right(self.boundaries, start) - 1, 0), bisect_left(self.boundaries, end)
        for index in range(first, min(last, len(self))):
            if max(self.boundaries[index], start) < min(self.boundaries[index + 1], end):
                yield self[index]

    def shift(self, seconds: float) -> Tier:
        """The same tier, all times `seconds` later (negative: earlier)."""
        return replace(self, boundaries=tuple(b + seconds for b in self.boundaries))

    def relabel(self, rename: Callable[[str], str], *, name: str | None = None) -> Tier:
        """The same times under new labels; scores are kept."""
        return replace(self, name=name or self.name, labels=tuple(map(rename, self.labels)))

    def merge_equal(self) -> Tier:
        """Neighbours with the same label become one interval, with their duration-weighted mean score."""
        groups: list[list[Interval]] = []
        for x in self:
            if groups and groups[-1][-1].label == x.label:
                groups[-1].append(x)
            else:
                groups.append([x])
        merged = [Interval(g[0].start, g[-1].end, g[0].label, _mean_score(g)) for g in groups]
        return Tier.from_intervals(self.name, merged, start=self.start, end=self.end)


def _mean_score(group: Sequence[Interval]) -> float | None:
    scored = [(x.score, x.duration) for x in group if x.score is not None]
    if len(scored) == 1:
        return scored[0][0]
    return sum(s * d for s, d in scored) / sum(d for _, d in scored) if scored else None


@dataclass(frozen=True, slots=True, eq=False)
class FrameTimes:
    """When each video frame is shown.

    Parameters
    ----------
    times : ndarray of float64, shape (n_frames,)
        Seconds at which each frame appears, strictly increasing. They come from the container's presentation
        times, so a variable frame rate is right by construction.
    duration : float
        Seconds after the clip's origin at which the last frame disappears.
    rate : Fraction
        Nominal frames a second, for display and for exports on a grid; never used to compute a time.

    Raises
    ------
    TimelineError
        If a time or the duration is not finite, or the times do not increase.
    """

    times: npt.NDArray[np.float64]
    duration: float
    rate: Fraction

    def __post_init__(self) -> None:
        if self.times.ndim != 1 or not np.all(np.isfinite(self.times)):
            raise TimelineError("frame times must be finite seconds in one dimension")
        if np.any(np.diff(self.times) <= 0):
            raise TimelineError("frame times must increase strictly")
        if not math.isfinite(self.duration):
            raise TimelineError(f"the duration of the frames is {self.duration} s; it must be finite")

    def __len__(self) -> int:
        return len(self.times)

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """Middle of the time each frame is shown, seconds, shape (n_frames,)."""
        ends = np.append(self.times[1:], max(self.duration, self.times[-1] + 1e-6)) if len(self) else self.times
        return np.asarray(0.5 * (self.times + ends))

    def slice_of(self, start: float, end: float) -> slice:
        """Indices of the frames that appear in ``[start, end)`` seconds."""
        # A microsecond of slack: 0.2 * k and the pts of frame k differ in the last bit.
        first, last = np.searchsorted(self.times, [start - 1e-6, end - 1e-6], side="left")
        return slice(int(first), int(last))

    def crop(self, start: float, end: float) -> FrameTimes:
        """The frames that appear in ``[start, end)``, times kept."""
        part = self.slice_of(start, end)
        times = self.times[part]
        stop = self.times[part.stop] if part.stop < len(self.times) else self.duration
        return FrameTimes(times, float(stop), self.rate)
