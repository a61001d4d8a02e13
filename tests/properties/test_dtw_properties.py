"""What holds for every warping path."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from visalign.dtw import STEP_PATTERNS, SYMMETRIC1, SYMMETRIC2, SYMMETRIC_P1, band_limits, dtw
from visalign.errors import AlignmentError

FLOAT_TOLERANCE = 1e-9

patterns = st.sampled_from(sorted(STEP_PATTERNS.values(), key=lambda x: x.name))
bands = st.none() | st.integers(0, 12)


@st.composite
def costs(draw, max_side=14):
    shape = draw(st.integers(1, max_side)), draw(st.integers(1, max_side))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # Small whole numbers make ties, which is where a trace goes wrong.
    return rng.integers(0, 4, shape).astype(float) if draw(st.booleans()) else rng.random(shape)


def solve(cost, **arguments):
    try:
        return dtw(cost, **arguments)
    except AlignmentError:
        assume(False)


def split_into_steps(path, pattern):
    """Every list of weights that the cells of a path can have: all ways to take it apart into steps of the pattern."""
    cells = list(zip(path.rows.tolist(), path.columns.tolist(), strict=True))
    every_way: list[list[list[float]]] = [[[pattern.start_weight]], *([] for _ in cells[1:])]
    for end in range(1, len(cells)):
        for step in pattern.steps:
            begin = end - len(step)
            if begin < 0 or not every_way[begin]:
                continue
            moves = [(cells[k + 1][0] - cells[k][0], cells[k + 1][1] - cells[k][1]) for k in range(begin, end)]
            if moves == [move[:2] for move in step]:
                every_way[end] += [way + [move[2] for move in step] for way in every_way[begin]]
    return every_way[-1]


@given(costs(), bands, patterns, st.booleans(), st.booleans())
def test_a_path_is_monotone_in_its_band_and_ends_where_it_must(cost, band, pattern, open_begin, open_end):
    path = solve(cost, band=band, step_pattern=pattern, open_begin=open_begin, open_end=open_end)
    first, stop = band_limits(*cost.shape, band)
    assert np.all(np.diff(path.rows) >= 0)
    assert np.all(np.diff(path.columns) >= 0)
    assert np.all(np.diff(path.rows) + np.diff(path.columns) > 0)
    assert np.all((first[path.rows] <= path.columns) & (path.columns < stop[path.rows]))
    assert path.rows[0] == 0
    assert path.rows[-1] == cost.shape[0] - 1
    assert open_begin or path.columns[0] == 0
    assert open_end or path.columns[-1] == cost.shape[1] - 1


@given(costs(max_side=9), bands, patterns)
def test_the_distance_is_the_weighted_sum_along_the_path(cost, band, pattern):
    path = solve(cost, band=band, step_pattern=pattern)
    along = cost[path.rows, path.columns]
    ways = split_into_steps(path, pattern)
    assert any(
        math.isclose(path.distance, float(np.dot(way, along)), abs_tol=FLOAT_TOLERANCE)
        and math.isclose(path.normalised, path.distance / sum(way), abs_tol=FLOAT_TOLERANCE)
        for way in ways
    )


@given(costs(), st.sampled_from([SYMMETRIC1, SYMMETRIC2, SYMMETRIC_P1]))
def test_symmetric_patterns_do_not_care_which_side_is_which(cost, pattern):
    one, other = solve(cost, step_pattern=pattern), solve(np.ascontiguousarray(cost.T), step_pattern=pattern)
    assert math.isclose(one.distance, other.distance, abs_tol=FLOAT_TOLERANCE)


@given(costs(), st.integers(0, 6), st.integers(0, 6), patterns)
def test_a_wider_band_never_costs_more(cost, band, wider, pattern):
    narrow = solve(cost, band=band, step_pattern=pattern)
    assert dtw(cost, band=band + wider, step_pattern=pattern).distance <= narrow.distance + FLOAT_TOLERANCE


@given(costs(), patterns)
def test_open_ends_never_cost_more(cost, pattern):
    closed = solve(cost, step_pattern=pattern)
    opened = dtw(cost, step_pattern=pattern, open_begin=True, open_end=True)
    assert opened.distance <= closed.distance + FLOAT_TOLERANCE


@given(costs(), st.floats(0.1, 50), patterns)
def test_scaling_the_costs_scales_the_distance(cost, factor, pattern):
    one = solve(cost, step_pattern=pattern)
    assert math.isclose(dtw(cost * factor, step_pattern=pattern).distance, one.distance * factor, rel_tol=1e-9)


@given(costs(), bands, patterns)
def test_memory_layout_and_precision_do_not_matter(cost, band, pattern):
    one = solve(cost, band=band, step_pattern=pattern)
    assert dtw(np.asfortranarray(cost), band=band, step_pattern=pattern).distance == one.distance
    single = dtw(cost.astype(np.float32), band=band, step_pattern=pattern).distance
    assert math.isclose(single, one.distance, rel_tol=1e-5, abs_tol=1e-5)
