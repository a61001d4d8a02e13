"""A clip that is made here, of which everything is known: what is said when, and how far sound and lips are apart.

espeak-ng speaks a text and says when each phone starts; a drawn face (:mod:`visalign.face.avatar`) moves its lips to
these phones; the sound is laid under the picture at a chosen offset. `visalign demo` and the tests measure such clips
and compare with the truth.

Conventions
-----------
* Seconds from the clip's origin, at which both the first picture and the first sample stand.
* ``lead_seconds > 0`` means that the audio is early: a sound is heard that long before the lips make it.
* `words` and `phones` tell when a thing is heard; the lips make it ``lead_seconds`` later. The picture shown from t to
  ``t + 1 / rate`` has the lips of its middle. The offset is rounded to a whole sample and stored as rounded.
* A plosive's closure belongs to the plosive, as in hand-labelled corpora; word gaps up to 80 ms belong to the word
  before, longer ones are silence.
* The same arguments give the same pixels and samples.

Where espeak-ng's phone times differ from what is heard, they are corrected by rules that its source code or its
waveform shows (see `_settle`). `SENTENCES` in three voices hold 788 phones that PocketSphinx's dictionary names alike;
it starts them 7 ms from the time given here at the median, 87 % within 20 ms, 97 % within 50 ms, 1 ms later on balance.

References
----------
.. [1] espeak-ng 1.52, https://github.com/espeak-ng/espeak-ng: speak_lib.h (the events), synthesize.c (when they are
   raised).
"""

from __future__ import annotations

import ctypes
import math
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.animation.lip_trajectory import LipShape, lip_trajectory
from visalign.errors import AnyPath, BackendFailed, BackendUnavailable, ConfigError, InputError, quoted
from visalign.face.avatar import FaceLook, FacePainter
from visalign.language.phones import ARPABET, SILENCE, convert
from visalign.media.clips import write_clip
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

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

_WORDS_PER_MINUTE = 145  # an unhurried reading; espeak-ng's own 175 leaves closures shorter than a picture
_MARGIN_SECONDS = 0.6  # silence before the first and after the last sound: room for the lips to leave and find rest
_PEAK = 0.6  # of full scale
_ROOM_NOISE = 4e-4  # standard deviation of full scale, about -68 dB; no sample run is exactly zero
_BLUR_PX = 1.0  # a camera's lens
_GRAIN = 2.0  # a camera's noise, grey levels


# ---------------------------------------------------------------------------------------------------- what comes back


@dataclass(frozen=True, slots=True, eq=False)
class SpokenText:
    """Synthetic speech with its phones.

    Parameters
    ----------
    audio : Audio
        The sound, without silence around it.
    words, phones : Tier
        Over the whole of `audio`; words lower case, phones ARPABET without stress, silence "" and ``SIL``.
    """

    audio: Audio
    words: Tier
    phones: Tier

    @property
    def transcript(self) -> str:
        """The words, lower case, with spaces."""
        return " ".join(label for label in self.words.labels if label)


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
) -> GeneratedClip:
    """Write a clip of a drawn face that speaks `text`, with audio that is `lead_seconds` early.

    Parameters
    ----------
    path : path-like
        Where to write the MP4.
    text : str
        English words.
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
    spoken = synthesise_speech(text, seed=seed)
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


# ---------------------------------------------------------------------------------------------------- speech


def synthesise_speech(text: str, *, seed: int = 0) -> SpokenText:
    """Speak an English text.

    Parameters
    ----------
    text : str
        English words, said in one breath; punctuation is ignored.
    seed : int
        0 is the plain voice; others vary its pitch and tempo a little.

    Raises
    ------
    BackendUnavailable
        If espeakng-loader is not installed.
    InputError
        If there is no word in `text`, or one with digits.
    """
    words = _words(text)
    rng = np.random.default_rng(seed)
    pitch, tempo = (50, 1.0) if seed == 0 else (int(rng.integers(35, 70)), float(rng.uniform(0.94, 1.06)))
    samples, events = _speak(_JOINT.join(words), pitch, round(_WORDS_PER_MINUTE * tempo))
    phones = _settle(_phones_of(events), samples)
    n_samples = max(int(np.flatnonzero(samples)[-1]) + 1, phones[-1].start + 1)
    signal = samples[:n_samples].astype(np.float32)
    audio = Audio(signal * np.float32(_PEAK / np.abs(signal).max()), _RATE_HZ)
    return SpokenText(audio, *_tiers(phones, words, n_samples))


def _words(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())
    if not words or any(re.search(r"\d", word) for word in words):
        raise InputError(f"there is nothing to say in {quoted(text)}; give English words, numbers as words")
    return words


_RATE_HZ = 22050  # of every voice that is built into espeak-ng
_SYNCHRONOUS, _PHONEME_EVENTS, _IPA, _UTF8 = 2, 1, 2, 1
_RATE, _PITCH = 1, 3
_END, _WORD, _PHONEME = 0, 1, 7
_JOINT = "\N{NO-BREAK SPACE}"  # between words; at a plain space "for a" would be spoken and reported as one word


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class _Heard:
    """A raw event: the start of a phone, with its IPA symbol, or of a word, without."""

    sample: int
    ipa: str | None


def _speak(text: str, pitch: int, words_per_minute: int) -> tuple[npt.NDArray[np.int16], list[_Heard]]:
    """Samples at `_RATE_HZ` and events of espeak-ng.

    espeak-ng keeps the phase of its pitch flutter in a static variable that nothing resets, so what it said before
    would change what it says now. A private copy of the library starts from the same state every time.
    """
    try:
        # An optional backend, so not at the top.
        import espeakng_loader
    except ImportError as error:
        raise BackendUnavailable("espeakng-loader", "Install it with `pip install visalign[demo]`.") from error
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = ctypes.CDLL(shutil.copy(espeakng_loader.get_library_path(), folder))
        return _speak_with(library, espeakng_loader.get_data_path(), text, pitch, words_per_minute)


def _speak_with(
    library: ctypes.CDLL, data_path: str, text: str, pitch: int, words_per_minute: int
) -> tuple[npt.NDArray[np.int16], list[_Heard]]:
    blocks, events = list[npt.NDArray[np.int16]](), list[_Heard]()

    def receive(samples: Any, n_samples: int, raw: Any) -> int:
        if samples and n_samples > 0:
            blocks.append(np.ctypeslib.as_array(samples, (n_samples,)).copy())
        index = 0
        while raw[index].type != _END:
            event = raw[index]
            if event.type in (_WORD, _PHONEME):
                ipa = event.id.string.decode("utf-8", "ignore") if event.type == _PHONEME else None
                events.append(_Heard(event.sample, ipa))
            index += 1
        return 0

    callback = _Callback(receive)
    options = _PHONEME_EVENTS | _IPA
    if library.espeak_Initialize(_SYNCHRONOUS, 0, str(data_path).encode(), options) != _RATE_HZ:
        raise BackendFailed("espeak-ng", ["espeak_Initialize", str(data_path)], "no voices at 22050 Hz there")
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(b"en-us")
    library.espeak_SetParameter(_RATE, words_per_minute, 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)
    written = text.encode()
    library.espeak_Synth(written, len(written) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Terminate()
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int16), events


# ---------------------------------------------------------------------------------------------------- phone times

# espeak-ng's symbols that are not English IPA as visalign.language.phones knows it, and those that stand for two
# phones.
_SYMBOLS: dict[str, tuple[str, ...]] = {
    "ᵻ": ("IH",),
    "ɐ": ("AH",),
    "ɾ": ("T",),
    "ʔ": ("T",),
    "əl": ("AH", "L"),
    "n̩": ("AH", "N"),
    "iə": ("IY", "AH"),
    "aɪə": ("AY", "AH"),
    "aɪɚ": ("AY", "ER"),
    "oː": ("AO",),
    "ɑːɹ": ("AA", "R"),
    "ɔːɹ": ("AO", "R"),
    "oːɹ": ("AO", "R"),
    "ɛɹ": ("EH", "R"),
    "ɪɹ": ("IH", "R"),
    "ʊɹ": ("UH", "R"),
}
_FIRST_OF_TWO = 0.57  # part of a two-phone symbol before the turn of its formants; seen in spectrograms
_LONGEST_GAP_SECONDS = 0.08
_LONGEST_CLOSURE_SECONDS = 0.09
_SHORTEST_L_SECONDS = 0.045
_NASAL_RELEASE_SECONDS = 0.015


@dataclass(frozen=True, slots=True)
class _Phone:
    """An ARPABET phone that starts at a sample and belongs to a word (its index; -1 for silence)."""

    label: str
    start: int
    word: int


def _phones_of(events: list[_Heard]) -> list[_Phone]:
    """The phones in their order, two-phone symbols not yet divided in time (both start together)."""
    phones = list[_Phone]()
    word = -1
    for event in events:
        if event.ipa is None:
            word += 1
        else:
            phones.extend(_Phone(label, event.sample, word) for label in _arpabet(event.ipa))
    return phones


def _arpabet(ipa: str) -> tuple[str, ...]:
    bare = re.sub("[ˈˌ]", "", ipa).strip()
    if not bare:
        return ()
    return _SYMBOLS[bare] if bare in _SYMBOLS else (convert(bare, "ipa", "arpabet"),)


def _settle(phones: list[_Phone], samples: npt.NDArray[np.int16]) -> list[_Phone]:
    """Move starts to where the phones are heard; pauses become phones of their own.

    1. espeak-ng writes the silent closure of a plosive before it raises the event: the plosive starts there.
    2. An L after a vowel is drawn as the end of the vowel, and its event comes at its end: it gets the second half.
    3. A symbol for two phones is divided.
    4. The event of a vowel after a nasal comes late; the vowel is heard from the opening of the mouth on.
    """
    settled = list[_Phone]()
    for index, phone in enumerate(phones):
        following = phones[index + 1].start if index + 1 < len(phones) else len(samples)
        quiet = _silence_before(samples, phone.start)
        before = settled[-1] if settled else None
        start = phone.start
        if ARPABET[phone.label].manner in ("plosive", "affricate"):
            start = max(quiet, start - round(_LONGEST_CLOSURE_SECONDS * _RATE_HZ))
        if before is not None and start - quiet > _LONGEST_GAP_SECONDS * _RATE_HZ:
            settled.append(_Phone(SILENCE, quiet, -1))
        elif before is not None and before.start == phones[index - 1].start == phone.start:
            start = phone.start + round(_FIRST_OF_TWO * (following - phone.start))
        elif (
            before is not None
            and phone.label == "L"
            and ARPABET[before.label].is_vowel
            and following - start < _SHORTEST_L_SECONDS * _RATE_HZ
        ):
            start = (before.start + following) // 2
        elif before is not None and ARPABET[phone.label].is_vowel and ARPABET[before.label].manner == "nasal":
            start -= min(round(_NASAL_RELEASE_SECONDS * _RATE_HZ), (start - before.start) // 2)
        settled.append(replace(phone, start=start))
    return settled


def _silence_before(samples: npt.NDArray[np.int16], sample: int) -> int:
    """Where the run of exact zeros that ends at a sample begins; the sample itself if it is heard."""
    sounding = np.flatnonzero(samples[:sample])
    return int(sounding[-1]) + 1 if len(sounding) else sample


def _tiers(phones: list[_Phone], words: list[str], n_samples: int) -> tuple[Tier, Tier]:
    """Words and phones over the whole of the sound."""
    times = [start / _RATE_HZ for start in (0, *(phone.start for phone in phones[1:]), n_samples)]
    phone_tier = Tier("phones", tuple(times), tuple(phone.label for phone in phones))
    spans = dict[int, tuple[float, float]]()
    for phone, heard in zip(phones, phone_tier, strict=True):
        spans[phone.word] = (spans.get(phone.word, (heard.start,))[0], heard.end)
    spans.pop(-1, None)
    if len(spans) != len(words):
        raise InputError(f"espeak-ng does not say these words one by one: {' '.join(words)}; use other words")
    said = [Interval(*spans[index], word) for index, word in enumerate(words)]
    return Tier.from_intervals("words", said, start=0.0, end=times[-1]), phone_tier
