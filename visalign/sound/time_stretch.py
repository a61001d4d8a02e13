r"""Speech spoken again (ADR), stretched so that it says each sound when the first take did.

The method
----------
The mel spectra of both takes, each freed of its own mean and level, are aligned by dynamic time warping within a band.
The path is a staircase; a monotone piecewise linear curve through points of it, :data:`_KNOT_SECONDS` apart, says which
moment of the new take is heard at each moment of the old. Along this curve the new take is stretched by WSOLA
(Verhelst and Roelands 1993): windows of 32 ms are laid one after another, each taken from within 8 ms of its place,
where it best continues the one before. The pitch stays; only time changes. Where the speed is 1, nothing does.

References
----------
W. Verhelst and M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale
modification of speech", ICASSP 1993.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from visalign.dtw import SYMMETRIC_P1, dtw_rows
from visalign.errors import AlignmentError
from visalign.signals import Audio, Channels
from visalign.sound.speech import HOP, log_mel

__all__ = ["WarpCurve", "match_dialogue", "stretched"]

Floats: TypeAlias = npt.NDArray[np.float64]

_KNOT_SECONDS = 0.1
_WINDOW_SECONDS, _SEARCH_SECONDS = 0.032, 0.008
# How far apart the takes may run, as a part of their length and at least in seconds.
_BAND_PART, _BAND_SECONDS = 0.2, 0.5
# Levels this far below the loudest are silence, whatever is in it.
_SILENCE_NEPERS = 7.0
_LEAST_SECONDS = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class WarpCurve:
    """Which moment of a take is heard when.

    Parameters
    ----------
    heard : ndarray of float64, shape (n_knots,)
        Seconds in the result, increasing.
    spoken : ndarray of float64, shape (n_knots,)
        Seconds in the take, increasing.
    distance : float
        Mean cost of the alignment, 0 (same spectra) to 2 (opposite).
    """

    heard: Floats
    spoken: Floats
    distance: float

    def __call__(self, times: npt.ArrayLike) -> Floats:
        """Moments of the take for moments of the result; beyond the ends at speed 1."""
        t = np.asarray(times, np.float64)
        inside = PchipInterpolator(self.heard, self.spoken)(np.clip(t, self.heard[0], self.heard[-1]))
        return np.asarray(inside + np.minimum(t - self.heard[0], 0) + np.maximum(t - self.heard[-1], 0))


def match_dialogue(guide: Audio, take: Audio) -> WarpCurve:
    """Align a new take of the same words with the old one.

    Parameters
    ----------
    guide : Audio
        The old take, whose timing counts.
    take : Audio
        The new one; about as long.

    Returns
    -------
    WarpCurve

    Raises
    ------
    AlignmentError
        If one of them is silent or shorter than 0.3 s, or they differ too much in length.
    """
    one, two = _shapes(guide), _shapes(take)
    if min(guide.duration, take.duration) < _LEAST_SECONDS or not one.any() or not two.any():
        raise AlignmentError("both takes must hold speech, 0.3 s of it at least, to be matched")
    if not 0.5 < len(one) / len(two) < 2:
        lengths = f"{guide.duration:.1f} and {take.duration:.1f} s"
        raise AlignmentError(f"the takes last {lengths}: they can't be the same words; cut both alike")
    band = round(max(_BAND_PART * len(two), _BAND_SECONDS / HOP))

    def cost_row(row: int, start: int, stop: int) -> Floats:
        return np.asarray(1.0 - two[start:stop] @ one[row])

    path = dtw_rows(cost_row, (len(one), len(two)), band=band, step_pattern=SYMMETRIC_P1)
    heard, spoken = _knots(path.mean_columns(), guide.duration, take.duration)
    return WarpCurve(heard, spoken, float(path.normalised))


def _shapes(audio: Audio) -> Floats:
    """Unit vectors of each row's spectrum and its change, shape (n_rows, n_features); zero in silence."""
    levels = log_mel(Audio(np.nan_to_num(audio.samples), audio.rate_hz)).astype(np.float64)
    levels = np.maximum(levels, levels.max() - _SILENCE_NEPERS)
    levels = levels - levels.mean(axis=0)
    change = np.gradient(levels, axis=0) * 2
    shapes = np.concatenate([levels, change], axis=1)
    return np.asarray(shapes / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-6))


def _knots(columns: Floats, guide_seconds: float, take_seconds: float) -> tuple[Floats, Floats]:
    rows = np.arange(len(columns))
    columns = np.interp(rows, rows[np.isfinite(columns)], columns[np.isfinite(columns)])
    step = max(1, round(_KNOT_SECONDS / HOP))
    smooth = np.convolve(np.pad(columns, step // 2, mode="edge"), np.ones(step) / step, mode="same")
    smooth = smooth[step // 2 : step // 2 + len(columns)]
    chosen = rows[step // 2 :: step]
    heard = np.concatenate([[0.0], chosen * HOP, [max(guide_seconds, chosen[-1] * HOP + HOP)]])
    spoken = np.concatenate([[0.0], smooth[chosen] * HOP, [max(take_seconds, smooth[chosen[-1]] * HOP + HOP)]])
    # Strictly increasing: at least a tenth of the speed everywhere.
    least = np.concatenate([[0.0], np.cumsum(0.1 * np.diff(heard))])
    return heard, np.maximum.accumulate(spoken - least) + least


def stretched(sound: Channels, curve: WarpCurve, n_samples: int) -> Channels:
    """A take at the times of a curve, its pitch unchanged.

    Parameters
    ----------
    sound : Channels
        The take.
    curve : WarpCurve
        What is heard when.
    n_samples : int
        Length of the result, at the rate of `sound`.

    Returns
    -------
    Channels
    """
    rate = sound.rate_hz
    step = max(8, round(_WINDOW_SECONDS * rate / 2))
    window, search = 2 * step, round(_SEARCH_SECONDS * rate)
    fade = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window))[:, None]
    margin = window + search
    padded = np.pad(sound.samples.astype(np.float64), ((margin, margin + window), (0, 0)))
    mono = padded.mean(axis=1)
    made = np.zeros((n_samples + 2 * window, sound.samples.shape[1]))
    starts = np.arange(-step, n_samples, step)
    places = np.round(curve((starts + step) / rate) * rate).astype(np.int64) - step
    natural = None
    for start, place in zip(starts.tolist(), places.tolist(), strict=True):
        at = int(np.clip(place + margin, search, len(mono) - window - search))
        if natural is not None and natural + window <= len(mono):
            at += _best_shift(mono, natural, at, search, window)
        made[start + step : start + step + window] += fade * padded[at : at + window]
        natural = at + step
    return Channels(made[step : step + n_samples].astype(np.float32), rate, sound.layout)


def _best_shift(mono: Floats, natural: int, at: int, search: int, window: int) -> int:
    """How far from `at` the sound best continues what would naturally follow, samples."""
    if natural == at:
        return 0
    wanted = mono[natural : natural + window]
    around = mono[at - search : at + search + window]
    products = np.correlate(around, wanted, mode="valid")
    sums = np.concatenate([[0.0], np.cumsum(around**2)])
    energy = sums[window:] - sums[:-window]
    return int(np.argmax(products / np.sqrt(energy + 1e-9))) - search
