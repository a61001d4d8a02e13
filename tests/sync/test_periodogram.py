"""The periodogram against a sine whose power is known, and against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from visalign.sync.periodogram import periodogram


def test_a_sine_has_its_power_at_its_frequency() -> None:
    """Amplitude 2 for 4 s at 25 rows a second: power 2^2 / 2, in a bin 1/4 Hz wide."""
    times = np.arange(100) / 25
    frequencies, power = periodogram(np.column_stack([2 * np.sin(2 * np.pi * 5 * times), 7 - 3 * times]), 25.0)
    assert frequencies[power[:, 0].argmax()] == pytest.approx(5.0, abs=1e-12)
    assert power[20, 0] == pytest.approx(2.0 * 4, rel=0.02)  # the line that is taken out takes a little of the sine
    assert power[:, 1] == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize("n", [1, 2, 3, 16, 75, 150, 151])
def test_as_scipy_has_it(n: int) -> None:
    rows = np.random.default_rng(n).normal(size=(n, 3)).cumsum(axis=0)
    expected = signal.periodogram(signal.detrend(rows, axis=0), 29.97, axis=0)
    for found, wanted in zip(periodogram(rows, 29.97), expected, strict=True):
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)
