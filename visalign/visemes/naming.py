"""Visemes in words: "lips together", "lip to teeth", with the letter of the map behind.

A letter says nothing to whoever does not know the map, and something else to whoever knows another one. So wherever a
viseme is shown, its words come first.

Method
------
The words are those of the map's file (``description``), where they tell what can be seen. A description that names a
place of articulation ("velar"), an example ("as in pea") or figures tells something else; then the words go by the
class's articulator, and where that is "other", by how most of its phones are made. A class whose id is a word already
("closed") is called by its id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from visalign.errors import ConfigError, UnknownSymbol
from visalign.language.phones import ARPABET, is_silence, seen_as_english
from visalign.visemes.viseme_map import VisemeClass, VisemeMap

__all__ = ["MIXED", "NO_FACE", "REST", "known_names", "lips_of", "named", "names_of", "series", "short"]

REST, NO_FACE, MIXED = "at rest", "no face", "in between"
"""What a mouth is called in silence, where none is seen, and of phones that look like several things."""

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "bilabial": "lips closed",
        "labiodental": "lip to teeth",
        "dental": "tongue between teeth",
        "sibilant": "teeth together",
        "rounded": "lips rounded",
        "spread": "lips spread",
        "open": "mouth open",
        "tongue-only": "tongue inside",
        "silence": REST,
    }
)

_SAYS_SOMETHING_ELSE = re.compile(
    r"^(as in |added: )|\d|\b(none|idle|schwa|vowels|bilabial|labiodental|dental|alveolar|palatal|velar|glottal)\b",
    re.I,
)
_IS_A_WORD = re.compile(r"[^\W\d_][^\W\d_]{3,}([ _-][^\W\d_]+)*")
_SPREAD = frozenset(("IY", "IH", "EY", "Y"))
_SIBILANTS = frozenset(("S", "Z", "SH", "ZH", "CH", "JH"))


def names_of(viseme_map: VisemeMap) -> dict[str, str]:
    """Words of each viseme of a map; a viseme that nothing describes is left out.

    Examples
    --------
    >>> names = names_of(VisemeMap.load("jeffers_1971"))
    >>> names["C"], names["A"], names["S"]
    ('lips together', 'lip to teeth', 'at rest')
    >>> names_of(VisemeMap.load("oculus_15"))["PP"]
    'lips closed'
    """
    found = {viseme: _words(viseme, entry, viseme_map) for viseme, entry in viseme_map.classes.items()}
    return {viseme: words for viseme, words in found.items() if words}


def known_names(name_of_map: str) -> dict[str, str]:
    """Words of the visemes of a shipped map, by its name; empty for a map that is not known here."""
    try:
        return names_of(VisemeMap.load(name_of_map))
    except ConfigError:  # a map of the user's own, of which only the name is known
        return {}


def named(viseme: str, names: Mapping[str, str]) -> str:
    """A viseme in words, its letter behind.

    Examples
    --------
    >>> named("C", {"C": "lips together"}), named("closed", {"closed": "closed"}), named("Q", {}), named("", {})
    ('lips together (C)', 'closed', 'Q', 'no face')
    """
    if not viseme:
        return NO_FACE
    words = names.get(viseme, "")
    return viseme if words.replace(" ", "_") in ("", viseme) else f"{words} ({viseme})"


def short(viseme: str, names: Mapping[str, str]) -> str:
    """The first part of its words, for where there is little room; its letter where it has no words.

    Examples
    --------
    >>> short("I", {"I": "lips relaxed, narrow opening"}), short("Q", {}), short("", {})
    ('lips relaxed', 'Q', 'no face')
    """
    return names.get(viseme, viseme).split(",")[0] if viseme else NO_FACE


def series(visemes: str, names: Mapping[str, str]) -> str:
    """Visemes that follow one another, separated by spaces, in words separated by semicolons.

    Examples
    --------
    >>> series("C I", {"C": "lips together", "I": "lips relaxed, narrow opening"})
    'lips together; lips relaxed, narrow opening'
    """
    return "; ".join(names.get(viseme, viseme) for viseme in visemes.split())


def lips_of(symbol: str) -> str:
    """What the lips do for an ARPABET phone: one of :data:`visalign.visemes.lint.ARTICULATORS`.

    Examples
    --------
    >>> lips_of("M"), lips_of("OW"), lips_of("K")
    ('bilabial', 'rounded', 'tongue-only')
    """
    phone = ARPABET[symbol]
    if phone.place in ("bilabial", "labiodental", "dental"):
        return phone.place
    if symbol in _SIBILANTS:
        return "sibilant"
    if phone.is_rounded:
        return "rounded"
    if symbol in _SPREAD:
        return "spread"
    return "open" if phone.is_vowel else "tongue-only"


def _words(viseme: str, entry: VisemeClass, viseme_map: VisemeMap) -> str:
    if viseme == viseme_map.silence or entry.articulator == "silence":
        return REST
    if entry.description and not _SAYS_SOMETHING_ELSE.search(entry.description):
        return entry.description
    if viseme.islower() and _IS_A_WORD.fullmatch(viseme) and viseme != viseme_map.fallback:
        return viseme.replace("_", " ")
    return _WORDS.get(entry.articulator) or _by_its_phones(entry.phones, viseme_map.alphabet)


def _by_its_phones(phones: tuple[str, ...], alphabet: str) -> str:
    """What more than half of them look like; empty where there are none."""
    kinds = Counter[str]()
    for phone in phones:
        if is_silence(phone):
            continue
        try:
            kinds[lips_of(seen_as_english(phone, alphabet))] += 1
        except UnknownSymbol:  # English has no such phone
            continue
    if not kinds:
        return ""
    kind, count = kinds.most_common(1)[0]
    return _WORDS[kind] if 2 * count > len(phones) else MIXED
