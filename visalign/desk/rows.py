"""What edits are made of: the intervals of one tier, found, moved and joined.

Conventions
-----------
Rows are in the order of time; a boundary is named by the number of the interval that begins at it. Whatever comes back
is new; nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from visalign.desk.document import GAPLESS, MACHINE, Item, microseconds
from visalign.errors import EditRefused

__all__ = [
    "UNKNOWN",
    "inside",
    "joined_pauses",
    "place_of",
    "refuse_unless",
    "spread",
    "stretched",
    "with_boundary",
    "with_flag",
]

UNKNOWN = "?"
"""The phone of a word whose phones are not known yet."""


def refuse_unless(holds: bool, why: str) -> None:
    """Raise EditRefused where something does not hold."""
    if not holds:
        raise EditRefused(why)


def place_of(rows: Sequence[Item], tier: str, id: int) -> int:
    """Where an interval of a tier stands."""
    at = next((n for n, x in enumerate(rows) if x.id == id), None)
    if at is None:
        raise EditRefused(f"there is no interval {id} among the {tier}; it was changed meanwhile, look at them again")
    return at


def inside(rows: Sequence[Item], start: float, end: float) -> list[Item]:
    """The intervals that lie within a time."""
    return [x for x in rows if start <= x.start and x.end <= end]


def with_boundary(rows: Sequence[Item], right: int, time: float) -> list[Item]:
    """The rows with the boundary before `right` at another time, and pinned there."""
    found = list(rows)
    found[right - 1] = replace(found[right - 1], end=time, pinned_end=True)
    found[right] = replace(found[right], start=time, pinned_start=True)
    return found


def with_flag(rows: Sequence[Item], right: int, *, flag: bool) -> list[Item]:
    """The rows with the boundary before `right` pinned or not; that may be the first of all, or the last."""
    found = list(rows)
    if right > 0:
        found[right - 1] = replace(found[right - 1], pinned_end=flag)
    if right < len(found):
        found[right] = replace(found[right], pinned_start=flag)
    return found


def stretched(rows: Sequence[Item], old: tuple[float, float], new: tuple[float, float]) -> list[Item]:
    """The rows with those within `old` spread over `new`, their shares kept."""
    mine = inside(rows, *old)
    if not mine or old == new:
        return list(rows)
    edges = np.array([mine[0].start, *(x.end for x in mine)])
    moved = np.interp(edges, old, new)
    # No share may round to nothing.
    least = min(1e-3, (new[1] - new[0]) / len(mine)) * np.arange(len(edges))
    moved = np.minimum(np.maximum(moved, new[0] + least), new[1] - least[::-1])
    times = [new[0], *(microseconds(float(x)) for x in moved[1:-1]), new[1]]
    by_id = {x.id: replace(x, start=a, end=b) for x, a, b in zip(mine, times[:-1], times[1:], strict=True)}
    return [by_id.get(x.id, x) for x in rows]


def spread(labels: Sequence[str], span: Item, *, pins: tuple[bool, bool], by: str = MACHINE) -> list[Item]:
    """New intervals that share the time of another one evenly; `pins` are those of the first and the last boundary."""
    edges = span.start + (span.end - span.start) * np.arange(len(labels) + 1) / len(labels)
    times = [span.start, *(microseconds(float(x)) for x in edges[1:-1]), span.end]
    rows = [Item(0, a, b, label, by=by) for label, a, b in zip(labels, times[:-1], times[1:], strict=True)]
    rows[0] = replace(rows[0], pinned_start=pins[0])
    rows[-1] = replace(rows[-1], pinned_end=pins[1])
    return rows


def joined_pauses(rows: Sequence[Item], tier: str, edges: Collection[float] = ()) -> list[Item]:
    """Neighbouring pauses of words or phones as one, but for those that one of `edges` parts."""
    if tier not in GAPLESS or tier == "cues":
        return list(rows)
    found = list[Item]()
    for x in rows:
        if found and not x.label and not found[-1].label and x.start not in edges:
            found[-1] = replace(found[-1], end=x.end, pinned_end=x.pinned_end)
        else:
            found.append(x)
    return found
