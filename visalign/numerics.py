"""Filters, interpolation and sums that every check needs, in numpy alone.

SciPy has all of them, and the same names, but takes half a second of each process to load, which is as long as a short
clip takes to be judged. What is less often needed is SciPy's, loaded where it is used.

Conventions
-----------
The functions do what SciPy's do, as far as their arguments go, the filters bit for bit; ``tests/oracles`` compares
them. Filters have SciPy's names for what lies beyond the ends: ``reflect`` (the ends are mirrors, d c b a | a b c d),
``nearest`` (the outermost value holds) and ``constant`` (zeros).
"""

from __future__ import annotations

import functools
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "bilinear",
    "cubic_spline",
    "dct2",
    "expit",
    "gaussian_filter1d",
    "logit",
    "logsumexp",
    "maximum_filter1d",
    "minimum_filter1d",
    "uniform_filter1d",
]

Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]

_PADS: dict[str, Any] = {"reflect": "symmetric", "nearest": "edge", "constant": "constant"}


# --- along one axis ---------------------------------------------------------------------------------------------


def gaussian_filter1d(
    values: Array, sigma: float, axis: int = -1, mode: str = "reflect", truncate: float = 4.0
) -> Array:
    """Blur with a Gaussian of `sigma` rows, cut `truncate` sigmas from its middle; the type of the numbers stays."""
    radius = int(truncate * float(sigma) + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-radius, radius + 1) ** 2)
    weights /= weights.sum()
    rows = _padded(np.moveaxis(np.asarray(values), axis, 0), radius, radius, mode)
    n = len(rows) - 2 * radius
    blurred = rows[radius : radius + n] * weights[radius]
    for k in range(radius):  # pairs of rows as far before as behind, the outermost first, as SciPy adds them
        blurred += (rows[k : k + n] + rows[2 * radius - k : 2 * radius - k + n]) * weights[k]
    return np.asarray(np.moveaxis(blurred, 0, axis), np.asarray(values).dtype)


def uniform_filter1d(values: Array, size: int, axis: int = -1, mode: str = "reflect") -> Array:
    """Mean over `size` rows around each, of an even number one more before; the type of the numbers stays."""
    rows = _padded(np.moveaxis(np.asarray(values), axis, 0), size // 2, size - size // 2 - 1, mode)
    sums = np.empty((len(rows) - size + 1, *rows.shape[1:]))
    sums[:1] = np.cumsum(rows[:size], axis=0)[-1]
    np.subtract(rows[size:], rows[:-size], out=sums[1:])
    np.cumsum(sums, axis=0, out=sums)
    sums /= size
    return np.asarray(np.moveaxis(sums, 0, axis), np.asarray(values).dtype)


def minimum_filter1d(values: Array, size: int, axis: int = -1, mode: str = "reflect") -> Array:
    """Least of `size` rows around each, of an even number one more before."""
    return _extreme(np.minimum, values, size, axis, mode)


def maximum_filter1d(values: Array, size: int, axis: int = -1, mode: str = "reflect") -> Array:
    """Largest of `size` rows around each, of an even number one more before."""
    return _extreme(np.maximum, values, size, axis, mode)


def _extreme(pick: np.ufunc, values: Array, size: int, axis: int, mode: str) -> Array:
    rows = _padded(np.moveaxis(np.asarray(values), axis, 0), size // 2, size - size // 2 - 1, mode, as_float=False)
    width = 1  # rows[i] is the extreme of `width` rows from i on; doubled while it fits, then two of them overlap
    n = len(rows) - size + 1
    while 2 * width <= size:
        rows = pick(rows[:-width], rows[width:])
        width *= 2
    return np.moveaxis(pick(rows[:n], rows[size - width : size - width + n]), 0, axis)


def _padded(rows: Array, before: int, after: int, mode: str, *, as_float: bool = True) -> Array:
    values = rows.astype(np.float64) if as_float else rows
    if not len(values):
        return np.zeros((before + after, *values.shape[1:]), values.dtype)
    return np.pad(values, [(before, after)] + [(0, 0)] * (values.ndim - 1), _PADS[mode])


# --- in between ---------------------------------------------------------------------------------------------------


def bilinear(image: Array, y: Floats, x: Floats) -> npt.NDArray[np.float32]:
    """The picture at places between its pixels; beyond the edges the outermost pixel holds.

    Parameters
    ----------
    image : ndarray, shape (height, width)
    y, x : ndarray
        Of one shape, pixels.

    Returns
    -------
    ndarray of float32
        Of the shape of `y` and `x`.
    """
    height, width = image.shape
    x, y = np.minimum(np.maximum(x, 0), width - 1), np.minimum(np.maximum(y, 0), height - 1)
    west, north = (np.minimum(at.astype(np.intp), max(n - 2, 0)) for at, n in ((x, width), (y, height)))
    part_x, part_y = (x - west).astype(np.float32), (y - north).astype(np.float32)
    flat, first = image.reshape(-1), north * width + west
    east, south = min(1, width - 1), width * min(1, height - 1)
    above: npt.NDArray[np.float32] = flat.take(first).astype(np.float32)
    below: npt.NDArray[np.float32] = flat.take(first + south).astype(np.float32)
    above += (flat.take(first + east) - above) * part_x
    below += (flat.take(first + south + east) - below) * part_x
    below -= above
    below *= part_y
    below += above
    return below


def cubic_spline(x: Floats, y: Floats, at: Floats) -> Floats:
    """The cubic spline through (`x`, `y`) at other places, without a knot in the second and the last but one of them.

    Parameters
    ----------
    x, y : ndarray, shape (n_points,)
        `x` increasing; at least three points. With three it is the parabola through them.
    at : ndarray
        Within `x`.
    """
    step = np.diff(x)
    slope = np.diff(y) / step
    if len(x) == 3:  # both of the inner points that lack a knot are one and the same
        return np.asarray(y[0] + (at - x[0]) * (slope[0] + (at - x[1]) * (slope[1] - slope[0]) / (x[2] - x[0])))
    bend = _derivatives(x, step, slope)
    part = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    third = (bend[:-1] + bend[1:] - 2 * slope) / step
    second = (slope - bend[:-1]) / step - third
    beyond = at - x[part]
    return np.asarray(
        y[part] + bend[part] * beyond + second[part] * beyond**2 + (third / step)[part] * (beyond * beyond * beyond)
    )


def _derivatives(x: Floats, step: Floats, slope: Floats) -> Floats:
    """First derivatives in the points, from the tridiagonal system that makes the second ones continuous."""
    n, first, last = len(x), x[2] - x[0], x[-1] - x[-3]
    below = [0.0, *step[1:], last]
    middle = [step[1], *(2 * (step[:-1] + step[1:])), step[-2]]
    above = [first, *step[:-1], 0.0]
    right = [
        ((step[0] + 2 * first) * step[1] * slope[0] + step[0] ** 2 * slope[1]) / first,
        *(3 * (step[1:] * slope[:-1] + step[:-1] * slope[1:])),
        (step[-1] ** 2 * slope[-2] + (2 * last + step[-1]) * step[-2] * slope[-1]) / last,
    ]
    for i in range(1, n):
        factor = below[i] / middle[i - 1]
        middle[i] -= factor * above[i - 1]
        right[i] -= factor * right[i - 1]
    found = np.empty(n)
    found[-1] = right[-1] / middle[-1]
    for i in range(n - 2, -1, -1):
        found[i] = (right[i] - above[i] * found[i + 1]) / middle[i]
    return found


# --- sums ---------------------------------------------------------------------------------------------------------


def dct2(picture: Floats) -> Floats:
    """Discrete cosine transform (type II, orthonormal) of a picture, both ways."""
    return np.asarray(_cosines(picture.shape[0]) @ picture @ _cosines(picture.shape[1]).T)


@functools.cache
def _cosines(n: int) -> Floats:
    rows = np.cos(np.pi * np.arange(n)[:, None] * (2 * np.arange(n) + 1) / (2 * n)) * np.sqrt(2 / n)
    rows[0] = np.sqrt(1 / n)
    return np.asarray(rows)


def logsumexp(values: Array, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """Natural log of the sum of the exponentials along an axis; minus infinity where all are."""
    largest = np.max(values, axis=axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(divide="ignore"):
        sums = np.log(np.sum(np.exp(values - largest), axis=axis, keepdims=True)) + largest
    return sums if keepdims else np.squeeze(sums, axis=axis)


def expit(value: npt.ArrayLike) -> Any:
    """The logistic function, 1 / (1 + exp(-value))."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(value, np.float64)))


def logit(probability: npt.ArrayLike) -> Any:
    """Its inverse: the log odds of a probability, 0..1."""
    p = np.asarray(probability, np.float64)
    return np.log(p) - np.log1p(-p)
