"""Mel cepstra as HTK computes them, and Julius after it, for acoustic models of theirs.

Method
------
Windows of the sound in 16-bit steps, each with its own pre-emphasis, under a Hamming window; magnitudes of its spectrum
in triangles that are equally wide in mel; logarithm, DCT, lifter. Then the frame's energy, the mean of the cepstra over
the recording taken away, and slopes by regression over ``±n`` frames, the first and the last frame repeated beyond
the edges [1]_. What is computed, and in which order it stands, the model says with HTK's qualifiers: ``_E`` energy,
``_N`` without its absolute value, ``_D`` slopes, ``_A`` their slopes, ``_Z`` without the mean, ``_0`` the mean of the
logarithms.

Conventions
-----------
16 kHz, 16-bit steps. Frame ``i`` begins at ``i`` times the frame shift.

References
----------
.. [1] S. Young et al., The HTK Book, version 3.4, Cambridge 2006, chapter 5.
.. [2] Julius, ``libsent/src/wav2mfcc`` (its own licence, in the manner of BSD): its settings where a model has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["RATE_HZ", "HtkFeatures"]

RATE_HZ = 16000
BLOCK = 4096  # windows at a time, so that their spectra need not all be held

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HtkFeatures:
    """How features are computed; the defaults are those of Julius.

    Parameters
    ----------
    n_cepstra : int
    has_energy, has_c0, drops_energy, has_slopes, has_curvature, drops_mean : bool
        Qualifiers ``_E``, ``_0``, ``_N``, ``_D``, ``_A`` and ``_Z``.
    window, shift : int
        Samples.
    n_filters, lifter : int
    pre_emphasis : float
    slope_reach, curvature_reach : int
        Frames on either side.
    lowest_hz, highest_hz : float or None
        None: 0, and half the rate.
    raw_energy, centred, power : bool
        Energy before pre-emphasis and window; each window less its mean; powers in place of magnitudes.
    normalised_energy : bool
        Energy below its maximum, times `energy_scale`, and not more than `energy_floor_db` below it.
    """

    n_cepstra: int = 12
    has_energy: bool = True
    has_c0: bool = False
    drops_energy: bool = True
    has_slopes: bool = True
    has_curvature: bool = False
    drops_mean: bool = True
    window: int = 400
    shift: int = 160
    n_filters: int = 24
    lifter: int = 22
    pre_emphasis: float = 0.97
    slope_reach: int = 2
    curvature_reach: int = 2
    lowest_hz: float | None = None
    highest_hz: float | None = None
    raw_energy: bool = False
    centred: bool = False
    power: bool = False
    normalised_energy: bool = False
    energy_scale: float = 1.0
    energy_floor_db: float = 50.0

    @property
    def width(self) -> int:
        """Values a frame."""
        base = self.n_cepstra + self.has_energy + self.has_c0
        return base * (1 + self.has_slopes + self.has_curvature) - self.drops_energy

    def of(self, pcm: npt.NDArray[np.int16]) -> Floats:
        """Features of 16-kHz sound, shape (n_frames, width); a frame at least, zeros follow a shorter sound."""
        samples = np.zeros(max(len(pcm), self.window))
        samples[: len(pcm)] = pcm
        windows = np.lib.stride_tricks.sliding_window_view(samples, self.window)[:: self.shift]
        parts = [self._base(windows[i : i + BLOCK]) for i in range(0, len(windows), BLOCK)]
        base = np.concatenate(parts)
        if self.has_energy and self.normalised_energy:
            base[:, -1] = self._normalised(base[:, -1])
        if self.drops_mean:
            n = self.n_cepstra + self.has_c0
            base[:, :n] -= base[:, :n].mean(axis=0)
        columns = [base]
        if self.has_slopes:
            columns.append(_slopes(base, self.slope_reach))
        if self.has_curvature:
            columns.append(_slopes(columns[-1], self.curvature_reach))
        if self.drops_energy:
            columns[0] = base[:, :-1]
        return np.concatenate(columns, axis=1).astype(np.float32)

    def _base(self, windows: Doubles) -> Doubles:
        """Cepstra, then the mean of the logarithms and the energy where the model has them."""
        frames = windows - windows.mean(axis=1, keepdims=True) if self.centred else windows
        emphasised = frames.copy()
        emphasised[:, 1:] -= self.pre_emphasis * frames[:, :-1]
        emphasised[:, 0] *= 1.0 - self.pre_emphasis
        emphasised *= np.hamming(self.window)
        n_fft = 1 << (self.window - 1).bit_length()
        spectra = np.abs(np.fft.rfft(emphasised, n_fft))
        edges = (self.lowest_hz or 0.0, self.highest_hz or 0.5 * RATE_HZ)
        filters = _filters(n_fft, self.n_filters, *edges)
        logs = np.log(np.maximum((spectra**2 if self.power else spectra) @ filters, 1.0))
        columns = [logs @ _cosines(self.n_filters, self.n_cepstra, self.lifter)]
        if self.has_c0:
            columns.append(np.sqrt(2.0 / self.n_filters) * logs.sum(axis=1, keepdims=True))
        if self.has_energy:
            heard = frames if self.raw_energy else emphasised
            columns.append(np.log(np.maximum((heard**2).sum(axis=1, keepdims=True), 1.0)))
        return np.concatenate(columns, axis=1)

    def _normalised(self, energy: Doubles) -> Doubles:
        highest = energy.max()
        floored = np.maximum(energy, highest - self.energy_floor_db * np.log(10.0) / 10.0)
        return np.asarray(1.0 - (highest - floored) * self.energy_scale)


def _slopes(values: Doubles, reach: int) -> Doubles:
    """Slopes of the line through a frame and `reach` on either side."""
    n = len(values)
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    steps = range(1, reach + 1)
    total = sum(k * (padded[reach + k : reach + k + n] - padded[reach - k : reach - k + n]) for k in steps)
    return np.asarray(total / (2.0 * sum(k * k for k in steps)))


@cache
def _filters(n_fft: int, n_filters: int, lowest_hz: float, highest_hz: float) -> Doubles:
    """Triangles of height one, shape (n_fft // 2 + 1, n_filters); the lowest bin and the highest are left out."""
    low, high = (1127.0 * np.log1p(hz / 700.0) for hz in (lowest_hz, highest_hz))
    centres = np.linspace(low, high, n_filters + 2)
    hz = np.arange(n_fft // 2 + 1) * RATE_HZ / n_fft
    mel = 1127.0 * np.log1p(hz / 700.0)[:, None]
    rising = (mel - centres[:-2]) / np.diff(centres[:-1])
    falling = (centres[2:] - mel) / np.diff(centres[1:])
    table = np.maximum(0.0, np.minimum(rising, falling))
    table[(hz < lowest_hz) | (hz > highest_hz)] = 0.0
    table[[0, -1]] = 0.0
    return np.asarray(table)


@cache
def _cosines(n_filters: int, n_cepstra: int, lifter: int) -> Doubles:
    """DCT and lifter in one matrix, shape (n_filters, n_cepstra)."""
    order = np.arange(1, n_cepstra + 1)
    angles = np.pi / n_filters * np.outer(np.arange(n_filters) + 0.5, order)
    lift = 1.0 + lifter / 2.0 * np.sin(order * np.pi / lifter) if lifter > 0 else np.ones(n_cepstra)
    return np.asarray(np.sqrt(2.0 / n_filters) * np.cos(angles) * lift)
