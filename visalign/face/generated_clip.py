"""A clip that is made here, of which everything is known: what is said when, and how far sound and lips are apart.

espeak-ng speaks a text and says when each phone starts (:mod:`visalign.face.generated_speech`); a drawn face
(:mod:`visalign.face.avatar`) moves its lips to these phones; the sound is laid under the picture at a chosen offset.
`visalign demo` and the tests measure such clips and compare with the truth.

Conventions
-----------
* Seconds from the clip's origin, at which both the first picture and the first sample stand.
* ``lead_seconds > 0`` means that the audio is early: a sound is heard that long before the lips make it.
* `words` and `phones` tell when a thing is heard; the lips make it ``lead_seconds`` later. The picture shown from t to
  ``t + 1 / rate`` has the lips of its middle. The offset is rounded to a whole sample and stored as rounded.
* The same arguments give the same pixels and samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.animation.lip_trajectory import LipShape, lip_trajectory
from visalign.errors import AnyPath, ConfigError
from visalign.face.avatar import FaceLook, FacePainter
from visalign.face.generated_speech import SpokenText, synthesise_speech
from visalign.language.phones import SILENCE
from visalign.media.clips import write_clip
from visalign.signals import Audio
from visalign.timeline import Tier

__all__ = ["DEFAULT_TEXT", "FAULTS", "SENTENCES", "GeneratedClip", "SpokenText", "generate_clip", "synthesise_speech"]

DEFAULT_TEXT = "Maybe papa will move both of my blue boats to the big farm by the river before five"
# Each has closures, rounded and open vowels; all words are in CMUdict.
SENTENCES = (
    DEFAULT_TEXT,
    "Please put my brown bag beside the window before you move the sofa",
    "We saw a famous baby panda sleeping happily above the warm pool",
    "Bob would buy five purple apples from the farmer by the wharf",
    "My father fished for a bit while mama made soup in a big pot",
    "The shop opposite the museum has beautiful boots for both of them",
)

# What can be wrong with a clip on purpose.
FAULTS = {
    "half-shifted": "in the second half the audio is 0.16 s earlier than `lead_seconds` says",
    "other-sentence": "the lips say another sentence",
    "still-lips": "the lips do not move",
}
_HALF_SHIFT_SECONDS = 0.16

_MARGIN_SECONDS = 0.6  # silence before the first and after the last sound: room for the lips to leave and find rest
_ROOM_NOISE = 4e-4  # standard deviation of full scale, about -68 dB; no sample run is exactly zero
_BLUR_PX = 1.0  # a camera's lens
_GRAIN = 2.0  # a camera's noise, grey levels


# ---------------------------------------------------------------------------------------------------- what comes back


@dataclass(frozen=True, slots=True)
class GeneratedClip:
    """A generated clip and the truth about it.

    Parameters
    ----------
    path : Path
        The clip.
    lead_seconds : float
        How early the audio is (negative: late).
    words, phones : Tier
        When each is heard, on the clip's clock.
    transcript : str
        What is heard, lower case.
    fault : str or None
        One of `FAULTS`, if the clip was made with one.
    """

    path: Path
    lead_seconds: float
    words: Tier
    phones: Tier
    transcript: str
    fault: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The truth as plain data, for JSON."""
        return {
            "clip": self.path.name,
            "lead_seconds": self.lead_seconds,
            "transcript": self.transcript,
            "fault": self.fault,
            "words": [{"label": x.label, "start": x.start, "end": x.end} for x in self.words],
            "phones": [{"label": x.label, "start": x.start, "end": x.end} for x in self.phones],
        }


def generate_clip(
    path: AnyPath,
    *,
    text: str = DEFAULT_TEXT,
    lead_seconds: float = 0.0,
    rate: Fraction = Fraction(25),
    seed: int = 0,
    fault: str | None = None,
    size_px: int = 480,
    language: str | None = None,
) -> GeneratedClip:
    """Write a clip of a drawn face that speaks `text`, with audio that is `lead_seconds` early.

    Parameters
    ----------
    path : path-like
        Where to write the MP4.
    text : str
        Words of the language.
    lead_seconds : float
        Above 0: audio early; below 0: audio late.
    rate : Fraction
        Pictures a second.
    seed : int
        Room noise, camera noise and (other than 0) the look of the face and the pitch of the voice.
    fault : str, optional
        One of `FAULTS`.
    size_px : int
        Width and height of the picture.
    language : str, optional
        Of the text (``de``, ``pt-BR`` …); American English by default.

    Raises
    ------
    BackendUnavailable
        If espeakng-loader is not installed.
    ConfigError
        If the offset is not finite or the fault is not known.
    InputError
        If there is nothing to say in `text`.
    OutputError
        If the clip can't be written.
    """
    if fault is not None and fault not in FAULTS:
        raise ConfigError("fault", fault, tuple(FAULTS))
    if not math.isfinite(lead_seconds):
        raise ConfigError("lead_seconds", lead_seconds, "a finite number of seconds")
    spoken = synthesise_speech(text, seed=seed, language=language)
    rate_hz = spoken.audio.rate_hz
    lead = round(lead_seconds * rate_hz) / rate_hz
    heard_from = _MARGIN_SECONDS + max(0.0, -lead)
    heard_from = round(heard_from * rate_hz) / rate_hz
    pause = _MARGIN_SECONDS + max(0.0, lead)
    duration = math.ceil((heard_from + spoken.audio.duration + pause) * rate) / rate
    words, phones = (_padded(tier, heard_from, float(duration)) for tier in (spoken.words, spoken.phones))
    n_frames = int(duration * rate)
    centres = (np.arange(n_frames) + 0.5) / float(rate)
    shapes = _shapes(phones, lead, centres, fault, text, seed)
    audio = _placed(spoken.audio, heard_from, float(duration), seed)
    frames = _film(shapes, _face(seed), size_px, seed)
    write_clip(path, frames, rate, audio)
    return GeneratedClip(Path(path), lead, words, phones, spoken.transcript, fault)


def _shapes(
    phones: Tier, lead: float, centres: npt.NDArray[np.floating], fault: str | None, text: str, seed: int
) -> npt.NDArray[np.float64]:
    """Lip shapes of the pictures with these middles, shape (n, 7): those of the sound `lead` seconds before."""
    heard = centres - lead
    if fault == "still-lips":
        return lip_trajectory(phones, np.full_like(heard, phones.start))
    if fault == "other-sentence":
        other = next(sentence for sentence in SENTENCES if sentence != text)
        phones = synthesise_speech(other, seed=seed).phones.shift(_MARGIN_SECONDS)
    elif fault == "half-shifted":
        heard = np.where(heard > 0.5 * (phones.start + phones.end), heard - _HALF_SHIFT_SECONDS, heard)
    return lip_trajectory(phones, heard)


def _padded(tier: Tier, start: float, duration: float) -> Tier:
    """The tier from `start` on in a clip of `duration` seconds, with silence around it."""
    silence = SILENCE if tier.name == "phones" else ""
    moved = tier.shift(start)
    return Tier.from_intervals(tier.name, moved, start=0.0, end=duration, gap_label=silence).merge_equal()


def _placed(speech: Audio, start: float, duration: float, seed: int) -> Audio:
    """The speech from `start` seconds on in a quiet room of `duration` seconds."""
    rng = np.random.default_rng([seed, 1])
    room = rng.normal(0.0, _ROOM_NOISE, round(duration * speech.rate_hz)).astype(np.float32)
    first = round(start * speech.rate_hz)
    room[first : first + len(speech.samples)] += speech.samples
    return replace(speech, samples=room)


def _film(shapes: npt.NDArray[np.float64], look: FaceLook, size_px: int, seed: int) -> Iterator[npt.NDArray[np.uint8]]:
    """The face with each of the shapes, as a camera with a soft lens and some noise sees it."""
    rng = np.random.default_rng([seed, 2])
    painter = FacePainter(look, size_px, blur_px=_BLUR_PX)
    for row in shapes:
        picture = painter.paint(LipShape(*row.tolist()))
        picture += _GRAIN * rng.standard_normal((size_px, size_px, 1), dtype=np.float32)
        yield np.clip(picture + 0.5, 0, 255).astype(np.uint8)


# Skin with lips, hair, irises, shirts, backdrops.
_COMPLEXIONS = (
    ((238, 203, 180), (196, 104, 102)),
    ((232, 190, 162), (190, 96, 92)),
    ((214, 168, 134), (172, 86, 80)),
    ((190, 140, 106), (150, 74, 70)),
    ((150, 104, 78), (122, 62, 60)),
)
_HAIR = ((70, 48, 40), (38, 32, 34), (120, 78, 50), (168, 132, 84), (92, 88, 90))
_IRISES = ((86, 110, 104), (92, 66, 46), (84, 108, 138))
_SHIRTS = ((62, 92, 112), (120, 72, 74), (84, 100, 76), (92, 82, 116))
_BACKDROPS = ((222, 219, 210), (204, 214, 218), (218, 210, 216))


def _face(seed: int) -> FaceLook:
    """One of many faces; 0 is the default one."""
    if seed == 0:
        return FaceLook()
    rng = np.random.default_rng([seed, 3])
    skin, lips = _COMPLEXIONS[rng.integers(len(_COMPLEXIONS))]
    hair, iris, shirt, backdrop = (table[rng.integers(len(table))] for table in (_HAIR, _IRISES, _SHIRTS, _BACKDROPS))
    width, fullness, eyes = rng.uniform((0.96, 0.9, 0.95), (1.04, 1.1, 1.08)).tolist()
    return FaceLook(skin, hair, lips, iris, shirt, backdrop, width, fullness, eyes)
