r"""How good a recording is: its level, clipping and noise; and how near it is to a clean one.

Conventions
-----------
All ratios are in dB, higher is better. Measures against a clean original need both of the same length, sample by sample
at the same time. What can't be told (silence, nothing to compare) is None, never infinite or NaN.

Measures
--------
SI-SDR is the ratio of the original's part in the estimate to the rest, whatever the gain (Le Roux et al. 2019):

.. math:: 10 \log_{10} \frac{\lVert a s \rVert^2}{\lVert \hat s - a s \rVert^2}, \quad a = \hat s^T s / s^T s

Segmental SNR is the mean of the SNR of frames of 20 ms with speech in them, each held between -10 and 35 dB (Hansen and
Pellom 1998). Loudness is that of ITU-R BS.1770-5, gated twice. The SNR of a recording without an original compares its
power where somebody speaks with its power where nobody does.

References
----------
J. Le Roux, S. Wisdom, H. Erdogan and J. R. Hershey, "SDR - half-baked or well done?", ICASSP 2019.
J. H. L. Hansen and B. L. Pellom, "An effective quality evaluation protocol for speech enhancement algorithms",
ICSLP 1998.
ITU-R BS.1770-5, "Algorithms to measure audio programme loudness and true-peak audio level", 2023.
ITU-T P.862.2 (PESQ, wide band). C. H. Taal et al., "An algorithm for intelligibility prediction of time-frequency
weighted noisy speech", IEEE Trans. Audio, Speech, Lang. Proc. 19, 2011 (STOI).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.errors import BackendFailed, BackendUnavailable, TimelineError
from visalign.files.scratch import blocks_of
from visalign.media.clips import resampled
from visalign.signals import Audio
from visalign.sound.silence import in_cuts, silent_stretches
from visalign.sound.voice_activity import HOP, speech_probabilities

__all__ = [
    "AudioQuality",
    "audio_quality",
    "estimated_snr",
    "loudness",
    "pesq",
    "segmental_snr",
    "si_sdr",
    "snr",
    "stoi",
]

Floats: TypeAlias = npt.NDArray[np.float64]

_SILENT_POWER = 1e-12
_CLIPPED = 0.999  # of full scale
_FRAME_SECONDS = 0.02
_FRAME_LIMITS_DB = (-10.0, 35.0)
# Frames this far below the loudest one hold no speech.
_ACTIVE_DB = 40.0
_MAX_SNR_DB = 100.0
_LEAST_ROWS = 20  # of a pause, 0.2 s, from which its noise is told
_QUALITY_HINT = 'Install it with: pip install "visalign[quality]".'
_QUALITY_RATE_HZ = 16000

_BLOCK_SECONDS, _BLOCK_STEP = 0.4, 0.1
# For so long BS.1770's high-pass rings: two poles at 38 Hz fall by e^-60, far below what a double can add to 1.
_TAIL_SECONDS = 0.25
_READ_SECONDS = 30.0  # so that an hour takes no more memory than a minute
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0


@dataclass(frozen=True, slots=True)
class AudioQuality:
    """What can be told of a recording without a clean original.

    Parameters
    ----------
    loudness_lufs : float or None
        Integrated loudness; None for silence, or less than 0.4 s.
    peak_dbfs : float or None
        Of the largest sample; None for silence.
    clipped_fraction : float
        Part of the samples at full scale, 0..1.
    snr_db : float or None
        Power of speech over power of the pauses; None where one of them is missing.
    speech_fraction : float
        Part of the time in which somebody speaks, 0..1.
    """

    loudness_lufs: float | None
    peak_dbfs: float | None
    clipped_fraction: float
    snr_db: float | None
    speech_fraction: float


def audio_quality(audio: Audio, probabilities: Floats | None = None) -> AudioQuality:
    """Measure a recording.

    Parameters
    ----------
    audio : Audio
    probabilities : ndarray, shape (n_rows,), optional
        Of speech (:func:`~visalign.sound.voice_activity.speech_probabilities`), where they are known already.
    """
    peak, n_clipped = 0.0, 0
    for block in _blocks(audio):
        size = np.abs(block)
        peak, n_clipped = max(peak, float(np.max(size, initial=0.0))), n_clipped + int(np.sum(size >= _CLIPPED))
    if probabilities is None:
        probabilities = speech_probabilities(audio)
    return AudioQuality(
        loudness(audio),
        20 * math.log10(peak) if peak > 0 else None,
        n_clipped / len(audio.samples) if len(audio.samples) else 0.0,
        _speech_to_pause(audio, probabilities),
        float(np.mean(probabilities)) if len(probabilities) else 0.0,
    )


def estimated_snr(audio: Audio) -> float | None:
    """SNR in dB from the recording alone; None where there is no speech, or no pause to hear the noise in.

    Noise is taken to go on under the speech as in the pauses.
    """
    return _speech_to_pause(audio, speech_probabilities(audio))


def _speech_to_pause(audio: Audio, probabilities: Floats) -> float | None:
    n_row = round(HOP * audio.rate_hz)
    n = min(len(audio.samples) // n_row, len(probabilities))
    whole = (block[: len(block) // n_row * n_row].reshape(-1, n_row) for block in _blocks(audio))
    power = np.concatenate([np.zeros(0), *(np.mean(rows**2, axis=1) for rows in whole)])[:n]
    spoken, silent = probabilities[:n] > 0.9, probabilities[:n] < 0.1
    if not spoken.any() or not silent.any():
        return None
    # Zeros that an editor has put there are not the noise that goes on under the speech.
    recorded = silent & ~in_cuts(silent_stretches(audio, kept_seconds=0.0), n, n_row)
    silent = recorded if recorded.sum() >= _LEAST_ROWS else silent
    noise = float(np.mean(power[silent]))
    speech = float(np.mean(power[spoken])) - noise
    if speech <= _SILENT_POWER:
        return None
    return min(_MAX_SNR_DB, 10 * math.log10(speech / max(noise, _SILENT_POWER)))


def snr(clean: npt.ArrayLike, estimate: npt.ArrayLike) -> float | None:
    """Power of `clean` over that of its difference to `estimate`, dB; shapes (n_samples,).

    Raises
    ------
    TimelineError
        If the lengths differ.
    """
    s, e = _pair(clean, estimate)
    return _ratio_db(float(np.sum(s**2)), float(np.sum((e - s) ** 2)))


def si_sdr(clean: npt.ArrayLike, estimate: npt.ArrayLike) -> float | None:
    """Scale-invariant signal-to-distortion ratio, dB; shapes (n_samples,).

    Examples
    --------
    >>> tone = np.sin(np.arange(1000))
    >>> round(si_sdr(tone, 0.5 * tone + 0.05 * np.cos(np.arange(1000))), 1)
    20.0

    Raises
    ------
    TimelineError
        If the lengths differ.
    """
    s, e = _pair(clean, estimate)
    s, e = s - s.mean() if len(s) else s, e - e.mean() if len(e) else e
    power = float(np.dot(s, s))
    if power <= _SILENT_POWER:
        return None
    target = (float(np.dot(e, s)) / power) * s
    return _ratio_db(float(np.sum(target**2)), float(np.sum((e - target) ** 2)))


def segmental_snr(clean: npt.ArrayLike, estimate: npt.ArrayLike, rate_hz: int) -> float | None:
    """Mean SNR of the frames with speech, dB; shapes (n_samples,).

    Raises
    ------
    TimelineError
        If the lengths differ.
    """
    s, e = _pair(clean, estimate)
    n_frame = round(_FRAME_SECONDS * rate_hz)
    n = len(s) // n_frame
    frames = s[: n * n_frame].reshape(n, n_frame)
    errors = (e - s)[: n * n_frame].reshape(n, n_frame)
    power, wrong = np.sum(frames**2, axis=1), np.sum(errors**2, axis=1)
    active = power > max(float(np.max(power, initial=0.0)) * 10 ** (-_ACTIVE_DB / 10), _SILENT_POWER)
    if not active.any():
        return None
    ratios = 10 * np.log10(power[active] / np.maximum(wrong[active], 1e-20))
    return float(np.mean(np.clip(ratios, *_FRAME_LIMITS_DB)))


def _pair(clean: npt.ArrayLike, estimate: npt.ArrayLike) -> tuple[Floats, Floats]:
    s, e = _finite(clean), _finite(estimate)
    if s.shape != e.shape:
        raise TimelineError(f"sound of {len(s)} samples can't be compared with sound of {len(e)}: cut both alike")
    return s, e


def _blocks(audio: Audio, unit: int | None = None) -> Iterator[Floats]:
    """The samples as finite doubles, half a minute at a time; blocks end at whole units (10 ms by default)."""
    unit = round(HOP * audio.rate_hz) if unit is None else unit
    size = max(1, round(_READ_SECONDS * audio.rate_hz / unit)) * unit
    for part in blocks_of(len(audio.samples), size, audio.samples):
        yield _finite(audio.samples[part])


def _finite(samples: npt.ArrayLike) -> Floats:
    return np.nan_to_num(np.asarray(samples, np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _ratio_db(wanted: float, rest: float) -> float | None:
    if wanted <= _SILENT_POWER:
        return None
    return min(_MAX_SNR_DB, 10 * math.log10(wanted / max(rest, 1e-30)))


# ---- loudness ----


def loudness(audio: Audio) -> float | None:
    """Integrated loudness in LUFS after BS.1770, of mono sound; None for silence or less than 0.4 s."""
    n_block, n_step = round(_BLOCK_SECONDS * audio.rate_hz), round(_BLOCK_STEP * audio.rate_hz)
    if len(audio.samples) < n_block:
        return None
    steps = _weighted_energy(audio, n_step)
    per_block = round(n_block / n_step)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    starts = np.arange(0, (len(audio.samples) - n_block) // n_step + 1)
    power = np.maximum((sums[starts + per_block] - sums[starts]) / n_block, 1e-20)
    power = power[_lufs(power) > _ABSOLUTE_GATE_LUFS]
    if not len(power):
        return None
    power = power[_lufs(power) > _lufs(power.mean()) + _RELATIVE_GATE_LU]
    return float(_lufs(power.mean()))


def _weighted_energy(audio: Audio, n_step: int) -> Floats:
    """Sum of the squares of the weighted sound in each whole step of `n_step` samples."""
    sections, n_tail = _k_weighting(audio.rate_hz), math.ceil(_TAIL_SECONDS * audio.rate_hz)
    before: Floats = np.zeros(n_tail)
    found = list[Floats]()
    for block in _blocks(audio, n_step):
        joined = np.concatenate([before, block])
        weighted, before = _filtered(joined, sections)[n_tail:], joined[-n_tail:]
        n = len(weighted) // n_step
        found.append(np.sum(weighted[: n * n_step].reshape(n, n_step) ** 2, axis=1))
    return np.concatenate(found)


def _filtered(samples: Floats, sections: Floats) -> Floats:
    """`samples` through recursive filters of second order, row by row ``b0, b1, b2, a0, a1, a2``.

    By their response at each frequency, since SciPy's ``sosfilt`` takes 0.5 s to load. What rings on beyond the end
    comes in at the start, so that the first `_TAIL_SECONDS` are to be thrown away.
    """
    n = 1 << (len(samples) - 1).bit_length()
    z = np.exp(-2j * np.pi * np.arange(n // 2 + 1) / n)
    heard = np.fft.rfft(samples, n)
    for b0, b1, b2, a0, a1, a2 in sections:
        heard *= (b0 + z * (b1 + z * b2)) / (a0 + z * (a1 + z * a2))
    return np.fft.irfft(heard, n)[: len(samples)]


def _lufs(power: npt.ArrayLike) -> Floats:
    return np.asarray(-0.691 + 10 * np.log10(power))


def _k_weighting(rate_hz: int) -> Floats:
    """The two filters of BS.1770 at any rate: the standard's analogue shelf and high-pass, warped to `rate_hz`.

    The standard lists coefficients for 48 kHz only; frequency, quality and gain of the analogue filters behind them
    are those that libebur128 and pyloudnorm use.
    """
    gain, q, w = 10 ** (3.999843853973347 / 20), 0.7071752369554196, math.tan(math.pi * 1681.974450955533 / rate_hz)
    root = gain**0.4996667741545416
    norm = 1 + w / q + w * w
    shelf = [
        (gain + root * w / q + w * w) / norm,
        2 * (w * w - gain) / norm,
        (gain - root * w / q + w * w) / norm,
        1.0,
        2 * (w * w - 1) / norm,
        (1 - w / q + w * w) / norm,
    ]
    q, w = 0.5003270373238773, math.tan(math.pi * 38.13547087602444 / rate_hz)
    norm = 1 + w / q + w * w
    return np.array([shelf, [1.0, -2.0, 1.0, 1.0, 2 * (w * w - 1) / norm, (1 - w / q + w * w) / norm]])


# ---- by other libraries ----


def pesq(clean: Audio, estimate: Audio) -> float | None:
    """Wide-band PESQ (ITU-T P.862.2), mean opinion score 1.04 to 4.64; None where it finds no speech.

    Raises
    ------
    BackendUnavailable
        If the extra `quality` is not installed.
    TimelineError
        If the lengths differ.
    """
    try:
        # optional, and compiled on installation
        import pesq as library
    except ImportError as error:
        raise BackendUnavailable("pesq", _QUALITY_HINT) from error
    _pair(clean.samples, estimate.samples)
    try:
        return float(library.pesq(_QUALITY_RATE_HZ, _at_16_khz(clean), _at_16_khz(estimate), "wb"))
    except library.NoUtterancesError:
        return None
    except library.PesqError as error:
        raise BackendFailed("pesq", ["pesq"], str(error)) from error


def stoi(clean: Audio, estimate: Audio) -> float | None:
    """Short-time objective intelligibility, 0..1; None for sound too short or silent to tell.

    Raises
    ------
    BackendUnavailable
        If the extra `quality` is not installed.
    TimelineError
        If the lengths differ.
    """
    try:
        # optional
        import pystoi
    except ImportError as error:
        raise BackendUnavailable("pystoi", _QUALITY_HINT) from error
    s, e = _pair(clean.samples, estimate.samples)
    if len(s) < 0.5 * clean.rate_hz or float(np.max(np.abs(s))) == 0.0:
        return None
    return float(pystoi.stoi(s, e, clean.rate_hz, extended=False))


def _at_16_khz(audio: Audio) -> Floats:
    return resampled(_finite(audio.samples), audio.rate_hz, _QUALITY_RATE_HZ)
