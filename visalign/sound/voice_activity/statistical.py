r"""Voice activity by a likelihood ratio: how much better noise plus speech explains the spectrum than noise alone.

The method
----------
For each mel band, with :math:`\gamma` the energy over the noise and :math:`\xi` the a-priori ratio of speech to noise,
complex Gaussian spectra give (Sohn, Kim and Sung 1999)

.. math:: \log\Lambda = \frac{\gamma\,\xi}{1+\xi} - \log(1+\xi)

whose mean over the bands says for each 10 ms whether there is speech. :math:`\xi` is found by the decision-directed
recursion of Ephraim and Malah (1984). The noise of each band is the least of its smoothed energy within a second or so
on both sides, raised by the bias of a minimum (after Martin 2001, but looking ahead too, since the whole sound is
there). A two-state hidden Markov model turns the ratios into probabilities, forwards and backwards.

Differences from Sohn et al.: mel bands in place of single bins (less scatter), noise by minima in place of a known
silence at the start, smoothing in both directions in place of a hang-over.

References
----------
J. Sohn, N. S. Kim and W. Sung, "A statistical model-based voice activity detection", IEEE Sig. Proc. Letters 6, 1999.
Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error short-time spectral amplitude
estimator", IEEE Trans. ASSP 32, 1984.
R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", IEEE Trans.
Speech and Audio Proc. 9, 2001.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.numerics import minimum_filter1d, uniform_filter1d
from visalign.signals import Audio
from visalign.sound.speech import mel_bands, stretch

__all__ = ["StatisticalDetector"]

Floats: TypeAlias = npt.NDArray[np.float64]

_HOP = 0.01
_WINDOW = 0.032
_NOISE_SMOOTHING = 0.2  # seconds over which energy is averaged before the minimum is taken
_NOISE_SPAN = 2.4  # seconds: longer than anybody speaks without a gap in some band
# The minimum of averages over 0.2 s lies below the mean of noise by this factor (measured with white noise).
_MINIMUM_BIAS = 1.35
# Noise is never taken to be more than this far below the loudest speech: there quantisation begins.
_LEAST_NOISE = 1e-7
_SILENT = 1e-14  # energy of digital silence
_SMOOTHING = 0.9  # weight of the past in the decision-directed recursion, at 10 ms (0.98 in the paper, for 8 ms steps)
# Log-odds of speech = _SLOPE * (mean log ratio - _OFFSET - _UNREST * its 10th percentile). The percentile stands for
# the noise itself, which in a café rises and falls too. Chosen among 36 settings for most right rows of 5 LibriVox and
# 6 GRID clips under four noises at 0 to 60 dB.
_SLOPE = 4.0
_OFFSET = 0.1
_UNREST = 2.0
# Mean lengths of stretches of speech and of pauses, seconds.
_SPEECH_LENGTH, _PAUSE_LENGTH = 1.0, 0.4
_BLOCK = 2000


class StatisticalDetector:
    """The detector that needs nothing else; see the module's text."""

    def probabilities(self, audio: Audio) -> Floats:
        """Probability of speech, shape (n_rows,), a row each 10 ms."""
        energy = _band_energy(audio)
        if not len(energy) or energy.max() <= _SILENT:
            return np.zeros(len(energy))
        ratios = log_ratios(energy, noise_energy(energy))
        return _smoothed(_SLOPE * (ratios - _OFFSET - _UNREST * np.percentile(ratios, 10)))


def _band_energy(audio: Audio) -> Floats:
    """Energy in mel bands, shape (n_rows, n_bands); windows centred on the middle of each row."""
    rate, n_window = audio.rate_hz, round(_WINDOW * audio.rate_hz)
    n_fft = 1 << (n_window - 1).bit_length()
    n_rows = int(np.ceil(audio.duration / _HOP - 1e-9))
    bands, window = mel_bands(rate, n_fft), np.hanning(n_window)
    is_mirrored = len(audio.samples) > n_window
    energy = np.empty((n_rows, len(bands)))
    for first in range(0, n_rows, _BLOCK):
        middles = (np.arange(first, min(first + _BLOCK, n_rows)) + 0.5) * _HOP * rate
        starts = np.round(middles).astype(np.int64) - n_window // 2
        heard = stretch(audio.samples, int(starts[0]), int(starts[-1]) + n_window, is_mirrored=is_mirrored)
        frames = np.nan_to_num(heard)[starts[:, None] - starts[0] + np.arange(n_window)]
        energy[first : first + _BLOCK] = (np.abs(np.fft.rfft(frames * window, n_fft)) ** 2) @ bands.T
    return energy


def noise_energy(energy: Floats) -> Floats:
    """Energy of the noise in each row and band, shape of `energy`."""
    smoothed = uniform_filter1d(energy, round(_NOISE_SMOOTHING / _HOP), axis=0, mode="nearest")
    least = minimum_filter1d(smoothed, round(_NOISE_SPAN / _HOP), axis=0, mode="nearest")
    noise = uniform_filter1d(least, round(_NOISE_SPAN / _HOP / 2), axis=0, mode="nearest")
    noise *= _MINIMUM_BIAS
    return np.asarray(np.maximum(noise, _LEAST_NOISE * energy.max() + _SILENT, out=noise))


def log_ratios(energy: Floats, noise: Floats) -> Floats:
    """Mean over the bands of the log-likelihood ratio, shape (n_rows,)."""
    posterior = energy / noise
    prior, speech = np.empty_like(posterior), np.zeros(energy.shape[1])
    for row, ratio in enumerate(posterior):
        prior[row] = _SMOOTHING * speech + (1 - _SMOOTHING) * np.maximum(ratio - 1, 0)
        # what a Wiener filter would leave of this row
        speech = (prior[row] / (1 + prior[row])) ** 2 * ratio
    return np.asarray(np.mean(posterior * prior / (1 + prior) - np.log1p(prior), axis=1))


def _smoothed(log_odds: Floats) -> Floats:
    """Probability of speech given all rows, by the forward-backward recursions of a two-state Markov chain."""
    emission = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    scores = np.stack([1 - emission, emission], axis=1)
    leave_pause, leave_speech = _HOP / _PAUSE_LENGTH, _HOP / _SPEECH_LENGTH
    step = np.array([[1 - leave_pause, leave_pause], [leave_speech, 1 - leave_speech]])
    start = np.array([leave_speech, leave_pause]) / (leave_speech + leave_pause)
    forward, state = np.empty_like(scores), start
    for row, score in enumerate(scores):
        state = (state if row == 0 else state @ step) * score
        state = state / state.sum()
        forward[row] = state
    backward, state = np.ones_like(scores), np.ones(2)
    for row in range(len(scores) - 2, -1, -1):
        state = step @ (scores[row + 1] * state)
        state = state / state.sum()
        backward[row] = state
    both = forward * backward
    return np.asarray(both[:, 1] / both.sum(axis=1))
