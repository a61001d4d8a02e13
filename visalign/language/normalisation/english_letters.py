"""Letters that are said by their names: Greek ones, abbreviations, eras; and what is raised behind a word.

A word in capitals that the lexicon lacks is spelt where it can hardly be a name: it has three letters at most, or no
vowel.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator

from visalign.language.normalisation.english_figures import BLANK, GAP, Said
from visalign.language.normalisation.english_numbers import cardinal, ordinal
from visalign.language.normalisation.english_tables import english_tables
from visalign.language.normalisation.ways import Ways, sequence

__all__ = ["SUPERSCRIPTS", "in_letters", "raised", "raised_ways"]

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
"""Raised figures."""

_TO_FIGURES = str.maketrans(SUPERSCRIPTS, "0123456789")
_RAISED = re.compile(rf"⁻?[{SUPERSCRIPTS}]{{1,3}}")
_POWERS = {"2": "squared", "3": "cubed"}
_LONGEST_SYMBOL = 3  # "mc²" is a product, "time²" has a note
_ERAS = frozenset(["AD", "BC", "BCE", "CE"])
_FIGURE_BEFORE = re.compile(rf"(?:[0-9]|century|centuries){BLANK}{{1,2}}$")
_FIGURE_NEXT = re.compile(rf"{GAP}[0-9]")
_POINTED = re.compile(r"(?:[^\W\d_]\.){2,8}(?![^\W_])")
_NO_VOWELS = re.compile(r"[B-DF-HJ-NP-TV-XZ]{4,6}")
_LONGEST_UNKNOWN = 3
_LOWER_CASE_WITHIN = 80
_LOWER = re.compile(r"[a-z]{2}")
_NUMERALS = dict(
    zip(
        ["II", "III", "IV", "VI", "VII", "VIII", "IX", "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII"],
        [2, 3, 4, *range(6, 10), *range(11, 18)],
        strict=True,
    )
)
_WARS = {"WWI": "one", "WWII": "two"}


def raised_ways(written: str) -> Ways:
    """How a raised number is said: squared, to the fifth."""
    figures = written.lstrip("⁻").translate(_TO_FIGURES)
    if written[0] == "⁻":
        said = cardinal(figures)[0]
        return [f"to the minus {said}", f"to the negative {said}", f"to the power of minus {said}"]
    if figures in _POWERS:
        return [_POWERS[figures]]
    return [
        f"to the {ordinal(figures)[0]}",
        f"to the power of {cardinal(figures)[0]}",
        f"to the {cardinal(figures)[0]}",
    ]


def raised(text: str, at: int, word: str) -> Said | None:
    """A symbol with its power, or a unit; behind a longer word it is the sign of a note, which nobody says."""
    found = _RAISED.match(text, at + len(word))
    if not found:
        return None
    unit = english_tables().units.get(word + found[0])
    if unit:
        return Said(found.end(), [*(many for _, many in unit), *(one for one, _ in unit)])
    if len(word) > _LONGEST_SYMBOL:
        return Said(found.end(), [word.lower()])
    return Said(found.end(), sequence([" ".join(map(_name, word))], raised_ways(found[0])))


def in_letters(text: str, at: int, word: str, known: Container[str]) -> Iterator[Said | None]:
    """What is said letter by letter."""
    end, small = at + len(word), word.lower()
    if pointed := _POINTED.match(text, at):
        bare = pointed[0].lower()
        if bare not in known and bare.rstrip(".") not in known:
            yield Said(pointed.end(), [_spelt(bare.replace(".", ""))])
        return
    if all("\u0370" <= x <= "\u03ff" for x in word) and len(word) <= _LONGEST_SYMBOL:
        yield Said(end, [" ".join(map(_name, word))])
    if word in _ERAS and (_FIGURE_NEXT.match(text, end) or _FIGURE_BEFORE.search(text, max(0, at - 12), at)):
        yield Said(end, [_spelt(small)])
    if small in known or not word.isupper():
        return
    if word in _NUMERALS:
        ways = [cardinal(str(_NUMERALS[word]))[0], _spelt(small)]
        yield Said(end, ways[::-1] if word == "IV" else ways, is_doubtful=True)  # an IV is a drip
    if word in _WARS:
        yield Said(end, [f"world war {_WARS[word]}", f"w w {_WARS[word]}"])
    is_short = 2 <= len(word) <= _LONGEST_UNKNOWN
    around = text[max(0, at - _LOWER_CASE_WITHIN) : end + _LOWER_CASE_WITHIN]
    if (is_short or _NO_VOWELS.fullmatch(word)) and _LOWER.search(around):
        yield Said(end, [_spelt(small)], is_doubtful=True)


def _spelt(word: str) -> str:
    return " ".join(word)


def _name(letter: str) -> str:
    if "\u0370" <= letter <= "\u03ff":
        name = unicodedata.name(letter, "").partition(" LETTER ")[2].removeprefix("FINAL ").lower()
        return "lambda" if name == "lamda" else name or letter
    return letter.lower()
