"""Where the syllables of a word begin, in any language.

Method
------
A vowel, and a consonant that is marked as syllabic, is the nucleus of a syllable. Of the consonants between two nuclei
as many open the second syllable as may begin one [1]_: a consonant, or several that grow in sonority [2]_ from an
obstruent to a liquid or a glide, or from a nasal or liquid to a glide, by how they are made
(:mod:`visalign.language.articulation`). Before an l that leaves out t and d, and ŋ opens no syllable within a word, as
in most languages. Consonants at the edges of a word belong to its first and last syllable.

Where a dictionary says where syllables begin (``.`` between phones, or stress before a consonant), that counts.

What each language has beside this is not known here: s before a stop closes a syllable (English *mis.ter*, Spanish
*es.tar*, and French *res.ter*, but Italian has *pa.sta*), and words are parted one by one, without liaison.

References
----------
.. [1] D. Kahn, Syllable-based Generalizations in English Phonology, PhD thesis, MIT 1976: onsets are as long as can be.
.. [2] G. N. Clements, The role of the sonority cycle in core syllabification, Papers in Laboratory Phonology I, CUP
   1990: obstruents, nasals, liquids, glides, vowels, in this order; onsets rise steeply.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import pairwise

from visalign.language.articulation import FEATURES, targets_of
from visalign.language.ipa import tidy_ipa
from visalign.language.phone_lists import is_arpabet
from visalign.language.phones import convert

__all__ = ["sonority", "syllable_starts"]

OBSTRUENT, NASAL, LIQUID, GLIDE, VOWEL = range(1, 6)

_RISES = {(OBSTRUENT, LIQUID), (OBSTRUENT, GLIDE), (NASAL, GLIDE), (LIQUID, GLIDE)}
_SYLLABIC = "\u0329"
_STRESS = ("ˈ", "ˌ")
_NEVER_BEFORE_L = frozenset("td")


def syllable_starts(phones: Sequence[str], marked: Collection[int] = ()) -> tuple[int, ...]:
    """The phones of a word with which its syllables begin.

    Parameters
    ----------
    phones : sequence of str
        In IPA or ARPABET, stress included.
    marked : collection of int
        Phones before which the dictionary has a dot; where it has one, it is asked for all.

    Returns
    -------
    tuple of int
        Increasing, the first is 0; of a word without a vowel it is alone. Empty for no phones.

    Raises
    ------
    UnknownSymbol
        If one is neither IPA nor ARPABET.

    Examples
    --------
    >>> syllable_starts("EH1 K S T R AH0".split()), syllable_starts("f ˈɛ n s t ɐ".split())
    ((0, 3), (0, 4))
    >>> syllable_starts("p ˈa ð ɾ e".split()), syllable_starts("ˈb uː b ə".split(), marked=[3])
    ((0, 2), (0, 3))
    """
    if not phones:
        return ()
    levels = [sonority(x) for x in phones]
    stressed = [n for n, x in enumerate(phones) if x.startswith(_STRESS) and levels[n] != VOWEL]
    if marked:
        return tuple(sorted({0, *stressed, *(n for n in marked if 0 < n < len(phones))}))
    nuclei = [n for n, level in enumerate(levels) if level == VOWEL]
    starts = {0}
    for before, after in pairwise(nuclei):
        told = [n for n in stressed if before < n <= after]
        starts.add(told[0] if told else _onset(phones, levels, before, after))
    return tuple(sorted(starts))


def _onset(phones: Sequence[str], levels: Sequence[int], before: int, after: int) -> int:
    """Where the syllable with the nucleus `after` begins."""
    start = after
    if start - 1 > before and _sound(phones[start - 1]) != "ŋ":
        start -= 1
        while start - 1 > before and _may_follow(phones, levels, start):
            start -= 1
    return start


def _may_follow(phones: Sequence[str], levels: Sequence[int], n: int) -> bool:
    """True if the phone before `n` may begin a syllable together with it."""
    first, second = _sound(phones[n - 1]), _sound(phones[n])
    if second[0] == "l" and first[-1] in _NEVER_BEFORE_L:
        return False
    return (levels[n - 1], levels[n]) in _RISES


@lru_cache(maxsize=4096)
def sonority(phone: str) -> int:
    """How sonorous a phone is: 1 an obstruent, 2 a nasal, 3 a liquid, 4 a glide, 5 what may be a syllable's nucleus.

    Examples
    --------
    >>> [sonority(x) for x in ("t", "M", "ʁ", "j", "aɪ", "l̩")]
    [1, 2, 3, 4, 5, 5]

    Raises
    ------
    UnknownSymbol
        If it is neither IPA nor ARPABET.
    """
    ipa = _sound(phone)
    targets = targets_of(ipa)
    if _SYLLABIC in ipa or (targets[:, _AT["vowel"]] >= 0.95).any():
        return VOWEL
    last = dict(zip(FEATURES, targets[-1].tolist(), strict=True))
    if last["nasal"] >= 0.95:
        return NASAL
    is_voiced_flow = last["vowel"] >= 0.1 and last["closure"] <= 0.6
    if is_voiced_flow and max(last["rhotic"], last["lateral"]) >= 0.4:
        return LIQUID
    return GLIDE if last["vowel"] >= 0.45 else OBSTRUENT


_AT = {name: n for n, name in enumerate(FEATURES)}


@lru_cache(maxsize=4096)
def _sound(phone: str) -> str:
    return convert(phone, "arpabet", "ipa") if is_arpabet(phone) else tidy_ipa(phone)
