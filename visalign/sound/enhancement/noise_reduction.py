r"""Noise taken out of speech: spectral subtraction and a Wiener filter.

Conventions
-----------
Power is that of one bin of one frame of 32 ms. The noise is measured in the silent stretches, between and under the
words as they come and go: each frame's noise is the mean of the frames without speech around it.

Methods
-------
*Spectral subtraction* (Boll 1979, Berouti et al. 1979): with :math:`\alpha` times the noise taken off, but never below
:math:`\beta` times it,

.. math:: |\hat S|^2 = \max(|Y|^2 - \alpha |N|^2, \; \beta |N|^2)

where :math:`\alpha` falls by 3/20 for each dB of the frame's SNR, from what is asked at 0 dB, as in Berouti's paper.

*Wiener filter* with decision-directed a-priori SNR (Ephraim and Malah 1984, Scalart and Filho 1996):

.. math:: \xi_t = a \frac{|\hat S_{t-1}|^2}{|N|^2} + (1 - a) \max(\gamma_t - 1, 0), \quad G_t = \frac{\xi_t}{1 + \xi_t}

which leaves no musical tones. The gain never falls below a floor: silence that is too deep sounds like a hole, and the
aligner's model has never heard it.

References
----------
S. F. Boll, "Suppression of acoustic noise in speech using spectral subtraction", IEEE Trans. ASSP 27, 1979.
M. Berouti, R. Schwartz and J. Makhoul, "Enhancement of speech corrupted by acoustic noise", ICASSP 1979.
P. Scalart and J. V. Filho, "Speech enhancement based on a priori signal to noise estimation", ICASSP 1996.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError
from visalign.files.scratch import blocks_of, scratch_array
from visalign.numerics import minimum_filter1d, uniform_filter1d
from visalign.signals import Audio
from visalign.sound.enhancement.spectra import (
    BLOCK,
    Floats,
    filtered,
    frame_times,
    n_bins_of,
    power_spectra,
    sane_samples,
)
from visalign.sound.voice_activity import HOP, speech_probabilities

__all__ = ["Noise", "spectral_subtraction", "wiener_filter"]

_SILENT = 1e-12
# Seconds of frames over which the noise of the pauses is averaged, weighted with how surely they hold no speech.
_NOISE_SPAN = 3.0
# Frames less likely than this to hold no speech tell nothing of the noise.
_LEAST_PAUSE = 0.5
# Where a sound has no pause at all, noise is the minimum over this many seconds, raised by the bias of a minimum.
_MINIMUM_SPAN, _MINIMUM_BIAS = 1.5, 1.5
_SUBTRACTION_SLOPE = 3 / 20  # per dB (Berouti et al.)
_SUBTRACTION_RANGE_DB = (-5.0, 20.0)
_STEP_SECONDS = 0.008
# The noise of up to a minute (frames) is measured at once, that of longer sound in blocks; both are multiples of BLOCK.
_AT_ONCE, _NOISE_BLOCK = 8 * BLOCK, 2 * BLOCK


@dataclass(slots=True, eq=False)
class Noise:
    """Power of the noise in each frame and bin, from the pauses of speech.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Speech with noise.
    rate_hz : int
        Samples a second.
    pause : ndarray, shape (n_frames,)
        How surely a frame holds no speech, 0..1.
    weight : ndarray, shape (n_frames,)
        Mean of `pause` around each frame.
    overall : ndarray, shape (n_bins,)
        Mean power of all pauses.
    """

    samples: npt.NDArray[np.float32]
    rate_hz: int
    pause: Floats
    weight: Floats
    overall: Floats
    _known: tuple[int, Floats] = field(init=False)

    @classmethod
    def of(cls, audio: Audio) -> Noise:
        """The noise of a recording that is not empty."""
        samples = sane_samples(audio.samples)
        spoken = speech_probabilities(replace(audio, samples=samples))
        rows = np.clip((frame_times(len(samples), audio.rate_hz) / HOP).astype(int), 0, None)
        pause = np.clip(1 - spoken[np.minimum(rows, len(spoken) - 1)], 0, 1)
        pause[pause < _LEAST_PAUSE] = 0.0
        # Before the filter leaves the nearest pause behind, all pauses together stand in.
        if pause.any():
            parts = blocks_of(len(pause), _AT_ONCE)
            sums = [pause[part] @ power_spectra(samples, audio.rate_hz, part) for part in parts]
            overall = np.add.reduce(sums, axis=0) / max(pause.sum(), 1e-9)
        else:
            overall = _least(samples, audio.rate_hz, len(pause))
        return cls(samples, audio.rate_hz, pause, uniform_filter1d(pause, _n_span(), mode="constant"), overall)

    def __post_init__(self) -> None:
        self._known = -1, np.zeros((0, 0))

    def rows(self, first: int, n: int) -> Floats:
        """Of `n` frames from `first` on, both within one block of frames; shape (n, n_bins)."""
        size = _AT_ONCE if len(self.pause) <= _AT_ONCE else _NOISE_BLOCK
        start = first // size * size
        if self._known[0] != start:
            self._known = start, self._measured(start, min(start + size, len(self.pause)))
        return self._known[1][first - start : first - start + n]

    def _measured(self, start: int, end: int) -> Floats:
        low, high = max(start - _n_span(), 0), min(end + _n_span(), len(self.pause))
        power = power_spectra(self.samples, self.rate_hz, slice(low, high))
        power *= self.pause[low:high, None]
        near = uniform_filter1d(power, _n_span(), axis=0, mode="constant")[start - low : end - low]
        few = 10 / _n_span()  # as many frames as count for a pause of 80 ms
        return np.asarray(np.maximum((near + few * self.overall) / (self.weight[start:end] + few)[:, None], _SILENT))


def _n_span() -> int:
    return max(3, round(_NOISE_SPAN / _STEP_SECONDS))


def _least(samples: npt.NDArray[np.float32], rate_hz: int, n_frames: int) -> Floats:
    """Median over time of the least smoothed power of each bin."""
    power = scratch_array((n_bins_of(rate_hz), n_frames), np.float64)
    for part in blocks_of(n_frames, BLOCK, power):
        power[:, part] = power_spectra(samples, rate_hz, part).T
    least, n_span = np.empty(len(power)), round(_MINIMUM_SPAN / _STEP_SECONDS)
    for bin_of in blocks_of(len(power), 1, power):
        smoothed = uniform_filter1d(power[bin_of], 25, axis=1, mode="nearest")
        least[bin_of] = np.median(minimum_filter1d(smoothed, n_span, axis=1, mode="nearest"))
    return np.asarray(_MINIMUM_BIAS * least)


def spectral_subtraction(audio: Audio, *, over: float = 3.0, floor: float = 0.02) -> Audio:
    """Take the noise's spectrum off.

    Parameters
    ----------
    audio : Audio
        Speech with noise.
    over : float
        How many times the noise's power is taken off where the SNR is 0 dB; 1 to 6.
    floor : float
        What is left at least, in parts of the noise's power; 0 to 1.

    Returns
    -------
    Audio
        As long as before, nothing moved.

    Raises
    ------
    ConfigError
        If a setting is out of range.
    """
    if not 1 <= over <= 6:
        raise ConfigError("over", over, "1 to 6")
    if not 0 <= floor <= 1:
        raise ConfigError("floor", floor, "0 to 1")
    if not len(audio.samples):
        return audio
    noise = Noise.of(audio)

    def gains(power: Floats, first: int) -> Floats:
        n = noise.rows(first, len(power))
        snr_db = 10 * np.log10(np.maximum(power.sum(axis=1), _SILENT) / n.sum(axis=1))
        times = np.maximum(1.0, over - _SUBTRACTION_SLOPE * np.clip(snr_db, *_SUBTRACTION_RANGE_DB))
        left = np.maximum(power - times[:, None] * n, floor * np.minimum(n, power))
        return np.asarray(np.sqrt(left / np.maximum(power, _SILENT)))

    return replace(audio, samples=filtered(audio.samples, audio.rate_hz, gains))


def wiener_filter(audio: Audio, *, smoothing: float = 0.98, floor_db: float = -18.0) -> Audio:
    """Filter each frame by how much of it is speech.

    Parameters
    ----------
    audio : Audio
        Speech with noise.
    smoothing : float
        Weight of the frame before in the a-priori SNR, 0 to 0.999.
    floor_db : float
        The least gain, dB; -60 to 0.

    Returns
    -------
    Audio
        As long as before, nothing moved.

    Raises
    ------
    ConfigError
        If a setting is out of range.
    """
    if not 0 <= smoothing <= 0.999:
        raise ConfigError("smoothing", smoothing, "0 to 0.999")
    if not -60 <= floor_db <= 0:
        raise ConfigError("floor_db", floor_db, "-60 to 0 dB")
    if not len(audio.samples):
        return audio
    noise = Noise.of(audio)
    least, speech = 10 ** (floor_db / 20), np.zeros(len(noise.overall))

    def gains(power: Floats, first: int) -> Floats:
        nonlocal speech
        made = np.empty_like(power)
        for row, (y, n) in enumerate(zip(power, noise.rows(first, len(power)), strict=True)):
            prior = smoothing * speech / n + (1 - smoothing) * np.maximum(y / n - 1, 0)
            made[row] = np.maximum(prior / (1 + prior), least)
            speech = made[row] ** 2 * y
        return made

    return replace(audio, samples=filtered(audio.samples, audio.rate_hz, gains))
