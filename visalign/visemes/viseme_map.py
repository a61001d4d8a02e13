"""Viseme maps: which viseme each phone looks like.

A map is a TOML file, shipped or the user's own; :mod:`visalign.visemes.lint` documents the format and finds its
faults.
"""

from __future__ import annotations

import difflib
import importlib.resources
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from visalign.errors import ConfigError, UnknownSymbol
from visalign.language.ipa import without_marks
from visalign.language.phones import convert, fold_arpabet, is_silence, normalise
from visalign.visemes.lint import read_viseme_map

__all__ = [
    "Recipe",
    "VisemeClass",
    "VisemeMap",
    "VisemeSequence",
    "available_maps",
    "shipped_map_file",
]


@dataclass(frozen=True, slots=True)
class VisemeClass:
    """One viseme of a map.

    Parameters
    ----------
    phones : tuple of str
        The phones that look like it, in the map's alphabet, as the file lists them.
    articulator : str
        What the lips do: one of :data:`visalign.visemes.lint.ARTICULATORS`.
    description : str
        In words.
    """

    phones: tuple[str, ...]
    articulator: str = "other"
    description: str = ""


@dataclass(frozen=True, slots=True)
class VisemeSequence:
    """Two visemes that one phone shows in turn: a diphthong or an affricate.

    Parameters
    ----------
    visemes : tuple of str, length 2
        First and second.
    split : float
        Fraction of the phone's duration after which the second begins.
    """

    visemes: tuple[str, str]
    split: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a rig's channels make each viseme.

    Parameters
    ----------
    source : str
        Where the weights come from.
    weights : dict of dict
        Viseme → channel → weight, 0 to 1.
    """

    source: str
    weights: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class VisemeMap:
    """Which viseme each phone looks like.

    Parameters
    ----------
    id, name, citation, source, licence, notes : str
        What the map is called and where it comes from.
    alphabet : {"arpabet", "ipa", "xsampa"}
        Of the phones in `classes`, and of the keys of ``map[phone]``.
    confidence : {"A", "B", "C"}
        A: read in a primary source. B: in a secondary source that cites it. C: recalled, partly checked.
    silence : str
        The viseme of pauses.
    classes : dict of VisemeClass
        By viseme id, in the file's order.
    fallback : str or None
        The viseme of a phone of the alphabet that nothing else places.
    strip_stress : bool
        ``AH0`` is looked up as ``AH``.
    unlisted : tuple of str
        The phones that the source leaves out.
    fill : dict
        Unlisted phone → viseme, as the maker of the file decided.
    sequences : dict of VisemeSequence
        By phone.
    recipes : dict of Recipe
        By name.

    Examples
    --------
    >>> jeffers = VisemeMap.load("jeffers_1971")
    >>> jeffers["B"], jeffers["IY1"], jeffers["HH"], jeffers["sp"]
    ('C', 'I', 'I', 'S')
    >>> jeffers.unlisted
    ('HH',)
    """

    id: str
    name: str
    alphabet: str
    citation: str
    confidence: str
    silence: str
    classes: dict[str, VisemeClass]
    fallback: str | None = None
    strip_stress: bool = True
    unlisted: tuple[str, ...] = ()
    fill: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, VisemeSequence] = field(default_factory=dict)
    recipes: dict[str, Recipe] = field(default_factory=dict)
    source: str = ""
    licence: str = ""
    notes: str = ""
    _viseme_of: dict[str, str] = field(init=False, repr=False, compare=False)
    _english: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pairs = [(phone, viseme) for viseme, entry in self.classes.items() for phone in entry.phones]
        pairs = [(self._spell(phone), viseme) for phone, viseme in (*pairs, *self.fill.items())]
        object.__setattr__(self, "_viseme_of", dict(pairs))
        object.__setattr__(self, "_english", {} if self.alphabet == "arpabet" else _by_english_phone(pairs))

    @classmethod
    def load(cls, name_or_path: str | PathLike[str]) -> VisemeMap:
        """A shipped map by its name, or any map by the path of its TOML file.

        Raises
        ------
        ConfigError
            If it is neither the name of a shipped map nor a file.
        ParseError
            If the file has faults; the first is named, with its line.
        """
        path = Path(name_or_path)
        if path.suffix == ".toml" or len(path.parts) > 1 or path.is_file():
            return cls.from_dict(read_viseme_map(path))
        if str(name_or_path) not in available_maps():
            near = difflib.get_close_matches(str(name_or_path), available_maps(), n=2)
            hint = f"; the nearest is {' or '.join(near)}" if near else ""
            raise ConfigError("viseme_map", str(name_or_path), f"{', '.join(available_maps())}, or a .toml file{hint}")
        return _shipped_map(str(name_or_path))

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> VisemeMap:
        """A map from the content of a file in the house format that has no faults."""
        plain = {key: value for key, value in document.items() if key not in ("visemes", "inventory")}
        plain["unlisted"] = tuple(document.get("unlisted", ()))
        plain["classes"] = {
            key: VisemeClass(tuple(x["phones"]), x.get("articulator", "other"), x.get("description", ""))
            for key, x in document["visemes"].items()
        }
        plain["sequences"] = {
            phone: VisemeSequence((x["visemes"][0], x["visemes"][1]), float(x["split"]))
            for phone, x in document.get("sequences", {}).items()
        }
        plain["recipes"] = {
            key: Recipe(x["source"], {viseme: _both_sides(weights) for viseme, weights in x["visemes"].items()})
            for key, x in document.get("recipes", {}).items()
        }
        return cls(**plain)

    @property
    def visemes(self) -> tuple[str, ...]:
        """The ids, in the file's order; silence is one of them."""
        return tuple(self.classes)

    @property
    def phones(self) -> tuple[str, ...]:
        """Every phone that the map lists, silence apart."""
        return tuple(x for entry in self.classes.values() for x in entry.phones if not is_silence(x))

    def __getitem__(self, phone: str) -> str:
        return self.lookup(phone)

    def lookup(self, phone: str, alphabet: str | None = None) -> str:
        """The viseme of a phone.

        Parameters
        ----------
        phone : str
            With or without stress. A finer phone that the map does not list counts as the one that holds it.
        alphabet : {"arpabet", "ipa", "xsampa"}, optional
            Of `phone`; the map's own by default.

        Raises
        ------
        UnknownSymbol
            If the alphabet has no such phone, or the map does not place it and has no fallback.
        """
        if is_silence(phone):
            return self.silence
        listed = self._listed(phone, alphabet or self.alphabet)
        viseme = self.fallback if listed is None else listed
        if viseme is None:
            raise UnknownSymbol(phone, self.phones)
        return viseme

    def places(self, phone: str, alphabet: str | None = None) -> bool:
        """True if the map places the phone itself, without its fallback.

        Raises
        ------
        UnknownSymbol
            If the alphabet has no such phone.
        """
        return is_silence(phone) or self._listed(phone, alphabet or self.alphabet) is not None

    def _listed(self, phone: str, alphabet: str) -> str | None:
        normalise(phone, alphabet)  # refuses what is no phone
        if self.alphabet == "arpabet":
            keys = [phone.strip().upper(), normalise(phone, alphabet)] if alphabet == "arpabet" else []
            keys.append(fold_arpabet(convert(phone, alphabet, "arpabet")))
        else:
            ipa = convert(phone, alphabet, "ipa")
            keys = [ipa, without_marks(ipa)]
        found = next((self._viseme_of[key] for key in keys if key in self._viseme_of), None)
        return self._english.get(fold_arpabet(phone)) if found is None and alphabet == "arpabet" else found

    def _spell(self, phone: str) -> str:
        if self.alphabet != "arpabet":
            return convert(phone, self.alphabet, "ipa")
        return normalise(phone, "arpabet") if self.strip_stress else phone.strip().upper()


def _by_english_phone(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """ARPABET → viseme for the IPA phones of a map that have an English counterpart; the first listed wins."""
    found: dict[str, str] = {}
    for ipa, viseme in pairs:
        try:
            found.setdefault(convert(ipa, "ipa", "arpabet"), viseme)
        except UnknownSymbol:
            continue
    return found


def _both_sides(weights: dict[str, float]) -> dict[str, float]:
    sides = {key: ("Left", "Right") if key.endswith("*") else ("",) for key in weights}
    return {key.rstrip("*") + side: float(weights[key]) for key in weights for side in sides[key]}


def _shipped() -> Any:
    return importlib.resources.files("visalign.viseme_maps")


@cache
def _shipped_map(name: str) -> VisemeMap:
    """Once a process: an export asks for the same map in several places, and what is shipped does not change."""
    with shipped_map_file(name) as shipped:
        return VisemeMap.from_dict(read_viseme_map(shipped))


def shipped_map_file(name: str) -> AbstractContextManager[Path]:
    """The file of a shipped map, there as long as the context lasts (the package may be in an archive)."""
    return importlib.resources.as_file(_shipped() / f"{name}.toml")


def available_maps() -> list[str]:
    """Names of the shipped maps, sorted."""
    return sorted(entry.name.removesuffix(".toml") for entry in _shipped().iterdir() if entry.name.endswith(".toml"))
