"""Gains of many lags at once, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.sync.lag_gains import ShownLips, gains_at


def lips(rng: np.random.Generator, rows: list[int]) -> tuple[np.ndarray, np.ndarray, ShownLips]:
    observed, shares = rng.normal(size=(len(rows), 3)), rng.uniform(0.2, 1.0, len(rows))
    return observed, shares, ShownLips.on_grid(observed, shares, np.array(rows))


def test_gains_are_those_of_plain_loops() -> None:
    """Lips from before the sound begins until after it ends; rows beyond the sound gain nothing."""
    rng, rows = np.random.default_rng(0), [-3, 1, 5, 9, 13, 17, 40]
    observed, shares, shown = lips(rng, rows)
    sounds, lags = rng.normal(size=(2, 20, 3)), np.arange(-30, 31)
    expected = np.zeros((2, len(lags)))
    for k, lag in enumerate(lags):
        for y, share, row in zip(observed, shares, rows, strict=True):
            if 0 <= row - lag < 20:
                x = sounds[:, row - lag]
                expected[:, k] += share * (x @ y - 0.5 * (x**2).sum(axis=1))
    assert gains_at(shown, sounds, lags) == pytest.approx(expected, abs=1e-10)
    assert gains_at(shown, sounds, np.array([200, -200])).tolist() == [[0, 0], [0, 0]]


def test_a_frame_without_a_face_gains_nothing() -> None:
    shown = ShownLips.on_grid(np.array([[1.0], [np.nan]]), np.array([1.0, 0.0]), np.array([0, 4]))
    assert gains_at(shown, np.ones((1, 5, 1)), np.array([0])).tolist() == [[0.5]]
