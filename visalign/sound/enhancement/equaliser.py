"""Parametric equaliser and high-pass filter, without any shift of phase.

Each band is a biquad of R. Bristow-Johnson's cookbook, designed for half its gain in dB and run forwards and backwards
(Gustafsson 1996): together they have the whole gain, and the shift of one run is undone by the other.

References
----------
R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients", W3C note, 2021.
F. Gustafsson, "Determining the initial states in forward-backward filtering", IEEE Trans. Sig. Proc. 44, 1996.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from visalign.errors import ConfigError
from visalign.files.scratch import blocks_of, scratch_array
from visalign.signals import Audio
from visalign.sound.enhancement.spectra import Floats, sane
from visalign.sound.speech import stretch

__all__ = ["EQ_PRESETS", "Band", "equalise", "highpass"]

_KINDS = ("peak", "lowshelf", "highshelf")
_MOST_GAIN_DB = 24.0
# Both runs start in silence this long, so that the sound's own edges hold no step.
_PAD_SECONDS = 0.1
_BLOCK = 1 << 18  # samples at a time: memory does not grow with the sound


@dataclass(frozen=True, slots=True)
class Band:
    """One band of an equaliser.

    Parameters
    ----------
    frequency_hz : float
        Middle of a peak, corner of a shelf.
    gain_db : float
        Between -24 and 24.
    q : float
        Narrowness of a peak; steepness of a shelf.
    kind : str
        ``peak``, ``lowshelf`` or ``highshelf``.

    Raises
    ------
    ConfigError
        If a setting is out of range.
    """

    frequency_hz: float
    gain_db: float
    q: float = 0.707
    kind: str = "peak"

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ConfigError("kind", self.kind, _KINDS)
        if not abs(self.gain_db) <= _MOST_GAIN_DB:
            raise ConfigError("gain_db", self.gain_db, "-24 to 24 dB")
        if not 0.05 <= self.q <= 50:
            raise ConfigError("q", self.q, "0.05 to 50")
        if not self.frequency_hz > 0:
            raise ConfigError("frequency_hz", self.frequency_hz, "more than 0 Hz")


EQ_PRESETS: dict[str, tuple[Band, ...]] = {
    # Where consonants are told apart (articulation index: most weight between 1 and 4 kHz), with less of the boom.
    "speech": (Band(120, -4, 0.7, "lowshelf"), Band(300, -2, 1.0), Band(2500, 4, 0.8), Band(6000, 2, 0.7, "highshelf")),
    # A lapel or headset microphone too near to the chest.
    "muffled": (Band(250, -5, 0.8), Band(3500, 6, 0.7), Band(5000, 5, 0.7, "highshelf")),
    # Sharp s and sh.
    "sibilant": (Band(6500, -7, 1.2),),
    # What a telephone leaves, brought nearer to a natural balance.
    "telephone": (Band(300, 4, 0.7, "lowshelf"), Band(1000, -3, 0.8), Band(3000, 3, 1.0)),
}
"""Settings for speech, by name."""


def equalise(audio: Audio, bands: str | Sequence[Band]) -> Audio:
    """Raise and lower bands of frequency.

    Parameters
    ----------
    audio : Audio
        Any sound.
    bands : str or sequence of Band
        One of :data:`EQ_PRESETS`, or bands of your own. Bands above the highest frequency of the sound are left out.

    Returns
    -------
    Audio
        As long as before, nothing moved. It may exceed full scale; :func:`normalise_loudness` brings it back.

    Raises
    ------
    ConfigError
        If there is no such preset.
    """
    if isinstance(bands, str):
        if bands not in EQ_PRESETS:
            raise ConfigError("eq", bands, tuple(EQ_PRESETS))
        bands = EQ_PRESETS[bands]
    sections = [_biquad(band, audio.rate_hz) for band in bands if band.frequency_hz < 0.49 * audio.rate_hz]
    return _both_ways(audio, np.array(sections)) if sections else audio


def highpass(audio: Audio, frequency_hz: float = 80.0) -> Audio:
    """Take off what lies below a frequency: rumble, hum, wind, offset of the converter.

    Butterworth's second order forwards and backwards: -6 dB at the frequency, 24 dB an octave below.

    Raises
    ------
    ConfigError
        If the frequency is not between 1 Hz and nearly half the sampling rate.
    """
    if not 1 <= frequency_hz < 0.45 * audio.rate_hz:
        raise ConfigError("highpass", frequency_hz, f"1 to {0.45 * audio.rate_hz:.0f} Hz")
    # Takes half a second to load, and most sound is not cleared.
    from scipy.signal import butter

    return _both_ways(audio, butter(2, frequency_hz, "highpass", fs=audio.rate_hz, output="sos"))


def _both_ways(audio: Audio, sections: Floats) -> Audio:
    # Takes half a second to load, and most sound is not cleared.
    from scipy.signal import sosfilt, sosfilt_zi

    samples = audio.samples
    if not len(samples):
        return audio
    n_pad = round(_PAD_SECONDS * audio.rate_hz)
    once, state = scratch_array((len(samples) + 2 * n_pad,), np.float64), np.zeros((len(sections), 2))
    for part in blocks_of(len(once), _BLOCK, samples, once):
        padded = sane(stretch(samples, part.start - n_pad, part.stop - n_pad))
        once[part], state = sosfilt(sections, padded, zi=state)
    state = sosfilt_zi(sections) * once[-1]
    made = scratch_array((len(once),), np.float32)
    for part in blocks_of(len(once), _BLOCK, once, made):  # from the end
        here = slice(len(once) - part.stop, len(once) - part.start)
        backwards, state = sosfilt(sections, once[here][::-1], zi=state)
        made[here] = backwards[::-1]
    return replace(audio, samples=made[n_pad : n_pad + len(samples)])


def _biquad(band: Band, rate_hz: int) -> list[float]:
    # A quarter, not a half, of the dB in the exponent's 40: this filter runs twice.
    a, w = 10 ** (band.gain_db / 2 / 40), 2 * math.pi * band.frequency_hz / rate_hz
    cos, alpha = math.cos(w), math.sin(w) / (2 * band.q)
    if band.kind == "peak":
        rows = [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a]
    else:
        sign, slope = (1 if band.kind == "lowshelf" else -1), 2 * math.sqrt(a) * alpha
        rows = [
            a * ((a + 1) - sign * (a - 1) * cos + slope),
            sign * 2 * a * ((a - 1) - sign * (a + 1) * cos),
            a * ((a + 1) - sign * (a - 1) * cos - slope),
            (a + 1) + sign * (a - 1) * cos + slope,
            sign * -2 * ((a - 1) + sign * (a + 1) * cos),
            (a + 1) + sign * (a - 1) * cos - slope,
        ]
    return [x / rows[3] for x in rows]
