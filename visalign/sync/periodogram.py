"""How fast something moves: power at each frequency, what it drifts by left out.

Half a second of :mod:`scipy.signal` would be loaded for this alone.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["periodogram"]

Floats: TypeAlias = npt.NDArray[np.float64]


def periodogram(rows: Floats, rate_hz: float) -> tuple[Floats, Floats]:
    """Power spectral density of each column, without its straight line and without a window.

    Parameters
    ----------
    rows : ndarray, shape (n_times, n_columns)
        At least one.
    rate_hz : float
        Rows a second.

    Returns
    -------
    frequencies : ndarray, shape (n_frequencies,)
        From 0 to half the rate, Hz.
    power : ndarray, shape (n_frequencies, n_columns)
        One-sided, in squares of the rows' unit a hertz.
    """
    n = len(rows)
    line = np.column_stack([np.arange(1, n + 1) / n, np.ones(n)])
    left = rows - line @ np.linalg.lstsq(line, rows, rcond=None)[0]
    power = np.abs(np.fft.rfft(left, axis=0)) ** 2 / (rate_hz * n)
    power[1 : (n + 1) // 2] *= 2  # what lies at negative frequencies; 0 and, of an even number, half the rate have none
    return np.asarray(np.fft.rfftfreq(n, 1 / rate_hz), np.float64), power
