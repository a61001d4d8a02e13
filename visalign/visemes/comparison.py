"""Viseme maps as plain data, and two maps side by side.

The cross-table answers what a linguist asks before changing a map: which distinctions does the other one lose?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from visalign.errors import UnknownSymbol
from visalign.language.ipa import IPA_LETTERS
from visalign.language.phones import ARPABET, SILENCE, convert, fold_arpabet
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["N_ENGLISH_PHONES", "MapComparison", "compare_maps", "describe_map", "english_gap", "ipa_coverage"]

N_ENGLISH_PHONES = len(ARPABET) - 1
"""Phones of CMUdict, silence apart."""


def describe_map(viseme_map: VisemeMap) -> dict[str, Any]:
    """A map as plain data, for a table or JSON: header, visemes with their phones, coverage and gap."""
    return {
        **{key: getattr(viseme_map, key) for key in ("id", "name", "alphabet", "citation", "source", "licence")},
        **{key: getattr(viseme_map, key) for key in ("confidence", "notes", "silence", "fallback", "strip_stress")},
        "n_visemes": len(viseme_map.visemes),
        "n_phones": len(viseme_map.phones),
        "unlisted": list(viseme_map.unlisted),
        "fill": dict(viseme_map.fill),
        "visemes": [
            {"id": key, "phones": list(x.phones), "articulator": x.articulator, "description": x.description}
            for key, x in viseme_map.classes.items()
        ],
        "sequences": {
            phone: {"visemes": list(x.visemes), "split": x.split} for phone, x in viseme_map.sequences.items()
        },
        "recipes": {name: recipe.source for name, recipe in viseme_map.recipes.items()},
        "ipa": {kind: list(letters) for kind, letters in ipa_coverage(viseme_map).items()},
    }


def english_gap(viseme_map: VisemeMap) -> tuple[str, ...]:
    """Phones of English (ARPABET) that the source of a map does not place, whatever the file puts in their stead.

    Examples
    --------
    >>> english_gap(VisemeMap.load("jeffers_1971")), english_gap(VisemeMap.load("lee_yook_2002"))
    (('HH',), ())
    """
    declared = set[str]()
    for phone in viseme_map.unlisted:
        try:
            declared.add(fold_arpabet(convert(phone, viseme_map.alphabet, "arpabet")))
        except UnknownSymbol:  # a phone that English does not have
            continue
    return tuple(x for x in ARPABET if x != SILENCE and (x in declared or not viseme_map.places(x, "arpabet")))


def ipa_coverage(viseme_map: VisemeMap) -> dict[str, tuple[str, ...]]:
    """The letters of IPA by who places them: the map, the way in which they are made, or the map's fallback.

    Returns
    -------
    dict
        ``"listed"``, ``"made alike"`` and ``"fallback"`` → letters. Together they are all letters of IPA.

    Examples
    --------
    >>> found = ipa_coverage(VisemeMap.load("jeffers_1971"))
    >>> "m" in found["listed"], "y" in found["made alike"], found["fallback"]
    (True, True, ('ç', 'h', 'ɦ'))
    """
    found: dict[str, list[str]] = {"listed": [], "made alike": [], "fallback": []}
    for letter in IPA_LETTERS:
        kind = "listed" if viseme_map.places(letter, "ipa") else "made alike"
        found["fallback" if viseme_map.falls_back(letter, "ipa") else kind].append(letter)
    return {kind: tuple(letters) for kind, letters in found.items()}


@dataclass(frozen=True, slots=True)
class MapComparison:
    """Two maps side by side.

    Parameters
    ----------
    first, second : str
        Ids of the maps.
    cells : dict
        ``(viseme of the first, viseme of the second)`` → the phones that have both.
    lost : dict
        Viseme of the second → the groups of phones that it shows alike and the first keeps apart.
    gained : dict
        Viseme of the first → the groups that the second keeps apart.
    uncompared : tuple of str
        Phones of the first map that the second does not place.
    """

    first: str
    second: str
    cells: dict[tuple[str, str], tuple[str, ...]]
    lost: dict[str, tuple[tuple[str, ...], ...]]
    gained: dict[str, tuple[tuple[str, ...], ...]]
    uncompared: tuple[str, ...]


def compare_maps(first: VisemeMap, second: VisemeMap) -> MapComparison:
    """Cross-table of two maps over the phones that both place, and which distinctions the second loses.

    Examples
    --------
    >>> found = compare_maps(VisemeMap.load("jeffers_1971"), VisemeMap.load("lee_yook_2002"))
    >>> found.lost["T"]  # Lee & Yook show these alike; Jeffers & Barley tell them apart
    (('DH', 'TH'), ('S', 'Z'), ('D', 'T'))
    """
    phones = [x for x in first.phones if not (first.alphabet == "arpabet" and fold_arpabet(x) != x)]
    shared = [phone for phone in phones if second.places(phone, first.alphabet)]
    cells: dict[tuple[str, str], tuple[str, ...]] = {}
    for phone in shared:
        cell = first[phone], second.lookup(phone, first.alphabet)
        cells[cell] = (*cells.get(cell, ()), phone)
    return MapComparison(
        first.id, second.id, cells, _merged(cells, 1), _merged(cells, 0), tuple(x for x in phones if x not in shared)
    )


def _merged(cells: dict[tuple[str, str], tuple[str, ...]], side: int) -> dict[str, tuple[tuple[str, ...], ...]]:
    groups: dict[str, tuple[tuple[str, ...], ...]] = {}
    for cell, phones in cells.items():
        groups[cell[side]] = (*groups.get(cell[side], ()), phones)
    return {viseme: apart for viseme, apart in groups.items() if len(apart) > 1}
