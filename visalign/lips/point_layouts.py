"""Layouts of landmarks: which numbers are the lips, the eyes and so on, one table for each kind of model.

Whatever measures or draws a face asks a layout for a part by its name, and knows no numbers.

Conventions
-----------
Points are numbered from 0; *right* and *left* are the person's, so the right eye is on the left of the picture.
Contours run as iBUG 300-W [1]_ has them: jaw and brows from the person's right to the left, the bridge of the nose
down, eyes from the corner on the picture's left over the upper lid, lips from the right corner over the upper lip.

References
----------
.. [1] C. Sagonas, G. Tzimiropoulos, S. Zafeiriou, M. Pantic: 300 Faces in-the-Wild Challenge, ICCV Workshops 2013.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

__all__ = ["DLIB68", "LAYOUTS", "VISALIGN76", "PointLayout", "layout_of"]

_Numbers: TypeAlias = tuple[int, ...]


def _run(first: int, last: int) -> _Numbers:
    return tuple(range(first, last + 1))


@dataclass(frozen=True, slots=True)
class PointLayout:
    """The numbers of the points of each part of a face.

    Parameters
    ----------
    name : str
    n_points : int
    is_turned : bool
        Whether its models start from boxes that are turned as the head is inclined.
    jaw : tuple of 9 int
        Around the chin, which is the middle one.
    right_brow, left_brow : tuple of int
    bridge : tuple of 4 int
        Of the nose, down to its tip.
    nose_base : tuple of 5 int
    right_eye, left_eye : tuple of 6 int
        Corner, two points of the upper lid, corner, two of the lower lid.
    outer_lips, inner_lips : tuple of int
        The contours, as many points above as below.
    mouth : tuple of 20 int
        Twelve points of the outer contour and eight of the inner one, at the places of iBUG's 48–67: what is measured,
        drawn and kept of a mouth.
    """

    name: str
    n_points: int
    is_turned: bool
    jaw: _Numbers
    right_brow: _Numbers
    left_brow: _Numbers
    bridge: _Numbers
    nose_base: _Numbers
    right_eye: _Numbers
    left_eye: _Numbers
    outer_lips: _Numbers
    inner_lips: _Numbers
    mouth: _Numbers

    @property
    def chin(self) -> _Numbers:
        """The three lowest points of the jaw."""
        return self.jaw[3:6]

    @property
    def nose_tip(self) -> int:
        """The tip of the nose."""
        return self.bridge[-1]

    @property
    def mouth_corners(self) -> tuple[int, int]:
        """The outer ones, right and left."""
        return self.outer_lips[0], self.outer_lips[len(self.outer_lips) // 2]

    @property
    def upper_edge(self) -> _Numbers:
        """The upper lip's upper edge between the corners, from right to left."""
        return self.outer_lips[1 : len(self.outer_lips) // 2]

    @property
    def lower_edge(self) -> _Numbers:
        """The lower lip's lower edge between the corners, from left to right."""
        return self.outer_lips[len(self.outer_lips) // 2 + 1 :]

    @property
    def upper_gap(self) -> _Numbers:
        """The upper lip's lower edge with both inner corners, from right to left."""
        return self.inner_lips[: len(self.inner_lips) // 2 + 1]

    @property
    def lower_gap(self) -> _Numbers:
        """The lower lip's upper edge with both inner corners, from right to left."""
        return (self.inner_lips[0], *self.inner_lips[: len(self.inner_lips) // 2 - 1 : -1])

    @property
    def outer_eye_corners(self) -> tuple[int, int]:
        """Of the right and the left eye."""
        return self.right_eye[0], self.left_eye[3]

    @property
    def nose_and_eyes(self) -> _Numbers:
        """What neither speech nor, much, a blink moves."""
        return (*self.bridge, *self.nose_base, *self.right_eye, *self.left_eye)

    @property
    def steady(self) -> _Numbers:
        """What neither speech nor a blink moves: bridge and base of the nose, corners of the eyes."""
        corners = (self.right_eye[0], self.right_eye[3], self.left_eye[0], self.left_eye[3])
        return (*self.bridge, *self.nose_base[::2], *corners)


DLIB68 = PointLayout(
    name="dlib68",
    n_points=68,
    is_turned=False,
    jaw=_run(4, 12),
    right_brow=_run(17, 21),
    left_brow=_run(22, 26),
    bridge=_run(27, 30),
    nose_base=_run(31, 35),
    right_eye=_run(36, 41),
    left_eye=_run(42, 47),
    outer_lips=_run(48, 59),
    inner_lips=_run(60, 67),
    mouth=_run(48, 67),
)
"""The 68 points of iBUG 300-W, as dlib's model has them."""

_OUTER, _INNER = 36, 56  # first points of the lips

VISALIGN76 = PointLayout(
    name="visalign",
    n_points=76,
    is_turned=True,
    jaw=_run(0, 8),
    right_brow=_run(9, 11),
    left_brow=_run(12, 14),
    bridge=_run(15, 18),
    nose_base=_run(19, 23),
    right_eye=_run(24, 29),
    left_eye=_run(30, 35),
    outer_lips=_run(_OUTER, _OUTER + 19),
    inner_lips=_run(_INNER, _INNER + 19),
    mouth=(
        *(_OUTER + k for k in (0, 2, 4, 5, 6, 8, 10, 12, 14, 15, 16, 18)),
        *(_INNER + k for k in (0, 4, 5, 6, 10, 14, 15, 16)),
    ),
)
"""The points of visalign's own model: 40 of the lips, the rest as far as it is used."""

LAYOUTS: Mapping[str, PointLayout] = MappingProxyType({x.name: x for x in (DLIB68, VISALIGN76)})
"""All layouts by name."""

_BY_POINTS = {x.n_points: x for x in LAYOUTS.values()}


def layout_of(n_points: int) -> PointLayout:
    """The layout that has so many points.

    Raises
    ------
    KeyError
        If there is none.
    """
    return _BY_POINTS[n_points]
