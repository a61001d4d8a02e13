r"""Words that look alike under a viseme map, and which map keeps a vocabulary apart best.

Method
------
A word's *form* is the sequence of visemes of one of its pronunciations. Words with a common form are homophenes: nobody
who sees visemes alone can tell them apart. How much a map leaves open about a word w drawn evenly from N words is

.. math:: H = \frac1N \sum_w \log_2 n(w)

bits, where n(w) is the number of words that share a form with w, itself included (with several pronunciations, the
mean over them). A map with more visemes leaves less open whatever it groups, so each is set against random maps with
groups of the same sizes [1]_: what it leaves open beyond them is due to its grouping.

Note that a map that keeps words apart helps only as far as the lips show its visemes; that is measured by
:mod:`visalign.training.map_evaluation`.

References
----------
.. [1] H. L. Bear, R. W. Harvey, B.-J. Theobald and Y. Lan, Which phoneme-to-viseme maps best improve visual-only
   computer lip-reading?, ISVC 2014, LNCS 8888.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from visalign.errors import InputError
from visalign.language.lexicon import Lexicon, arpabet_phones, embedded_lexicon
from visalign.language.phones import ARPABET
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["SEPARATION_COLUMNS", "Homophenes", "MapSeparation", "compare_separation", "find_homophenes"]

N_RANDOM = 50
"""Random maps that each map is compared with: their mean is then known to about 2 % of its spread."""

SEPARATION_COLUMNS = ("name", "n_visemes", "n_words", "n_forms", "n_unique", "largest", "bits", "random_bits")
"""Columns of the table of maps, after the attributes of :class:`MapSeparation`."""

_Forms = Mapping[str, frozenset[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Homophenes:
    """Words that look alike.

    Parameters
    ----------
    form : tuple of str
        Their visemes.
    words : tuple of str
        At least two, sorted.
    """

    form: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MapSeparation:
    """How far a map keeps the words of a vocabulary apart.

    Parameters
    ----------
    name : str
        Id of the map.
    n_visemes : int
        Visemes that the vocabulary uses.
    n_words, n_forms : int
        Words, and forms that differ.
    n_unique : int
        Words that look like no other.
    largest : int
        Words in the largest group.
    bits : float
        What is left open about a word.
    random_bits : float
        The same, mean of random maps with groups of the same sizes.
    """

    name: str
    n_visemes: int
    n_words: int
    n_forms: int
    n_unique: int
    largest: int
    bits: float
    random_bits: float


def find_homophenes(
    words: Iterable[str], viseme_map: VisemeMap, *, lexicon: Lexicon | None = None
) -> tuple[Homophenes, ...]:
    """The groups of words that look alike, largest first.

    Parameters
    ----------
    words : iterable of str
        The vocabulary.
    viseme_map : VisemeMap
    lexicon : Lexicon, optional
        Pronunciations; English by default.

    Raises
    ------
    OutOfVocabulary
        If the lexicon lacks words.
    InputError
        If there is no word.

    Examples
    --------
    >>> jeffers = VisemeMap.load("jeffers_1971")
    >>> [x.words for x in find_homophenes(["bat", "mat", "pat", "fat", "vat", "cat"], jeffers)]
    [('bat', 'mat', 'pat'), ('fat', 'vat')]
    """
    groups: dict[tuple[str, ...], set[str]] = {}
    for word, forms in _forms(_phones(words, lexicon), {p: viseme_map.lookup(p, "arpabet") for p in ARPABET}).items():
        for form in forms:
            groups.setdefault(form, set()).add(word)
    found = [Homophenes(form, tuple(sorted(alike))) for form, alike in groups.items() if len(alike) > 1]
    return tuple(sorted(found, key=lambda x: (-len(x.words), x.words, x.form)))


def compare_separation(
    words: Iterable[str], viseme_maps: Iterable[VisemeMap], *, lexicon: Lexicon | None = None
) -> list[MapSeparation]:
    """How far each map keeps the words apart; the least left open first.

    Parameters and errors are those of :func:`find_homophenes`.
    """
    spoken = _phones(words, lexicon)
    used = sorted({phone for ways in spoken.values() for way in ways for phone in way})
    found = [_separation(spoken, used, viseme_map) for viseme_map in viseme_maps]
    return sorted(found, key=lambda x: (x.bits, x.name))


def _separation(spoken: _Forms, used: list[str], viseme_map: VisemeMap) -> MapSeparation:
    visemes = {phone: viseme_map.lookup(phone, "arpabet") for phone in used}
    forms = _forms(spoken, visemes)
    sharing = _sharing(forms)
    sizes = [max(n.values()) for n in sharing.values()]
    random = np.random.default_rng(0)  # the same maps each time
    shuffled = [random.permutation(list(visemes.values())).tolist() for _ in range(N_RANDOM)]
    others = [_bits(_sharing(_forms(spoken, dict(zip(used, row, strict=True))))) for row in shuffled]
    return MapSeparation(
        name=viseme_map.id,
        n_visemes=len(set(visemes.values())),
        n_words=len(spoken),
        n_forms=len({form for ways in forms.values() for form in ways}),
        n_unique=sum(1 for size in sizes if size == 1),
        largest=max(sizes),
        bits=_bits(sharing),
        random_bits=float(np.mean(others)),
    )


def _phones(words: Iterable[str], lexicon: Lexicon | None) -> _Forms:
    vocabulary = sorted(set(words))
    if not vocabulary:
        raise InputError("there is no word to compare. Give a text, a word list or a grammar.")
    said = (lexicon or embedded_lexicon()).pronounce(vocabulary)
    pairs = zip(vocabulary, said, strict=True)
    return {word: frozenset(tuple(arpabet_phones(x)) for x in ways) for word, ways in pairs}


def _forms(spoken: _Forms, visemes: Mapping[str, str]) -> _Forms:
    return {word: frozenset(tuple(visemes[p] for p in way) for way in ways) for word, ways in spoken.items()}


def _sharing(forms: _Forms) -> dict[str, dict[tuple[str, ...], int]]:
    """Of each word, how many words have each of its forms."""
    count: dict[tuple[str, ...], int] = {}
    for ways in forms.values():
        for form in ways:
            count[form] = count.get(form, 0) + 1
    return {word: {form: count[form] for form in ways} for word, ways in forms.items()}


def _bits(sharing: Mapping[str, Mapping[tuple[str, ...], int]]) -> float:
    per_word = [sum(math.log2(n) for n in ways.values()) / len(ways) for ways in sharing.values()]
    return sum(per_word) / len(per_word)
