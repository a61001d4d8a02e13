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

from dataclasses import replace

import numpy as np
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from visalign.enhancement.spectra import Floats, filtered, frame_times, power_spectra, sane
from visalign.errors import ConfigError
from visalign.media import Audio
from visalign.voice_activity import HOP, speech_probabilities

__all__ = ["noise_power", "spectral_subtraction", "wiener_filter"]

_SILENT = 1e-12
# Seconds of frames over which the noise of the pauses is averaged, weighted with how surely they hold no speech.
_NOISE_SPAN = 3.0
# Frames less likely than this to hold no speech tell nothing of the noise.
_LEAST_PAUSE = 0.5
# Where a sound has no pause at all, noise is the minimum over this many seconds, raised by the bias of a minimum.
_MINIMUM_SPAN, _MINIMUM_BIAS = 1.5, 1.5
_SUBTRACTION_SLOPE = 3 / 20  # per dB (Berouti et al.)
_SUBTRACTION_RANGE_DB = (-5.0, 20.0)


def noise_power(audio: Audio) -> Floats:
    """Power of the noise in each frame and bin, shape (n_frames, n_bins), from the pauses of speech."""
    samples = sane(audio.samples)
    power = power_spectra(samples, audio.rate_hz)
    rows = np.clip((frame_times(len(samples), audio.rate_hz) / HOP).astype(int), 0, None)
    spoken = speech_probabilities(replace(audio, samples=samples.astype(np.float32)))
    pause = np.clip(1 - spoken[np.minimum(rows, len(spoken) - 1)], 0, 1)
    pause[pause < _LEAST_PAUSE] = 0.0
    step_seconds = 0.008
    n_span = max(3, round(_NOISE_SPAN / step_seconds))
    weight = uniform_filter1d(pause, n_span, mode="constant")
    # Before the filter leaves the nearest pause behind, all pauses together stand in.
    overall = (pause @ power) / max(pause.sum(), 1e-9) if pause.any() else _least(power, step_seconds)
    near = uniform_filter1d(pause[:, None] * power, n_span, axis=0, mode="constant")
    few = 10 / n_span  # as many frames as count for a pause of 80 ms
    return np.asarray(np.maximum((near + few * overall) / (weight + few)[:, None], _SILENT))


def _least(power: Floats, step_seconds: float) -> Floats:
    smoothed = uniform_filter1d(power, 25, axis=0, mode="nearest")
    least = minimum_filter1d(smoothed, round(_MINIMUM_SPAN / step_seconds), axis=0, mode="nearest")
    return np.asarray(_MINIMUM_BIAS * np.median(least, axis=0))


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
    noise = noise_power(audio) if len(audio.samples) else np.zeros((0, 1))

    def gains(power: Floats, first: int) -> Floats:
        n = noise[first : first + len(power)]
        snr_db = 10 * np.log10(np.maximum(power.sum(axis=1), _SILENT) / n.sum(axis=1))
        times = np.maximum(1.0, over - _SUBTRACTION_SLOPE * np.clip(snr_db, *_SUBTRACTION_RANGE_DB))
        left = np.maximum(power - times[:, None] * n, floor * np.minimum(n, power))
        return np.asarray(np.sqrt(left / np.maximum(power, _SILENT)))

    return _made(audio, filtered(sane(audio.samples), audio.rate_hz, gains))


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
    noise = noise_power(audio) if len(audio.samples) else np.zeros((0, 1))
    least, speech = 10 ** (floor_db / 20), np.zeros(noise.shape[1])

    def gains(power: Floats, first: int) -> Floats:
        nonlocal speech
        made = np.empty_like(power)
        for row, (y, n) in enumerate(zip(power, noise[first : first + len(power)], strict=True)):
            prior = smoothing * speech / n + (1 - smoothing) * np.maximum(y / n - 1, 0)
            made[row] = np.maximum(prior / (1 + prior), least)
            speech = made[row] ** 2 * y
        return made

    return _made(audio, filtered(sane(audio.samples), audio.rate_hz, gains))


def _made(audio: Audio, samples: Floats) -> Audio:
    return replace(audio, samples=samples.astype(np.float32))
