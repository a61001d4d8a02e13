"""The light functions against SciPy's, which they stand in for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import fft, interpolate, ndimage, special

from visalign import numerics

TOLERANCE = 1e-12
RNG = np.random.default_rng(5)
ROWS = RNG.normal(size=(60, 3)).cumsum(axis=0)
MODES = ("reflect", "nearest", "constant")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.3, 40.0])
def test_gaussian(mode: str, sigma: float) -> None:
    """Bit for bit, and wider than the array."""
    for axis, rows in ((0, ROWS), (-1, ROWS.T), (0, ROWS.astype(np.float32))):
        expected = ndimage.gaussian_filter1d(rows, sigma, axis=axis, mode=mode)
        found = numerics.gaussian_filter1d(rows, sigma, axis=axis, mode=mode)
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 2, 5, 8, 59, 60, 61, 130])
def test_uniform(mode: str, size: int) -> None:
    for axis, rows in ((0, ROWS), (1, ROWS.T)):
        expected = ndimage.uniform_filter1d(rows, size, axis=axis, mode=mode)
        assert np.array_equal(numerics.uniform_filter1d(rows, size, axis=axis, mode=mode), expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 60, 130])
def test_extremes(mode: str, size: int) -> None:
    for name in ("minimum_filter1d", "maximum_filter1d"):
        expected = getattr(ndimage, name)(ROWS, size, axis=0, mode=mode)
        assert np.array_equal(getattr(numerics, name)(ROWS, size, axis=0, mode=mode), expected)
    flags = (ROWS[:, 0] > 0).astype(np.uint8)
    found = numerics.maximum_filter1d(flags, size, mode=mode)
    assert found.dtype == np.uint8
    assert np.array_equal(found, ndimage.maximum_filter1d(flags, size, mode=mode))


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_bilinear(kind: Any) -> None:
    """In the picture, on its pixels, at its edges and beyond them."""
    image = RNG.integers(0, 255, size=(12, 17)).astype(kind)
    y, x = (RNG.uniform(-3, n + 3, size=(9, 40)) for n in image.shape)
    y[0], x[0] = np.round(y[0]), np.round(x[0])
    expected = ndimage.map_coordinates(image, [y, x], output=np.float64, order=1, mode="nearest")
    assert numerics.bilinear(image, y, x) == pytest.approx(expected, abs=5e-5)  # float32


@pytest.mark.parametrize("n", [3, 4, 5, 31, 121])
def test_spline(n: int) -> None:
    x = np.cumsum(RNG.uniform(0.5, 1.5, size=n))
    y = RNG.normal(size=n)
    at = np.linspace(x[0], x[-1], 500)
    assert numerics.cubic_spline(x, y, at) == pytest.approx(interpolate.CubicSpline(x, y)(at), abs=TOLERANCE)


@pytest.mark.parametrize("shape", [(1, 1), (4, 7), (24, 16)])
def test_cosine_transform(shape: tuple[int, int]) -> None:
    picture = RNG.uniform(0, 255, size=shape)
    assert numerics.dct2(picture) == pytest.approx(fft.dctn(picture, norm="ortho"), abs=1e-10)


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("keepdims", [True, False])
def test_log_of_sums(axis: int | None, keepdims: bool) -> None:
    values = 500 * RNG.normal(size=(5, 4))
    values[2], values[:, 1] = -np.inf, -np.inf
    expected = special.logsumexp(values, axis=axis, keepdims=keepdims)
    assert numerics.logsumexp(values, axis=axis, keepdims=keepdims) == pytest.approx(expected, rel=TOLERANCE)


def test_logistic_function() -> None:
    values = np.array([-800.0, -30.0, -1.0, 0.0, 1e-9, 2.0, 800.0])
    assert numerics.expit(values) == pytest.approx(special.expit(values), rel=TOLERANCE)
