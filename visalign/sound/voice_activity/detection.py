"""From the probabilities of a detector to stretches of speech."""

from __future__ import annotations

import itertools
import math
from typing import Protocol

import numpy as np
import numpy.typing as npt

from visalign.errors import ConfigError
from visalign.files.scratch import blocks_of
from visalign.registry import find_class
from visalign.signals import Audio
from visalign.sound.silence import in_cuts, silent_stretches, without_stretches
from visalign.timeline import Interval, Tier

__all__ = ["DETECTORS", "HOP", "SPEECH", "VoiceDetector", "find_speech", "speech_probabilities"]

HOP = 0.01
"""Seconds from one row of probabilities to the next."""

SPEECH = "speech"
"""Label of the stretches in which somebody speaks; the others have ``""``."""

DETECTORS = {
    "statistical": "visalign.sound.voice_activity.statistical:StatisticalDetector",
    "webrtc": "visalign.sound.voice_activity.webrtc:WebRtcDetector",
}
"""Detectors by name."""


# Longer sound is listened to in blocks, with a margin on either side, so that memory does not grow with it; seconds.
_BLOCK, _MARGIN = 300.0, 10.0


class VoiceDetector(Protocol):
    """Tells speech from everything else."""

    def probabilities(self, audio: Audio) -> npt.NDArray[np.float64]:
        """Probability of speech, shape (n_rows,), a row each :data:`HOP` seconds."""
        ...


def speech_probabilities(audio: Audio, detector: str = "statistical") -> npt.NDArray[np.float64]:
    """Probability of speech along the sound.

    Parameters
    ----------
    audio : Audio
        Any rate of 8 kHz or more.
    detector : str
        One of :data:`DETECTORS`.

    Returns
    -------
    ndarray of float64, shape (n_rows,)
        One each :data:`HOP` seconds, ``n_rows = ceil(duration / HOP)``.

    Raises
    ------
    ConfigError
        If there is no such detector.
    BackendUnavailable
        If its library is not installed.
    """
    found: VoiceDetector = find_class(DETECTORS, detector, "voice detector")()
    # Zeros are no noise floor: beside them the noise of a room would pass for speech.
    cuts = silent_stretches(audio, kept_seconds=0.0)
    if not cuts:
        return _listened(audio, found)
    result = np.zeros(math.ceil(audio.duration / HOP - 1e-9))
    kept = ~in_cuts(cuts, len(result), HOP * audio.rate_hz)
    heard = _listened(without_stretches(audio, cuts), found)[: int(kept.sum())]
    result[np.flatnonzero(kept)[: len(heard)]] = heard
    return result


def _listened(audio: Audio, found: VoiceDetector) -> npt.NDArray[np.float64]:
    """What a detector finds, in blocks where the sound is long."""
    if audio.duration <= _BLOCK + _MARGIN:
        return found.probabilities(audio)
    n_rows = math.ceil(audio.duration / HOP - 1e-9)
    step, margin = round(_BLOCK / HOP), round(_MARGIN / HOP)
    result = np.empty(n_rows)
    for rows in blocks_of(n_rows, step, audio.samples):
        first, last, low = rows.start, rows.stop, max(rows.start - margin, 0)
        samples = audio.samples[round(low * HOP * audio.rate_hz) : round((last + margin) * HOP * audio.rate_hz)]
        result[first:last] = found.probabilities(Audio(samples, audio.rate_hz))[first - low : last - low]
    return result


def find_speech(
    audio: Audio,
    detector: str = "statistical",
    *,
    threshold: float = 0.5,
    min_speech: float = 0.06,
    min_pause: float = 0.1,
    probabilities: npt.NDArray[np.float64] | None = None,
) -> Tier:
    """Stretches in which somebody speaks.

    Parameters
    ----------
    audio : Audio
        Any rate of 8 kHz or more.
    detector : str
        One of :data:`DETECTORS`.
    threshold : float
        Probability from which on it is speech.
    min_speech, min_pause : float
        Shorter stretches of speech, and of silence between speech, are taken for the other; seconds. The shortest
        words last 60 ms or so; a closure of P or T is silent for up to 100 ms.
    probabilities : ndarray, shape (n_rows,), optional
        What the detector found before (:func:`speech_probabilities`); it is asked otherwise.

    Returns
    -------
    Tier
        Labels :data:`SPEECH` and ``""`` over ``[0, audio.duration]``, with their probability as scores.

    Raises
    ------
    ConfigError
        If there is no such detector, or no sound.
    BackendUnavailable
        If its library is not installed.
    """
    if not len(audio.samples):
        raise ConfigError("audio", "no samples", "sound of some length")
    if probabilities is None:
        probabilities = speech_probabilities(audio, detector)
    spoken = _without_short(probabilities >= threshold, round(min_pause / HOP), fill=True)
    spoken = _without_short(spoken, round(min_speech / HOP), fill=False)
    rows = [_interval(probabilities, a, b, bool(spoken[a]), audio.duration) for a, b in _runs(spoken)]
    return Tier.from_intervals("speech", rows, start=0.0, end=audio.duration)


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(flags)) + 1
    return list(itertools.pairwise([0, *edges.tolist(), len(flags)]))


def _without_short(flags: npt.NDArray[np.bool_], n_least: int, *, fill: bool) -> npt.NDArray[np.bool_]:
    """Runs of ``not fill`` that are shorter than `n_least` become `fill`; those of silence only between speech."""
    result = flags.copy()
    for a, b in _runs(flags):
        is_edge = a == 0 or b == len(flags)
        if flags[a] != fill and b - a < n_least and not (fill and is_edge):
            result[a:b] = fill
    return result


def _interval(p: npt.NDArray[np.float64], a: int, b: int, is_speech: bool, duration: float) -> Interval:
    mean = float(np.mean(p[a:b] if is_speech else 1 - p[a:b]))
    end = duration if b == len(p) else b * HOP
    return Interval(a * HOP, end, SPEECH if is_speech else "", min(1.0, mean))
