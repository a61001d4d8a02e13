"""Banded DTW: arguments, shapes, errors, and small cases worked out by hand. Oracles stand in oracles/."""

import numpy as np
import pytest

from visalign.dtw import (
    ASYMMETRIC,
    ITAKURA,
    STEP_PATTERNS,
    SYMMETRIC1,
    SYMMETRIC2,
    SYMMETRIC_P1,
    WarpingPath,
    band_limits,
    dtw,
    dtw_banded,
    dtw_rows,
)
from visalign.errors import AlignmentError, ConfigError


def absolute_costs(x, y):
    return np.abs(np.asarray(x, dtype=float)[:, None] - np.asarray(y, dtype=float)[None, :])


def cells(path):
    return list(zip(path.rows.tolist(), path.columns.tolist(), strict=True))


def test_equal_sequences_follow_the_diagonal():
    path = dtw(absolute_costs([1, 3, 9, 2], [1, 3, 9, 2]))
    assert cells(path) == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert path.distance == path.normalised == 0.0


@pytest.mark.parametrize("pattern", STEP_PATTERNS.values(), ids=lambda x: x.name)
def test_one_cell(pattern):
    path = dtw(np.array([[3.0]]), step_pattern=pattern)
    assert cells(path) == [(0, 0)]
    assert path.distance == 3.0 * pattern.start_weight
    assert path.normalised == 3.0


def test_weights_of_the_symmetric_pattern_sum_to_both_lengths():
    costs = np.ones((4, 7))
    assert dtw(costs, step_pattern=SYMMETRIC2).distance == 4 + 7
    assert dtw(costs, step_pattern=SYMMETRIC_P1).distance == 4 + 7
    assert dtw(costs, step_pattern=ASYMMETRIC).distance == 4
    assert dtw(costs, step_pattern=SYMMETRIC1).distance == 7


def test_a_slow_stretch_is_matched():
    path = dtw(absolute_costs([0, 5, 0], [0, 5, 5, 5, 0]), step_pattern=SYMMETRIC1)
    assert cells(path) == [(0, 0), (1, 1), (1, 2), (1, 3), (2, 4)]
    assert path.mean_columns().tolist() == [0.0, 2.0, 4.0]


def test_slope_limits_forbid_two_moves_along_one_axis():
    x, y = [0, 5, 0], [0, 5, 5, 5, 0]
    assert dtw(absolute_costs(x, y), step_pattern=SYMMETRIC1).distance == 0
    assert dtw(absolute_costs(x, y), step_pattern=SYMMETRIC_P1).distance > 0
    with pytest.raises(AlignmentError, match="3 × 7"):
        dtw(np.zeros((3, 7)), step_pattern=SYMMETRIC_P1)
    with pytest.raises(AlignmentError, match="itakura"):
        dtw(np.zeros((7, 3)), step_pattern=ITAKURA)


def test_open_ends_find_the_pattern_inside():
    costs = absolute_costs([7, 8, 9], [0, 0, 7, 8, 9, 0])
    path = dtw(costs, step_pattern=SYMMETRIC1, open_begin=True, open_end=True)
    assert cells(path) == [(0, 2), (1, 3), (2, 4)]
    assert path.distance == 0.0
    assert dtw(costs, step_pattern=SYMMETRIC1, open_begin=True).columns[-1] == 5
    assert dtw(costs, step_pattern=SYMMETRIC1, open_end=True).columns[0] == 0


def test_infinite_costs_are_walked_around():
    costs = np.zeros((3, 3))
    costs[1, 1] = np.inf
    assert (1, 1) not in cells(dtw(costs))
    costs[1, :] = np.inf
    with pytest.raises(AlignmentError, match="no path"):
        dtw(costs)


def test_ties_go_to_the_diagonal():
    assert cells(dtw(np.zeros((3, 3)), step_pattern=SYMMETRIC1)) == [(0, 0), (1, 1), (2, 2)]


# Bands


def test_band_of_a_square():
    first, stop = band_limits(4, 4, 1)
    assert first.tolist() == [0, 0, 1, 2]
    assert stop.tolist() == [2, 3, 4, 4]


def test_band_follows_the_resampled_diagonal():
    first, stop = band_limits(3, 7, 1)
    assert first.tolist() == [0, 2, 5]
    assert stop.tolist() == [2, 5, 7]


@pytest.mark.parametrize("n_rows", [2, 3, 7, 11])
@pytest.mark.parametrize("n_columns", [1, 2, 5, 12])
@pytest.mark.parametrize("band", [0, 1, 4])
def test_band_is_what_its_definition_says(n_rows, n_columns, band):
    first, stop = band_limits(n_rows, n_columns, band)
    for i in range(n_rows):
        inside = [j for j in range(n_columns) if abs(j * (n_rows - 1) - i * (n_columns - 1)) <= band * (n_rows - 1)]
        assert list(range(first[i], stop[i])) == inside


def test_a_band_of_zero_is_the_diagonal_alone():
    costs = absolute_costs([0, 5, 0, 0], [0, 0, 5, 0])
    path = dtw(costs, band=0, step_pattern=SYMMETRIC1)
    assert cells(path) == [(i, i) for i in range(4)]
    assert path.distance == 10.0


def test_a_band_too_narrow_for_the_slope_is_infeasible():
    with pytest.raises(AlignmentError, match="widen the band"):
        dtw(np.zeros((3, 9)), band=0)


def test_rows_banded_and_full_agree():
    rng = np.random.default_rng(3)
    x, y = rng.random(30), rng.random(34)
    costs = absolute_costs(x, y)
    first, stop = band_limits(30, 34, 6)
    packed = np.full((30, 13), np.nan)  # what lies outside the matrix is not looked at
    origin = np.minimum(first, stop - 1) - (13 - (stop - first)) * (first == 0)
    for i in range(30):
        for k in range(13):
            if first[i] <= origin[i] + k < stop[i]:
                packed[i, k] = costs[i, origin[i] + k]
            elif 0 <= origin[i] + k < 34:
                packed[i, k] = np.inf
    full = dtw(costs, band=6)
    by_row = dtw_rows(lambda i, start, end: np.abs(x[i] - y[start:end]), (30, 34), band=6)
    banded = dtw_banded(packed, origin, 34)
    assert cells(full) == cells(by_row) == cells(banded)
    assert full.distance == by_row.distance == banded.distance


def test_memory_grows_with_the_band_not_with_the_square():
    # 20 000 × 20 000 costs of 8 bytes would be 3.2 GB.
    x = np.sin(np.arange(20_000) / 50)
    path = dtw_rows(lambda i, start, end: np.abs(x[i] - x[start:end]), (20_000, 20_000), band=3)
    assert path.distance == 0.0


# Refusals


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (3,), (2, 2, 2)])
def test_shapes_without_cells_are_refused(shape):
    with pytest.raises(AlignmentError, match="matrix"):
        dtw(np.zeros(shape))


def test_nan_is_refused_with_its_place():
    costs = np.zeros((3, 4))
    costs[1, 2] = np.nan
    with pytest.raises(AlignmentError, match="row 1, column 2"):
        dtw(costs)
    with pytest.raises(AlignmentError, match="row 1, column 7"):
        dtw_banded(costs, np.array([5, 5, 5]), 9)


def test_a_negative_band_is_a_setting_error():
    with pytest.raises(ConfigError, match="band"):
        dtw(np.zeros((3, 3)), band=-1)


def test_first_columns_must_fit_and_not_fall():
    with pytest.raises(AlignmentError, match="never decrease"):
        dtw_banded(np.zeros((3, 3)), np.array([0, 1, 0]), 3)
    with pytest.raises(AlignmentError, match="3 columns"):
        dtw_banded(np.zeros((3, 3)), np.array([0, 1]), 3)


def test_a_row_of_the_wrong_length_is_named():
    with pytest.raises(AlignmentError, match="row 0"):
        dtw_rows(lambda i, start, end: np.zeros(1), (4, 4), band=2)


def test_columns_of_a_row_are_their_mean_and_none_of_a_row_jumped_over():
    path = WarpingPath(np.array([0, 0, 2, 3]), np.array([0, 1, 3, 3]), 0.0, 0.0)
    assert path.mean_columns() == pytest.approx([0.5, np.nan, 3.0, 3.0], nan_ok=True)
