"""Layouts of landmarks: every part is there, at its place, whatever the model."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.lips.point_layouts import DLIB68, LAYOUTS, VISALIGN76, PointLayout, layout_of

EVERY = pytest.mark.parametrize("layout", [pytest.param(x, id=name) for name, x in LAYOUTS.items()])


@EVERY
def test_parts_hold_each_point_once(layout: PointLayout) -> None:
    parts = [
        *(layout.jaw, layout.right_brow, layout.left_brow, layout.bridge, layout.nose_base),
        *(layout.right_eye, layout.left_eye, layout.outer_lips, layout.inner_lips),
    ]
    points = [point for part in parts for point in part]
    assert len(points) == len(set(points))
    assert max(points) == layout.n_points - 1
    assert [len(x) for x in (layout.jaw, layout.bridge, layout.nose_base, layout.right_eye, layout.mouth)] == [
        *(9, 4, 5, 6, 20)
    ]


@EVERY
def test_the_mouth_is_taken_from_the_contours_in_their_order(layout: PointLayout) -> None:
    outer, inner = layout.mouth[:12], layout.mouth[12:]
    assert list(outer) == sorted(outer)
    assert set(outer) <= set(layout.outer_lips)
    assert list(inner) == sorted(inner)
    assert set(inner) <= set(layout.inner_lips)
    assert (outer[0], outer[6]) == layout.mouth_corners
    assert (inner[0], inner[4]) == (layout.upper_gap[0], layout.upper_gap[-1])


def test_the_68_points_are_those_of_ibug() -> None:
    assert DLIB68.mouth == tuple(range(48, 68))
    assert (DLIB68.chin, DLIB68.nose_tip, DLIB68.outer_eye_corners) == ((7, 8, 9), 30, (36, 45))
    assert DLIB68.steady == (27, 28, 29, 30, 31, 33, 35, 36, 39, 42, 45)
    assert DLIB68.nose_and_eyes == tuple(range(27, 48))
    assert (DLIB68.upper_edge, DLIB68.lower_edge) == ((49, 50, 51, 52, 53), (55, 56, 57, 58, 59))
    assert (DLIB68.upper_gap, DLIB68.lower_gap) == ((60, 61, 62, 63, 64), (60, 67, 66, 65, 64))


@EVERY
def test_gaps_run_from_corner_to_corner(layout: PointLayout) -> None:
    half = len(layout.inner_lips) // 2
    assert len(layout.upper_gap) == len(layout.lower_gap) == half + 1
    assert (layout.upper_gap[0], layout.upper_gap[-1]) == (layout.lower_gap[0], layout.lower_gap[-1])
    assert set(layout.upper_gap) | set(layout.lower_gap) == set(layout.inner_lips)


def test_a_layout_is_known_by_its_number_of_points() -> None:
    assert layout_of(68) is DLIB68
    assert layout_of(76) is VISALIGN76
    with pytest.raises(KeyError):
        layout_of(5)


def test_pairs_of_the_contours_lie_one_above_the_other() -> None:
    """In a mouth drawn by the layout's order, each upper place has its lower one at the same x."""
    angle = np.linspace(np.pi, -np.pi, 20, endpoint=False)
    ring = np.stack([np.cos(angle), -np.sin(angle)], axis=1)
    points = np.zeros((76, 2))
    points[list(VISALIGN76.outer_lips)], points[list(VISALIGN76.inner_lips)] = 2 * ring, ring
    mouth = points[list(VISALIGN76.mouth)]
    np.testing.assert_allclose(mouth[[1, 2, 3, 4, 5], 0], mouth[[11, 10, 9, 8, 7], 0], atol=1e-12)
    np.testing.assert_allclose(mouth[[13, 14, 15], 0], mouth[[19, 18, 17], 0], atol=1e-12)
    np.testing.assert_allclose(mouth[[0, 6, 12, 16]], [[-2, 0], [2, 0], [-1, 0], [1, 0]], atol=1e-12)
    assert mouth[3, 1] < 0 < mouth[9, 1]
