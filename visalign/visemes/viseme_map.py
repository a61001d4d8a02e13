"""Viseme maps: which viseme each phone looks like.

A map is a TOML file, shipped or the user's own; :mod:`visalign.visemes.lint` documents the format and finds its
faults.

A phone of another language that a map does not list gets the viseme of the listed phones that are made most like it, as
far as the eye can see (:func:`visalign.language.articulation.weights`). The fallback of a map is for the phones of its
own alphabet that its source leaves out.
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
from visalign.language.articulation import weights
from visalign.language.ipa import VOWEL_LETTERS, without_marks
from visalign.language.phones import convert, fold_arpabet, is_silence, normalise, seen_as_english
from visalign.visemes.lint import read_viseme_map

__all__ = [
    "Recipe",
    "VisemeClass",
    "VisemeMap",
    "VisemeSequence",
    "available_maps",
    "shipped_map_file",
]


_CLOSED = "pb"
"""Letters of stops with closed lips."""


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
    _nearest: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

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
            If the alphabet has no such phone, or it is a phone of the map's own alphabet that the map does not place,
            and there is no fallback.

        Examples
        --------
        >>> jeffers = VisemeMap.load("jeffers_1971")
        >>> jeffers.lookup("y", "ipa") == jeffers["UW"], jeffers.lookup("ɓ", "ipa") == jeffers["B"]
        (True, True)
        """
        if is_silence(phone):
            return self.silence
        alphabet = alphabet or self.alphabet
        found = self._listed(phone, alphabet)
        if found is None and self._is_foreign(phone, alphabet):
            found = self._most_alike(convert(phone, alphabet, "ipa"))
        viseme = self.fallback if found is None else found
        if viseme is None:
            raise UnknownSymbol(phone, self.phones)
        return viseme

    def sequence_of(self, phone: str, alphabet: str | None = None) -> VisemeSequence | None:
        """The two visemes that a phone shows in turn, if it does.

        Those that the map lists. Of a diphthong of another language that it does not, the visemes of its first vowel
        and of its last, half of the time each; so of an affricate that the lips begin closed (pf).

        Parameters
        ----------
        phone, alphabet : str
            As for :meth:`lookup`, which has its errors.

        Examples
        --------
        >>> VisemeMap.load("jeffers_1971").sequence_of("ɔø", "ipa").visemes
        ('G', 'B')
        """
        alphabet = alphabet or self.alphabet
        if is_silence(phone):
            return None
        spelt = [phone, normalise(phone, alphabet)] if alphabet == self.alphabet else []
        if "arpabet" in (alphabet, self.alphabet):
            try:
                folded = seen_as_english(phone, alphabet)
                spelt.append(folded if self.alphabet == "arpabet" else convert(folded, "arpabet", self.alphabet))
            except UnknownSymbol:
                pass
        elif alphabet != self.alphabet:
            spelt.append(convert(phone, alphabet, self.alphabet))
        found = next((self.sequences[x] for x in spelt if x in self.sequences), None)
        if found is not None or alphabet == "arpabet" or self._listed(phone, alphabet) is not None:
            return found
        letters = without_marks(convert(phone, alphabet, "ipa"))
        turns = "".join(x for x in letters if x in VOWEL_LETTERS) or (letters if letters[0] in _CLOSED else "")
        if len(turns) < 2:
            return None
        first, last = (self.lookup(x, "ipa") for x in (turns[0], turns[-1]))
        return None if first == last else VisemeSequence((first, last), 0.5)

    def _is_foreign(self, phone: str, alphabet: str) -> bool:
        """Whether a phone that is not listed is none of those that the map's source leaves out."""
        if alphabet == "arpabet":
            return False
        ipa = convert(phone, alphabet, "ipa")
        if self.alphabet != "arpabet":
            return not {ipa, without_marks(ipa)} & {convert(x, self.alphabet, "ipa") for x in self.unlisted}
        try:
            seen_as_english(phone, alphabet)
        except UnknownSymbol:
            return True
        return False

    def _most_alike(self, ipa: str) -> str | None:
        """The viseme whose phones are made most like this one; None where the map lists no phone."""
        if ipa not in self._nearest:
            letters = {x: self._viseme_of[x] for x in self._viseme_of if not is_silence(x)}
            spelt = {x: convert(x, "arpabet", "ipa") if self.alphabet == "arpabet" else x for x in letters}
            if not spelt:
                return None
            shares: dict[str, float] = {}
            of_ipa = {spelt[x]: viseme for x, viseme in reversed(letters.items())}  # of two spellings the first counts
            for phone, share in weights(ipa, of_ipa, sense="eye").items():
                shares[of_ipa[phone]] = shares.get(of_ipa[phone], 0.0) + share
            self._nearest[ipa] = max(shares, key=lambda x: shares[x])
        return self._nearest[ipa]

    def places(self, phone: str, alphabet: str | None = None) -> bool:
        """True if the map places the phone itself, without its fallback and without comparing how phones are made.

        Raises
        ------
        UnknownSymbol
            If the alphabet has no such phone.
        """
        return is_silence(phone) or self._listed(phone, alphabet or self.alphabet) is not None

    def falls_back(self, phone: str, alphabet: str | None = None) -> bool:
        """True if nothing but the map's fallback shows the phone.

        Raises
        ------
        UnknownSymbol
            If the alphabet has no such phone.
        """
        alphabet = alphabet or self.alphabet
        return not self.places(phone, alphabet) and not self._is_foreign(phone, alphabet)

    def _listed(self, phone: str, alphabet: str) -> str | None:
        normalise(phone, alphabet)  # refuses what is no phone
        if self.alphabet == "arpabet":
            keys = [phone.strip().upper(), normalise(phone, alphabet)] if alphabet == "arpabet" else []
            try:
                keys.append(seen_as_english(phone, alphabet))
            except UnknownSymbol:  # English has no such phone
                return None
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
