"""How a face moves besides its mouth: blinks, brows and the head, from the melody of the voice and a seed.

People who speak raise brows and head where they stress a word, and the two follow the pitch of the voice [1]_. Here
the brows follow how far the pitch rises above the speaker's middle, the head nods with loudness and sways slowly;
blinks come at random intervals, as they do in conversation [2]_. These are ornaments for previews, not measurements.

Conventions
-----------
Seconds on the audio's clock. The same audio, times and seed give the same motion.

References
----------
.. [1] K. G. Munhall et al., Visual prosody and speech intelligibility: head movement improves auditory speech
   perception, Psychological Science 15(2), 2004, 133–137.
.. [2] A. R. Bentivoglio et al., Analysis of blink rate patterns in normal subjects, Movement Disorders 12(6), 1997,
   1028–1034: 26 blinks a minute in conversation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from visalign.signals import Audio

__all__ = ["FaceMotion", "face_motion", "pitch_contour"]

Floats = npt.NDArray[np.float64]

STEP_SECONDS = 0.01
WINDOW_SECONDS = 0.04
LOWEST_HZ, HIGHEST_HZ = 65.0, 400.0
VOICED_ABOVE = 0.45  # normalised autocorrelation of a voiced window
SAME_PEAK = 0.9  # every period of a voice has a peak about as high; the first so near the highest is the pitch

BLINKS_A_MINUTE = 20.0  # between rest (17) and conversation (26) [2]_
SHORTEST_BETWEEN_BLINKS = 1.0  # seconds
BLINK_SECONDS = 0.20
BROW_FULL_SEMITONES = 6.0  # a rise of so much raises the brows fully
BROW_SMOOTHING_SECONDS, NOD_SMOOTHING_SECONDS = 0.12, 0.18
SWAY_HZ = (0.13, 0.19, 0.31)


@dataclass(frozen=True, slots=True, eq=False)
class FaceMotion:
    """Motion at a list of times.

    Parameters
    ----------
    lids, brows : ndarray of float64, shape (n,)
        How far the eyes are shut and the brows raised, 0..1.
    shift_x, shift_y : ndarray of float64, shape (n,)
        Of the head, parts of the picture's size; right and down are positive.
    roll : ndarray of float64, shape (n,)
        Of the head, radians, clockwise.
    """

    lids: Floats
    brows: Floats
    shift_x: Floats
    shift_y: Floats
    roll: Floats

    @classmethod
    def still(cls, n: int) -> FaceMotion:
        """No motion."""
        return cls(*(np.zeros(n) for _ in range(5)))


def face_motion(
    audio: Audio, times: npt.ArrayLike, *, seed: int = 0, blinks: bool = True, brows: bool = True, head: bool = True
) -> FaceMotion:
    """Motion of a face that says `audio`, at each of `times` (seconds).

    Parameters
    ----------
    audio : Audio
        Mono sound.
    times : array-like of float, shape (n,)
        Seconds.
    seed : int
        Of blinks and sway.
    blinks, brows, head : bool
        What moves.
    """
    wanted = np.asarray(times, dtype=np.float64)
    n = len(wanted)
    rng = np.random.default_rng([seed, 3])
    grid, semitones, loudness = pitch_contour(audio)
    lids = _blinks(wanted, rng) if blinks else np.zeros(n)
    raised = np.clip(semitones / BROW_FULL_SEMITONES, 0.0, 1.0)
    raised = gaussian_filter1d(raised, BROW_SMOOTHING_SECONDS / STEP_SECONDS, mode="nearest")
    nod = gaussian_filter1d(loudness, NOD_SMOOTHING_SECONDS / STEP_SECONDS, mode="nearest")
    sways = [_sway(wanted, rng) for _ in range(3)]
    zero = np.zeros(n)
    return FaceMotion(
        lids=lids,
        brows=np.clip(np.interp(wanted, grid, raised), 0, 1) if brows else zero,
        shift_x=0.006 * sways[0] if head else zero,
        shift_y=0.004 * sways[1] + 0.012 * np.interp(wanted, grid, nod) if head else zero,
        roll=0.012 * sways[2] if head else zero,
    )


def _blinks(times: Floats, rng: np.random.Generator) -> Floats:
    lids = np.zeros(len(times))
    moment = 0.0
    end = float(times.max(initial=0.0))
    while True:
        moment += SHORTEST_BETWEEN_BLINKS + rng.exponential(60.0 / BLINKS_A_MINUTE - SHORTEST_BETWEEN_BLINKS)
        if moment > end:
            return lids
        # Lids close in a third of the time and open in the rest.
        rise = (times - moment) / (BLINK_SECONDS / 3)
        fall = (moment + BLINK_SECONDS - times) / (BLINK_SECONDS * 2 / 3)
        lids = np.maximum(lids, np.clip(np.minimum(rise, fall), 0.0, 1.0))


def _sway(times: Floats, rng: np.random.Generator) -> Floats:
    phases = rng.uniform(0, 2 * np.pi, len(SWAY_HZ))
    waves = [np.sin(2 * np.pi * hz * times + phase) for hz, phase in zip(SWAY_HZ, phases, strict=True)]
    return np.asarray(sum(waves) / len(waves))


def pitch_contour(audio: Audio) -> tuple[Floats, Floats, Floats]:
    """Pitch and loudness of a voice, by autocorrelation.

    Returns
    -------
    times : ndarray of float64, shape (n,)
        Middles of the windows, seconds.
    semitones : ndarray of float64, shape (n,)
        Pitch above the median of the voice; 0 where it is silent or voiceless.
    loudness : ndarray of float64, shape (n,)
        Root mean square over its maximum, 0..1.
    """
    size, hop = round(WINDOW_SECONDS * audio.rate_hz), round(STEP_SECONDS * audio.rate_hz)
    samples = np.pad(audio.samples.astype(np.float64), size // 2)
    n = max(1, (len(samples) - size) // hop + 1)
    if len(samples) < size:
        return np.zeros(1), np.zeros(1), np.zeros(1)
    windows = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop][:n]
    times = np.arange(len(windows)) * hop / audio.rate_hz
    rms = np.sqrt(np.mean(windows**2, axis=1))
    loudness = rms / max(float(rms.max()), 1e-9)
    spectra = np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * np.hanning(size), 2 * size)
    correlation = np.fft.irfft(np.abs(spectra) ** 2)[:, :size]
    low, high = int(audio.rate_hz / HIGHEST_HZ), min(size - 1, int(audio.rate_hz / LOWEST_HZ))
    # The window's own autocorrelation makes long lags look weak; dividing by it makes them fair.
    taper = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(size), 2 * size)) ** 2)[:size]
    fair = correlation[:, low:high] / np.maximum(correlation[:, :1], 1e-12) / (taper[low:high] / taper[0])
    best = _first_peak(fair)
    voiced = (fair[np.arange(len(best)), best] > VOICED_ABOVE) & (loudness > 0.08)
    pitch = audio.rate_hz / (best + low)
    middle = float(np.median(pitch[voiced])) if voiced.any() else 1.0
    semitones = np.where(voiced, np.clip(12 * np.log2(pitch / middle), -12, 12), 0.0)
    return times, semitones, loudness


def _first_peak(fair: Floats) -> npt.NDArray[np.intp]:
    """Index of the first local maximum of each row that comes near the row's highest."""
    is_peak = np.zeros(fair.shape, dtype=bool)
    is_peak[:, 1:-1] = (fair[:, 1:-1] >= fair[:, :-2]) & (fair[:, 1:-1] >= fair[:, 2:])
    is_peak &= fair >= SAME_PEAK * fair.max(axis=1, keepdims=True)
    return np.asarray(np.where(is_peak.any(axis=1), np.argmax(is_peak, axis=1), np.argmax(fair, axis=1)))
