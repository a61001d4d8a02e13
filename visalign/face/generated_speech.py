"""Speech that is made here, in any language of espeak-ng's, with the times of its phones.

Conventions
-----------
* Seconds from the first sample.
* A plosive's closure belongs to the plosive, as in hand-labelled corpora; word gaps up to 80 ms belong to the word
  before, longer ones are silence.
* The same arguments give the same samples.

Where espeak-ng's phone times differ from what is heard, they are corrected by rules that its source code or its
waveform shows (see `_settle`). The sentences of :mod:`visalign.face.generated_clip` in three voices hold 788 phones
that PocketSphinx's dictionary names alike; it starts them 7 ms from the time given here at the median, 87 % within
20 ms, 97 % within 50 ms, 1 ms later on balance.

References
----------
.. [1] espeak-ng 1.52, https://github.com/espeak-ng/espeak-ng: speak_lib.h (the events), synthesize.c (when they are
   raised).
"""

from __future__ import annotations

import ctypes
import re
import shutil
import tempfile
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import BackendFailed, BackendUnavailable, InputError, quoted
from visalign.language.articulation import FEATURES, targets_of
from visalign.language.g2p.espeak_ipa import ipa_phones
from visalign.language.g2p.unknown_words import settle_vocabulary
from visalign.language.languages import Language, chosen_language, language_lexicon
from visalign.language.phones import ARPABET, SILENCE, convert
from visalign.language.transcript import read_aloud
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = ["SpokenText", "synthesise_speech"]

_HOME_VOICE = "en-us"
_WORDS_PER_MINUTE = 145  # an unhurried reading; espeak-ng's own 175 leaves closures shorter than a picture
_PEAK = 0.6  # of full scale


@dataclass(frozen=True, slots=True, eq=False)
class SpokenText:
    """Synthetic speech with its phones.

    Parameters
    ----------
    audio : Audio
        The sound, without silence around it.
    words, phones : Tier
        Over the whole of `audio`; words lower case, phones ARPABET without stress, or IPA of other languages; silence
        "" and ``SIL``.
    """

    audio: Audio
    words: Tier
    phones: Tier

    @property
    def transcript(self) -> str:
        """The words, lower case, with spaces."""
        return " ".join(label for label in self.words.labels if label)


def synthesise_speech(text: str, *, seed: int = 0, language: str | None = None) -> SpokenText:
    """Speak a text.

    Parameters
    ----------
    text : str
        Words, said in one breath; punctuation is ignored.
    language : str, optional
        In which language (:func:`visalign.language.languages.chosen_language`); American English by default.
    seed : int
        0 is the plain voice; others vary its pitch and tempo a little.

    Raises
    ------
    BackendUnavailable
        If espeakng-loader is not installed.
    InputError
        If there is no word in `text`, or one with digits that can't be read aloud.
    OutOfVocabulary
        If the voice of the language can't say a word.
    """
    tongue = chosen_language(language)
    words = _words_in(text, tongue) if tongue.code else _words(text)
    rng = np.random.default_rng(seed)
    pitch, tempo = (50, 1.0) if seed == 0 else (int(rng.integers(35, 70)), float(rng.uniform(0.94, 1.06)))
    voice = tongue.voice or _HOME_VOICE
    samples, events = _speak(_JOINT.join(words), pitch, round(_WORDS_PER_MINUTE * tempo), voice)
    phones = _settle(_phones_of(events) if not tongue.code else _ipa_phones_of(events, words, voice), samples)
    n_samples = max(int(np.flatnonzero(samples)[-1]) + 1, phones[-1].start + 1)
    signal = samples[:n_samples].astype(np.float32)
    audio = Audio(signal * np.float32(_PEAK / np.abs(signal).max()), _RATE_HZ)
    return SpokenText(audio, *_tiers(phones, words, n_samples))


def _words(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())
    if not words or any(re.search(r"\d", word) for word in words):
        raise InputError(f"there is nothing to say in {quoted(text)}; give English words, numbers as words")
    return words


def _words_in(text: str, language: Language) -> list[str]:
    lexicon = language_lexicon(language.code)
    said = read_aloud(text, lexicon)
    if not said.words:
        raise InputError(f"there is nothing to say in {quoted(text)}; give words of {language.name}")
    if said.unread:
        raise InputError(f"{quoted(next(iter(said.unread)))} can't be read aloud in {language.name}; give it in words")
    settle_vocabulary(said.words, lexicon)
    return list(said.words)


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
    """A raw event: the start of a phone, with its IPA symbol, or of a word, without; and where that stands."""

    sample: int
    ipa: str | None
    position: int = 0


def _speak(text: str, pitch: int, words_per_minute: int, voice: str) -> tuple[npt.NDArray[np.int16], list[_Heard]]:
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
        return _speak_with(library, espeakng_loader.get_data_path(), text, pitch, words_per_minute, voice)


def _speak_with(
    library: ctypes.CDLL, data_path: str, text: str, pitch: int, words_per_minute: int, voice: str
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
                events.append(_Heard(event.sample, ipa, event.text_position - 1))
            index += 1
        return 0

    callback = _Callback(receive)
    options = _PHONEME_EVENTS | _IPA
    if library.espeak_Initialize(_SYNCHRONOUS, 0, str(data_path).encode(), options) != _RATE_HZ:
        raise BackendFailed("espeak-ng", ["espeak_Initialize", str(data_path)], "no voices at 22050 Hz there")
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(voice.encode())
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
_CLOSED = 0.6  # of the feature "closure": nasals, and not nasal vowels


@dataclass(frozen=True, slots=True)
class _Phone:
    """A phone that starts at a sample and belongs to a word (its index; -1 for silence)."""

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


def _ipa_phones_of(events: list[_Heard], words: Sequence[str], voice: str) -> list[_Phone]:
    """The same in IPA; where words have no blanks, espeak-ng may begin a word of its own within one of `words`."""
    begins = list(accumulate((len(word) + len(_JOINT) for word in words), initial=0))
    one_by_one = sum(event.ipa is None for event in events) == len(words)
    phones = list[_Phone]()
    word = -1
    for index, event in enumerate(events):
        if event.ipa is None:
            word = word + 1 if one_by_one else bisect_right(begins, event.position) - 1
        elif event.ipa:
            phones.extend(_Phone(label, event.sample, word) for label in _ipa(events[index:], voice))
    return phones


def _ipa(events: Sequence[_Heard], voice: str) -> tuple[str, ...]:
    """The phones of the first event, as they are before what follows it."""
    language = voice.split("/")[-1].split("-")[0]
    symbols = [x.ipa for x in events[:3] if x.ipa]
    first = ipa_phones(symbols[0], language)
    following = ipa_phones("_".join(symbols[:2]), language)
    return tuple(x.lstrip("ˈˌ") for x in following[: len(first)])


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
        if _manner(phone.label) == "stop":
            start = max(quiet, start - round(_LONGEST_CLOSURE_SECONDS * _RATE_HZ))
        if before is not None and start - quiet > _LONGEST_GAP_SECONDS * _RATE_HZ:
            settled.append(_Phone(SILENCE, max(quiet, before.start + 1), -1))  # a phone may be silent itself
        elif before is not None and before.start == phones[index - 1].start == phone.start:
            start = phone.start + round(_FIRST_OF_TWO * (following - phone.start))
        elif (
            before is not None
            and phone.label in ("L", "l")
            and _manner(before.label) == "vowel"
            and following - start < _SHORTEST_L_SECONDS * _RATE_HZ
        ):
            start = (before.start + following) // 2
        elif before is not None and _manner(phone.label) == "vowel" and _manner(before.label) == "nasal":
            start -= min(round(_NASAL_RELEASE_SECONDS * _RATE_HZ), (start - before.start) // 2)
        if settled:  # some symbols take no time
            start = max(start, settled[-1].start + 1)
        settled.append(replace(phone, start=start))
    return settled


def _manner(label: str) -> str:
    """``"stop"`` (affricates are some), ``"nasal"``, ``"vowel"`` or ``"other"``."""
    if label in ARPABET:
        kind = ARPABET[label]
        if kind.is_vowel:
            return "vowel"
        return {"plosive": "stop", "affricate": "stop", "nasal": "nasal"}.get(kind.manner, "other")
    made = dict(zip(FEATURES, targets_of(label)[0], strict=True))
    if made["nasal"] and made["closure"] > _CLOSED:
        return "nasal"
    return "stop" if made["closure"] == 1.0 else "vowel" if made["vowel"] == 1.0 else "other"


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
