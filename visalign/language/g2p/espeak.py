"""Spelling to phones by eSpeak NG, in any of the hundred languages that it speaks.

eSpeak NG is a program of rules and dictionaries under GPL-3.0; the wheel ``espeakng-loader`` brings its library and
voices. For English its IPA becomes ARPABET, as the lexicon has it; for other languages it stays IPA without stress, and
must be the phones of the acoustic model's own dictionary.
"""

from __future__ import annotations

import ctypes
import re
from functools import cache

from visalign.errors import BackendFailed, BackendUnavailable, ConfigError, UnknownSymbol
from visalign.language.lexicon import Pronunciation
from visalign.language.phones import convert

__all__ = ["EspeakG2p"]

_RETRIEVAL, _UTF8 = 1, 1  # speak_lib.h: AUDIO_OUTPUT_RETRIEVAL, espeakCHARS_UTF8
_TIE = "\u0361"
_NO_PHONES = re.compile(r"[ˈˌ‿|.]|\([a-z-]+\)")  # stress, liaison, and the switch to another language
_SEPARATED = 0x2  # IPA

# eSpeak's symbols of English that are no IPA of `visalign.language.phones`, and those that stand for two phones.
_ENGLISH = {
    "ᵻ": "IH", "ɐ": "AH", "ɾ": "T", "ʔ": "T", "əl": "AH L", "n̩": "AH N", "iə": "IY AH", "aɪə": "AY AH", "aɪɚ": "AY ER",
    "oː": "AO", "ɑːɹ": "AA R", "ɔːɹ": "AO R", "oːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R", "x": "K",
    "ɬ": "L", "r": "R", "a": "AE", "aː": "AA", "e": "EH", "ɔ": "AO", "o": "OW", "ɜː": "ER", "ɜ": "ER", "i": "IY",
    "u": "UW",
}  # fmt: skip


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
        self._select()

    def _select(self) -> None:
        if _library().espeak_SetVoiceByName(self.language.encode()) != 0:
            raise ConfigError(
                "g2p", f"espeak:{self.language}", "a language of eSpeak NG, such as espeak:de, espeak:fr-fr"
            )

    def __call__(self, word: str) -> tuple[Pronunciation, ...]:
        """The pronunciation of `word`; none where eSpeak NG has no phones for it, or English has no such phone."""
        self._select()  # the library has one voice, which another guesser may have changed
        symbols = _ipa(word)
        if self.language.startswith("en"):
            try:
                symbols = [phone for symbol in symbols for phone in _arpabet(symbol).split()]
            except UnknownSymbol:
                return ()
        return (Pronunciation(tuple(symbols)),) if symbols else ()


@cache
def _library() -> ctypes.CDLL:
    try:
        # An optional backend, so not at the top.
        import espeakng_loader
    except ImportError as error:
        raise BackendUnavailable("eSpeak NG", "Install it with `pip install visalign[g2p]`.") from error
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    data = str(espeakng_loader.get_data_path())
    if library.espeak_Initialize(_RETRIEVAL, 0, data.encode(), 0) < 0:
        raise BackendFailed("eSpeak NG", ["espeak_Initialize", data], "its voices can't be read")
    return library


def _ipa(word: str) -> list[str]:
    """Phones in IPA, one by one, without stress."""
    text = ctypes.c_char_p(word.encode())
    # Bits 8 to 23 of the mode are the character between phones, bit 1 asks for IPA.
    mode = (ord("_") << 8) | _SEPARATED
    found = []
    while text.value:
        part = _library().espeak_TextToPhonemes(ctypes.byref(text), _UTF8, mode)
        found += re.split(r"[_\s]+", (part or b"").decode("utf-8", "ignore"))
    return [bare for bare in (_NO_PHONES.sub("", symbol).replace(_TIE, "") for symbol in found) if bare]


def _arpabet(symbol: str) -> str:
    return _ENGLISH[symbol] if symbol in _ENGLISH else convert(symbol, "ipa", "arpabet")
