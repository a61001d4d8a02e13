"""The shape of the mouth: what is measured on its landmarks, each measure a documented row.

Conventions
-----------
Landmarks are aligned before they are measured (:mod:`visalign.lips.lip_features`): upright, in inter-ocular distances
(``iod``), y down from the base of the nose. Places of the mouth are those of
:attr:`~visalign.lips.point_layouts.PointLayout.mouth`, whatever the model; *right* and *left* are the person's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lips.point_layouts import layout_of

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


# Places: the outer contour from the right corner over the upper lip, the inner one likewise, then the chin.
_OUTER, _INNER, _CHIN = range(12), range(12, 20), (20, 21, 22)
_RIGHT, _LEFT, _INNER_RIGHT, _INNER_LEFT = 0, 6, 12, 16
# The middle three of each edge, from right to left.
_UPPER_EDGE, _LOWER_EDGE = (2, 3, 4), (10, 9, 8)
_UPPER_GAP, _LOWER_GAP = (13, 14, 15), (19, 18, 17)
_TOP, _BOTTOM, _GAP_TOP, _GAP_BOTTOM = (3,), (9,), (14,), (18,)


def _corners_aside(p: Floats) -> Floats:
    return np.asarray(0.25 * p[:, (_RIGHT, _LEFT, _INNER_RIGHT, _INNER_LEFT), 0].sum(axis=1) - p[:, _TOP[0], 0])


# Each measure takes the aligned places, shape (n_frames, 23, 2).
_TABLE: tuple[tuple[Feature, _Measure], ...] = (
    (
        Feature("inner_aperture", "iod", "gap between upper and lower lip, mean of three places of the inner contour"),
        _gap(_UPPER_GAP, _LOWER_GAP),
    ),
    (Feature("inner_aperture_centre", "iod", "the same, in the middle only"), _gap(_GAP_TOP, _GAP_BOTTOM)),
    (
        Feature("outer_aperture", "iod", "height of the outer lip contour, mean of three places"),
        _gap(_UPPER_EDGE, _LOWER_EDGE),
    ),
    (Feature("outer_width", "iod", "distance of the outer mouth corners"), _breadth(_RIGHT, _LEFT)),
    (Feature("inner_width", "iod", "distance of the inner mouth corners"), _breadth(_INNER_RIGHT, _INNER_LEFT)),
    (Feature("outer_area", "iod²", "area within the outer lip contour"), _area(_OUTER)),
    (Feature("inner_area", "iod²", "area within the inner lip contour"), _area(_INNER)),
    (Feature("upper_lip_height", "iod", "upper edge of the upper lip below the nose"), _mean_y(*_UPPER_EDGE)),
    (Feature("lower_lip_height", "iod", "lower edge of the lower lip below the nose"), _mean_y(*_LOWER_EDGE)),
    (Feature("upper_gap_height", "iod", "lower edge of the upper lip below the nose"), _mean_y(*_UPPER_GAP)),
    (Feature("lower_gap_height", "iod", "upper edge of the lower lip below the nose"), _mean_y(*_LOWER_GAP)),
    (Feature("chin_height", "iod", "chin below the nose"), _mean_y(*_CHIN)),
    (Feature("corner_height", "iod", "mouth corners below the nose"), _mean_y(_RIGHT, _LEFT)),
    (
        Feature("upper_lip_thickness", "iod", "height of the upper lip in the middle"),
        _gap(_TOP, _GAP_TOP),
    ),
    (
        Feature("lower_lip_thickness", "iod", "height of the lower lip in the middle"),
        _gap(_GAP_BOTTOM, _BOTTOM),
    ),
    (
        Feature("corner_lift", "iod", "mouth corners above the middle of the gap between the lips"),
        _difference(_mean_y(*_GAP_TOP, *_GAP_BOTTOM), _mean_y(_RIGHT, _LEFT)),
    ),
    (
        Feature("outer_corner_angle", "rad", "curvature of the outer corners: angle between the edges of both lips"),
        _corner_angle((1, _RIGHT, 11), (5, _LEFT, 7)),
    ),
    (
        Feature("inner_corner_angle", "rad", "curvature of the inner corners: the same angle of the inner contour"),
        _corner_angle((13, _INNER_RIGHT, 19), (15, _INNER_LEFT, 17)),
    ),
    (
        Feature("aperture_asymmetry", "iod", "gap between the lips on the right less that on the left"),
        _difference(_gap(_UPPER_GAP[:1], _LOWER_GAP[:1]), _gap(_UPPER_GAP[2:], _LOWER_GAP[2:])),
    ),
    (
        Feature("corner_asymmetry", "iod", "right mouth corner below the left one"),
        _difference(_mean_y(_RIGHT), _mean_y(_LEFT)),
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
    points : ndarray of float64, shape (n_frames, n_points, 2)
        Aligned landmarks, of any layout.
    """
    layout = layout_of(points.shape[1])
    places = points[:, [*layout.mouth, *layout.chin]]
    return np.column_stack([measure(places) for _, measure in _TABLE])
