"""Moving boundaries, by a few milliseconds, to where the spectrum changes.

An HMM places a boundary where one state begins to explain the frames better than the last, on windows of 25 ms that
smear the change; its labels were never hand-made either. People put it where the spectrum turns. So, around each
boundary ``b`` of the aligner, short-time log-mel spectra before and after each candidate ``t`` are compared,

    D(t) = sqrt(mean over bands (mean of L in [t - w, t) − mean of L in (t, t + w])²),

and the boundary becomes the mean of ``t`` under weights ``exp(GAIN · D(t) / mean D − (t − b)² / (2 SPREAD²))``. It is
a mean and not the best ``t``, so that two candidates of about the same worth do not make it jump.

Nothing is learnt from labelled speech. Its effect is in ``docs/decisions/0003-pocketsphinx-settings.md``.

Conventions
-----------
Seconds from the first sample. The first boundary and the last stay, all others keep their order.

References
----------
.. [1] S. Dusan and L. Rabiner, On the relation between maximum spectral transition positions and phone boundaries,
   Interspeech 2006: on TIMIT, hand-set boundaries and such maxima go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

__all__ = ["refine_boundaries", "spectral_change"]

# The first four set how far the audio may overrule the aligner. They stand on a plateau: GAIN 3 to 8, SPREAD 8 to 16 ms
# and SIDE 12 to 20 ms bring nearly the same (docs/decisions/0003); at 2 less is gained.
GAIN = 3.0
SPREAD = 0.012  # seconds
REACH = 0.024  # seconds; no boundary moves further
SIDE = 0.016  # seconds, w above: what is averaged before and after
HOP = 0.002  # seconds between candidates
WINDOW = 0.012  # seconds; half of what speech recognition uses, for the sake of time
N_BANDS = 24
LOWEST_HZ, HIGHEST_HZ = 80.0, 7600.0
PRE_EMPHASIS = 0.97
POWER_FLOOR = 1.0  # of a 16-bit sample squared: digital silence must not look like a cliff
TIMES_BATCH = 1024  # times of `spectral_change` at a time, for the same reason
BATCH = 256  # boundaries at a time, so that memory does not grow with the length of the audio

Floats = npt.NDArray[np.float64]


def refine_boundaries(pcm: npt.NDArray[np.int16], rate_hz: int, boundaries: Sequence[float]) -> list[float]:
    """Boundaries at the nearby change of the spectrum.

    Parameters
    ----------
    pcm : ndarray of int16, shape (n_samples,)
        The sound.
    rate_hz : int
        Samples a second.
    boundaries : sequence of float
        Seconds, increasing. None moves further than 24 ms, or than half the way to its neighbours.

    Returns
    -------
    list of float
        As many, increasing.
    """
    edges = np.asarray(boundaries, dtype=np.float64)
    inner = edges[1:-1]
    if not len(pcm) or not len(inner):
        return list(edges.tolist())
    room = 0.5 * np.diff(edges)
    before, after = room[:-1], room[1:]
    moves = [
        _moves(_change(pcm, rate_hz, inner[i : i + BATCH]), before[i : i + BATCH], after[i : i + BATCH])
        for i in range(0, len(inner), BATCH)
    ]
    return [float(edges[0]), *(inner + np.concatenate(moves)).tolist(), float(edges[-1])]


def spectral_change(pcm: npt.NDArray[np.int16], rate_hz: int, times: npt.ArrayLike) -> Floats:
    """How much the spectrum changes at `times` (seconds, increasing): D of this module, shape (n_times,)."""
    steps = np.round(np.asarray(times, dtype=np.float64) / HOP).astype(np.int64)
    if not len(steps) or not len(pcm):
        return np.zeros(len(steps))
    parts = (steps[i : i + TIMES_BATCH] for i in range(0, len(steps), TIMES_BATCH))
    return np.concatenate([_change_at(pcm, rate_hz, part) for part in parts])


def _change_at(pcm: npt.NDArray[np.int16], rate_hz: int, steps: npt.NDArray[np.int64]) -> Floats:
    """D at `steps` of HOP, from one grid of spectra that spans them."""
    side = round(SIDE / HOP)
    first = int(steps[0]) - side
    grid = np.arange(first, int(steps[-1]) + side + 1).astype(np.float64) * HOP
    sums = np.cumsum(np.pad(_log_mel(pcm, rate_hz, grid), ((1, 0), (0, 0))), axis=0)
    here = steps - first
    before = sums[here] - sums[here - side]
    after = sums[here + 1 + side] - sums[here + 1]
    return np.asarray(np.sqrt(np.mean((after - before) ** 2, axis=1)) / side)


def _moves(change: Floats, room_before: Floats, room_after: Floats) -> Floats:
    """Seconds by which each boundary moves, from D at the candidates; shape (n_boundaries, n_candidates)."""
    steps = _steps(REACH) * HOP
    worth = GAIN * change / np.maximum(change.mean(axis=1, keepdims=True), 1e-9) - 0.5 * (steps / SPREAD) ** 2
    # The candidate that stays is always allowed, so that no row is without one.
    too_far = (steps <= -room_before[:, None]) | (steps >= room_after[:, None])
    worth[too_far & (steps != 0.0)] = -np.inf
    weights = np.exp(worth - worth.max(axis=1, keepdims=True))
    return np.asarray(weights @ steps / weights.sum(axis=1))


def _change(pcm: npt.NDArray[np.int16], rate_hz: int, times: Floats) -> Floats:
    """D at each candidate around each time, shape (n_times, n_candidates)."""
    side = round(SIDE / HOP)
    spectra = _log_mel(pcm, rate_hz, times[:, None] + _steps(REACH + SIDE) * HOP)
    sums = np.cumsum(np.pad(spectra, ((0, 0), (1, 0), (0, 0))), axis=1)
    here = np.arange(side, spectra.shape[1] - side)
    before = sums[:, here] - sums[:, here - side]
    after = sums[:, here + 1 + side] - sums[:, here + 1]
    return np.asarray(np.sqrt(np.mean((after - before) ** 2, axis=2)) / side)


def _steps(reach: float) -> npt.NDArray[np.int64]:
    n = round(reach / HOP)
    return np.arange(-n, n + 1)


def _log_mel(pcm: npt.NDArray[np.int16], rate_hz: int, centres: Floats) -> Floats:
    """Log mel spectra of the windows around `centres` (seconds), shape (*centres.shape, N_BANDS)."""
    n = round(WINDOW * rate_hz)
    n_fft = 1 << (n - 1).bit_length()
    starts = np.round(centres * rate_hz).astype(np.int64) - n // 2
    indices = np.clip(starts[..., None] + np.arange(-1, n), 0, len(pcm) - 1)
    samples = pcm[indices].astype(np.float32)
    windows = (samples[..., 1:] - PRE_EMPHASIS * samples[..., :-1]) * np.hamming(n).astype(np.float32)
    power = np.abs(np.fft.rfft(windows, n_fft)) ** 2
    return np.asarray(np.log(power @ _mel_bank(n_fft, rate_hz) + POWER_FLOOR * n))


@cache
def _mel_bank(n_fft: int, rate_hz: int) -> Floats:
    """Triangular filters, equally wide in mel, shape (n_fft // 2 + 1, N_BANDS)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (LOWEST_HZ, min(HIGHEST_HZ, 0.475 * rate_hz)))
    edges_hz = 700.0 * (10.0 ** (np.linspace(low, high, N_BANDS + 2) / 2595.0) - 1.0)
    left, peak, right = (edges_hz[i : i + N_BANDS] for i in range(3))
    bins = np.arange(n_fft // 2 + 1)[:, None] * rate_hz / n_fft
    return np.maximum(0.0, np.minimum((bins - left) / (peak - left), (right - bins) / (right - peak)))
