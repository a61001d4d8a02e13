"""How the words of a corpus are said: by a dictionary, by the voice of a language, or guessed by a model of either.

Method
------
Words that a dictionary of one's own holds are said as it says them. Of the others, where a language is named and the
dictionary is in IPA, eSpeak NG says what it can. The rest is guessed by a joint n-gram model
(:mod:`visalign.language.g2p.training`) that is learnt from the dictionary, or from what eSpeak NG said of the corpus.
A word that nobody can say is noise in its place (``spn``); each is named.

Conventions
-----------
Phones are written as the model will have them: as the dictionary does, but without stress, which minutes of speech are
too little to learn, and X-SAMPA in IPA, as everywhere. ARPABET is in capitals. Other symbols stay as they are; with
those no English model can be of help.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from visalign.acoustic_training.corpus import UNKNOWN_LANGUAGE, LeftOut, Stretch
from visalign.acoustic_training.utterance import Pronunciations, Utterance
from visalign.errors import InputError, UnknownSymbol, quoted
from visalign.files.text_files import write_text
from visalign.language.g2p.joint_ngram import JointNgram, embedded_g2p
from visalign.language.g2p.training import train_joint_ngram
from visalign.language.g2p.unknown_words import guesser_of
from visalign.language.languages import chosen_language, language_lexicon
from visalign.language.lexicon import Lexicon, Pronunciation, normalise_word
from visalign.language.phone_lists import alphabet_of, is_arpabet
from visalign.language.phones import convert, is_phone, is_silence, strip_stress

__all__ = ["NOISE", "Pronounced", "pronounce_words", "read_language", "spoken_utterances", "write_dictionary"]

NOISE = "spn"
"""The phone of what is no word of the dictionary: laughter, a cough, a word that nobody can say."""

OTHER_ALPHABET = "other"

LEAST_WORDS = 20
"""A dictionary of fewer words teaches nothing of how others are said."""


@dataclass(frozen=True, slots=True, eq=False)
class Pronounced:
    """How the words of a corpus are said.

    Parameters
    ----------
    ways : mapping of str to Pronunciations
        By normalised word; words that nobody can say are missing.
    guessed, unknown : tuple of str
        Words that were guessed from their spelling, and those that have no pronunciation.
    alphabet : {"ipa", "arpabet", "other"}
        Of the phones.
    model : JointNgram or None
        What guesses; None where there was nothing to learn it from, and for American English, whose model is built in.
    """

    ways: Mapping[str, Pronunciations] = field(repr=False)
    guessed: tuple[str, ...]
    unknown: tuple[str, ...]
    alphabet: str
    model: JointNgram | None = field(repr=False)

    @property
    def phones(self) -> tuple[str, ...]:
        """All phones, sorted."""
        return tuple(sorted({x for ways in self.ways.values() for way in ways for x in way}))

    def packed_model(self) -> bytes | None:
        """The file of the guessing model, as :meth:`JointNgram.load` reads it; None without one."""
        if self.model is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "model.npz")
            self.model.save(place)
            return place.read_bytes()


def read_language(own: Lexicon | None, language: str | None) -> str:
    """In which language a text is read: the one that is named, none with a dictionary alone, else American English.

    Raises
    ------
    ConfigError
        If there is no such language.
    """
    if language:
        return chosen_language(language).code or "en"
    return "en" if own is None else own.spoken or UNKNOWN_LANGUAGE


def pronounce_words(words: Iterable[str], own: Lexicon | None, language: str | None = None) -> Pronounced:
    """How the words of a corpus are said.

    Parameters
    ----------
    words : iterable of str
    own : Lexicon, optional
        A dictionary; its entries alone count.
    language : str, optional
        See :func:`visalign.language.languages.chosen_language`; without a dictionary American English by default.

    Raises
    ------
    InputError
        If no word can be said.
    ConfigError
        If there is no such language.
    BackendUnavailable
        If its voice is needed and eSpeak NG is not installed.

    Examples
    --------
    >>> from visalign.language.lexicon import parse_lexicon
    >>> mine = parse_lexicon("kali  k ˈa l i\\nlika  l ˈi k a\\n")
    >>> found = pronounce_words(["kali", "zik"], mine)
    >>> found.ways["kali"], found.unknown, found.alphabet
    ((('k', 'a', 'l', 'i'),), ('zik',), 'ipa')
    """
    wanted = sorted({normalise_word(x) for x in words})
    known = {x: own[x] for x in wanted if x in own.entries} if own is not None else {}
    alphabet = _alphabet(own.entries.values() if own is not None else ())
    voice = _voice(own, language, alphabet)
    if voice is not None:
        known |= {x: voice[x] for x in wanted if x not in known and x in voice}
    alphabet = alphabet or _alphabet(known.values()) or "ipa"
    model, is_built_in = _guesser(own, known, voice)
    missing = [x for x in wanted if x not in known]
    guess = guesser_of(model) if model is not None else None
    guesses = {x: found for x in missing if guess is not None and (found := guess(x))}
    ways = {x: _spelt(found, alphabet) for x, found in (known | guesses).items()}
    ways = {x: found for x, found in ways.items() if found}
    if not ways:
        shown = ", ".join(map(quoted, wanted[:5]))
        raise InputError(f"no word of the corpus has a pronunciation ({shown} …): give --lexicon FILE, or --language")
    unknown = tuple(x for x in wanted if x not in ways)
    guessed = tuple(x for x in guesses if x in ways)
    return Pronounced(ways, guessed, unknown, alphabet, None if is_built_in else model)


def _voice(own: Lexicon | None, language: str | None, alphabet: str) -> Lexicon | None:
    """Who says words that a dictionary lacks."""
    if own is not None and (language is None or alphabet != "ipa" or not chosen_language(language).code):
        return None
    return language_lexicon(language)


def _guesser(
    own: Lexicon | None, known: Mapping[str, tuple[Pronunciation, ...]], voice: Lexicon | None
) -> tuple[JointNgram | None, bool]:
    if own is None and voice is not None and not voice.spoken:
        return embedded_g2p(), True
    entries = known if own is None else dict(own.entries) | dict(known)
    alphabet = _alphabet(entries.values())
    pairs = [(word, way) for word, ways in entries.items() for way in _spelt(ways, alphabet)]
    if len({word for word, _ in pairs}) < LEAST_WORDS:
        return None, False
    return train_joint_ngram(sorted(pairs), provenance={"words": len(entries)}), False


def _alphabet(entries: Iterable[Sequence[Pronunciation]]) -> str:
    symbols = sorted({x for ways in entries for way in ways for x in way.phones if not is_silence(x)})
    if not symbols:
        return ""
    found = alphabet_of(symbols)
    reads = is_arpabet if found == "arpabet" else (lambda x: is_phone(x, found))
    return found if all(map(reads, symbols)) else OTHER_ALPHABET


def _spelt(ways: Sequence[Pronunciation], alphabet: str) -> Pronunciations:
    found = (tuple(_phone(x, alphabet) for x in way.phones if not is_silence(x)) for way in ways)
    return tuple(dict.fromkeys(x for x in found if x))


def _phone(symbol: str, alphabet: str) -> str:
    if alphabet == "arpabet":
        return strip_stress(symbol)
    if alphabet == "xsampa":
        return _from_xsampa(symbol)
    return symbol.lstrip("ˈˌ") or symbol


def _from_xsampa(symbol: str) -> str:
    try:
        return convert(symbol.lstrip('"%'), "xsampa", "ipa")
    except UnknownSymbol:  # guessed in IPA already
        return symbol


def spoken_utterances(stretches: Sequence[Stretch], pronounced: Pronounced) -> tuple[list[Utterance], list[LeftOut]]:
    """The stretches as a model is trained on them, and those of which no word can be said."""
    utterances, left_out = [], []
    for x in stretches:
        ways = tuple(pronounced.ways.get(normalise_word(word), ((NOISE,),)) for word in x.words)
        if all(way == ((NOISE,),) for way in ways):
            shown = ", ".join(map(quoted, x.words[:5]))
            reason = f"{x.name}: none of its words has a pronunciation ({shown}); add them with --lexicon FILE"
            left_out.append(LeftOut(x.name, x.speaker, reason))
        else:
            utterances.append(Utterance(x.name, x.speaker, x.sound, x.words, ways))
    return utterances, left_out


def write_dictionary(path: str | Path, pronounced: Pronounced) -> Path:
    """Write the words of a corpus with their phones, as MFA and visalign read dictionaries.

    Raises
    ------
    OutputError
        If the place can't be written to.
    """
    rows = [f"{word}\t{' '.join(way)}\n" for word, ways in sorted(pronounced.ways.items()) for way in ways]
    return write_text(path, "".join(rows))
