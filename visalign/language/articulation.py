"""How a phone of any language is made, in numbers, and which phones of an inventory it is most like.

Method
------
Each letter of IPA is described by `FEATURES`, from 0 to 1: where the mouth is narrowed and how far (place, closure,
friction), what else is open or moves (nose, sides of the tongue, its tip), what the glottis does, what the lips do, and
where the body of the tongue stands, which for consonants too says where the second formant begins and ends. Marks
change what they say they change. A phone has one *target*, or several one after the other: a diphthong, an affricate
(closure and friction), a prenasal (nasal and closure). Letters that two organs make at once (``kp ɡb ŋm``) are one.

Two phones are as far apart as their beginnings and their ends are, by

    d² = Σ over features of w_f (x_f − y_f)²,

with weights ``w`` for the ear (`AUDIBLE`) or for the eye (`VISIBLE`). A phone is made of the phones of an inventory by
shares proportional to ``exp(−d² / (2 SPREAD²))``.

Conventions
-----------
Phones are IPA as :func:`visalign.language.ipa.tidy_ipa` takes it. Silence has no articulation.

References
----------
.. [1] International Phonetic Association, Handbook of the International Phonetic Association, CUP 1999: rows and
   columns of its chart give closure, friction, place, voice, height, backness and rounding.
.. [2] P. Ladefoged and I. Maddieson, The Sounds of the World's Languages, Blackwell 1996: phonation, double
   articulations, prenasals, clicks.
.. [3] D. Mortensen et al., PanPhon: a resource for mapping IPA segments to articulatory feature vectors, COLING 2016:
   the idea, with features of generative phonology. Places and heights are graded here, since an acoustic neighbour is
   asked for and not a natural class (docs/decisions/0161).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from visalign.language.ipa import pairs, tidy_ipa
from visalign.language.phones import ARPABET, SILENCE, convert, is_silence

__all__ = [
    "AUDIBLE",
    "FEATURES",
    "SPREAD",
    "VISIBLE",
    "closes_lips",
    "distance",
    "is_like_english",
    "opens_mouth",
    "target_weights",
    "targets_of",
    "weights",
]

FEATURES = (
    *("vowel", "closure", "friction", "sibilant", "nasal", "lateral", "rhotic", "click"),
    *("voiced", "breath", "glottalised", "labial", "labiodental", "rounded"),
    *("place", "height", "backness", "long"),
)
"""Names of the numbers that describe a target. ``place`` runs from the lips (0) to the glottis (0.9), ``height`` from
open to close, ``backness`` from front to back."""

_INDEX = {name: i for i, name in enumerate(FEATURES)}

AUDIBLE: Mapping[str, float] = MappingProxyType(
    {
        **{"vowel": 5.0, "closure": 4.0, "friction": 4.0, "sibilant": 3.0, "nasal": 4.0, "lateral": 1.5},
        **{"rhotic": 1.5, "click": 1.0, "voiced": 2.0, "breath": 0.4, "glottalised": 0.5, "labial": 1.0},
        **{"labiodental": 0.2, "rounded": 0.6, "place": 6.0, "height": 6.0, "backness": 4.0, "long": 0.0},
    }
)
"""How much each feature counts for the ear. Manner counts most, since confusions of listeners and of recognisers keep
to it, then voice, then place (G. Miller and P. Nicely, J. Acoust. Soc. Am. 27, 1955)."""

VISIBLE: Mapping[str, float] = MappingProxyType(
    {
        **{"vowel": 1.5, "closure": 0.1, "friction": 0.1, "sibilant": 1.0, "nasal": 0.0, "lateral": 0.3},
        **{"rhotic": 0.5, "click": 0.1, "voiced": 0.0, "breath": 0.1, "glottalised": 0.0, "labial": 8.0},
        **{"labiodental": 8.0, "rounded": 5.0, "place": 1.5, "height": 2.0, "backness": 0.5, "long": 0.0},
    }
)
"""How much each feature counts for the eye: the lips most, then the jaw; neither voice nor nose is seen (C. Fisher,
J. Speech Hear. Res. 11, 1968)."""

SPREAD = 0.45
"""The distance at which a phone's share is down to 61 % of that of an identical one."""

LEAST_SHARE = 0.02
"""Smaller shares are left out: what is far off adds noise."""

_ALIKE = 0.05  # squared distance; ts and tʃ are 0.09 apart

_CLOSING_LETTERS = frozenset("pbmɓʙʘ")

Vector = npt.NDArray[np.float64]
Sense = Literal["ear", "eye"]

# Place, labial, labiodental, height and backness of the tongue's body; a consonant of the lips leaves the tongue alone.
_PLACES: dict[str, tuple[float, float, float, float, float]] = {
    "bilabial": (0.00, 1.0, 0.0, 0.5, 0.5),
    "labiodental": (0.05, 0.7, 1.0, 0.5, 0.5),
    "dental": (0.22, 0.0, 0.0, 0.55, 0.35),
    "alveolar": (0.30, 0.0, 0.0, 0.6, 0.3),
    "postalveolar": (0.42, 0.0, 0.0, 0.75, 0.3),
    "retroflex": (0.42, 0.0, 0.0, 0.55, 0.5),
    "alveolopalatal": (0.46, 0.0, 0.0, 0.9, 0.1),
    "palatal": (0.58, 0.0, 0.0, 1.0, 0.25),
    "velar": (0.70, 0.0, 0.0, 0.9, 0.8),
    "uvular": (0.80, 0.0, 0.0, 0.5, 1.0),
    "pharyngeal": (0.88, 0.0, 0.0, 0.0, 0.9),
    "epiglottal": (0.90, 0.0, 0.0, 0.0, 0.9),
    "glottal": (0.90, 0.0, 0.0, 0.6, 0.5),
}

_MANNERS: dict[str, dict[str, float]] = {
    "plosive": {"closure": 1.0},
    "implosive": {"closure": 1.0, "glottalised": 0.5},
    "click": {"closure": 1.0, "click": 1.0, "friction": 0.3},
    "nasal": {"closure": 0.7, "nasal": 1.0, "vowel": 0.1},
    "fricative": {"friction": 1.0},
    "sibilant": {"friction": 1.0, "sibilant": 1.0},
    "lateral-fricative": {"friction": 0.9, "lateral": 1.0, "sibilant": 0.3},
    "approximant": {"vowel": 0.45},
    "lateral": {"lateral": 1.0, "vowel": 0.35, "closure": 0.2},
    "trill": {"rhotic": 1.0, "vowel": 0.25, "closure": 0.4},
    "tap": {"rhotic": 0.6, "vowel": 0.2, "closure": 0.6},
    "lateral-tap": {"rhotic": 0.4, "lateral": 0.7, "vowel": 0.25, "closure": 0.5},
}

# A row: manner, place, the voiceless letter and the voiced one (- where IPA has none).
_CONSONANTS = """
plosive bilabial p b            plosive alveolar t d          plosive retroflex ʈ ɖ       plosive palatal c ɟ
plosive velar k ɡ               plosive uvular q ɢ            plosive epiglottal ʡ -      plosive glottal ʔ -
implosive bilabial - ɓ          implosive alveolar - ɗ        implosive palatal - ʄ       implosive velar - ɠ
implosive uvular - ʛ            click bilabial ʘ -            click dental ǀ -            click postalveolar ǃ -
click palatal ǂ -               click alveolar ǁ -
nasal bilabial - m              nasal labiodental - ɱ         nasal alveolar - n          nasal retroflex - ɳ
nasal palatal - ɲ               nasal velar - ŋ               nasal uvular - ɴ
trill bilabial - ʙ              trill alveolar - r            trill uvular - ʀ            tap alveolar - ɾ
tap retroflex - ɽ               lateral-tap alveolar - ɺ
fricative bilabial ɸ β          fricative labiodental f v     fricative dental θ ð        sibilant alveolar s z
sibilant postalveolar ʃ ʒ       sibilant retroflex ʂ ʐ        sibilant alveolopalatal ɕ ʑ fricative palatal ç ʝ
fricative velar x ɣ             fricative uvular χ ʁ          fricative pharyngeal ħ ʕ    fricative epiglottal ʜ ʢ
fricative glottal h ɦ           lateral-fricative alveolar ɬ ɮ  sibilant velar ɧ -
approximant labiodental - ʋ     approximant postalveolar - ɹ  approximant retroflex - ɻ   approximant palatal - j
approximant velar - ɰ           approximant velar ʍ w         approximant palatal - ɥ
lateral alveolar - l            lateral retroflex - ɭ         lateral palatal - ʎ         lateral velar - ʟ
lateral velar - ɫ
"""

# Height in sevenths from open, backness in quarters; a letter in brackets is rounded.
_VOWELS = pairs(
    """
    i 7,0  (y) 7,0  ɨ 7,2  (ʉ) 7,2  ɯ 7,4  (u) 7,4  ɪ 6,0.7  (ʏ) 6,0.7  (ʊ) 6,3.3  ᵻ 6,2  (ᵿ) 6,2.5
    e 5,0  (ø) 5,0  ɘ 5,2  (ɵ) 5,2  ɤ 5,4  (o) 5,4  ə 3.5,2  ɚ 3.5,2
    ɛ 3,0.3  (œ) 3,0.3  ɜ 3,2  ɝ 3,2  (ɞ) 3,2  ʌ 2.5,3  (ɔ) 2.5,4
    æ 1,0.5  ɐ 1,2  a 0,1.2  (ɶ) 0,0.5  ɑ 0,3.7  (ɒ) 0.5,4
    """
)

# What else a letter does: h and ɦ are breath alone, ʔ is the glottis; liquids and glides of English and of others.
_PARTICULARS: dict[str, dict[str, float]] = {
    "h": {"breath": 1.0, "friction": 0.8},
    "ɦ": {"breath": 1.0, "friction": 0.4, "vowel": 0.25},
    "ʔ": {"glottalised": 1.0, "closure": 0.8},
    "ʕ": {"friction": 0.2, "vowel": 0.4, "glottalised": 0.3},
    "ʁ": {"friction": 0.6, "rhotic": 0.4, "vowel": 0.15},
    "ɣ": {"friction": 0.5, "vowel": 0.2},
    "β": {"friction": 0.5, "vowel": 0.15},
    "ð": {"friction": 0.6, "vowel": 0.1},
    "v": {"friction": 0.7},
    "ʝ": {"friction": 0.5, "vowel": 0.25},
    "ɹ": {"rhotic": 1.0, "rounded": 0.4},
    "ɻ": {"rhotic": 1.0},
    "ɚ": {"rhotic": 1.0},
    "ɝ": {"rhotic": 1.0, "rounded": 0.3},
    "ɲ": {"place": 0.45, "backness": 0.1},  # with the blade before the palate in most languages (Recasens 1990)
    "ʎ": {"place": 0.45, "backness": 0.1},
    "j": {"backness": 0.0},
    "w": {"rounded": 1.0, "labial": 0.5},
    "ʍ": {"rounded": 1.0, "labial": 0.5, "friction": 0.6, "breath": 0.5},
    "ɥ": {"backness": 0.0, "rounded": 1.0, "labial": 0.5},
    "ʃ": {"rounded": 0.4},
    "ʒ": {"rounded": 0.4},
    "ʂ": {"height": 0.7, "rounded": 0.3},
    "ʐ": {"height": 0.7, "rounded": 0.3},
    "ɧ": {"rounded": 0.4},
    "ɫ": {"place": 0.35, "height": 0.3},
}

# Marks: what they add to a feature, or (as a tuple) which value it takes and by what share it moves there.
_MARKS: dict[str, dict[str, float | tuple[float, float]]] = {
    "ː": {"long": 1.0},
    "ˑ": {"long": 0.5},
    "ʰ": {"breath": 1.0},
    "ʷ": {"rounded": (1.0, 0.8), "labial": 0.3},
    "ʲ": {"height": (1.0, 0.7), "backness": (0.0, 0.7)},
    "ˠ": {"height": (0.9, 0.5), "backness": (0.9, 0.7)},
    "ˤ": {"height": (0.1, 0.5), "backness": (0.9, 0.6)},
    "ˡ": {"lateral": 0.5},
    "ⁿ": {"nasal": 0.4},
    "ʼ": {"glottalised": 1.0},
    "˞": {"rhotic": (1.0, 0.8)},
    "\u0303": {"nasal": 0.4},  # nasal
    "\u0329": {"vowel": 0.3},  # syllabic
    "\u032f": {"vowel": -0.3},  # not syllabic
    "\u0325": {"voiced": (0.0, 0.8), "breath": 0.3},  # voiceless
    "\u032c": {"voiced": (1.0, 0.8)},
    "\u0324": {"breath": 0.6},  # breathy
    "\u0330": {"glottalised": 0.6},  # creaky
    "\u032a": {"place": -0.06},  # dental
    "\u033a": {"place": 0.0},  # apical
    "\u033b": {"place": 0.0},  # laminal
    "\u031f": {"place": -0.04, "backness": -0.12},  # advanced
    "\u0320": {"place": 0.05, "backness": 0.12},  # retracted
    "\u0308": {"backness": (0.5, 0.5)},  # centralised
    "\u033d": {"backness": (0.5, 0.5), "height": (0.5, 0.5)},  # towards ə
    "\u031e": {"height": -0.1},  # lowered
    "\u031d": {"height": 0.1},  # raised
    "\u0339": {"rounded": 0.25},
    "\u031c": {"rounded": -0.25},
    "\u0318": {"backness": -0.1},  # the tongue's root advanced
    "\u0319": {"backness": 0.1},
    "\u031a": {"breath": 0.0},  # no audible release
    "\u033c": {"labial": 0.5},  # linguolabial
}


def _vector(**values: float) -> Vector:
    out = np.zeros(len(FEATURES))
    for name, value in values.items():
        out[_INDEX[name]] = value
    return out


@cache
def _letters() -> dict[str, Vector]:
    table = dict[str, Vector]()
    cells = _CONSONANTS.split()
    for manner, place_name, voiceless, voiced in zip(*(cells[k::4] for k in range(4)), strict=True):
        place, labial, labiodental, height, backness = _PLACES[place_name]
        where = {"place": place, "labial": labial, "labiodental": labiodental, "height": height, "backness": backness}
        for letter, voice in ((voiceless, 0.0), (voiced, 1.0)):
            if letter != "-":
                parts = {**where, **_MANNERS[manner], "voiced": voice}
                table[letter] = _vector(**(parts | _PARTICULARS.get(letter, {})))
    for spelling, numbers in _VOWELS.items():
        letter = spelling.strip("()")
        height, backness = (float(x) for x in numbers.split(","))
        parts = {"vowel": 1.0, "voiced": 1.0, "height": height / 7, "backness": backness / 4}
        rounded = {"rounded": 1.0 if letter != spelling else 0.0, "place": 0.55 + 0.25 * parts["backness"]}
        table[letter] = _vector(**(parts | rounded | _PARTICULARS.get(letter, {})))
    return table


def _marked(vector: Vector, mark: str) -> Vector:
    out = vector.copy()
    for name, change in _MARKS[mark].items():
        i = _INDEX[name]
        if isinstance(change, tuple):
            value, share = change
            out[i] += share * (value - out[i])
        else:
            out[i] += change
    return np.clip(out, 0.0, 1.0)


@lru_cache(maxsize=4096)
def _targets(tidy: str) -> Vector:
    letters = _letters()
    found: list[tuple[str, Vector]] = []
    for char in tidy:
        if char in letters:
            found.append((char, letters[char]))
        else:
            found[-1] = (found[-1][0], _marked(found[-1][1], char))
    rows = [found[0][1]]
    for (before, _), (letter, vector) in pairwise(found):
        if before == letter:  # written twice: long
            rows[-1] = _marked(np.maximum(rows[-1], vector), "ː")
        elif _at_once(rows[-1], vector):
            rows[-1] = np.maximum(rows[-1], vector)
        else:
            rows.append(vector)
    table = np.stack(rows)
    table.flags.writeable = False
    return table


def _at_once(first: Vector, second: Vector) -> bool:
    """Closures of two organs with the same voice and nose, which are made together: kp, ɡb, ŋm, kǃ."""
    closed = min(first[_INDEX["closure"]], second[_INDEX["closure"]]) >= 0.7
    same_nose = first[_INDEX["nasal"]] == second[_INDEX["nasal"]]
    return bool(closed and same_nose)


def targets_of(ipa: str) -> Vector:
    """What a phone aims at, one after the other.

    Parameters
    ----------
    ipa : str
        One phone.

    Returns
    -------
    ndarray of float64, shape (n_targets, n_features)
        In the order of `FEATURES`, each 0..1; not to be written to.

    Raises
    ------
    UnknownSymbol
        If it is not IPA.

    Examples
    --------
    >>> [len(targets_of(phone)) for phone in ("t", "tʃ", "aɪ", "ⁿd", "kp", "tː")]
    [1, 2, 2, 2, 1, 1]
    """
    return _targets(tidy_ipa(ipa))


def closes_lips(symbol: str, alphabet: str = "arpabet") -> bool:
    """True if the lips meet for the phone, in any language; False for silence.

    Examples
    --------
    >>> [closes_lips(x, "ipa") for x in ("b", "ɓ", "ʙ", "ᵐb", "kp", "ɱ", "v", "")]
    [True, True, True, True, True, False, False, False]

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such symbol.
    """
    return not _CLOSING_LETTERS.isdisjoint(convert(symbol, alphabet, "ipa"))


def opens_mouth(symbol: str, alphabet: str = "arpabet") -> bool:
    """True if the phone begins or ends as an open vowel, for which the lips can't be closed; False for silence.

    Open are the vowels below the middle of the chart, from ɛ and ɔ on.

    Examples
    --------
    >>> [opens_mouth(x) for x in ("AA", "AE", "AY", "EH", "IY", "UW", "B", "SIL")]
    [True, True, True, True, False, False, False, False]

    Raises
    ------
    UnknownSymbol
        If the alphabet has no such symbol.
    """
    if is_silence(symbol):
        return False
    targets = targets_of(convert(symbol, alphabet, "ipa"))
    vowel, height = (targets[:, _INDEX[name]] for name in ("vowel", "height"))
    return bool(((vowel == 1.0) & (height < _HALF_OPEN)).any())


_HALF_OPEN = 0.5  # schwa stands at the middle, ɛ at a third


def distance(first: str, second: str, sense: Sense = "ear") -> float:
    """How far two phones are apart: 0 for the same one, about 0.5 for neighbours, 3 for a stop and a vowel.

    Beginnings are compared with beginnings and ends with ends, so that a diphthong is half way to either vowel.

    Parameters
    ----------
    first, second : str
        IPA.
    sense : {"ear", "eye"}
        Whether what is heard counts, or what is seen.

    Raises
    ------
    UnknownSymbol
        If one is not IPA.

    Examples
    --------
    >>> distance("b", "p") < distance("b", "f") < distance("b", "a")
    True
    >>> distance("k", "ɡ", "eye") < distance("k", "p", "eye")
    True
    """
    return float(np.sqrt(_squares(targets_of(first), targets_of(second), sense)))


def _squares(first: Vector, second: Vector, sense: Sense) -> float:
    importance = _importance(sense)
    ends = [(first[k] - second[k]) ** 2 @ importance for k in (0, -1)]
    return float(np.mean(ends))


@cache
def _importance(sense: Sense) -> Vector:
    chosen = {"ear": AUDIBLE, "eye": VISIBLE}[sense]
    return np.array([chosen[name] for name in FEATURES])


def weights(
    ipa: str, inventory: Iterable[str] | None = None, *, sense: Sense = "ear", spread: float = SPREAD
) -> dict[str, float]:
    """How much of each phone of an inventory a phone is made of.

    Parameters
    ----------
    ipa : str
        One phone.
    inventory : iterable of str, optional
        Phones of another language, in IPA. None: the 39 of American English, in ARPABET.
    sense : {"ear", "eye"}
        Whether what is heard counts, or what is seen.
    spread : float
        How fast shares fall with the distance.

    Returns
    -------
    dict of str to float
        The largest share first. They sum to 1; those that are hardly anything are left out. A phone that the inventory
        holds has the largest share.

    Raises
    ------
    UnknownSymbol
        If the phone, or one of the inventory, is not IPA.
    ValueError
        If the inventory is empty.

    Examples
    --------
    >>> max(weights("ɱ"), key=weights("ɱ").get), max(weights("y", ["i", "a", "u"]), key=weights("y", "iau").get)
    ('M', 'i')
    """
    rows = _english() if inventory is None else tuple((phone, targets_of(phone)) for phone in inventory)
    if not rows:
        raise ValueError("an inventory without a phone")
    return _shares(targets_of(ipa), rows, sense, spread)


def target_weights(target: Vector, *, sense: Sense = "ear", spread: float = SPREAD) -> dict[str, float]:
    """How much of each phone of American English (ARPABET) one target is made of, as :func:`weights` tells of phones.

    Parameters
    ----------
    target : ndarray of float64, shape (n_features,)
        A row of what :func:`targets_of` gives.
    """
    return _shares(target[None], _english(), sense, spread)


def is_like_english(ipa: str) -> bool:
    """True if some phone of American English sounds like it all the way.

    Raises
    ------
    UnknownSymbol
        If it is not IPA.

    Examples
    --------
    >>> [is_like_english(x) for x in ("tʃ", "aɪ", "ts", "ⁿd")]
    [True, True, False, False]
    """
    mine = targets_of(ipa)
    return min(_squares(mine, theirs, "ear") for _, theirs in _english()) <= _ALIKE


def _shares(mine: Vector, rows: Sequence[tuple[str, Vector]], sense: Sense, spread: float) -> dict[str, float]:
    squares = np.array([_squares(mine, theirs, sense) for _, theirs in rows])
    shares = np.exp(-(squares - squares.min()) / (2 * spread**2))
    shares[shares < LEAST_SHARE * shares.sum()] = 0.0
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable").tolist()
    return {rows[i][0]: float(shares[i]) for i in order if shares[i] > 0.0}


@cache
def _english() -> tuple[tuple[str, Vector], ...]:
    return tuple((symbol, targets_of(phone.ipa)) for symbol, phone in ARPABET.items() if symbol != SILENCE)
