r"""Dynamic time warping on a cost matrix, within a band.

Finds the cheapest monotone path through a matrix of local costs :math:`d(i, j)`; what rows and columns are, and
what a cost means, is the caller's business.

A step pattern is data: a list of steps, each a list of moves ``(rows, columns, weight)`` that lead from the step's
origin to its end; a move pays its weight times the cost of the cell it arrives at. With :math:`S` the steps of the
pattern and :math:`w_0` its start weight,

.. math::
   g(0, 0) &= w_0\, d(0, 0) \\
   g(i, j) &= \min_{s \in S} \Big[ g(\text{origin of } s) + \sum_{(a, b, w) \in s} w\, d(\text{cell of the move}) \Big]

For `SYMMETRIC2` this is Sakoe and Chiba's equation (18) [1]_:
:math:`g(i, j) = \min[g(i-1, j) + d,\; g(i-1, j-1) + 2 d,\; g(i, j-1) + d]` with :math:`d = d(i, j)`.

Conventions
-----------
* Rows and columns are 0-based; a path runs from (0, 0) to (n_rows - 1, n_columns - 1), both ends included.
* ``open_begin`` lets it start at any column of the first row, ``open_end`` end at any column of the last row, as in
  subsequence matching ([2]_, section 7.2). The end is the one with the lowest distance, not the lowest normalised one.
* The band is a number of columns on each side of the straight line between the corners (Sakoe-Chiba, on the resampled
  diagonal where the matrix is not square).
* ``distance`` is the weighted sum of the costs along the path; ``normalised`` divides it by the sum of the weights,
  which is n_rows + n_columns for the symmetric patterns of [1]_ and n_rows for the asymmetric one.
* A cost of +inf forbids a cell. Among equal paths, the step listed first wins, which is the diagonal one.

Memory is one byte a cell of the band, and a few rows. The recurrence runs along anti-diagonals, whose cells do not
depend on each other, so that NumPy computes each in one go for every pattern.

Unlike dtw-python, the start weight of the symmetric patterns is 2, as in [1]_, so that the weights sum to
n_rows + n_columns exactly; the distances given here are higher by one :math:`d(0, 0)`.

References
----------
.. [1] H. Sakoe and S. Chiba, Dynamic programming algorithm optimization for spoken word recognition, IEEE Trans.
   ASSP 26(1), 1978.
.. [2] M. Müller, Fundamentals of Music Processing, Springer 2015, chapters 3.2 and 7.2.
.. [3] F. Itakura, Minimum prediction residual principle applied to speech recognition, IEEE Trans. ASSP 23(1), 1975.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError, ConfigError

__all__ = [
    "ASYMMETRIC",
    "ITAKURA",
    "STEP_PATTERNS",
    "SYMMETRIC1",
    "SYMMETRIC2",
    "SYMMETRIC_P1",
    "StepPattern",
    "WarpingPath",
    "band_limits",
    "dtw",
    "dtw_banded",
    "dtw_rows",
]

Floats = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]
Move = tuple[int, int, float]

_START = 254  # in the table of steps taken: the path begins here


@dataclass(frozen=True, slots=True)
class StepPattern:
    """How a path may go on, and what each move costs.

    Parameters
    ----------
    name : str
        For messages and reports.
    steps : tuple of tuple of (int, int, float)
        Each step is a chain of moves ``(rows, columns, weight)``.
    start_weight : float
        Weight of the cost of the first cell.
    """

    name: str
    steps: tuple[tuple[Move, ...], ...]
    start_weight: float = 1.0

    @property
    def reach(self) -> int:
        """The most anti-diagonals that one step goes back."""
        return max(sum(rows + columns for rows, columns, _ in step) for step in self.steps)


SYMMETRIC1 = StepPattern("symmetric1", (((1, 1, 1.0),), ((1, 0, 1.0),), ((0, 1, 1.0),)))
SYMMETRIC2 = StepPattern("symmetric2", (((1, 1, 2.0),), ((1, 0, 1.0),), ((0, 1, 1.0),)), 2.0)
ASYMMETRIC = StepPattern("asymmetric", (((1, 1, 1.0),), ((1, 0, 1.0),), ((1, 2, 1.0),)))
# Slope between 1/2 and 2: after a move along one axis comes a diagonal one ([1]_, table I, P = 1).
SYMMETRIC_P1 = StepPattern(
    "symmetric_p1", (((1, 1, 2.0),), ((1, 1, 2.0), (1, 0, 1.0)), ((1, 1, 2.0), (0, 1, 1.0))), 2.0
)
# Slope between 1/2 and 2 too: a column lasts two rows at most, and one column may be skipped [3]_.
ITAKURA = StepPattern(
    "itakura", (((1, 1, 1.0),), ((1, 2, 1.0),), ((1, 1, 1.0), (1, 0, 1.0)), ((1, 2, 1.0), (1, 0, 1.0)))
)
STEP_PATTERNS = {pattern.name: pattern for pattern in (SYMMETRIC1, SYMMETRIC2, ASYMMETRIC, SYMMETRIC_P1, ITAKURA)}


@dataclass(frozen=True, slots=True, eq=False)
class WarpingPath:
    """The cheapest path.

    Parameters
    ----------
    rows, columns : ndarray of int64, shape (n_cells,)
        The cells along it, in order; neither ever decreases.
    distance : float
        Weighted sum of the costs.
    normalised : float
        `distance` over the sum of the weights: a cost per cell, comparable between lengths.
    """

    rows: Indices
    columns: Indices
    distance: float
    normalised: float

    def mean_columns(self) -> npt.NDArray[np.float64]:
        """The mean of the columns matched with each row, shape (n_rows,); NaN for a row that the path jumps over."""
        counts = np.bincount(self.rows)
        sums = np.bincount(self.rows, weights=self.columns)
        means: npt.NDArray[np.float64] = np.full(len(counts), np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return means


def dtw(
    cost: Floats,
    *,
    band: int | None = None,
    step_pattern: StepPattern = SYMMETRIC2,
    open_begin: bool = False,
    open_end: bool = False,
) -> WarpingPath:
    """The cheapest path through a full cost matrix.

    Parameters
    ----------
    cost : ndarray of float, shape (n_rows, n_columns)
        Local costs.
    band : int, optional
        Columns on each side of the diagonal that the path may use; all by default.
    step_pattern : StepPattern
        One of `STEP_PATTERNS`, or your own.
    open_begin, open_end : bool
        The path may start at any column of the first row, end at any column of the last.

    Examples
    --------
    >>> path = dtw(np.array([[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]]), step_pattern=SYMMETRIC1)
    >>> path.rows.tolist(), path.columns.tolist(), path.distance
    ([0, 1, 1], [0, 1, 2], 1.0)

    Raises
    ------
    AlignmentError
        If the matrix is empty or holds NaN, or no path exists within band, step pattern and finite costs.
    ConfigError
        If the band is negative.
    """
    if cost.ndim != 2 or 0 in cost.shape:
        raise AlignmentError(f"DTW needs a matrix of costs with rows and columns, not an array of shape {cost.shape}")
    n_rows, n_columns = cost.shape
    first, stop = band_limits(n_rows, n_columns, band)
    _refuse_nan(np.isnan(cost), np.zeros(n_rows, dtype=np.int64))
    grid = _Grid(cost, np.arange(n_rows) * (n_columns - 1), first, stop, n_columns)
    return _solve(grid, step_pattern, open_begin, open_end)


def dtw_banded(
    cost: Floats,
    first_columns: Indices,
    n_columns: int,
    *,
    step_pattern: StepPattern = SYMMETRIC2,
    open_begin: bool = False,
    open_end: bool = False,
) -> WarpingPath:
    """The cheapest path where only the band's costs are given, for sequences too long for a full matrix.

    Parameters
    ----------
    cost : ndarray of float, shape (n_rows, width)
        ``cost[i, k]`` is the cost of row i and column ``first_columns[i] + k``; cells outside the matrix are ignored.
    first_columns : ndarray of int, shape (n_rows,)
        The column of each row's first cost; it may not decrease. It may be negative.
    n_columns : int
        Columns of the whole matrix.
    step_pattern, open_begin, open_end
        As for `dtw`.

    Raises
    ------
    AlignmentError
        As for `dtw`, and if `first_columns` does not fit.
    """
    if cost.ndim != 2 or 0 in cost.shape or n_columns < 1:
        raise AlignmentError(f"DTW needs a band of costs, not shape {cost.shape} over {n_columns} columns")
    n_rows, width = cost.shape
    origin = np.asarray(first_columns, dtype=np.int64)
    if origin.shape != (n_rows,) or np.any(np.diff(origin) < 0):
        raise AlignmentError(f"first_columns must hold {n_rows} columns that never decrease")
    first, stop = np.clip(origin, 0, n_columns), np.clip(origin + width, 0, n_columns)
    columns = origin[:, None] + np.arange(width)
    _refuse_nan(np.isnan(cost) & (columns >= 0) & (columns < n_columns), origin)
    grid = _Grid(cost, np.arange(n_rows) * (width - 1) - origin, first, stop, n_columns)
    return _solve(grid, step_pattern, open_begin, open_end)


def dtw_rows(
    cost_row: Callable[[int, int, int], Floats],
    shape: tuple[int, int],
    *,
    band: int,
    step_pattern: StepPattern = SYMMETRIC2,
    open_begin: bool = False,
    open_end: bool = False,
) -> WarpingPath:
    """The cheapest path where a function gives the costs, row by row, of the band alone.

    Parameters
    ----------
    cost_row : callable
        ``cost_row(i, start, stop)`` returns the costs of row i for the columns ``[start, stop)``.
    shape : tuple of int
        ``(n_rows, n_columns)`` of the whole matrix.
    band : int
        Columns on each side of the diagonal.
    step_pattern, open_begin, open_end
        As for `dtw`.

    Raises
    ------
    AlignmentError
        As for `dtw`, and if a row comes back with the wrong length.
    """
    n_rows, n_columns = shape
    first, stop = band_limits(n_rows, n_columns, band)
    costs = np.full((n_rows, int(np.max(stop - first))), np.inf)
    for i, (start, end) in enumerate(zip(first.tolist(), stop.tolist(), strict=True)):
        row = cost_row(i, start, end)
        if row.shape != (end - start,):
            raise AlignmentError(f"cost_row gave shape {row.shape} for row {i}, columns {start} to {end}")
        costs[i, : end - start] = row
    return dtw_banded(costs, first, n_columns, step_pattern=step_pattern, open_begin=open_begin, open_end=open_end)


def band_limits(n_rows: int, n_columns: int, band: int | None) -> tuple[Indices, Indices]:
    """The columns of each row within the band: ``[first, stop)``, both of shape (n_rows,).

    Row i allows the columns j with ``|j - i (n_columns - 1) / (n_rows - 1)| <= band``.

    Raises
    ------
    AlignmentError
        If there are no rows or no columns.
    ConfigError
        If the band is negative.
    """
    if n_rows < 1 or n_columns < 1:
        raise AlignmentError(f"DTW needs rows and columns; there are {n_rows} and {n_columns}")
    if band is None or n_rows == 1:
        return np.zeros(n_rows, dtype=np.int64), np.full(n_rows, n_columns, dtype=np.int64)
    if band < 0:
        raise ConfigError("band", band, "a number of columns, 0 or more; None for no band")
    # Whole numbers throughout: in floats, i (n_columns - 1) / (n_rows - 1) can miss an integer by one bit.
    scaled = np.arange(n_rows, dtype=np.int64) * (n_columns - 1)
    last = n_rows - 1
    first = np.maximum(-((band * last - scaled) // last), 0)
    stop = np.minimum((scaled + band * last) // last + 1, n_columns)
    return first, stop


def _refuse_nan(is_nan: npt.NDArray[np.bool_], first_columns: Indices) -> None:
    if is_nan.any():
        row, place = np.argwhere(is_nan)[0]
        raise AlignmentError(
            f"the cost of row {row}, column {first_columns[row] + place} is NaN; "
            "give missing observations a neutral cost before warping"
        )


class _Grid:
    """Costs seen along anti-diagonals.

    The cells of anti-diagonal s = i + j within the band are those of consecutive rows, because ``i + first[i]`` and
    ``i + stop[i]`` increase strictly. The cost of cell (i, s - i) is ``flat[base[i] + s]``.
    """

    def __init__(self, cost: Floats, base: Indices, first: Indices, stop: Indices, n_columns: int) -> None:
        self.flat, self.base = np.ascontiguousarray(cost).ravel(), base
        self.n_rows, self.n_columns = len(first), n_columns
        diagonals = np.arange(self.n_rows + n_columns - 1)
        rows = np.arange(self.n_rows)
        self.low: list[int] = np.searchsorted(rows + stop - 1, diagonals, side="left").tolist()
        self.high: list[int] = np.searchsorted(rows + first, diagonals, side="right").tolist()
        widths = np.maximum(np.subtract(self.high, self.low), 0)
        self.offsets = np.concatenate([[0], np.cumsum(widths)])

    def costs(self, diagonal: int) -> Floats:
        rows = slice(self.low[diagonal], self.high[diagonal])
        return self.flat[self.base[rows] + diagonal]

    def cell(self, row: int, column: int) -> int:
        """Where the table of steps keeps a cell."""
        return int(self.offsets[row + column]) + row - self.low[row + column]


def _solve(grid: _Grid, pattern: StepPattern, open_begin: bool, open_end: bool) -> WarpingPath:
    taken, last_row = _accumulate(grid, pattern, open_begin)
    column = int(np.argmin(last_row)) if open_end else grid.n_columns - 1
    distance = float(last_row[column])
    if not math.isfinite(distance):
        raise AlignmentError(
            f"no path leads through the {grid.n_rows} × {grid.n_columns} costs with the steps of {pattern.name}: "
            "widen the band, choose a pattern without slope limits, or check for infinite costs"
        )
    rows, columns, weight = _trace(grid, pattern, taken, column)
    return WarpingPath(rows, columns, distance, distance / weight)


def _accumulate(
    grid: _Grid, pattern: StepPattern, open_begin: bool
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64]]:
    """Run the recurrence; return the step taken into each cell of the band, and g of the last row."""
    depth = pattern.reach + 1
    # The last few anti-diagonals, by row, with a margin so that steps from outside the matrix read infinity.
    g = np.full((depth, grid.n_rows + 2 * depth), np.inf)
    d = np.full_like(g, np.inf)
    taken = np.zeros(int(grid.offsets[-1]), dtype=np.uint8)
    last_row = np.full(grid.n_columns, np.inf)
    chains = [_backwards(step) for step in pattern.steps]
    offsets = grid.offsets.tolist()
    for s in range(grid.n_rows + grid.n_columns - 1):
        slot, low, high = s % depth, grid.low[s] + depth, grid.high[s] + depth
        # The band moves by one row at most, so this wipes all that the next diagonals can read.
        g[slot, low - depth : high + depth] = np.inf
        d[slot, low - depth : high + depth] = np.inf
        if high <= low:
            continue
        d[slot, low:high] = grid.costs(s)
        steps = taken[offsets[s] : offsets[s + 1]]
        for number, (visited, (rows_back, diagonals_back)) in enumerate(chains):
            total = g[(s - diagonals_back) % depth, low - rows_back : high - rows_back]
            for rows, diagonals, weight in visited:
                total = total + weight * d[(s - diagonals) % depth, low - rows : high - rows]
            if number == 0:
                best = total
            else:
                np.putmask(steps, total < best, number)
                best = np.minimum(best, total)
        g[slot, low:high] = best
        if low == depth and (s == 0 or open_begin):
            begin = pattern.start_weight * d[slot, depth]
            if begin <= g[slot, depth]:
                g[slot, depth], steps[0] = begin, _START
        if high == grid.n_rows + depth:
            last_row[s - grid.n_rows + 1] = g[slot, high - 1]
    return taken, last_row


def _backwards(step: tuple[Move, ...]) -> tuple[list[Move], tuple[int, int]]:
    """Cells that a step pays for, seen from its end, and its origin: (rows, anti-diagonals[, weight]) back."""
    visited: list[Move] = []
    rows = diagonals = 0
    for move_rows, move_columns, weight in reversed(step):
        visited.append((rows, diagonals, weight))
        rows, diagonals = rows + move_rows, diagonals + move_rows + move_columns
    return visited, (rows, diagonals)


def _trace(
    grid: _Grid, pattern: StepPattern, taken: npt.NDArray[np.uint8], column: int
) -> tuple[Indices, Indices, float]:
    """Follow the steps back from the last row; return the cells in order and the sum of their weights."""
    row = grid.n_rows - 1
    cells, weight = [], pattern.start_weight
    while (number := taken[grid.cell(row, column)]) != _START:
        for move_rows, move_columns, move_weight in reversed(pattern.steps[number]):
            cells.append((row, column))
            weight += move_weight
            row, column = row - move_rows, column - move_columns
    cells.append((row, column))
    path = np.array(cells[::-1], dtype=np.int64)
    return path[:, 0], path[:, 1], weight
