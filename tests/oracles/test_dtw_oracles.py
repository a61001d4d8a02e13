"""Banded DTW against a brute-force recurrence, a published example, and two other libraries on equal costs."""

import math

import numpy as np
import pytest

from visalign.dtw import (
    ASYMMETRIC,
    ITAKURA,
    STEP_PATTERNS,
    SYMMETRIC1,
    SYMMETRIC2,
    SYMMETRIC_P1,
    band_limits,
    dtw,
    dtw_rows,
)
from visalign.errors import AlignmentError

FLOAT_TOLERANCE = 1e-12  # sums of at most some hundred costs below 10


def brute_force(cost, moves, start_weight, first, stop, *, open_begin=False):
    """g of every cell, cell by cell, straight from the recurrence of each pattern as its paper prints it."""
    n_rows, n_columns = cost.shape
    g = [[math.inf] * n_columns for _ in range(n_rows)]

    def d(i, j):
        return cost[i, j] if i >= 0 and first[i] <= j < stop[i] else math.inf

    def before(i, j):
        return g[i][j] if i >= 0 and j >= 0 else math.inf

    for i in range(n_rows):
        for j in range(first[i], stop[i]):
            candidates = moves(i, j, before, d)
            if i == 0 and (j == 0 or open_begin):
                candidates = [*candidates, start_weight * d(i, j)]
            g[i][j] = min(candidates)
    return g


RECURRENCES = {
    "symmetric1": lambda i, j, g, d: [g(i - 1, j - 1) + d(i, j), g(i - 1, j) + d(i, j), g(i, j - 1) + d(i, j)],
    "symmetric2": lambda i, j, g, d: [g(i - 1, j - 1) + 2 * d(i, j), g(i - 1, j) + d(i, j), g(i, j - 1) + d(i, j)],
    "asymmetric": lambda i, j, g, d: [g(i - 1, j - 1) + d(i, j), g(i - 1, j) + d(i, j), g(i - 1, j - 2) + d(i, j)],
    # Sakoe & Chiba 1978, table I, symmetric, P = 1.
    "symmetric_p1": lambda i, j, g, d: [
        g(i - 1, j - 2) + 2 * d(i, j - 1) + d(i, j),
        g(i - 1, j - 1) + 2 * d(i, j),
        g(i - 2, j - 1) + 2 * d(i - 1, j) + d(i, j),
    ],
    "itakura": lambda i, j, g, d: [
        g(i - 1, j - 1) + d(i, j),
        g(i - 1, j - 2) + d(i, j),
        g(i - 2, j - 1) + d(i - 1, j) + d(i, j),
        g(i - 2, j - 2) + d(i - 1, j) + d(i, j),
    ],
}
START_WEIGHTS = {"symmetric1": 1, "symmetric2": 2, "asymmetric": 1, "symmetric_p1": 2, "itakura": 1}


def test_every_pattern_has_an_oracle():
    assert set(RECURRENCES) == set(STEP_PATTERNS) == set(START_WEIGHTS)


@pytest.mark.parametrize("name", sorted(STEP_PATTERNS))
@pytest.mark.parametrize("band", [None, 0, 1, 2, 5])
@pytest.mark.parametrize("open_begin", [False, True])
@pytest.mark.parametrize("open_end", [False, True])
def test_distance_equals_brute_force(name, band, open_begin, open_end):
    rng = np.random.default_rng([band or 9, open_begin, open_end])
    n_found = 0
    for _ in range(25):
        n_rows, n_columns = rng.integers(1, 10, size=2)
        cost = rng.random((n_rows, n_columns))
        first, stop = band_limits(n_rows, n_columns, band)
        last = brute_force(cost, RECURRENCES[name], START_WEIGHTS[name], first, stop, open_begin=open_begin)[-1]
        expected = min(last) if open_end else last[-1]
        arguments = {"band": band, "step_pattern": STEP_PATTERNS[name], "open_begin": open_begin, "open_end": open_end}
        if math.isinf(expected):
            with pytest.raises(AlignmentError):
                dtw(cost, **arguments)
        else:
            n_found += 1
            assert dtw(cost, **arguments).distance == pytest.approx(expected, abs=FLOAT_TOLERANCE)
    assert n_found > 0


@pytest.mark.parametrize("name", sorted(STEP_PATTERNS))
def test_a_band_as_wide_as_the_matrix_changes_nothing(name):
    rng = np.random.default_rng(1)
    for _ in range(10):
        n_rows = int(rng.integers(4, 20))
        cost = rng.random((n_rows, n_rows + 2))
        full, banded = (dtw(cost, band=band, step_pattern=STEP_PATTERNS[name]) for band in (None, n_rows + 2))
        assert full.distance == banded.distance
        assert np.array_equal(full.rows, banded.rows)
        assert np.array_equal(full.columns, banded.columns)


def test_published_table():
    """The accumulated costs of the example of Müller, Fundamentals of Music Processing, chapter 3, as librosa's
    tests print them: X = (1, 3, 3, 8, 1), Y = (2, 0, 0, 8, 7, 2), local cost |x - y|, D = C + min of three neighbours.
    """
    x, y = np.array([1.0, 3, 3, 8, 1]), np.array([2.0, 0, 0, 8, 7, 2])
    published = [
        [1, 2, 3, 10, 16, 17],
        [2, 4, 5, 8, 12, 13],
        [3, 5, 7, 10, 12, 13],
        [9, 11, 13, 7, 8, 14],
        [10, 10, 11, 14, 13, 9],
    ]
    cost = np.abs(x[:, None] - y)
    found = [[dtw(cost[: i + 1, : j + 1], step_pattern=SYMMETRIC1).distance for j in range(6)] for i in range(5)]
    assert found == published


def test_published_path():
    """The other toy example of the same author (Müller and Zalkow, FMP Notebooks, C3S2: DTW), checked by hand::

    C = 1 1 1 7 6 1     D =  1  2  3 10 16 17     (rows: X = 1 3 9 2 1)
        1 3 3 5 4 1          2  4  5  8 12 13
        7 9 9 1 2 7          9 11 13  6  8 15
        0 2 2 6 5 0          9 11 13 12 11  8
        1 1 1 7 6 1         10 10 11 18 17  9
    """
    x, y = np.array([1.0, 3, 9, 2, 1]), np.array([2.0, 0, 0, 8, 7, 2])
    path = dtw(np.abs(x[:, None] - y), step_pattern=SYMMETRIC1)
    assert path.distance == 9.0
    expected = [(0, 0), (0, 1), (1, 2), (2, 3), (2, 4), (3, 5), (4, 5)]
    assert list(zip(path.rows.tolist(), path.columns.tolist(), strict=True)) == expected


@pytest.mark.parametrize("band", [None, 3, 8])
def test_dtaidistance_on_equal_costs(band):
    dtaidistance = pytest.importorskip("dtaidistance.dtw")
    rng = np.random.default_rng(5)
    for _ in range(20):
        x, y = rng.standard_normal((2, 40))
        # It sums squared differences over symmetric1 and takes the root; its window counts the diagonal.
        expected = dtaidistance.distance(x, y, window=None if band is None else band + 1)
        found = dtw((x[:, None] - y) ** 2, band=band, step_pattern=SYMMETRIC1)
        assert math.sqrt(found.distance) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("pattern", "theirs"),
    [
        (SYMMETRIC1, "symmetric1"),
        (SYMMETRIC2, "symmetric2"),
        (ASYMMETRIC, "asymmetric"),
        (SYMMETRIC_P1, "symmetricP1"),
        (ITAKURA, "typeIIIc"),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_dtw_python_on_equal_costs(pattern, theirs):
    dtw_python = pytest.importorskip("dtw")
    rng = np.random.default_rng(6)
    for _ in range(20):
        cost = rng.random((20, 24))
        expected = dtw_python.dtw(cost, step_pattern=theirs)
        found = dtw(cost, step_pattern=pattern)
        # Its start weighs 1 in every pattern; Sakoe and Chiba's symmetric forms start with 2.
        extra = (pattern.start_weight - 1) * cost[0, 0]
        assert found.distance - extra == pytest.approx(expected.distance, abs=1e-9)
        if pattern in (SYMMETRIC1, SYMMETRIC2, ASYMMETRIC):
            assert found.rows.tolist() == expected.index1.tolist()
            assert found.columns.tolist() == expected.index2.tolist()


def test_long_sequences_by_row_agree_with_dtaidistance():
    dtaidistance = pytest.importorskip("dtaidistance.dtw")
    rng = np.random.default_rng(7)
    x = rng.standard_normal(1500).cumsum()
    y = x[np.clip(np.arange(1500) + rng.integers(-3, 4, 1500), 0, 1499)]
    found = dtw_rows(lambda i, start, end: (x[i] - y[start:end]) ** 2, (1500, 1500), band=25, step_pattern=SYMMETRIC1)
    assert math.sqrt(found.distance) == pytest.approx(dtaidistance.distance(x, y, window=26), abs=1e-9)
