"""How well the mouth can be seen, frame by frame: its size, the pose of the head, blur, and how the landmarks fit.

Method
------
Four doubts, each a measure of its own, none of which costs another look at the picture:

* *Size*: a mouth of a few pixels shows nothing.
* *Pose*: where the tip of the nose lies between the outer corners of the eyes; 0 where the head looks into the camera,
  near the tangent of the angle by which it is turned away.
* *Blur*: the part of the mouth region's contrast that lies in fine detail (:mod:`visalign.lips.mouth_pictures`).
* *Fit*: how far nose and eye corners, which keep their shape, lie from where this face has them in the middle of its
  frames, after the best shift, turn and scale.

The overall visibility is the product of what each of them leaves, 1 where there is no doubt and 0 where hardly anything
is seen; a frame's evidence counts so much, beside that of the clip's best frames. The limits for size and blur were set
by GRID made worse: mouths of 10 pixels and a blur of 4 pixels are still read like the clear ones; of a blur of a fifth
of the mouth's width fewer visemes are right, but the lead still is (docs/benchmarks.md, "Worse pictures", "Under
stress"). Those for pose and fit are cautious guesses beyond what GRID shows, whose heads face the camera. Noise is
not measured: it adds detail.

Conventions
-----------
A frame without a face is a row of NaN, and its visibility is 0.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, release, scratch_array
from visalign.lips.mouth_geometry import Feature
from visalign.lips.point_layouts import layout_of

__all__ = ["VISIBILITY", "measure_visibility", "unseen"]

Floats: TypeAlias = npt.NDArray[np.float64]
Complexes: TypeAlias = npt.NDArray[np.complex128]

VISIBILITY: tuple[Feature, ...] = (
    Feature("mouth_width", "px", "distance of the mouth corners in the picture"),
    Feature("yaw", "1", "tip of the nose between the eyes' outer corners, -1..1; above 0 turned to the person's left"),
    Feature("roll", "rad", "angle of the eyes' line against the picture's; above 0 clockwise"),
    Feature("sharpness", "1", "part of the mouth region's contrast in fine detail, 0..1"),
    Feature("misfit", "1", "distance of nose and eye corners from this face's usual shape, parts of its size"),
    Feature("visibility", "1", "how well the mouth can be seen, 0..1: what all of these leave together"),
)
"""Columns of what :func:`measure_visibility` gives."""

_ROUNDS = 3

_BLOCK = 2048  # frames at a time: of a long clip no more need be in memory

# From the first figure to the second the doubt falls from all to none.
_MOUTH_PX = (3.0, 9.0)
_YAW = (0.9, 0.45)
_SHARPNESS = (0.0001, 0.0004)
_MISFIT = (0.2, 0.1)


def measure_visibility(points: npt.NDArray[np.float32], sharpness: Floats) -> Floats:
    """How well the mouth of one face can be seen, shape (n_frames, len(:data:`VISIBILITY`)).

    Parameters
    ----------
    points : ndarray of float32, shape (n_frames, n_points, 2)
        Landmarks, pixels; NaN without a face.
    sharpness : ndarray, shape (n_frames,)
        As :class:`~visalign.lips.mouth_pictures.MouthPictures` gives it.
    """
    table, is_seen = unseen(len(points)), np.isfinite(sharpness)
    for rows in blocks_of(len(points), _BLOCK, points):
        is_seen[rows] &= np.isfinite(points[rows, 0, 0])
    seen = np.flatnonzero(is_seen)
    if not len(seen):
        return table
    yaw, mouth, roll = np.empty((3, len(seen)))
    layout = layout_of(points.shape[1])
    (right, left), nose = layout.outer_eye_corners, layout.nose_tip
    corners = layout.mouth[0], layout.mouth[6]
    shapes = scratch_array((len(layout.steady), len(seen)), np.complex128)
    for rows in blocks_of(len(seen), _BLOCK, points, shapes):
        p = points[seen[rows]].astype(np.float64)
        axis = p[:, left] - p[:, right]
        along = ((p[:, nose] - p[:, right]) * axis).sum(axis=1) / np.maximum((axis**2).sum(axis=1), 1e-9)
        yaw[rows] = np.clip(2.0 * along - 1.0, -1.0, 1.0)
        mouth[rows] = np.hypot(*(p[:, corners[1]] - p[:, corners[0]]).T)
        roll[rows] = np.arctan2(axis[:, 1], axis[:, 0])
        shapes[:, rows] = _shape(p[:, layout.steady]).T
    misfit = _misfit(shapes.T)
    remaining = [
        _ramp(mouth, *_MOUTH_PX),
        _ramp(np.abs(yaw), *_YAW),
        _ramp(sharpness[seen], *_SHARPNESS),
        _ramp(misfit, *_MISFIT),
    ]
    table[seen] = np.column_stack([mouth, yaw, roll, sharpness[seen], misfit, np.prod(remaining, axis=0)])
    return table


def unseen(n_frames: int) -> Floats:
    """The table of frames without a face."""
    table = np.full((n_frames, len(VISIBILITY)), np.nan)
    table[:, -1] = 0.0
    return table


def _ramp(values: Floats, none: float, full: float) -> Floats:
    return np.clip((values - none) / (full - none), 0.0, 1.0)


def _shape(points: Floats) -> Complexes:
    """Points of frames about their centre and at one size, shape (n_frames, n_points)."""
    centred = points - points.mean(axis=1, keepdims=True)
    shape = centred[..., 0] + 1j * centred[..., 1]  # a turn and a scale are one complex factor
    shape /= np.maximum(np.sqrt((np.abs(shape) ** 2).mean(axis=1, keepdims=True)), 1e-9)
    return np.asarray(shape)


def _misfit(shapes: Complexes) -> Floats:
    """RMS distance of each frame's shape from the median one, which all are turned to; shape (n_frames,)."""
    n, usual = len(shapes), shapes[len(shapes) // 2].copy()
    for _ in range(_ROUNDS):
        for rows in blocks_of(n, _BLOCK, shapes):
            turn = (shapes[rows].conj() * usual).sum(axis=1, keepdims=True)
            shapes[rows] *= turn / np.maximum(np.abs(turn), 1e-9)
        usual = np.array([np.median(x.real) + 1j * np.median(x.imag) for x in shapes.T])
        release(shapes)
    misfit = np.empty(n)
    for rows in blocks_of(n, _BLOCK, shapes):
        misfit[rows] = np.sqrt((np.abs(shapes[rows] - usual) ** 2).mean(axis=1))
    return misfit
