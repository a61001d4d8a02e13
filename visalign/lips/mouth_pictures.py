r"""What the pictures show of the mouth, frame by frame: how it looks, and how it moves from the frame before.

Method
------
A patch around the mouth, upright and at one size, is cut out of the picture. Its cosine transform describes teeth,
tongue and the dark gap [1]_. The same patch, at the same place, is cut out of the picture before; the optical flow
between the two comes from the method of Lucas and Kanade [2]_: in each of nine windows the shift :math:`d` that solves

.. math:: \Big(\sum w \nabla I \nabla I^\top + \rho\Big) d = \sum w \nabla I \, (I_{\mathrm{before}} - I)

with Gaussian weights w, repeated on the picture before as it is moved so far. Because both patches are cut out at one
place, the trembling of landmarks does not enter; what the whole patch has in common, as when the head moves, is taken
out of all three summaries:

* *opening*: how fast the lower windows move away from the upper ones,
* *spreading*: how fast the windows at the left corner move away from those at the right one,
* *speed*: root mean square of the windows' motion against the patch.

Conventions
-----------
Luma pictures, 0..255; lengths in inter-ocular distances (``iod``). The flow of the first frame of a face, and of one
that follows a gap of more than 120 ms, is 0. Shifts of more than a quarter of the patch are not followed.

References
----------
.. [1] G. Potamianos, H. P. Graf and E. Cosatto, An image transform approach for HMM based automatic lipreading, ICIP
   1998.
.. [2] B. D. Lucas and T. Kanade, An iterative image registration technique with an application to stereo vision,
   IJCAI 1981.
"""

from __future__ import annotations

import functools
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lips.mouth_geometry import Feature
from visalign.lips.point_layouts import layout_of
from visalign.numerics import bilinear, dct2
from visalign.signals import Image

__all__ = ["N_PICTURE", "PATCH_SHAPE", "PICTURE_FEATURES", "MouthPictures", "mouth_flow", "mouth_patch"]

Floats: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float32]

# The mouth region: pixels of the aligned patch, and its size on the face.
PATCH_SHAPE = (24, 32)
"""Rows and columns of the patch around the mouth."""

_HEIGHT, _WIDTH = 1.0, 1.3  # iod
# Coefficients of the patch's cosine transform, by rising frequency (row + column); the constant one is left out, since
# it follows the lighting. The first twenty hold what the lip model can use (docs/decisions/0005-lip-model.md).
_ORDER = sorted(((r, c) for r in range(6) for c in range(6) if r + c), key=lambda rc: (rc[0] + rc[1], rc))[:20]
# Detail that a blurred or a small face loses: 4 cycles an iod, a third of what the patch can show.
_FINE = np.hypot(*np.mgrid[: PATCH_SHAPE[0], : PATCH_SHAPE[1]] / (2 * np.array([[[_HEIGHT]], [[_WIDTH]]]))) > 4.0

# The flow's windows, three by three; width of their Gaussians, pixels of the patch; how much a window without any
# detail is believed to stand still, squared luma. Finer windows (3 x 4) and a dense field with pyramids did no better.
_WINDOWS, _SPREAD, _STILL, _ROUNDS = 3, 4.0, 30.0, 3
_MAX_SHIFT = 6.0  # pixels of the patch
_MAX_GAP = 0.12  # seconds

PICTURE_FEATURES: tuple[Feature, ...] = (
    *(
        Feature(
            f"appearance_{r}_{c}",
            "luma",
            f"cosine coefficient of the mouth region's brightness, row frequency {r}, column frequency {c}",
        )
        for r, c in _ORDER
    ),
    Feature("flow_opening", "iod/s", "optical flow: lower lip and chin away from the upper lip"),
    Feature("flow_spreading", "iod/s", "optical flow: mouth corners away from each other"),
    Feature("flow_speed", "iod/s", "optical flow: root mean square of all motion against the mouth region as a whole"),
)
"""Rows of the feature table that are measured on the picture."""

N_PICTURE = len(PICTURE_FEATURES) + 1
"""Numbers that :class:`MouthPictures` gives for a frame: the features, and the sharpness of the mouth region."""

_ROWS, _COLUMNS = np.mgrid[: PATCH_SHAPE[0], : PATCH_SHAPE[1]].astype(np.float64)
_GRID = np.stack(
    [((_COLUMNS + 0.5) / PATCH_SHAPE[1] - 0.5) * _WIDTH, ((_ROWS + 0.5) / PATCH_SHAPE[0] - 0.5) * _HEIGHT]
)  # x and y of the patch's pixels in iod from the mouth's centre, shape (2, rows, columns)


class MouthPictures:
    """Measures the mouth in one picture after the other; no picture but the last is kept."""

    def __init__(self) -> None:
        self._before: tuple[Image, float] | None = None

    def pass_by(self, time: float) -> bool:
        """A picture, shown at `time`, without this face; True while the last one with it is kept for comparison."""
        if self._before is not None and time - self._before[1] > _MAX_GAP:
            self._before = None
        return self._before is not None

    def look(self, image: Image, points: Points, time: float) -> Floats:
        """Measure the next picture of a face.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width)
            Luma of the upright frame.
        points : ndarray of float32, shape (n_points, 2)
            Its landmarks, pixels; NaN without a face.
        time : float
            When it is shown, seconds; later than the one before.

        Returns
        -------
        ndarray, shape (:data:`N_PICTURE`,)
            :data:`PICTURE_FEATURES`, then the sharpness: the part of the mouth region's contrast, 0..1, that lies in
            fine detail. NaN without a face.
        """
        if not np.isfinite(points[0, 0]):
            self._before = None
            return np.full(N_PICTURE, np.nan)
        place = _patch_place(points)
        patch = _cut_out(image, place)
        motion = np.zeros(3)
        if self._before is not None:
            before, shown = self._before
            if before.shape == image.shape and 0 < time - shown <= _MAX_GAP:
                motion = mouth_flow(_cut_out(before, place), patch) / (time - shown)
        self._before = image, time
        spectrum = dct2(patch)
        return np.concatenate([[spectrum[rc] for rc in _ORDER], motion, [_sharpness(spectrum)]])


def mouth_patch(image: Image, points: Points) -> Floats:
    """The mouth region, upright and at one size, shape :data:`PATCH_SHAPE`, luma.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
        Luma of the upright frame.
    points : ndarray of float32, shape (n_points, 2)
        Landmarks of the face, pixels.
    """
    return _cut_out(image, _patch_place(points))


def _patch_place(points: Points) -> tuple[Floats, Floats]:
    """Where the pixels of the patch lie in the picture: y and x."""
    # Not by `mean`, which takes longer to begin than to add twenty points.
    right_eye, left_eye, mouth = (points.take(part, axis=0).sum(axis=0) / len(part) for part in _parts_of(len(points)))
    along_x, along_y = left_eye - right_eye  # the eyes' axis, in pixels: one iod long
    mouth_x, mouth_y = mouth
    x = mouth_x + along_x * _GRID[0] - along_y * _GRID[1]
    y = mouth_y + along_y * _GRID[0] + along_x * _GRID[1]
    return y, x


@functools.cache
def _parts_of(n_points: int) -> tuple[npt.NDArray[np.intp], ...]:
    """Which points are the right eye, the left eye and the mouth."""
    layout = layout_of(n_points)
    return tuple(np.array(part, np.intp) for part in (layout.right_eye, layout.left_eye, layout.mouth))


def _cut_out(image: Image, place: tuple[Floats, Floats]) -> Floats:
    return bilinear(image, *place).astype(np.float64)


def _sharpness(spectrum: Floats) -> float:
    energy = spectrum**2
    contrast = float(energy.sum() - energy[0, 0])
    return float(energy[_FINE].sum()) / contrast if contrast > 0 else 0.0


def _window_weights() -> Floats:
    """Weights of the flow's windows, shape (n_windows, n_pixels), rows sum to 1."""
    middles = [(np.arange(_WINDOWS) + 0.5) * n / _WINDOWS for n in PATCH_SHAPE]
    weights = [
        np.exp(-0.5 * ((_ROWS - y) ** 2 + (_COLUMNS - x) ** 2) / _SPREAD**2).ravel()
        for y in middles[0]
        for x in middles[1]
    ]
    return np.array([w / w.sum() for w in weights])


_WEIGHTS = _window_weights()
_BETWEEN = (_WEIGHTS / _WEIGHTS.sum(axis=0)).T  # from windows to pixels, shape (n_pixels, n_windows)


def mouth_flow(before: Floats, now: Floats) -> Floats:
    """Opening, spreading and speed between two patches of one place, in iod.

    Parameters
    ----------
    before, now : ndarray of float64, shape :data:`PATCH_SHAPE`
        Luma.
    """
    slopes = _slopes(now)
    products = np.empty((len(slopes), 3))
    np.multiply(slopes[:, 0], slopes[:, 0], out=products[:, 0])
    np.multiply(slopes[:, 0], slopes[:, 1], out=products[:, 1])
    np.multiply(slopes[:, 1], slopes[:, 1], out=products[:, 2])
    xx, xy, yy = (_WEIGHTS @ products).T
    xx, yy = xx + _STILL, yy + _STILL
    determinant = xx * yy - xy**2
    shift = np.zeros((len(_WEIGHTS), 2))  # x and y, pixels of the patch
    step = np.empty_like(shift)
    for _ in range(_ROUNDS):
        moved = _moved(before, shift)
        right, down = (_WEIGHTS @ (slopes * (moved - now).reshape(-1, 1))).T
        np.divide(yy * right - xy * down, determinant, out=step[:, 0])
        np.divide(xx * down - xy * right, determinant, out=step[:, 1])
        shift = np.minimum(np.maximum(shift + step, -_MAX_SHIFT), _MAX_SHIFT)
    return _summary(shift * (_WIDTH / PATCH_SHAPE[1], _HEIGHT / PATCH_SHAPE[0]))


def _slopes(patch: Floats) -> Floats:
    """How brightness rises to the right and downwards, central differences, shape (n_pixels, 2)."""
    # What np.gradient gives, without its generality, which costs more than the differences.
    slopes = np.empty((*patch.shape, 2))
    for axis, along in ((1, slopes[..., 0]), (0, slopes[..., 1])):
        values, found = np.moveaxis(patch, axis, 0), np.moveaxis(along, axis, 0)
        np.subtract(values[2:], values[:-2], out=found[1:-1])
        found[1:-1] /= 2.0
        np.subtract(values[1], values[0], out=found[0])
        np.subtract(values[-1], values[-2], out=found[-1])
    return slopes.reshape(-1, 2)


def _moved(patch: Floats, shift: Floats) -> Floats:
    """The patch as it looks after the windows' shifts."""
    if not shift.any():
        return patch
    x, y = (_BETWEEN @ shift).T.reshape(2, *PATCH_SHAPE)
    return bilinear(patch, _ROWS - y, _COLUMNS - x).astype(np.float64)


def _summary(shift: Floats) -> Floats:
    field = (shift - shift.mean(axis=0)).reshape(_WINDOWS, _WINDOWS, 2)
    opening = field[-1, 1, 1] - field[0, 1, 1]
    spreading = field[1, -1, 0] - field[1, 0, 0]
    return np.array([opening, spreading, np.sqrt((field**2).sum(axis=2).mean())])
