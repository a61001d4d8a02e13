"""Phones of Japanese as Julius's models call them, from IPA and in IPA.

Conventions
-----------
A vowel is one of ``a i u e o``, long with a colon; ``N`` is the moraic nasal, ``q`` the first half of a long consonant;
a palatalised consonant has a y behind it (``ky``), but before an i, where all are.
"""

from __future__ import annotations

from collections.abc import Sequence

from visalign.errors import UnknownSymbol
from visalign.language.ipa import pairs, tidy_ipa, without_marks

__all__ = ["JULIUS_SIGNS", "ipa_of_julius", "julius_phones"]

JULIUS_SIGNS = frozenset(["N", "q", "ky", "sh", "ts"])
"""Phones by which a model of Japanese is known."""

_VOWELS = pairs("a a ɑ a ɐ a i i ɪ i ɨ i ɯ u u u ʊ u e e ɛ e o o ɔ o")
_CONSONANTS = pairs(
    """
    k k ɡ g ŋ g s s z z dz z t t d d n n h h ɦ h b b p p m m ɾ r r r l r ɺ r ɽ r w w ɰ w j y
    ɕ sh ʃ sh tɕ ch tʃ ch dʑ j dʒ j ʑ j ʒ j ts ts ɸ f f f ç hy ɲ ny v b β b x h c ky ɟ gy
    """
)
_IPA = pairs(
    """
    u ɯ g ɡ r ɾ y j sh ɕ ch tɕ j dʑ f ɸ N ɴ q ʔ
    ky kʲ gy ɡʲ ny ɲ hy ç by bʲ py pʲ my mʲ ry ɾʲ dy dʲ
    """
)
_NASALS = frozenset("mnŋɴɲɱ")
_PALATAL = "ʲ"
_WITH_Y = frozenset(["k", "g", "n", "h", "b", "p", "m", "r", "d"])


def ipa_of_julius(phone: str) -> str:
    """IPA of a phone of such a model; the first half of a long consonant is a stop of the glottis.

    Examples
    --------
    >>> [ipa_of_julius(x) for x in ("ky", "u:", "j", "N", "s")]
    ['kʲ', 'ɯː', 'dʑ', 'ɴ', 's']
    """
    bare = phone.removesuffix(":")
    return _IPA.get(bare, bare) + ("ː" if bare != phone else "")


def julius_phones(phones: Sequence[str]) -> tuple[str, ...] | None:
    """A Japanese word in Julius's phones; None where a phone is none of Japanese.

    Parameters
    ----------
    phones : sequence of str
        IPA, stress and finer marks included.

    Examples
    --------
    >>> julius_phones("s ä m p o̞".split()), julius_phones("ɡ ä k k ˈoː".split()), julius_phones("kʲ oː t o".split())
    (('s', 'a', 'N', 'p', 'o'), ('g', 'a', 'q', 'k', 'o:'), ('ky', 'o:', 't', 'o'))
    """
    try:
        sounds = [tidy_ipa(x) for x in phones]
    except UnknownSymbol:
        return None
    found = list[str]()
    for n, sound in enumerate(sounds):
        after = sounds[n + 1] if n + 1 < len(sounds) else ""
        said = _said(sound, after)
        if said is None:
            return None
        if said == ["y"] and found and found[-1] in _WITH_Y and n and without_marks(sounds[n - 1]) in _CONSONANTS:
            found[-1] += "y"  # written as a glide of its own
        else:
            found += said
    return tuple(found)


def _said(sound: str, after: str) -> list[str] | None:
    letters, following = without_marks(sound), without_marks(after)
    if letters in _VOWELS:
        return [_VOWELS[letters] + (":" if "ː" in sound else "")]
    is_closed = following not in _VOWELS and following != "j"
    if letters == "ɴ" or (letters in _NASALS and is_closed):
        return ["N"]
    if letters not in _CONSONANTS:
        return None
    if is_closed and following[:1] == letters[:1]:
        return ["q"]
    plain = _CONSONANTS[letters].removesuffix("y") or "y"
    is_palatal = _PALATAL in sound or plain != _CONSONANTS[letters]
    said = plain + "y" if is_palatal and plain in _WITH_Y and _VOWELS.get(following) != "i" else plain
    return ["q", said] if "ː" in sound else [said]
