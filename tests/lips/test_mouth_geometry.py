"""Measures of a mouth that is drawn with a ruler."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from visalign.lips.mouth_geometry import GEOMETRY, measured

# Outer contour: a hexagon 8 wide and 4 high; inner contour: 6 wide and 2 high; both around (0, 10). y points down.
OUTER = [(-4, 10), (-2, 8), (0, 8), (0, 8), (0, 8), (2, 8), (4, 10), (2, 12), (0, 12), (0, 12), (0, 12), (-2, 12)]
INNER = [(-3, 10), (-2, 9), (0, 9), (2, 9), (3, 10), (2, 11), (0, 11), (-2, 11)]


def face(outer: list[tuple[int, int]] = OUTER) -> npt.NDArray[np.float64]:
    points = np.zeros((1, 68, 2))
    points[0, 48:68] = [*outer, *INNER]
    points[0, 7:10] = (0, 20)
    return points


def measures(points: npt.NDArray[np.float64]) -> dict[str, float]:
    return dict(zip((feature.name for feature in GEOMETRY), measured(points)[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("inner_aperture", 2),
        ("inner_aperture_centre", 2),
        ("outer_aperture", 4),
        ("outer_width", 8),
        ("inner_width", 6),
        ("outer_area", 2 * 4 * (8 + 4) / 2 / 2),  # two trapezia of 8 and 4, 2 high
        ("inner_area", 2 * 1 * (6 + 4) / 2),  # two trapezia of 6 and 4, 1 high
        ("upper_lip_height", 8),
        ("lower_lip_height", 12),
        ("chin_height", 20),
        ("corner_height", 10),
        ("upper_lip_thickness", 1),
        ("lower_lip_thickness", 1),
        ("corner_lift", 0),
        ("outer_corner_angle", math.pi / 2),  # edges of slope 1 and -1
        ("inner_corner_angle", math.pi / 2),
        ("aperture_asymmetry", 0),
        ("corner_asymmetry", 0),
        ("sideways_asymmetry", 0),
    ],
)
def test_each_measure_by_hand(name: str, expected: float) -> None:
    assert measures(face())[name] == pytest.approx(expected)


def test_a_smile_lifts_the_corners_and_a_lopsided_mouth_is_told() -> None:
    lifted = face()
    lifted[0, [48, 54], 1] -= 1
    assert measures(lifted)["corner_lift"] == pytest.approx(1)
    lopsided = face()
    lopsided[0, 48, 1] += 1  # the person's right corner hangs
    assert measures(lopsided)["corner_asymmetry"] == pytest.approx(1)


def test_where_the_mouth_stands_does_not_change_its_size() -> None:
    moved = measures(face() + np.array([3.0, 0.0]))
    assert [moved[x] for x in ("outer_width", "outer_area", "inner_aperture")] == pytest.approx([8, 24, 2])
