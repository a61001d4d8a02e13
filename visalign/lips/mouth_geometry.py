"""The shape of the mouth: what is measured on its landmarks, each measure a documented row.

Conventions
-----------
Landmarks are aligned before they are measured (:mod:`visalign.lips.lip_features`): upright, in inter-ocular distances
(``iod``), y down from the base of the nose. Points are numbered as in iBUG 300-W, from 0; *right* and *left* are the
person's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["GEOMETRY", "Feature", "measured"]

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feature:
    """A column of the feature table: its name, its unit and what it measures."""

    name: str
    unit: str
    definition: str


_Measure: TypeAlias = Callable[[Floats], Floats]


def _mean_y(*points: int) -> _Measure:
    return lambda p: np.asarray(p[:, points, 1].mean(axis=1))


def _gap(upper: tuple[int, ...], lower: tuple[int, ...]) -> _Measure:
    return lambda p: np.asarray((p[:, lower, 1] - p[:, upper, 1]).mean(axis=1))


def _breadth(left: int, right: int) -> _Measure:
    return lambda p: np.asarray(p[:, right, 0] - p[:, left, 0])


def _area(points: range) -> _Measure:
    def shoelace(p: Floats) -> Floats:
        x, y = p[:, points, 0], p[:, points, 1]
        return np.asarray(0.5 * np.abs((x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1)))

    return shoelace


def _corner_angle(*corners: tuple[int, int, int]) -> _Measure:
    """Angle at the middle point of each triple, mean over them."""

    def angle(p: Floats) -> Floats:
        rays = [(p[:, a] - p[:, b], p[:, c] - p[:, b]) for a, b, c in corners]
        # by the tangent, which is exact for small angles too and needs no division by lengths
        cross = [np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) for u, v in rays]
        dot = [(u * v).sum(axis=1) for u, v in rays]
        return np.asarray(np.mean([np.arctan2(c, d) for c, d in zip(cross, dot, strict=True)], axis=0))

    return angle


def _difference(first: _Measure, second: _Measure) -> _Measure:
    return lambda p: first(p) - second(p)


def _corners_aside(p: Floats) -> Floats:
    return np.asarray(0.25 * p[:, (48, 54, 60, 64), 0].sum(axis=1) - p[:, 51, 0])


# Each measure takes aligned points of shape (n_frames, 68, 2).
_TABLE: tuple[tuple[Feature, _Measure], ...] = (
    (
        Feature("inner_aperture", "iod", "gap between upper and lower lip, mean of three places of the inner contour"),
        _gap((61, 62, 63), (67, 66, 65)),
    ),
    (Feature("inner_aperture_centre", "iod", "the same, in the middle only"), _gap((62,), (66,))),
    (
        Feature("outer_aperture", "iod", "height of the outer lip contour, mean of three places"),
        _gap((50, 51, 52), (58, 57, 56)),
    ),
    (Feature("outer_width", "iod", "distance of the outer mouth corners"), _breadth(48, 54)),
    (Feature("inner_width", "iod", "distance of the inner mouth corners"), _breadth(60, 64)),
    (Feature("outer_area", "iod²", "area within the outer lip contour"), _area(range(48, 60))),
    (Feature("inner_area", "iod²", "area within the inner lip contour"), _area(range(60, 68))),
    (Feature("upper_lip_height", "iod", "upper edge of the upper lip below the nose"), _mean_y(50, 51, 52)),
    (Feature("lower_lip_height", "iod", "lower edge of the lower lip below the nose"), _mean_y(56, 57, 58)),
    (Feature("upper_gap_height", "iod", "lower edge of the upper lip below the nose"), _mean_y(61, 62, 63)),
    (Feature("lower_gap_height", "iod", "upper edge of the lower lip below the nose"), _mean_y(65, 66, 67)),
    (Feature("chin_height", "iod", "chin below the nose"), _mean_y(7, 8, 9)),
    (Feature("corner_height", "iod", "mouth corners below the nose"), _mean_y(48, 54)),
    (Feature("upper_lip_thickness", "iod", "height of the upper lip in the middle"), _gap((51,), (62,))),
    (Feature("lower_lip_thickness", "iod", "height of the lower lip in the middle"), _gap((66,), (57,))),
    (
        Feature("corner_lift", "iod", "mouth corners above the middle of the gap between the lips"),
        _difference(_mean_y(62, 66), _mean_y(48, 54)),
    ),
    (
        Feature("outer_corner_angle", "rad", "curvature of the outer corners: angle between the edges of both lips"),
        _corner_angle((49, 48, 59), (53, 54, 55)),
    ),
    (
        Feature("inner_corner_angle", "rad", "curvature of the inner corners: the same angle of the inner contour"),
        _corner_angle((61, 60, 67), (63, 64, 65)),
    ),
    (
        Feature("aperture_asymmetry", "iod", "gap between the lips on the right less that on the left"),
        _difference(_gap((61,), (67,)), _gap((63,), (65,))),
    ),
    (
        Feature("corner_asymmetry", "iod", "right mouth corner below the left one"),
        _difference(_mean_y(48), _mean_y(54)),
    ),
    (
        Feature("sideways_asymmetry", "iod", "middle of the mouth corners to the left of the middle of the upper lip"),
        _corners_aside,
    ),
)

GEOMETRY: tuple[Feature, ...] = tuple(feature for feature, _ in _TABLE)
"""Rows of the feature table that are measured on landmarks."""


def measured(points: Floats) -> Floats:
    """All rows of :data:`GEOMETRY`, shape (n_frames, n_geometry).

    Parameters
    ----------
    points : ndarray of float64, shape (n_frames, 68, 2)
        Aligned landmarks.
    """
    return np.column_stack([measure(points) for _, measure in _TABLE])
