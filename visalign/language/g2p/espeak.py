"""Spelling to phones by eSpeak NG, in any of the hundred languages that it speaks.

eSpeak NG is a program of rules and dictionaries under GPL-3.0; the wheel ``espeakng-loader`` brings its library and
voices. For English its IPA becomes ARPABET, as the lexicon has it; for other languages it stays IPA
(:mod:`visalign.language.g2p.espeak_ipa`).
"""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import cache

from visalign.errors import BackendFailed, BackendUnavailable, ConfigError, UnknownSymbol
from visalign.language.g2p.espeak_ipa import SWITCH, ipa_phones
from visalign.language.lexicon import Pronunciation
from visalign.language.phones import convert

__all__ = ["EspeakG2p", "EspeakPronunciations"]

_RETRIEVAL, _UTF8 = 1, 1  # speak_lib.h: AUDIO_OUTPUT_RETRIEVAL, espeakCHARS_UTF8
_SEPARATED = 0x2  # IPA

# eSpeak's symbols of English that are no IPA of `visalign.language.phones`, and those that stand for two phones.
_ENGLISH = {
    "ᵻ": "IH", "ɐ": "AH", "ɾ": "T", "ʔ": "T", "əl": "AH L", "n̩": "AH N", "iə": "IY AH", "aɪə": "AY AH", "aɪɚ": "AY ER",
    "oː": "AO", "ɑːɹ": "AA R", "ɔːɹ": "AO R", "oːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R", "x": "K",
    "ɬ": "L", "r": "R", "a": "AE", "aː": "AA", "e": "EH", "ɔ": "AO", "o": "OW", "ɜː": "ER", "ɜ": "ER", "i": "IY",
    "u": "UW",
}  # fmt: skip
_PROSODY = re.compile(r"[ˈˌ‿|.\u0361]")  # stress, liaison, tie bars

# What a word is made of: letters and their marks, with apostrophes between them.
_INNER = "'\u05f3\u05f4\u00b7"
_ANY_SCRIPT = ("COMBINING", "MODIFIER")


class EspeakG2p:
    """Guesses pronunciations in one language.

    Parameters
    ----------
    language : str
        eSpeak NG's name of it: ``en-us``, ``de``, ``fr-fr`` …

    Raises
    ------
    BackendUnavailable
        If eSpeak NG is not installed.
    ConfigError
        If it does not speak the language.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        _select(language)

    def __call__(self, word: str) -> tuple[Pronunciation, ...]:
        """The pronunciation of `word`; none where eSpeak NG has no phones for it, or English has no such phone."""
        written = _written(self.language, word)
        try:
            if self.language.startswith("en"):
                symbols = [_PROSODY.sub("", x) for x in re.split(r"[_\s]+", SWITCH.sub("_", written))]
                phones = [phone for symbol in symbols if symbol for phone in _arpabet(symbol).split()]
            else:
                phones = [x.lstrip("ˈˌ") for x in ipa_phones(written, self.language.split("-")[0])]
        except UnknownSymbol:
            return ()
        return (Pronunciation(tuple(phones)),) if phones else ()


class EspeakPronunciations(Mapping[str, tuple[Pronunciation, ...]]):
    """All words of a language with their pronunciation in IPA, each asked for when it is wanted.

    A word is there if it is made of letters that the voice reads, and eSpeak NG says it as a word: not where it names
    its letters one by one in another language, as it does with scripts that it can't read.

    Parameters
    ----------
    voice : str
        eSpeak NG's identifier: ``gmw/de``.
    scripts : collection of str
        First words of the Unicode names of the letters that it reads, beside the Latin ones.

    Raises
    ------
    BackendUnavailable
        When a word is asked for and eSpeak NG is not installed.
    """

    def __init__(self, voice: str, scripts: Collection[str] = ()) -> None:
        self.voice, self.scripts = voice, frozenset(scripts)
        self.language = voice.split("/")[-1].split("-")[0]
        self._found: dict[str, tuple[Pronunciation, ...]] = {}

    def __getitem__(self, word: str) -> tuple[Pronunciation, ...]:
        if word not in self._found:
            self._found[word] = self._asked(word)
        if not self._found[word]:
            raise KeyError(word)
        return self._found[word]

    def __iter__(self) -> Iterator[str]:
        return (word for word, found in self._found.items() if found)

    def __len__(self) -> int:
        return sum(map(bool, self._found.values()))

    def _asked(self, word: str) -> tuple[Pronunciation, ...]:
        plain = unicodedata.normalize("NFKC", word)
        scripts = _scripts_of(plain)
        if scripts is None or not scripts <= self.scripts | {"LATIN"}:
            return ()
        written = _written(self.voice, plain)
        if "LATIN" not in scripts and SWITCH.search(written):  # it names the letters in English
            return ()
        try:
            phones = ipa_phones(written, self.language)
        except UnknownSymbol:
            return ()
        return (Pronunciation(phones),) if phones else ()


def _scripts_of(word: str) -> set[str] | None:
    """The scripts of a word's letters; None where it is no word: figures, signs, punctuation at its edges."""
    if not word or word[0] in _INNER or word[-1] in _INNER:
        return None
    found = set[str]()
    for character in word:
        if unicodedata.category(character)[0] not in "LM":
            if character in _INNER:
                continue
            return None
        script = re.split("[ -]", unicodedata.name(character, "NAMELESS"))[0]
        if script not in _ANY_SCRIPT and unicodedata.category(character)[0] == "L":
            found.add(script)
    return found or None


@cache
def _library() -> ctypes.CDLL:
    try:
        # An optional backend, so not at the top.
        import espeakng_loader
    except ImportError as error:
        raise BackendUnavailable("eSpeak NG", "Install it with `pip install visalign[languages]`.") from error
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    data = str(espeakng_loader.get_data_path())
    if library.espeak_Initialize(_RETRIEVAL, 0, data.encode(), 0) < 0:
        raise BackendFailed("eSpeak NG", ["espeak_Initialize", data], "its voices can't be read")
    return library


def _select(voice: str) -> None:
    """Speak with this voice from now on; the library has one, which another guesser may have changed."""
    if _library().espeak_SetVoiceByName(voice.encode()) != 0:
        raise ConfigError("g2p", f"espeak:{voice}", "a language of eSpeak NG, such as espeak:de, espeak:fr")


def _written(voice: str, word: str) -> str:
    """What eSpeak NG writes for a word: IPA with underscores between the symbols."""
    _select(voice)
    text = ctypes.c_char_p(word.encode("utf-8", "ignore"))
    # Bits 8 to 23 of the mode are the character between phones, bit 1 asks for IPA.
    mode = (ord("_") << 8) | _SEPARATED
    found = []
    while text.value:
        part = _library().espeak_TextToPhonemes(ctypes.byref(text), _UTF8, mode)
        found.append((part or b"").decode("utf-8", "ignore"))
    return " ".join(found)


def _arpabet(symbol: str) -> str:
    return _ENGLISH[symbol] if symbol in _ENGLISH else convert(symbol, "ipa", "arpabet")
