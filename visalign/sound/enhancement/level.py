"""Loudness: brought to a target, without clipping.

References
----------
EBU R 128 (-23 LUFS for broadcasting); ITU-R BS.1770-5 (how it is measured).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from visalign.errors import ConfigError
from visalign.files.scratch import blocks_of, scratch_array
from visalign.signals import Audio
from visalign.sound.enhancement.spectra import sane, sane_samples
from visalign.sound.quality import loudness

__all__ = ["normalise_loudness"]

_HIGHEST_PEAK_DBFS = -1.0
_MOST_GAIN_DB = 60.0
_BLOCK = 1 << 18  # samples at a time: memory does not grow with the sound


def normalise_loudness(audio: Audio, lufs: float = -23.0) -> Audio:
    """Bring speech to a loudness by one gain for all of it.

    Where that would take peaks above -1 dBFS the gain is less, and the loudness stays below its target: a limiter would
    change the speech. Silence, and sound shorter than 0.4 s, is left as it is.

    Parameters
    ----------
    audio : Audio
        Any sound.
    lufs : float
        Target, -70 to 0.

    Raises
    ------
    ConfigError
        If the target is out of range.
    """
    if not -70 <= lufs <= 0:
        raise ConfigError("loudness", lufs, "-70 to 0 LUFS")
    now = loudness(audio)
    samples = sane_samples(audio.samples)
    if now is None:
        return replace(audio, samples=samples)
    parts = blocks_of(len(samples), _BLOCK, samples)
    peak_db = 20 * math.log10(max(1e-12, *(float(np.max(np.abs(samples[part]))) for part in parts)))
    gain_db = min(lufs - now, _HIGHEST_PEAK_DBFS - peak_db, _MOST_GAIN_DB)
    made = scratch_array((len(samples),), np.float32)
    for part in blocks_of(len(samples), _BLOCK, samples, made):
        made[part] = sane(samples[part]) * 10 ** (gain_db / 20)
    return replace(audio, samples=made)
