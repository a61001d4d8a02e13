"""Digital silence: the zeros that editors put before, after and between what was recorded.

They are no pause that a room has filled: whatever learns from the quiet parts of a recording how it sounds there (a
noise floor, the mean of the cepstra) has to leave them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.files.scratch import blocks_of, scratch_array
from visalign.signals import Audio
from visalign.timeline import runs

__all__ = ["Cut", "in_cuts", "silent_stretches", "without_stretches"]

SILENT_PEAK = 2.5e-4
"""Sound whose samples stay within this of their mean is silent: −72 dB, eight steps of 16 bits, where no room is and
no coder leaves more."""

KEPT_SECONDS = 0.1
"""As much stays of a stretch beside what was recorded, so that the pause is still one."""

SHORTEST_SECONDS = 1.0
"""Shorter silence stays: it is a pause like any other."""

_STEP_SECONDS = 0.01
_BLOCK = 1 << 20  # samples at a time


@dataclass(frozen=True, slots=True)
class Cut:
    """Samples ``[start, end)`` of a recording that are left out."""

    start: int
    end: int


def silent_stretches(audio: Audio, *, kept_seconds: float = KEPT_SECONDS) -> tuple[Cut, ...]:
    """The long stretches of digital silence, less a moment beside what was recorded; none where all of it is silent.

    Parameters
    ----------
    audio : Audio
    kept_seconds : float
        That moment.

    Examples
    --------
    >>> sound = np.ones(16000, np.float32) * np.array([0.1, -0.1] * 8000, np.float32)
    >>> silent_stretches(Audio(np.concatenate([sound, np.zeros(32000, np.float32), sound]), 16000))
    (Cut(start=17600, end=46400),)
    """
    step = max(1, round(_STEP_SECONDS * audio.rate_hz))
    quiet = np.empty(-(-len(audio.samples) // step), dtype=np.bool_)
    per_block = max(1, _BLOCK // step)
    for part in blocks_of(len(quiet), per_block, audio.samples):
        quiet[part] = _is_quiet(audio.samples[part.start * step : part.stop * step], step)
    if quiet.all():
        return ()
    kept, least = round(kept_seconds * audio.rate_hz), SHORTEST_SECONDS * audio.rate_hz
    n = len(audio.samples)
    spans = [(first * step, min(last * step, n)) for first, last in runs(quiet)]
    return tuple(
        Cut(start + kept * (start > 0), end - kept * (end < n)) for start, end in spans if end - start >= least
    )


def in_cuts(cuts: Sequence[Cut], n_rows: int, n_samples: float) -> npt.NDArray[np.bool_]:
    """Which of some rows of `n_samples` lie in stretches that are left out, shape (n_rows,)."""
    flags = np.zeros(n_rows, dtype=np.bool_)
    for cut in cuts:
        flags[round(cut.start / n_samples) : round(cut.end / n_samples)] = True
    return flags


def _is_quiet(samples: npt.NDArray[np.float32], step: int) -> npt.NDArray[np.bool_]:
    padded = np.pad(samples, (0, -len(samples) % step), mode="edge").reshape(-1, step)
    return np.asarray(np.ptp(padded, axis=1) <= 2 * SILENT_PEAK)


def without_stretches(audio: Audio, cuts: Sequence[Cut]) -> Audio:
    """A recording without some of its samples."""
    if not cuts:
        return audio
    kept = [*zip([0, *(x.end for x in cuts)], [*(x.start for x in cuts), len(audio.samples)], strict=True)]
    samples, at = scratch_array((sum(end - start for start, end in kept),), np.float32), 0
    for start, end in kept:
        for part in blocks_of(end - start, _BLOCK, samples, audio.samples):
            n = part.stop - part.start
            samples[at : at + n] = audio.samples[start + part.start : start + part.stop]
            at += n
    return Audio(samples, audio.rate_hz)
