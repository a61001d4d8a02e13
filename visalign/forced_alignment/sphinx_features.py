"""Features of PocketSphinx's models: mel cepstra with its noise removal, and their changes.

Method
------
As in PocketSphinx's front end [1]_: windows of 410 samples every 160, 25 mel filters over the power spectrum, the
noise removal of its ``fe_noise.c`` (a smoothed power spectrum, less its slowly rising lower envelope, with masking in
time and a gain smoothed over nine filters), logarithm, DCT, lifter; then cepstra, their slope over ±2 frames and the
slope's change over ±1, the mean taken away.

More frames a second come from *phases*: the same 100 frames a second, begun a fraction of a frame later each. So each
frame, its noise estimate and its slopes are what the model was trained on, and only the grid is finer; PocketSphinx's
own ``frate`` squeezes the slopes in time.

Conventions
-----------
16 kHz, 16-bit steps. Frame ``i`` of `n_phases` phases has its middle at ``i / (100 · n_phases) + 0.0128`` s.

References
----------
.. [1] https://github.com/cmusphinx/pocketsphinx, ``src/fe`` and ``src/feat`` (BSD).
.. [2] C. Kim and R. Stern, Power-normalized cepstral coefficients for robust speech recognition, ICASSP 2012: where
   the noise removal comes from.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["FRAME_SHIFT", "HALF_WINDOW", "cepstra", "with_slopes"]

RATE_HZ = 16000
WINDOW, SHIFT, N_FFT = 410, 160, 512  # samples
N_FILTERS, N_CEPSTRA, LIFTER = 25, 13, 22
LOWEST_HZ, HIGHEST_HZ = 130.0, 6800.0
PRE_EMPHASIS = 0.97
LOG_FLOOR = 1e-4
BLOCK = 4096  # windows at a time, so that their spectra need not all be held

FRAME_SHIFT = SHIFT / RATE_HZ
"""Seconds between frames of one phase."""

HALF_WINDOW = 0.5 * WINDOW / RATE_HZ
"""Seconds from the start of a window to its middle."""

# Of PocketSphinx's fe_noise.c.
SMOOTHING = 0.7
RISE, FALL = 0.995, 0.5
MASK_DECAY, MASK_SHARE = 0.85, 0.2
MAX_GAIN = 20.0
NEIGHBOURS = 4

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def cepstra(pcm: npt.NDArray[np.int16], n_phases: int = 1) -> Floats:
    """Cepstra of 16-kHz sound.

    Parameters
    ----------
    pcm : ndarray of int16, shape (n_samples,)
    n_phases : int
        Frames a hundredth of a second; a divisor of 160.

    Returns
    -------
    ndarray of float32, shape (n_frames, 13)
        In the order of time. `n_frames` is a multiple of `n_phases`; where the last ones reach beyond the sound,
        zeros follow it.
    """
    step = SHIFT // n_phases
    n_frames = max(1, -(-(len(pcm) - WINDOW) // SHIFT) + 1)
    n_needed = (n_frames - 1) * SHIFT + (n_phases - 1) * step + WINDOW
    samples = np.zeros(n_needed + 1, dtype=np.float32)
    samples[1 : 1 + min(len(pcm), n_needed)] = pcm[:n_needed]
    emphasised = samples[1:] - np.float32(PRE_EMPHASIS) * samples[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(emphasised, WINDOW)[::step]
    blocks = [_mel_power(windows[i : i + BLOCK]) for i in range(0, len(windows), BLOCK)]
    mel = np.concatenate(blocks).reshape(n_frames, n_phases, N_FILTERS)
    clean = _without_noise(mel).reshape(-1, N_FILTERS)
    return np.asarray(np.log(clean + LOG_FLOOR) @ _cosines(), dtype=np.float32)


def _mel_power(windows: Floats) -> Doubles:
    spectra = np.fft.rfft(windows * np.hamming(WINDOW).astype(np.float32), N_FFT)
    power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
    return np.asarray(power @ _mel_filters(), dtype=np.float64)


def with_slopes(frames: Floats, n_phases: int = 1) -> Floats:
    """Cepstra less their mean, their slope and its change: shape (n_frames, 39)."""
    centred = frames - frames.mean(axis=0, dtype=np.float64).astype(np.float32)
    n = len(centred)
    padded = np.pad(centred, ((3 * n_phases, 3 * n_phases), (0, 0)), mode="edge")

    def at(offset: int) -> Floats:
        start = (3 + offset) * n_phases
        return padded[start : start + n]

    return np.concatenate([centred, at(2) - at(-2), at(3) - at(-1) - at(1) + at(-3)], axis=1)


def _without_noise(mel: Doubles) -> Doubles:
    """Filter outputs under the gains of the noise removal; shape (n_frames, n_phases, n_filters)."""
    gains = np.empty_like(mel)
    power = mel[0].copy()
    noise, floor, peak = power / MAX_GAIN, power / MAX_GAIN, np.zeros_like(power)
    for frame, now in enumerate(mel):
        power = SMOOTHING * power + (1 - SMOOTHING) * now
        noise = _lower_envelope(power, noise)
        signal = np.maximum(power - noise, 1.0)
        floor = _lower_envelope(signal, floor)
        peak *= MASK_DECAY
        masked = np.where(signal < MASK_DECAY * peak, MASK_SHARE * peak, signal)
        peak = np.maximum(peak, signal)
        gains[frame] = np.maximum(masked, floor) / np.maximum(power, 1e-30)
    return mel * (np.clip(gains, 1 / MAX_GAIN, MAX_GAIN) @ _smoother())


def _lower_envelope(values: Doubles, envelope: Doubles) -> Doubles:
    weight = np.where(values >= envelope, RISE, FALL)
    return weight * envelope + (1 - weight) * values


@cache
def _smoother() -> Doubles:
    """Mean over the filters within `NEIGHBOURS`, as a matrix to multiply from the right."""
    distance = np.abs(np.subtract.outer(np.arange(N_FILTERS), np.arange(N_FILTERS)))
    near = (distance <= NEIGHBOURS).astype(np.float64)
    return np.asarray(near / near.sum(axis=0))


@cache
def _mel_filters() -> Floats:
    """Triangles of area one on FFT bins, shape (n_fft // 2 + 1, n_filters)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges_hz = 700.0 * (10.0 ** (np.linspace(low, high, N_FILTERS + 2) / 2595.0) - 1.0)
    spacing = RATE_HZ / N_FFT
    edges = np.floor(edges_hz / spacing + 0.5) * spacing
    bins = np.arange(N_FFT // 2 + 1)[:, None] * spacing
    left, middle, right = (edges[i : i + N_FILTERS] for i in range(3))
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * 2 / (right - left), dtype=np.float32)


@cache
def _cosines() -> Doubles:
    """DCT and lifter in one matrix, shape (n_filters, n_cepstra)."""
    order = np.arange(N_CEPSTRA)
    angles = np.pi / N_FILTERS * np.outer(np.arange(N_FILTERS) + 0.5, order)
    scale = np.where(order == 0, np.sqrt(1 / N_FILTERS), np.sqrt(2 / N_FILTERS))
    return np.asarray(np.cos(angles) * scale * (1 + LIFTER // 2 * np.sin(order * np.pi / LIFTER)))
