r"""Noise taken out by a second microphone that hears only the noise.

The method
----------
An adaptive filter :math:`w` makes of the reference :math:`x` what of it arrives in the recording :math:`d`; what is
left over is the speech (Widrow et al. 1975). The normalised least-mean-squares step keeps its speed whatever the level:

.. math:: e_n = d_n - w^T x_n, \qquad w \leftarrow w + \frac{\mu}{\epsilon + \lVert x_n \rVert^2} \, e_n x_n

With `normalised` off it is the plain LMS of Widrow, whose step must be chosen for the level of the reference.

The reference may reach the recording later than its own microphone, or earlier by a few samples: the filter looks
`lookahead` seconds ahead, which delays nothing, since the whole sound is there.

References
----------
B. Widrow et al., "Adaptive noise cancelling: principles and applications", Proc. IEEE 63, 1975.
S. Haykin, "Adaptive Filter Theory", 5th ed., 2014, chapter 6 (NLMS).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from visalign.errors import ConfigError
from visalign.media.clips import resampled
from visalign.signals import Audio
from visalign.sound.enhancement.spectra import Floats, sane

__all__ = ["cancel_noise"]

_MOST_TAPS = 4096


def cancel_noise(
    audio: Audio,
    reference: Audio,
    *,
    length: float = 0.008,
    step: float = 0.02,
    lookahead: float = 0.001,
    normalised: bool = True,
    passes: int = 2,
) -> Audio:
    """Subtract what of `reference` is heard in `audio`.

    Parameters
    ----------
    audio : Audio
        Speech with noise.
    reference : Audio
        The noise alone, recorded at the same time on the same clock; brought to the rate of `audio` and to its length.
    length : float
        Length of the filter, seconds: as long as the room's first echoes.
    step : float
        Speed of adaption: 0 to 2 if normalised. A fast filter follows a moving source but begins to take off speech.
    lookahead : float
        How much earlier the noise may reach the recording than the reference, seconds.
    normalised : bool
        NLMS rather than LMS.
    passes : int
        How often the sound is gone through; the filter of one pass starts the next, so that the beginning, too, is
        cleaned by a filter that has learnt. 1 to 10.

    Returns
    -------
    Audio
        As long as before, nothing moved.

    Raises
    ------
    ConfigError
        If a setting is out of range.
    """
    n_taps = max(1, round(length * audio.rate_hz))
    if not 0 < step < 2:
        raise ConfigError("step", step, "more than 0, less than 2")
    if n_taps > _MOST_TAPS or lookahead < 0 or lookahead >= max(length, 1e-9):
        raise ConfigError("length", length, f"up to {_MOST_TAPS} samples, and longer than the lookahead")
    if not 1 <= passes <= 10:
        raise ConfigError("passes", passes, "1 to 10")
    wanted, noise = sane(audio.samples), _like(reference, audio)
    ahead = round(lookahead * audio.rate_hz)
    # newest first, as the sum of the filter wants it
    padded = np.pad(noise, (n_taps - 1 - ahead, ahead))
    windows = np.lib.stride_tricks.sliding_window_view(padded, n_taps) if len(wanted) else np.zeros((0, n_taps))
    power = np.convolve(padded**2, np.ones(n_taps), mode="valid") if len(wanted) else np.zeros(0)
    speeds = (
        step / (1e-3 * max(power.mean(), 1e-12) + power) if normalised and len(power) else np.full(len(power), step)
    )
    weights, left = np.zeros(n_taps), wanted
    for _ in range(passes):
        left = np.empty_like(wanted)
        for n, window in enumerate(windows):
            left[n] = error = wanted[n] - weights @ window
            weights += (speeds[n] * error) * window
    if not np.all(np.isfinite(left)):
        raise ConfigError("step", step, "a smaller step: the filter ran away")
    return replace(audio, samples=left.astype(np.float32))


def _like(reference: Audio, audio: Audio) -> Floats:
    samples = resampled(sane(reference.samples), reference.rate_hz, audio.rate_hz)
    n = len(audio.samples)
    return np.asarray(np.pad(samples[:n], (0, max(0, n - len(samples)))))
