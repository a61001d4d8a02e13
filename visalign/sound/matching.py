r"""Where a second recording of the same sound belongs.

The method
----------
Two microphones hear the same events at different levels and with different echoes. So first the rises of the spectrum
are compared, band by band, a hundred times a second: their correlation over all offsets, by FFT, finds the place to
10 ms. Around it the waveforms are correlated with the phase transform (Knapp and Carter 1976), which weighs all
frequencies of speech alike and so has a sharp peak whatever the microphones; its top, by a parabola through three
values, gives the offset to a part of a sample.

A match counts where this second peak is sharp: the same words said again rise and fall alike, but their waveforms
do not agree at any offset.

References
----------
C. H. Knapp and G. C. Carter, "The generalized correlation method for estimation of time delay", IEEE Trans. ASSP 24,
1976.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft

from visalign.media.clips import resampled
from visalign.signals import Audio
from visalign.sound.enhancement.spectra import sane_samples
from visalign.sound.speech import HOP, log_mel

__all__ = ["SoundMatch", "match_sounds"]

Floats: TypeAlias = npt.NDArray[np.float64]

# Of 29 recordings heard again through another microphone, under four noises down to 0 dB, none was below 14; of 406
# pairs of different recordings, many of them the same words, none was above 5.4 (docs/audio.md).
_LEAST_SHARPNESS = 9.0
# Offsets this near to the best are the same peak.
_SAME_PEAK_SECONDS = 0.15
# At least this much must overlap, and this part of the shorter recording.
_LEAST_OVERLAP_SECONDS, _LEAST_OVERLAP_PART = 1.0, 0.2
# Rows at both ends whose windows reach beyond the sound; and a limit, in standard deviations, for single bangs.
_EDGE_ROWS, _HIGHEST_RISE = 4, 5.0
# What the second stage looks at: up to this much sound, this far around the first stage's offset.
_FINE_SECONDS, _FINE_RANGE_SECONDS = 30.0, 0.03
_BAND_HZ = (150.0, 5000.0)


@dataclass(frozen=True, slots=True)
class SoundMatch:
    """Where a recording belongs.

    Parameters
    ----------
    offset_seconds : float
        Time on the first sound's clock at which the second one starts.
    deviations : float
        Height of the peak, in standard deviations of the correlation over all offsets.
    lead : float
        Height of the peak over that of the second best.
    sharpness : float
        Height of the waveforms' peak over the root mean square around it. The same words said again have the same
        rises of the spectrum, but not the same waveform.
    """

    offset_seconds: float
    deviations: float
    lead: float
    sharpness: float

    @property
    def is_certain(self) -> bool:
        """Whether it is the same sound: the waveforms agree, and not only the words."""
        return self.sharpness >= _LEAST_SHARPNESS


def match_sounds(scratch: Audio, recording: Audio) -> SoundMatch | None:
    """Find where `recording` belongs on the clock of `scratch`.

    Parameters
    ----------
    scratch : Audio
        The sound to be found again, such as that of a camera.
    recording : Audio
        The same sound from another microphone; shorter or longer. Rates may differ.

    Returns
    -------
    SoundMatch or None
        None where one of them is silent or shorter than a second.
    """
    one, two = _rises(scratch), _rises(recording)
    least = round(max(_LEAST_OVERLAP_SECONDS / HOP, _LEAST_OVERLAP_PART * min(len(one), len(two))))
    if min(len(one), len(two)) < least or not one.any() or not two.any():
        return None
    correlation, lags = _correlated(one, two)
    overlap = np.minimum(len(one), lags + len(two)) - np.maximum(0, lags)
    # Divided by the root of the overlap all offsets have the same scatter by chance.
    scores = np.where(overlap >= least, correlation / np.sqrt(np.maximum(overlap, least)), -np.inf)
    best = int(np.argmax(scores))
    others = scores[np.abs(lags - lags[best]) > round(_SAME_PEAK_SECONDS / HOP)]
    others = others[np.isfinite(others)]
    if not len(others):
        return None
    second, scatter = max(float(others.max()), 1e-12), max(float(others.std()), 1e-12)
    coarse = float(lags[best] * HOP)
    offset, sharpness = _refined(scratch, recording, coarse)
    return SoundMatch(offset, float(scores[best] / scatter), float(scores[best] / second), sharpness)


def _rises(audio: Audio) -> Floats:
    """How much each mel band rises from row to row, shape (n_rows, n_bands); each band with unit variance."""
    levels = log_mel(Audio(sane_samples(audio.samples), audio.rate_hz)).astype(np.float64)
    rises = np.maximum(np.diff(levels, n=1, axis=0, prepend=levels[:1]), 0.0)
    # Where a recording begins and ends is no event of the sound.
    rises = rises[_EDGE_ROWS:-_EDGE_ROWS] - rises[_EDGE_ROWS:-_EDGE_ROWS].mean(axis=0) if len(rises) > 10 else rises[:0]
    spread = np.maximum(rises.std(axis=0), 1e-9) if len(rises) else 1.0
    return np.asarray(np.pad(np.minimum(rises / spread, _HIGHEST_RISE), ((_EDGE_ROWS, _EDGE_ROWS), (0, 0))))


def _correlated(one: Floats, two: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Sum over bands of the cross-correlation, and the row of `one` at which `two` starts for each value."""
    n = fft.next_fast_len(len(one) + len(two) - 1, real=True)
    total = np.zeros(n // 2 + 1, np.complex128)
    for band in range(one.shape[1]):
        total += fft.rfft(one[:, band], n) * np.conj(fft.rfft(two[:, band], n))
    circular = fft.irfft(total, n)
    lags = np.arange(-(len(two) - 1), len(one))
    return np.asarray(circular[lags]), lags


def _refined(scratch: Audio, recording: Audio, coarse: float) -> tuple[float, float]:
    """The offset by the phase transform, at the finer rate of the two, to a part of a sample; its peak's sharpness."""
    rate = max(scratch.rate_hz, recording.rate_hz)
    a, b = _at_rate(scratch, rate), _at_rate(recording, rate)
    start = max(0.0, coarse)
    length = min(_FINE_SECONDS, scratch.duration - start, recording.duration - (start - coarse))
    # Where both are loudest together would be better still; where the overlap begins is enough for 30 s of it.
    one = _finite(a[round(start * rate) : round((start + length) * rate)])
    first = round((start - coarse) * rate)
    two = _finite(b[first : first + len(one)])
    n = min(len(one), len(two))
    if n < round(0.2 * rate):
        return coarse, 0.0
    size = fft.next_fast_len(2 * n, real=True)
    cross = fft.rfft(one[:n], size) * np.conj(fft.rfft(two[:n], size))
    frequencies = fft.rfftfreq(size, 1 / rate)
    inside = (frequencies >= _BAND_HZ[0]) & (frequencies <= min(_BAND_HZ[1], 0.45 * rate))
    phase = np.where(inside, cross / np.maximum(np.abs(cross), 1e-12 * np.abs(cross).max() + 1e-300), 0)
    correlation = fft.irfft(phase, size)
    span = round(_FINE_RANGE_SECONDS * rate)
    # One of the microphones may be wired in reverse: then the peak points down.
    around = np.abs(np.concatenate([correlation[-span:], correlation[: span + 1]]))
    top = int(np.argmax(around))
    exact = top + (_vertex(around[top - 1 : top + 2]) if 0 < top < 2 * span else 0.0)
    sharpness = float(around[top] / max(float(np.sqrt(np.mean(around**2))), 1e-300))
    return float(round(start * rate) / rate - first / rate + (exact - span) / rate), sharpness


def _vertex(values: Floats) -> float:
    low, mid, high = (float(x) for x in values)
    bend = low - 2 * mid + high
    return 0.5 * (low - high) / bend if bend < 0 else 0.0


def _at_rate(audio: Audio, rate_hz: int) -> npt.NDArray[np.floating]:
    if audio.rate_hz == rate_hz:  # of long sound nothing is read but the part that is looked at
        return audio.samples
    return resampled(_finite(audio.samples), audio.rate_hz, rate_hz)


def _finite(samples: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(np.nan_to_num(samples), np.float64)
