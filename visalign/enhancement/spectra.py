"""Short-time spectra and back, without delay and without a sample more or less.

Windows are the root of Hann's, 32 ms long and 8 ms apart, applied before and after: their squares add up to one
everywhere, so that spectra left alone give back the sound to rounding. The sound is padded with silence on both sides,
so that its first and last samples lie under as many windows as all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Gains", "filtered", "frame_times", "power_spectra", "sane"]

Floats: TypeAlias = npt.NDArray[np.float64]
Gains: TypeAlias = Callable[[Floats, int], Floats]

_WINDOW_SECONDS = 0.032
_OVERLAP = 4
_BLOCK = 1024  # frames at a time: memory does not grow with the sound but for the sound itself


def sane(samples: npt.ArrayLike) -> Floats:
    """Samples as float64, with silence where they were not finite."""
    return np.nan_to_num(np.asarray(samples, np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _sizes(rate_hz: int) -> tuple[int, int]:
    step = max(8, round(_WINDOW_SECONDS * rate_hz / _OVERLAP))
    return step * _OVERLAP, step


def frame_times(n_samples: int, rate_hz: int) -> Floats:
    """Seconds of the middle of each frame, shape (n_frames,)."""
    n_window, step = _sizes(rate_hz)
    n_frames = -(-n_samples // step) + _OVERLAP - 1
    return (np.arange(n_frames) * step + n_window / 2 - (n_window - step)) / rate_hz


def _frames(samples: Floats, rate_hz: int) -> Iterator[tuple[int, Floats]]:
    """First frame of each block, and its windowed frames, shape (n, n_window)."""
    n_window, step = _sizes(rate_hz)
    n_frames = len(frame_times(len(samples), rate_hz))
    padded = np.zeros((n_frames - 1) * step + n_window)
    padded[n_window - step : n_window - step + len(samples)] = samples
    window = _window(n_window)
    for first in range(0, n_frames, _BLOCK):
        last = min(n_frames, first + _BLOCK)
        rows = (np.arange(first, last) * step)[:, None] + np.arange(n_window)
        yield first, padded[rows] * window


def _window(n_window: int) -> Floats:
    # Periodic Hann; its four-fold overlapping sum is 2.
    return np.asarray(np.sqrt((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_window) / n_window)) / 2))


def power_spectra(samples: Floats, rate_hz: int) -> Floats:
    """Power in each frame and bin, shape (n_frames, n_bins)."""
    return np.concatenate([np.abs(np.fft.rfft(frames)) ** 2 for _, frames in _frames(samples, rate_hz)])


def filtered(samples: Floats, rate_hz: int, gains: Gains) -> Floats:
    """Sound whose spectra were multiplied by gains.

    Parameters
    ----------
    samples : ndarray of float64, shape (n_samples,)
        The sound.
    rate_hz : int
        Samples a second.
    gains : callable
        Takes the power of a block of frames, shape (n, n_bins), and the index of its first frame; returns their gains,
        of the same shape. Blocks come in order.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
    """
    if not len(samples):
        return samples
    n_window, step = _sizes(rate_hz)
    window, n_frames = _window(n_window), len(frame_times(len(samples), rate_hz))
    made = np.zeros((n_frames - 1) * step + n_window)
    for first, frames in _frames(samples, rate_hz):
        spectra = np.fft.rfft(frames)
        spectra *= gains(np.abs(spectra) ** 2, first)
        for index, frame in enumerate(np.fft.irfft(spectra, n_window) * window):
            start = (first + index) * step
            made[start : start + n_window] += frame
    return made[n_window - step : n_window - step + len(samples)]
