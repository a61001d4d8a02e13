"""Steps of enhancement one after another, written as a line of text.

A chain is steps separated by commas; a step is its name and settings separated by colons, the first of which may stand
without its name::

    highpass:100,subtract:over=4:floor=0.05,wiener,eq:speech,loudness:-23

An equaliser's bands are ``frequency/gain/q``, with ``/lowshelf`` or ``/highshelf`` behind where it is one:
``eq:3000/+4/1:100/-6/0.7/lowshelf``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from visalign.errors import ConfigError
from visalign.files.scratch import blocks_of, scratch_array
from visalign.signals import Audio, Channels
from visalign.sound.enhancement.adaptive import cancel_noise
from visalign.sound.enhancement.equaliser import EQ_PRESETS, Band, equalise, highpass
from visalign.sound.enhancement.level import normalise_loudness
from visalign.sound.enhancement.noise_reduction import spectral_subtraction, wiener_filter
from visalign.sound.quality import estimated_snr

__all__ = ["PRESET_CHAINS", "STEPS", "chain_for_alignment", "enhance", "enhance_channels", "parse_chain"]

Step = Callable[[Audio], Audio]

_BLOCK = 1 << 18  # samples at a time: memory does not grow with the sound

STEPS: dict[str, tuple[str, ...]] = {
    "subtract": ("over", "floor"),
    "wiener": ("floor_db", "smoothing"),
    "cancel": ("length", "step", "lookahead", "passes"),
    "eq": (),
    "highpass": ("frequency_hz",),
    "loudness": ("lufs",),
}
"""Names of the steps, and of their settings; the first setting may be given without its name."""

PRESET_CHAINS = {
    "speech": "highpass:80,wiener,eq:speech,loudness:-23",
    "noisy": "highpass:80,wiener:-24,loudness:-23",
    "align": "subtract",
}
"""Chains by name; ``align`` is what helps the alignment of phones most (docs/audio.md)."""

# Between these SNRs the phones of noisy speech are found better after spectral subtraction; above it is no better,
# below it can be worse (docs/audio.md).
_HELPED_DB = (3.0, 20.0)


def parse_chain(text: str, reference: Audio | None = None) -> list[Step]:
    """Functions of the steps of a chain.

    Parameters
    ----------
    text : str
        As in the module's text, or one of :data:`PRESET_CHAINS`.
    reference : Audio, optional
        The noise's own recording, for ``cancel``.

    Raises
    ------
    ConfigError
        If a step or setting does not exist, or can't have this value.

    Examples
    --------
    >>> len(parse_chain("highpass:100,subtract:over=4:floor=0.05,eq:speech"))
    3
    """
    text = PRESET_CHAINS.get(text.strip(), text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ConfigError("chain", text, f"steps with commas between them: {', '.join(STEPS)}")
    return [_step(part, reference) for part in parts]


def enhance(audio: Audio, chain: str | Sequence[Step], *, reference: Audio | None = None) -> Audio:
    """Run sound through a chain.

    Parameters
    ----------
    audio : Audio
        Any sound, of any length.
    chain : str or sequence of callable
        As :func:`parse_chain` takes or gives it.
    reference : Audio, optional
        The noise's own recording, for ``cancel``.

    Returns
    -------
    Audio
        As many samples, none moved, all finite.

    Raises
    ------
    ConfigError
        As :func:`parse_chain`.
    """
    for step in parse_chain(chain, reference) if isinstance(chain, str) else chain:
        audio = step(audio)
    return audio


def chain_for_alignment(audio: Audio) -> str | None:
    """The chain that helps to align this speech; None where none does.

    That is spectral subtraction where the pauses tell of noise 3 to 20 dB below the speech. A crowd of voices at 5 dB
    or worse is the exception that can't be told from the sound: there it may do harm.
    """
    snr_db = estimated_snr(audio)
    return "align" if snr_db is not None and _HELPED_DB[0] < snr_db < _HELPED_DB[1] else None


def enhance_channels(sound: Channels, chain: str | Sequence[Step], *, reference: Audio | None = None) -> Channels:
    """Run each channel through a chain; steps of loudness give all channels one gain, that of their mean.

    Parameters and errors are those of :func:`enhance`.
    """
    for step in parse_chain(chain, reference) if isinstance(chain, str) else chain:
        samples = scratch_array(sound.samples.shape, np.float32)
        if isinstance(step, partial) and step.func is normalise_loudness:
            before = sound.mono
            loudest, made = _loudest(before), _loudest(step(before))
            gain = np.float32(made / loudest if loudest else 1.0)
            for part in blocks_of(len(samples), _BLOCK, sound.samples, samples):
                samples[part] = sound.samples[part] * gain
        else:
            for index in range(samples.shape[1]):
                made_of = step(sound.channel(index)).samples
                for part in blocks_of(len(samples), _BLOCK, made_of, samples):
                    samples[part, index] = made_of[part]
        sound = replace(sound, samples=samples)
    return sound


def _loudest(audio: Audio) -> float:
    parts = blocks_of(len(audio.samples), _BLOCK, audio.samples)
    return max((float(np.max(np.abs(audio.samples[part]))) for part in parts), default=0.0)


def _step(part: str, reference: Audio | None) -> Step:
    name, *settings = part.split(":")
    if name not in STEPS:
        raise ConfigError("step", name, tuple(STEPS))
    if name == "eq":
        return partial(equalise, bands=_bands(settings))
    values = _values(name, settings)
    if name == "cancel":
        if reference is None:
            raise ConfigError("cancel", "no reference", "--noise FILE, a recording of the noise alone")
        return partial(cancel_noise, reference=reference, **values)  # type: ignore[arg-type]
    functions: dict[str, Callable[..., Audio]] = {
        "subtract": spectral_subtraction,
        "wiener": wiener_filter,
        "highpass": highpass,
        "loudness": normalise_loudness,
    }
    return partial(functions[name], **values)


def _values(name: str, settings: Sequence[str]) -> dict[str, float | int]:
    known, values = STEPS[name], dict[str, float | int]()
    for position, setting in enumerate(settings):
        key, is_named, value = setting.rpartition("=")
        key = key if is_named else known[0]
        if key not in known or key in values or (not is_named and position):
            raise ConfigError(f"{name}:{setting}", value, f"the settings {', '.join(f'{k}=…' for k in known)}")
        try:
            values[key] = int(value) if key == "passes" else float(value)
        except ValueError as error:
            raise ConfigError(f"{name}.{key}", value, "a number") from error
    return values


def _bands(settings: Sequence[str]) -> str | tuple[Band, ...]:
    if len(settings) == 1 and "/" not in settings[0]:
        return _checked_preset(settings[0])
    if not settings:
        raise ConfigError("eq", "nothing", "a preset or bands, as eq:speech or eq:3000/+4/1")
    return tuple(_band(setting) for setting in settings)


def _checked_preset(name: str) -> str:
    if name not in EQ_PRESETS:
        raise ConfigError("eq", name, (*EQ_PRESETS, "bands such as 3000/+4/1"))
    return name


def _band(text: str) -> Band:
    parts = text.split("/")
    kind = parts.pop() if len(parts) > 1 and not parts[-1].lstrip("+-").replace(".", "", 1).isdigit() else "peak"
    try:
        numbers = [float(x) for x in parts]
    except ValueError as error:
        raise ConfigError("eq", text, "frequency/gain/q, as 3000/+4/1") from error
    if not 2 <= len(numbers) <= 3:
        raise ConfigError("eq", text, "frequency/gain/q, as 3000/+4/1")
    frequency_hz, gain_db, *rest = numbers
    return Band(frequency_hz, gain_db, rest[0] if rest else 0.707, kind)
