"""Known shifts and known faults: what is done to clips in sync, so that a measure has a truth to be held against.

`evaluate` (:mod:`visalign.evaluation.known_faults`) and `tune` (:mod:`visalign.tuning`) follow one protocol and differ
in how much of it they take: a search tries a clip a hundred times, so it takes few shifts (:data:`FEW_SHIFTS`), the
shortest windows (:data:`SHORT_WINDOWS`), and of the faults one pair a clip (:data:`FAULT_PAIRS`).

Protocol
--------
*Shifts* of whole clips: the sound is made early by so many seconds; a lead is right within :data:`WITHIN` of that.

*Windows*: a stretch of a few video frames, every :data:`WINDOW_STEP` while somebody speaks, against the whole sound.
SyncNet [1]_ and its successors call it right within one frame of the search's ±15, and so does this. Theirs is the
accuracy of a clip's windows with features averaged over more and more frames; here each window is judged by itself.
They take any stretch of a clip, silences too; here windows lie between the first and the last word.

*Faults*: the second half of a clip is moved, or it is dubbed with another sentence of the same speaker. Told is the
area under the ROC curve for words at fault. Benchmarks of dubbing or of forgery count whole clips, by speakers that the
fault may give away; here a face is compared with itself alone.

Nothing here knows a model, a file or a setting.

References
----------
.. [1] J. S. Chung and A. Zisserman, Out of time: automated lip sync in the wild, ACCV workshops 2016.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.parameters import RIGHT_WITHIN
from visalign.signals import Audio
from visalign.timeline import USUAL_STEP

__all__ = [
    "FAULT_PAIRS",
    "FAULT_SHIFTS",
    "FEW_SHIFTS",
    "FRAME_SECONDS",
    "SHIFTS",
    "SHORT_WINDOWS",
    "WINDOW_FRAMES",
    "WINDOW_STEP",
    "WITHIN",
    "area_under_roc",
    "half_shifted",
    "shifted",
    "window_starts",
]

Floats: TypeAlias = npt.NDArray[np.float64]

SHIFTS = (-0.3, -0.2, -0.12, -0.06, 0.0, 0.06, 0.12, 0.2, 0.3)
"""Seconds that the sound of whole clips is made early."""

FEW_SHIFTS = (-0.2, -0.06, 0.0, 0.06, 0.2)
"""Those of a search."""

FAULT_SHIFTS = (-0.2, -0.12, 0.12, 0.2)
"""Seconds that the sound of half a clip is made late."""

FAULT_PAIRS = ((-0.12, 0.2), (0.12, -0.2))
"""The same in two pairs, which the clips of a search take in turn: both signs and both sizes in each."""

WINDOW_FRAMES = (5, 10, 15, 25)
"""Video frames of short windows."""

SHORT_WINDOWS = (5, 10)
"""Those of a search."""

FRAME_SECONDS = USUAL_STEP
"""Length of a frame of a window, where a clip's own is not asked for: 25 a second."""

WINDOW_STEP = 0.2
"""Seconds from one window to the next."""

WITHIN = RIGHT_WITHIN + 1e-4
"""Seconds by which a lead may be off and is right: leads and shifts are sums of steps, so one that lies on the limit
needs room for rounding."""


def shifted(audio: Audio, seconds: float) -> Audio:
    """The same sound, `seconds` earlier (negative: later); what leaves at one quiet end comes in at the other."""
    return replace(audio, samples=np.roll(audio.samples, -round(seconds * audio.rate_hz)))


def half_shifted(audio: Audio, at: float, seconds: float) -> Audio:
    """The same sound with all from `at` (seconds) moved `seconds` later (negative: earlier); its ends fill the gaps.

    The quiet ends, so that no silence is heard that the microphone never heard.
    """
    cut, n = round(at * audio.rate_hz), round(seconds * audio.rate_hz)
    tail, samples = audio.samples[cut:], audio.samples.copy()
    if abs(n) > min(len(tail), len(samples)):
        raise ValueError(f"{seconds} s are longer than what is to be moved")
    samples[cut:] = np.concatenate([samples[:n], tail[: len(tail) - n]] if n >= 0 else [tail[-n:], tail[n:]])
    return replace(audio, samples=samples)


def window_starts(begin: float, end: float, length: float) -> Floats:
    """Where windows of `length` start between the first word's `begin` and the last one's `end`, seconds.

    Examples
    --------
    >>> window_starts(1.0, 1.7, 0.2).round(1).tolist()
    [1.0, 1.2, 1.4]
    """
    return np.arange(begin, end - length, WINDOW_STEP)


def area_under_roc(at_fault: Floats, in_sync: Floats) -> float:
    """Probability that a word at fault scores lower than one in sync; ties count half.

    Examples
    --------
    >>> area_under_roc(np.array([0.1, 0.5]), np.array([0.5, 0.9]))
    0.875
    """
    order = np.sort(in_sync)
    above = len(order) - np.searchsorted(order, at_fault, side="right")
    ties = np.searchsorted(order, at_fault, side="right") - np.searchsorted(order, at_fault, side="left")
    return float((above + 0.5 * ties).mean() / len(order))
