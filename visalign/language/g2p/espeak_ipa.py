"""What eSpeak NG writes as IPA, made into IPA: one phone a symbol, without tones, with the stress of vowels.

eSpeak NG writes a word as symbols with underscores between them: ``ʃ_t_ɾ_ˈɑː_s_ə``. A symbol may hold several phones
(``ɔːɹ``, ``onɡ``), marks of its own alphabet where its voice has no IPA for them (``ts.`` for ʈʂ, ``dZ`` for dʒ), the
figure of a tone, or the switch to another language and back (``(en)`` … ``(de)``).

What is done, in this order:

* Switches, pauses and liaisons are left out; what a switch brings in stays, as it is IPA as well.
* Tones are left out: figures, and the ``ɜ`` that eSpeak NG makes of tone 3 in languages of tones.
* Symbols of its own alphabet become IPA (`_OWN`, and `_OF_LANGUAGE` where a language differs).
* A vowel or consonant written twice in one symbol is long: ``ää`` is äː.
* A symbol of several phones is parted by :func:`visalign.language.ipa.parted`.
* Stress stands before the first vowel of its symbol: ``ˈɑː``; ``ˈ`` is the main one, ``ˌ`` a second one.
* The moraic nasal of Japanese is the nasal of the consonant behind it: さんぽ is said with closed lips.
"""

from __future__ import annotations

import re

from visalign.errors import UnknownSymbol
from visalign.language.ipa import VOWEL_LETTERS, parted, tidy_ipa

__all__ = ["SWITCH", "ipa_phones"]

SWITCH = re.compile(r"\([a-z][a-z0-9-]*\)")
"""What eSpeak NG writes where it goes over to another language's voice."""

_STRESS = "ˈˌ"
_TONES = re.compile(r"[0-9]+")

# Symbols of eSpeak NG's own alphabet (docs/phonemes.md there) that some of its voices leave in their IPA.
_OWN = (
    ("ts.", "ʈʂ"), ("dz.", "ɖʐ"), ("s.", "ʂ"), ("z.", "ʐ"), ("t.", "ʈ"), ("d.", "ɖ"), ("n.", "ɳ"), ("l.", "ɭ"),
    ("r.", "ɽ"), ("i.", "ɨ"), ("tS", "tʃ"), ("dZ", "dʒ"), ("S", "ʃ"), ("Z", "ʒ"), ("N", "ŋ"), ("X", "χ"), ("A", "ɑ"),
    ("Φ", "ɸ"), ("ε", "ɛ"), ("?", "ʔ"), ("n^", "ɲ"), ("[", "̪"), ("#", "̥"), ("`", "ʼ"), ("ᵝ", ""),
    ('u"', "ʉ"), ('"', "\u0308"),
)  # fmt: skip

_OF_LANGUAGE: dict[str, tuple[tuple[str, str], ...]] = {
    "cmn": (("o-", "ɤ"), ("onɡ", "ʊŋ"), ("nɡ", "ŋ"), ("χ", "x")),
    "yue": (("oe", "œ"), ("nɡ", "ŋ"), ("aa", "aː")),
    "hak": (("nɡ", "ŋ"),),
    "ko": (("q", "k"),),
    "de": (("ɜ", "ɐ"),),
}
_TONAL = frozenset({"cmn", "yue", "hak", "vi", "th", "shn", "my"})
_ASPIRATED = re.compile(r"(?<=[pbtdkɡɕʂʑʐszʃʒ])h$")
_MORAIC = "ũ"
_NASALS = (("pbm", "m"), ("tdnszɾɽ", "n"), ("kɡ", "ŋ"))


def ipa_phones(written: str, language: str) -> tuple[str, ...]:
    """The phones of what eSpeak NG wrote.

    Parameters
    ----------
    written : str
        Its symbols, with underscores and blanks between them.
    language : str
        Name of its voice, without the region: ``ja``, ``cmn``.

    Returns
    -------
    tuple of str
        Each a phone as :func:`visalign.language.ipa.tidy_ipa` writes it, the stressed ones with their stress before
        them; empty where nothing is said.

    Raises
    ------
    UnknownSymbol
        If a symbol is neither IPA nor known here.

    Examples
    --------
    >>> ipa_phones("(en)_dʒ_ˈɒ_b_(de)", "de"), ipa_phones("ts._ˈonɡ5_ k_ˈuoɜ_", "cmn")
    (('dʒ', 'ˈɒ', 'b'), ('ʈʂ', 'ˈʊ', 'ŋ', 'k', 'ˈuo'))
    >>> ipa_phones("s_a_ˈũ_p_o", "ja")
    ('s', 'a', 'm', 'p', 'o')
    """
    symbols = [x for x in re.split(r"[_\s]+", SWITCH.sub("_", written)) if x]
    phones = [phone for symbol in symbols for phone in _phones_in(symbol, language)]
    return tuple(_with_nasals(phones) if language == "ja" else phones)


def _phones_in(symbol: str, language: str) -> list[str]:
    stress = next((mark for mark in symbol if mark in _STRESS), "")
    bare = "".join(x for x in symbol if x not in _STRESS + "‿|")
    bare = _TONES.sub("", bare)
    if language in _TONAL and len(bare) > 1:
        bare = bare.removesuffix("ɜ")
    for own, ipa in (*_OF_LANGUAGE.get(language, ()), *_OWN):
        bare = bare.replace(own, ipa)
    bare = _ASPIRATED.sub("ʰ", bare.replace("-", "")).lstrip("ʲ")
    half = len(bare) // 2
    bare = f"{bare[:half]}ː" if half and bare[:half] == bare[half:] else bare
    if not bare or bare == "ː":
        return []
    try:
        phones = [_MORAIC] if bare == _MORAIC else list(parted(tidy_ipa(bare)))
    except UnknownSymbol as error:
        raise UnknownSymbol(symbol, error.inventory) from error
    carrier = next((n for n, phone in enumerate(phones) if not VOWEL_LETTERS.isdisjoint(phone)), 0)
    phones[carrier] = stress + phones[carrier]
    return phones


def _with_nasals(phones: list[str]) -> list[str]:
    """The moraic nasal of Japanese, which eSpeak NG writes as a nasal vowel, as it is said before what follows."""
    found = list(phones)
    for place, phone in enumerate(phones):
        if phone.lstrip(_STRESS) in (_MORAIC, "ũ"):
            following = phones[place + 1].lstrip(_STRESS)[:1] if place + 1 < len(phones) else ""
            found[place] = next((nasal for before, nasal in _NASALS if following and following in before), "ɴ")
    return found
