"""Viseme maps, and the visemes that the lips should show for given phones.

A map is a TOML file, shipped or the user's own; :mod:`visalign.visemes.lint` documents the format and finds its
faults.

Conventions
-----------
* Times stay those of the phones: no lead and no lag is added here. The lip model learns the natural ones.
* A target keeps its phone and its word, and equal neighbours are never merged, so that a score can be traced back.
* What can't be seen is said: a target has the set of visemes that count as right, and whether the lips give any
  evidence. `LIP_RULES` decides that, and `STEPS` are applied in their order.

References
----------
.. [1] P. Edwards, C. Landreth, E. Fiume and K. Singh, JALI: an animator-centric viseme model for expressive lip
   synchronization, ACM Trans. Graphics 35(4), 2016: tongue-only sounds take the lips of their neighbours.
.. [2] D. S. Wolf, Rhubarb Lip Sync 1.14, animation rules: how long a pause keeps the mouth of its neighbours.
"""

from __future__ import annotations

import difflib
import importlib.resources
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

from visalign.errors import ConfigError, UnknownSymbol
from visalign.language.ipa import without_marks
from visalign.language.phones import SILENCE, convert, fold_arpabet, is_silence, normalise, shapes_lips
from visalign.timeline import Interval, Tier
from visalign.visemes.lint import read_viseme_map

__all__ = [
    "LIP_RULES",
    "STEPS",
    "LipRule",
    "Recipe",
    "VisemeClass",
    "VisemeMap",
    "VisemeSequence",
    "VisemeTarget",
    "available_maps",
    "expected_visemes",
    "shipped_map_file",
    "viseme_tier",
    "words_without_place",
]

# Up to here a pause shows the mouth of its neighbours or something between them; after it, the mouth rests [2]_.
REST_AFTER_S = 0.35


# An h has no shape of its own in any language: that a map leaves it out is no lack.
_SHAPELESS = frozenset(["HH", "h", "ɦ"])


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


@dataclass(frozen=True, slots=True)
class VisemeTarget:
    """What the lips should show during one phone.

    Parameters
    ----------
    interval : Interval
        The phone's time; its label is `viseme`, its score the phone's.
    viseme : str
        The map's viseme.
    acceptable : frozenset of str
        Every viseme that counts as right, `viseme` among them.
    phone, word : str
        Where it comes from; the word is empty in silence.
    is_visible : bool
        False where the lips give no evidence: tongue-only sounds and short pauses.
    """

    interval: Interval
    viseme: str
    acceptable: frozenset[str]
    phone: str
    word: str
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class LipRule:
    """Whether the lips give evidence of a phone.

    Parameters
    ----------
    name : str
        Whom it is about.
    applies : callable
        Takes the phone, its alphabet and its duration in seconds.
    is_visible : bool
        What then holds.
    """

    name: str
    applies: Callable[[str, str, float], bool]
    is_visible: bool


# The first rule that applies decides.
LIP_RULES = (
    LipRule("long pause: the mouth rests", lambda phone, _, s: is_silence(phone) and s > REST_AFTER_S, True),
    LipRule("short pause: the mouth is on its way", lambda phone, _, s: is_silence(phone), False),
    LipRule("vowel, labial or rounded", lambda phone, alphabet, _: shapes_lips(phone, alphabet), True),
    LipRule("tongue or glottis only", lambda *_: True, False),
)


def expected_visemes(
    phones: Tier, words: Tier, viseme_map: VisemeMap, *, alphabet: str = "arpabet"
) -> list[VisemeTarget]:
    """The visemes that the lips should show, one target a phone, over the whole phone tier.

    Parameters
    ----------
    phones, words : Tier
        As forced alignment gives them. A phone belongs to the word at its centre.
    viseme_map : VisemeMap
        Any map, in any alphabet.
    alphabet : {"arpabet", "ipa", "xsampa"}
        Of the phone tier.

    Examples
    --------
    >>> phones = Tier("phones", (0.0, 0.5, 0.6, 0.7, 0.8), ("SIL", "B", "IH", "N"))
    >>> words = Tier("words", (0.0, 0.5, 0.8), ("", "bin"))
    >>> for x in expected_visemes(phones, words, VisemeMap.load("jeffers_1971")):
    ...     print(x.word, x.phone, x.viseme, sorted(x.acceptable), x.is_visible)
     SIL S ['S'] True
    bin B C ['C'] True
    bin IH I ['I'] True
    bin N J ['I', 'J'] False

    Raises
    ------
    UnknownSymbol
        If the map does not place a phone and has no fallback.
    """
    targets = [_target(interval, words, viseme_map, alphabet) for interval in phones]
    for step in STEPS:
        targets = step(targets, viseme_map)
    return targets


def _target(phone: Interval, words: Tier, viseme_map: VisemeMap, alphabet: str) -> VisemeTarget:
    viseme = viseme_map.lookup(phone.label, alphabet)
    rule = next(rule for rule in LIP_RULES if rule.applies(phone.label, alphabet, phone.duration))
    silent = is_silence(phone.label)
    return VisemeTarget(
        interval=replace(phone, label=viseme),
        viseme=viseme,
        acceptable=frozenset({viseme}),
        phone=SILENCE if silent else normalise(phone.label, alphabet),
        word="" if silent else words.label_at(phone.centre) or "",
        is_visible=rule.is_visible,
    )


def _accept_sequences(targets: list[VisemeTarget], viseme_map: VisemeMap) -> list[VisemeTarget]:
    """A phone that shows two visemes in turn accepts both."""
    pairs = {phone: frozenset(entry.visemes) for phone, entry in viseme_map.sequences.items()}
    return [replace(x, acceptable=x.acceptable | pairs.get(x.phone, frozenset())) for x in targets]


def _borrow_lips(targets: list[VisemeTarget], _: VisemeMap) -> list[VisemeTarget]:
    """A target without evidence accepts what stands between it and the nearest visible one, on both sides [1]_."""
    return [
        x
        if x.is_visible
        else replace(x, acceptable=x.acceptable.union(*_reach(targets[:i][::-1]), *_reach(targets[i + 1 :])))
        for i, x in enumerate(targets)
    ]


def _reach(neighbours: Sequence[VisemeTarget]) -> Iterator[frozenset[str]]:
    for target in neighbours:
        yield target.acceptable
        if target.is_visible:
            return


STEPS: tuple[Callable[[list[VisemeTarget], VisemeMap], list[VisemeTarget]], ...] = (_accept_sequences, _borrow_lips)


def words_without_place(words: Tier, phones: Tier, viseme_map: VisemeMap, alphabet: str) -> tuple[str, ...]:
    """A warning that names the words with phones that a map does not place but shows by its fallback; else empty."""
    strange = {label for label in set(phones.labels) - _SHAPELESS if not viseme_map.places(label, alphabet)}
    named: dict[str, list[str]] = {}
    for phone in phones:
        if phone.label in strange:
            named.setdefault(words.label_at(phone.centre) or "(no word)", []).append(phone.label)
    if not named:
        return ()
    listed = ", ".join(f"{word} ({' '.join(dict.fromkeys(odd))})" for word, odd in list(named.items())[:10])
    more = f" and {len(named) - 10} more" if len(named) > 10 else ""
    return (
        f'the viseme map {viseme_map.id} has no place for phones of {len(named)} word(s), shown as "'
        f'{viseme_map.fallback}": {listed}{more}',
    )


def viseme_tier(targets: Iterable[VisemeTarget], name: str = "expected visemes") -> Tier:
    """The targets as a tier, an interval a target (so also an interval a phone).

    Raises
    ------
    TimelineError
        If there are no targets, or they overlap.
    """
    return Tier.from_intervals(name, [target.interval for target in targets])
