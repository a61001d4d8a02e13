"""Short-time spectra and back, without delay and without a sample more or less.

Windows are the root of Hann's, 32 ms long and 8 ms apart, applied before and after: their squares add up to one
everywhere, so that spectra left alone give back the sound to rounding. The sound is padded with silence on both sides,
so that its first and last samples lie under as many windows as all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, release, scratch_array
from visalign.sound.speech import stretch

__all__ = ["BLOCK", "Gains", "filtered", "frame_times", "n_bins_of", "power_spectra", "sane", "sane_samples"]

Floats: TypeAlias = npt.NDArray[np.float64]
Gains: TypeAlias = Callable[[Floats, int], Floats]

_WINDOW_SECONDS = 0.032
_OVERLAP = 4
_SAMPLES_BLOCK = 1 << 18

BLOCK = 1024
"""Frames at a time: memory does not grow with the sound."""


def sane(samples: npt.ArrayLike) -> Floats:
    """Samples as float64, with silence where they were not finite."""
    return np.nan_to_num(np.asarray(samples, np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def sane_samples(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same samples; where some are not finite, a copy with silence in their place."""
    parts = blocks_of(len(samples), _SAMPLES_BLOCK, samples)
    if all(np.isfinite(samples[part]).all() for part in parts):
        return samples
    result = scratch_array((len(samples),), np.float32)
    for part in blocks_of(len(samples), _SAMPLES_BLOCK, samples, result):
        result[part] = sane(samples[part])
    return result


def n_bins_of(rate_hz: int) -> int:
    """Bins of a frame's spectrum."""
    return _sizes(rate_hz)[0] // 2 + 1


def _sizes(rate_hz: int) -> tuple[int, int]:
    step = max(8, round(_WINDOW_SECONDS * rate_hz / _OVERLAP))
    return step * _OVERLAP, step


def frame_times(n_samples: int, rate_hz: int) -> Floats:
    """Seconds of the middle of each frame, shape (n_frames,)."""
    n_window, step = _sizes(rate_hz)
    n_frames = -(-n_samples // step) + _OVERLAP - 1
    return (np.arange(n_frames) * step + n_window / 2 - (n_window - step)) / rate_hz


def _frames(samples: npt.NDArray[Any], rate_hz: int, part: slice) -> Iterator[tuple[int, Floats]]:
    """First frame of each block, and its windowed frames, shape (n, n_window), for a part of all frames."""
    n_window, step = _sizes(rate_hz)
    window = _window(n_window)
    for rows in blocks_of(part.stop - part.start, BLOCK, samples):
        first, n = part.start + rows.start, rows.stop - rows.start
        start = first * step - (n_window - step)
        heard = sane(stretch(samples, start, start + (n - 1) * step + n_window))
        yield first, heard[(np.arange(n) * step)[:, None] + np.arange(n_window)] * window


def _window(n_window: int) -> Floats:
    # Periodic Hann; its four-fold overlapping sum is 2.
    return np.asarray(np.sqrt((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_window) / n_window)) / 2))


def power_spectra(samples: npt.NDArray[Any], rate_hz: int, part: slice) -> Floats:
    """Power in each bin of some frames, shape (n_frames, n_bins)."""
    return np.concatenate([np.abs(np.fft.rfft(frames)) ** 2 for _, frames in _frames(samples, rate_hz, part)])


def filtered(samples: npt.NDArray[Any], rate_hz: int, gains: Gains) -> npt.NDArray[Any]:
    """Sound whose spectra were multiplied by gains.

    Parameters
    ----------
    samples : ndarray of float32 or float64, shape (n_samples,)
        The sound; what is not finite counts as silence.
    rate_hz : int
        Samples a second.
    gains : callable
        Takes the power of a block of frames, shape (n, n_bins), and the index of its first frame; returns their gains,
        of the same shape. Blocks come in order.

    Returns
    -------
    ndarray, shape and type of `samples`
    """
    if not len(samples):
        return samples
    n_window, step = _sizes(rate_hz)
    window, n_frames = _window(n_window), len(frame_times(len(samples), rate_hz))
    result = scratch_array((len(samples),), samples.dtype.type)
    begun = np.zeros(n_window - step)  # samples to which frames of the next block add
    for first, frames in _frames(samples, rate_hz, slice(0, n_frames)):
        spectra = np.fft.rfft(frames)
        spectra *= gains(np.abs(spectra) ** 2, first)
        made = np.pad(begun, (0, len(frames) * step))
        for index, frame in enumerate(np.fft.irfft(spectra, n_window) * window):
            made[index * step : index * step + n_window] += frame
        done, begun = made[: len(frames) * step], made[len(frames) * step :]
        start = first * step - (n_window - step)
        here = slice(max(start, 0), max(min(start + len(done), len(samples)), 0))
        result[here] = done[here.start - start : here.stop - start]
        release(result)
    return result
