"""Putting a sequence of mouth shapes on a grid of frames, with a minimum hold for each.

Method
------
Shapes come faster than a mouth can be drawn: at 24 frames a second an unstressed vowel has one frame or none. Which
shapes are left out, and where the others begin, is a shortest path over the boundaries. Boundary k may move by a few
frames from its time; the path pays

    MOVE_COST times the seconds of its shift, LATE_FACTOR times as much if it comes later than it should, ANCHOR_FACTOR
    times if a closed or bitten mouth begins there;
    what :data:`DROP_COSTS` say for a shape that gets no frame; APART_COST if two closed mouths become one without it;
    SHORT_COST for one that gets fewer frames than its hold.

So a closed mouth is never dropped while there is any room, and begins where it is heard: one that is shorter than its
hold gets the rest from what follows, as lips do, which part after the burst (:data:`visalign.animation.coarticulation.\
CLOSURE_LAGS`). Other shapes make room on either side.
The result is optimal for these costs. Rhubarb Lip Sync [1]_ solves the same task with local rules, from right to left.

Conventions
-----------
Frame f spans ``[origin + f / rate, origin + (f + 1) / rate)``. Nothing moves the first and the last boundary, except
to the grid.

References
----------
.. [1] D. S. Wolf, Rhubarb Lip Sync 1.14, timingOptimization.cpp: a shape wants at least 70 ms and may be early by 60.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from visalign.timeline import Tier

__all__ = ["ANCHORS", "DROP_COSTS", "FrameCue", "lay_out", "lay_out_tier"]

ANCHORS = frozenset({"closed", "bitten"})
"""Kinds of shapes that viewers miss when they are gone."""

# In units of a boundary moved by 10 ms. The order is the animators' ("hit the closures", then the rounded and wide
# mouths); the sizes were set so that a neutral shape goes before anything moves by more than Rhubarb's 60 ms.
DROP_COSTS = {"closed": 1e5, "bitten": 1e5, "rounded": 14.0, "wide": 14.0, "open": 9.0, "rest": 8.0, "neutral": 6.0}
TWEEN_DROP_COST = 1.0
APART_COST = 500.0  # less than a closure that is cut short
MOVE_COST = 100.0  # a second
LATE_FACTOR = 2.0  # a mouth that comes late is seen sooner than one that comes early
# A closure that begins early to fill its hold was 24 ms early at the median, of 60 labelled closures whose phones were
# within 4 ms; at 10 it is 6.9 ms from the label, from 20 on 6.7 (docs/decisions/0180).
ANCHOR_FACTOR = 40.0
SHORT_COST = 1e3
REACH_SECONDS = 0.1  # how far a boundary may move

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FrameCue:
    """A shape over whole frames.

    Parameters
    ----------
    start, end : int
        0-based frames, ``end > start``; the end is not part of it.
    shape : str
        Which.
    """

    start: int
    end: int
    shape: str


def lay_out(
    cues: Tier,
    kinds: Mapping[str, str],
    rate: Fraction,
    *,
    holds: Mapping[str, int] | None = None,
    hold: int = 1,
    tweens: frozenset[int] = frozenset(),
) -> list[FrameCue]:
    """The shapes on frames of `rate`, neighbours that are equal merged.

    Parameters
    ----------
    cues : Tier
        Shapes with times; frame 0 begins at 0 s.
    kinds : mapping
        Shape → kind, see :data:`visalign.animation.mouth_rules.KINDS`.
    rate : Fraction
        Frames a second.
    holds : mapping, optional
        Kind → least frames; for other kinds `hold`.
    hold : int
        Least frames of a shape.
    tweens : set of int
        Indices of cues that are mere in-betweens and go first.

    Examples
    --------
    >>> cues = Tier("mouth", (0.0, 0.30, 0.34, 0.60), ("X", "A", "D"))
    >>> for cue in lay_out(cues, {"X": "rest", "A": "closed", "D": "wide"}, Fraction(25), holds={"closed": 2}):
    ...     print(cue.start, cue.end, cue.shape)
    0 7 X
    7 9 A
    9 15 D
    """
    least = [(holds or {}).get(kinds.get(x, "neutral"), hold) for x in cues.labels]
    drops = [TWEEN_DROP_COST if i in tweens else DROP_COSTS[kinds.get(x, "neutral")] for i, x in enumerate(cues.labels)]
    anchors = [kinds.get(x) in ANCHORS for x in cues.labels]
    for i in range(1, len(drops) - 1):
        if anchors[i - 1] and cues.labels[i - 1] == cues.labels[i + 1]:
            drops[i] = max(drops[i], APART_COST)
    factors = [ANCHOR_FACTOR if x else 1.0 for x in (*anchors[1:], False)]
    frames = _shortest_path(np.asarray(cues.boundaries), float(rate), least, drops, factors)
    placed = [FrameCue(a, b, x) for a, b, x in zip(frames, frames[1:], cues.labels, strict=False) if b > a]
    return _merge(placed)


def lay_out_tier(
    cues: Tier,
    kinds: Mapping[str, str],
    rate: Fraction,
    *,
    holds: Mapping[str, int] | None = None,
    hold: int = 1,
) -> Tier:
    """As :func:`lay_out`, as a tier in seconds on the grid of `rate`; the first and last boundary stay exact."""
    placed = lay_out(cues, kinds, rate, holds=holds, hold=hold)
    edges = [cues.start, *(float(x.start / rate) for x in placed[1:]), cues.end]
    return Tier(cues.name, tuple(edges), tuple(x.shape for x in placed))


def _merge(cues: Sequence[FrameCue]) -> list[FrameCue]:
    merged: list[FrameCue] = []
    for cue in cues:
        if merged and merged[-1].shape == cue.shape:
            merged[-1] = FrameCue(merged[-1].start, cue.end, cue.shape)
        else:
            merged.append(cue)
    return merged


def _shortest_path(
    times: Floats, rate: float, holds: Sequence[int], drops: Sequence[float], factors: Sequence[float]
) -> list[int]:
    """The frame of each boundary; `factors` are those of the boundaries after the first."""
    grid = np.round(times * rate).astype(np.int64)
    grid[-1] = max(grid[-1], grid[0] + 1)
    reach = max(max(holds), round(REACH_SECONDS * rate), 1)
    shifts = np.arange(-reach, reach + 1)
    cost = np.where(shifts == 0, 0.0, np.inf)  # the first boundary stays
    came_from: list[npt.NDArray[np.int64]] = []
    n_cues = len(holds)
    for k in range(1, n_cues + 1):
        here = np.clip(grid[k] + shifts, grid[0], grid[-1])
        length = here[None, :] - np.clip(grid[k - 1] + shifts, grid[0], grid[-1])[:, None]
        step = np.where(length == 0, drops[k - 1], np.where(length < holds[k - 1], SHORT_COST, 0.0))
        step = np.where(length < 0, np.inf, step)
        total = cost[:, None] + step
        came_from.append(np.argmin(total, axis=0))
        cost = total.min(axis=0) + factors[k - 1] * _move_costs(here / rate - times[k])
        if k == n_cues:
            cost = np.where(shifts == 0, cost, np.inf)
    return _trace(came_from, grid, shifts, reach)


def _move_costs(shift: Floats) -> Floats:
    return np.asarray(MOVE_COST * np.where(shift > 0, LATE_FACTOR * shift, -shift))


def _trace(
    came_from: Sequence[npt.NDArray[np.int64]], grid: npt.NDArray[np.int64], shifts: npt.NDArray[np.int64], state: int
) -> list[int]:
    """Boundaries from the last back to the first; `state` is the index of no shift."""
    frames = [int(grid[-1])]
    for k in range(len(came_from) - 1, -1, -1):
        state = int(came_from[k][state])
        frames.append(int(np.clip(grid[k] + shifts[state], grid[0], grid[-1])))
    return frames[::-1]
