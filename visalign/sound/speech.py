"""What is heard, as numbers: the mel spectrum of speech over time.

Conventions
-----------
Row i of a spectrum is centred on ``i * HOP`` seconds of the clip's clock.

References
----------
.. [1] S. B. Davis and P. Mermelstein, Comparison of parametric representations for monosyllabic word recognition, IEEE
   Trans. ASSP 28(4), 1980: triangular bands on the mel scale.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, scratch_array
from visalign.signals import Audio

__all__ = ["HOP", "N_BANDS", "log_mel", "mel_bands", "stretch"]

HOP = 0.01
"""Seconds from one row of a spectrum to the next."""

N_BANDS = 20
"""Mel bands between 80 Hz and 7.6 kHz (or the highest frequency that the rate holds)."""

_WINDOW = 0.025  # seconds
_LOW_HZ, _HIGH_HZ = 80.0, 7600.0
# Energy floor: about the quantisation noise of 16 bits. Digital silence and quiet rooms look alike above it.
_FLOOR = 1e-6
_BLOCK = 4096  # rows at a time, so that memory does not grow with the length of the audio


def log_mel(audio: Audio) -> npt.NDArray[np.float32]:
    """Logarithmic mel spectrum.

    Parameters
    ----------
    audio : Audio
        Mono speech at any rate.

    Returns
    -------
    ndarray of float32, shape (n_rows, N_BANDS)
        Natural logarithm of the energy in each band; ``n_rows = floor(duration / HOP) + 1``.
    """
    rate = audio.rate_hz
    n_window = round(_WINDOW * rate)
    n_fft = 1 << (n_window - 1).bit_length()
    bands, window = mel_bands(rate, n_fft), np.hanning(n_window).astype(np.float32)
    n_rows = int(audio.duration / HOP) + 1
    result = scratch_array((n_rows, N_BANDS), np.float32)
    for rows in blocks_of(n_rows, _BLOCK, audio.samples, result):
        starts = np.round(np.arange(rows.start, rows.stop) * HOP * rate).astype(np.int64) - n_window // 2
        heard = stretch(audio.samples, int(starts[0]), int(starts[-1]) + n_window)
        frames = heard[starts[:, None] - starts[0] + np.arange(n_window)] * window
        power = np.abs(np.fft.rfft(frames, n_fft)) ** 2
        result[rows] = np.log(power @ bands.T + _FLOOR)
    return result


def stretch(
    samples: npt.NDArray[np.float32], first: int, last: int, *, is_mirrored: bool = False
) -> npt.NDArray[np.float32]:
    """Samples ``[first, last)``; beyond the ends of the sound there is silence, or its mirror image.

    Examples
    --------
    >>> stretch(np.arange(4, dtype=np.float32), -2, 5)
    array([0., 0., 0., 1., 2., 3., 0.], dtype=float32)
    >>> stretch(np.arange(4, dtype=np.float32), -2, 5, is_mirrored=True)
    array([2., 1., 0., 1., 2., 3., 2.], dtype=float32)
    """
    before, after = max(-first, 0), max(last - len(samples), 0)
    if not before and not after:
        return samples[first:last]
    if not is_mirrored:
        return np.pad(samples[max(first, 0) : max(last, 0)], (before, after))[-(last - first) :]
    low, high = max(min(first, len(samples) - 1 - after), 0), max(last, before + 1)  # all that is mirrored
    return np.pad(samples[low:high], (before, after), mode="reflect")[first - low + before :][: last - first]


@functools.lru_cache(maxsize=8)
def mel_bands(rate_hz: int, n_fft: int) -> npt.NDArray[np.float64]:
    """Weights of the triangular mel bands, shape (N_BANDS, n_fft // 2 + 1)."""
    edges_mel = np.linspace(_to_mel(_LOW_HZ), _to_mel(min(_HIGH_HZ, rate_hz / 2)), N_BANDS + 2)
    edges = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    frequencies = np.linspace(0.0, rate_hz / 2, n_fft // 2 + 1)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))


def _to_mel(frequency_hz: float) -> float:
    return 2595.0 * float(np.log10(1.0 + frequency_hz / 700.0))
