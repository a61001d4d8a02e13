"""How the offset of a clip changes along it: a steady drift, or jumps.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads: a sound is heard before the lips make it. Times are seconds on the
clip's clock. A drift is seconds of lead gained a second: 0.001 is what film at 24 frames a second gains when its
sound runs at 24/1.001.

The method
----------
Word by word the offset is noisy, with outliers a frame and more off. So the drift is the median of the slopes through
all pairs of words (Theil 1950, Sen 1968), which up to 29 % of outliers can't move far, and its interval is Sen's, from
Kendall's statistic. Jumps are where one constant a piece explains the words much better than one for all: the sum of
absolute errors, each bounded so that a few bad words are no piece of their own (Fearnhead and Rigaill 2019), is made
least by dynamic programming over all cuts, each of which must win more than 2 s ln n, the usual penalty (Killick et
al. 2012), with s the words' scatter and n their number.

References
----------
P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Am. Stat. Assoc. 63, 1968.
P. Fearnhead and G. Rigaill, "Changepoint detection in the presence of outliers", J. Am. Stat. Assoc. 114, 2019.
R. Killick, P. Fearnhead and I. A. Eckley, "Optimal detection of changepoints with a linear computational cost",
J. Am. Stat. Assoc. 107, 2012.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.files.text_files import rounded
from visalign.parameters import RIGHT_WITHIN

__all__ = [
    "RATES",
    "Drift",
    "OffsetCourse",
    "OffsetPiece",
    "course_of_words",
    "find_drift",
    "find_jumps",
    "offset_course",
]

Floats = npt.NDArray[np.float64]

# A jump is told from noise by at least this many words on either side.
_MIN_WORDS = 4
# An error beyond this many standard deviations counts no more than that (Fearnhead and Rigaill use 3).
_BOUND = 3.0
_NORMAL_95 = 1.96
# The scatter of words about their offset is at least this, or a clip without noise would be cut at every rounding.
_LEAST_SCATTER_SECONDS = 0.005
# Pairs of words for the slopes; all pairs of more words than this would be slow, and evenly chosen ones say the same.
_MAX_WORDS = 1000
# Jumps are looked for between this many groups of neighbouring words at most; the cost grows with the square.
_MAX_GROUPS = 300
# Words that lie closer together in time tell no drift.
_LEAST_SPAN_SECONDS = 20.0
# Slower drifts make a frame of 40 ms in seven minutes; clocks of good equipment differ by a few parts in a million.
_LEAST_RATE = 1e-4
# What a rate near one of these comes from: seconds of lead a second where the sound was made for the second rate and is
# played with the picture at the first, within a tenth.
_CAUSES = (
    (24 / 24000 * 1001 - 1, "24 and 23.976 frames a second mixed up"),
    (25 / 24 - 1, "24 and 25 frames a second mixed up"),
    (25 / 24000 * 1001 - 1, "23.976 and 25 frames a second mixed up"),
    (48000 / 44100 - 1, "44.1 and 48 kHz mixed up"),
)

RATES = (0.0, 0.0422, -0.0405, 0.0884, -0.0812)
"""Rates that come from mistaken ones, seconds of lead gained a second of sound: 24 and 23.976 frames a second are near
enough to none, and so to one another beside 25; 44.1 and 48 kHz; each in both directions."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A lead that grows evenly: ``lead_at_start + rate * t``.

    Parameters
    ----------
    lead_at_start : float
        Lead at time 0, seconds.
    rate : float
        Seconds of lead gained a second.
    rate_interval : (float, float)
        Bounds of the rate's 95 % interval.
    n_words : int
        Words it rests on.
    """

    lead_at_start: float
    rate: float
    rate_interval: tuple[float, float]
    n_words: int

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out a rate of 0."""
        return self.rate_interval[0] > 0 or self.rate_interval[1] < 0


@dataclass(frozen=True, slots=True)
class OffsetPiece:
    """From `start` (seconds) to the next piece the lead is `lead_seconds`, by `n_words` words."""

    start: float
    lead_seconds: float
    n_words: int


def find_drift(times: Sequence[float] | Floats, leads: Sequence[float] | Floats) -> Drift | None:
    """Fit a straight line to the leads of words, robustly.

    Parameters
    ----------
    times : sequence of float
        Middle of each word, seconds.
    leads : sequence of float
        Its lead, seconds; words without one (NaN) are left out.

    Returns
    -------
    Drift or None
        None with fewer than 4 words, or all at one time.

    Examples
    --------
    >>> drift = find_drift([0, 10, 20, 30, 40], [0.0, 0.010, 0.020, 0.9, 0.040])
    >>> round(drift.rate, 6), round(drift.lead_at_start, 6)
    (0.001, 0.0)
    """
    t, y = _known(times, leads)
    if len(t) < _MIN_WORDS or t[0] == t[-1]:
        return None
    if len(t) > _MAX_WORDS:
        chosen = np.linspace(0, len(t) - 1, _MAX_WORDS).astype(int)
        t, y = t[chosen], y[chosen]
    first, second = np.triu_indices(len(t), k=1)
    apart = t[second] > t[first]
    slopes = np.sort((y[second] - y[first])[apart] / (t[second] - t[first])[apart])
    rate = float(np.median(slopes))
    return Drift(float(np.median(y - rate * t)), rate, _sen_interval(slopes, len(t)), len(t))


def _known(times: Sequence[float] | Floats, leads: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    t, y = np.asarray(times, np.float64), np.asarray(leads, np.float64)
    known = np.isfinite(t) & np.isfinite(y)
    order = np.argsort(t[known], kind="stable")
    return t[known][order], y[known][order]


def _sen_interval(slopes: Floats, n_words: int) -> tuple[float, float]:
    spread = _NORMAL_95 * np.sqrt(n_words * (n_words - 1) * (2 * n_words + 5) / 18)
    low, high = (len(slopes) - spread) / 2, (len(slopes) + spread) / 2
    rows = np.clip([int(np.floor(low)), int(np.ceil(high))], 0, len(slopes) - 1)
    return float(slopes[rows[0]]), float(slopes[rows[1]])


def find_jumps(
    times: Sequence[float] | Floats, leads: Sequence[float] | Floats, *, max_pieces: int = 6
) -> tuple[OffsetPiece, ...]:
    """Cut a clip where its offset jumps.

    Parameters
    ----------
    times, leads : sequence of float
        As for :func:`find_drift`.
    max_pieces : int
        How many pieces are tried at most.

    Returns
    -------
    tuple of OffsetPiece
        One piece where nothing jumps; none without words.

    Examples
    --------
    >>> times, leads = [1, 2, 3, 4, 5, 6, 7, 8], [0.0, 0.01, 0.0, 0.0, 0.2, 0.2, 0.21, 0.2]
    >>> [(piece.start, piece.lead_seconds) for piece in find_jumps(times, leads)]
    [(0.0, 0.0), (4.5, 0.2)]
    """
    t, y = _known(times, leads)
    if not len(t):
        return ()
    groups = np.array_split(np.arange(len(y)), min(len(y), _MAX_GROUPS))
    rough = _best_cuts(np.array([np.median(y[group]) for group in groups]), max_pieces)
    cuts = _to_the_word(y, [int(groups[cut][0]) for cut in rough], 3 * len(groups[0]))
    edges = [0, *cuts, len(y)]
    middles = [0.0, *(float((t[c - 1] + t[c]) / 2) for c in cuts)]
    pieces = [
        OffsetPiece(start, float(np.median(y[a:b])), b - a)
        for start, (a, b) in zip(middles, itertools.pairwise(edges), strict=True)
    ]
    return _merged(pieces)


@dataclass(frozen=True, slots=True)
class OffsetCourse:
    """How the offset of a clip goes on: whichever of three explanations says most with least.

    Parameters
    ----------
    kind : str
        "steady", "drift" or "jumps".
    drift : Drift
        The straight line that fits best.
    pieces : tuple of OffsetPiece
        The constants that fit best, one if nothing jumps.
    likely_cause : str
        What a drift of this rate usually comes from; empty if nothing is known, or there is no drift.
    """

    kind: str
    drift: Drift
    pieces: tuple[OffsetPiece, ...]
    likely_cause: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; a rate in parts in a million and in milliseconds a minute."""
        return {
            "kind": self.kind,
            "drift_ppm": rounded(1e6 * self.drift.rate),
            "drift_interval_ppm": [rounded(1e6 * x) for x in self.drift.rate_interval],
            "drift_ms_per_minute": rounded(60_000 * self.drift.rate),
            "likely_cause": self.likely_cause,
            "pieces": [
                {"start": rounded(x.start), "lead_seconds": rounded(x.lead_seconds), "n_words": x.n_words}
                for x in self.pieces
            ],
        }


def offset_course(times: Sequence[float] | Floats, leads: Sequence[float] | Floats) -> OffsetCourse | None:
    """Tell a steady offset from one that drifts or jumps.

    A line costs one parameter more than a constant and so does each jump, with the penalty of :func:`find_jumps`.

    Parameters
    ----------
    times, leads : sequence of float
        As for :func:`find_drift`.

    Returns
    -------
    OffsetCourse or None
        None where the words with a lead are too few, or lie within 20 s.

    Examples
    --------
    >>> times = list(range(0, 60, 2))
    >>> course = offset_course(times, [0.05 + 0.001 * t for t in times])
    >>> course.kind, round(1e6 * course.drift.rate), course.likely_cause
    ('drift', 1000, '24 and 23.976 frames a second mixed up')
    """
    t, y = _known(times, leads)
    drift = find_drift(t, y)
    if drift is None or t[-1] - t[0] < _LEAST_SPAN_SECONDS:
        return None
    pieces = find_jumps(t, y)
    scatter = _scatter(y)
    penalty = 2 * scatter * np.log(len(y))

    def cost(expected: Floats | float, n_more: int) -> float:
        return float(np.minimum(np.abs(y - expected), _BOUND * scatter).sum() + penalty * n_more)

    starts = np.array([piece.start for piece in pieces])
    steps = np.array([piece.lead_seconds for piece in pieces])[np.searchsorted(starts, t, side="right") - 1]
    costs = {"steady": cost(float(np.median(y)), 0)}
    if len(pieces) > 1:
        costs["jumps"] = cost(steps, len(pieces) - 1)
    if drift.is_certain and abs(drift.rate) >= _LEAST_RATE:
        costs["drift"] = cost(drift.lead_at_start + drift.rate * t, 1)
    kind = min(costs, key=lambda name: costs[name])
    return OffsetCourse(kind, drift, pieces, _cause(drift) if kind == "drift" else "")


def course_of_words(starts: npt.ArrayLike, ends: npt.ArrayLike, leads: npt.ArrayLike) -> OffsetCourse | None:
    """The course of a clip by its words: where they begin and end, and their leads (NaN where there is none), seconds.

    Times count to the microsecond, as a report writes them, so that a report that was read back has the same course.
    """
    start, end, lead = (np.asarray(x, np.float64).round(6) for x in (starts, ends, leads))
    return offset_course((start + end) / 2, lead)


def _cause(drift: Drift) -> str:
    """The nearest of the known rates, if it is near enough: two of them are hardly 3 % apart."""
    away, rate, name = min((abs(abs(drift.rate) - rate), rate, name) for rate, name in _CAUSES)
    is_near = away <= max(0.1 * rate, (drift.rate_interval[1] - drift.rate_interval[0]) / 2)
    return name if is_near else ""


def _best_cuts(y: Floats, max_pieces: int) -> list[int]:
    """Indices at which a new piece begins; dynamic programming over all of them."""
    n, scatter = len(y), _scatter(y)
    costs = _piece_costs(y, _BOUND * scatter)
    best = [costs[0]]  # best[k][j]: least error of the first j words in k + 1 pieces
    choices = list[npt.NDArray[np.int64]]()
    for _ in range(1, max_pieces):
        table = best[-1][:, None] + costs  # [i, j]: the last piece holds the words i .. j - 1
        choices.append(np.argmin(table, axis=0))
        best.append(table.min(axis=0))
    totals = [float(x[n]) + 2 * scatter * np.log(n) * k for k, x in enumerate(best)]
    cuts, end = list[int](), n
    for k in range(int(np.argmin(totals)), 0, -1):
        end = int(choices[k - 1][end])
        cuts.insert(0, end)
    return cuts


def _to_the_word(y: Floats, cuts: list[int], reach: int) -> list[int]:
    """Each cut between groups moved to the words, at most `reach` away, between which it fits best."""
    bound, edges = _BOUND * _scatter(y), [0, *cuts, len(y)]
    found = list[int]()
    for before, cut, after in zip(edges, cuts, edges[2:], strict=False):
        left, right = np.median(y[before:cut]), np.median(y[cut:after])
        first, last = max(cut - reach, before + 1), min(cut + reach, after - 1)
        gain = np.minimum(np.abs(y[first:last] - right), bound) - np.minimum(np.abs(y[first:last] - left), bound)
        found.append(first + int(np.argmax(np.concatenate([[0.0], np.cumsum(gain)]))))
    return found


def _scatter(y: Floats) -> float:
    """Standard deviation of the words about their own offset, from neighbours, which share it nearly always."""
    if len(y) < 2:
        return _LEAST_SCATTER_SECONDS
    return max(_LEAST_SCATTER_SECONDS, float(np.median(np.abs(np.diff(y))) / (0.6745 * math.sqrt(2))))


def _piece_costs(y: Floats, bound: float) -> Floats:
    """Sum of bounded errors about the median of the words i .. j - 1, infinite where they are too few."""
    n = len(y)
    costs = np.full((n + 1, n + 1), np.inf)
    for i in range(n):
        for j in range(i + _MIN_WORDS, n + 1):
            costs[i, j] = np.minimum(np.abs(y[i:j] - np.median(y[i:j])), bound).sum()
    if n < _MIN_WORDS:
        costs[0, n] = 0.0
    return costs


def _merged(pieces: list[OffsetPiece]) -> tuple[OffsetPiece, ...]:
    merged = pieces[:1]
    for piece in pieces[1:]:
        last = merged[-1]
        if (
            abs(piece.lead_seconds - last.lead_seconds) < RIGHT_WITHIN
        ):  # offsets that differ by less than a frame are one
            n = last.n_words + piece.n_words
            lead = (last.lead_seconds * last.n_words + piece.lead_seconds * piece.n_words) / n
            merged[-1] = OffsetPiece(last.start, lead, n)
        else:
            merged.append(piece)
    return tuple(merged)
