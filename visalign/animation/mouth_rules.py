"""Which mouth shapes each phone allows: rules of a rig as data.

Two sources of rules. ``"rhubarb"`` (:file:`rigs/rhubarb_rules.toml`) holds the rules of Rhubarb Lip Sync [1]_, in
which a phone allows a set of shapes and the context decides. Any viseme map can serve as well: then each phone has
one shape, the map's viseme, or two in turn where the map has a sequence.

Phones of other languages are looked up, if English has no such phone, through the viseme of a map for IPA.

References
----------
.. [1] D. S. Wolf, Rhubarb Lip Sync 1.14, https://github.com/DanielSWolf/rhubarb-lip-sync (MIT).
"""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from os import PathLike
from typing import Any

from visalign.errors import UnknownSymbol
from visalign.language.ipa import without_marks
from visalign.language.phones import convert, seen_as_english
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["FREE", "KINDS", "RHUBARB", "MouthRules", "Part", "Tween", "load_mouth_rules"]

RHUBARB = "rhubarb"
"""Name of the shipped rules."""

FREE: tuple[str, ...] = ()
"""What a phone allows that takes the mouth of its neighbours."""

KINDS = ("closed", "bitten", "rounded", "wide", "open", "neutral", "rest")
"""What a shape can be; it says how much it hurts to leave the shape out."""

# What the articulator classes of a viseme map mean for its shapes.
_KIND_OF_ARTICULATOR = {
    "bilabial": "closed",
    "labiodental": "bitten",
    "rounded": "rounded",
    "open": "open",
    "spread": "open",
    "silence": "rest",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one stretch of a phone allows.

    Parameters
    ----------
    shapes : tuple of str
        In order of preference; :data:`FREE` where the neighbours decide.
    start, end : float
        Fractions of the phone.
    """

    shapes: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Tween:
    """A shape between two others.

    Parameters
    ----------
    shape : str
        Which.
    place : {"early", "centred", "late"}
        Before the second shape begins, around that moment, or after it.
    """

    shape: str
    place: str


@dataclass(frozen=True, slots=True)
class MouthRules:
    """The mouth shapes of a rig and what each phone allows of them.

    Parameters
    ----------
    id : str
        ``"rhubarb"`` or the id of a viseme map.
    kinds : dict
        Shape → one of :data:`KINDS`, in the rig's order.
    rest : str
        The shape of pauses.
    effort : dict
        Shape → all shapes from the nearest to the farthest. A missing shape is nearest to itself.
    relaxed : dict
        Shape → what it sinks to when nothing holds it.
    tweens : dict
        (first, second) → :class:`Tween`.
    simpler : dict
        Optional shape → what stands for it on a rig that lacks it.
    names : dict of dict
        Other names of the shapes, by school.
    """

    id: str
    kinds: dict[str, str]
    rest: str
    viseme_map: VisemeMap
    phones: dict[str, tuple[Mapping[str, Any], ...]] | None = None
    visemes: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    diphthong_split: float = 0.5
    effort: dict[str, tuple[str, ...]] = field(default_factory=dict)
    relaxed: dict[str, str] = field(default_factory=dict)
    tweens: dict[tuple[str, str], Tween] = field(default_factory=dict)
    simpler: dict[str, str] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_map(cls, viseme_map: VisemeMap) -> MouthRules:
        """Rules in which each phone shows the map's viseme."""
        classes = viseme_map.classes
        kinds = {name: _KIND_OF_ARTICULATOR.get(x.articulator, "neutral") for name, x in classes.items()}
        descriptions = {name: x.description for name, x in classes.items()}
        return cls(
            viseme_map.id,
            kinds | {viseme_map.silence: "rest"},
            viseme_map.silence,
            viseme_map,
            descriptions=descriptions,
        )

    @property
    def shapes(self) -> tuple[str, ...]:
        """All shapes, in the rig's order."""
        return tuple(self.kinds)

    def parts(self, phone: str, duration: float, alphabet: str = "arpabet") -> tuple[Part, ...]:
        """What `phone` (not silence) allows, part by part.

        Raises
        ------
        UnknownSymbol
            If the alphabet has no such phone, or the map does not place it.
        """
        if self.phones is None:
            return self._of_map(phone, alphabet)
        symbol = _english(phone, alphabet)
        if symbol is None and (shapes := self.others.get(without_marks(convert(phone, alphabet, "ipa")))):
            return (Part(tuple(shapes), 0.0, 1.0),)
        if symbol is None:
            return tuple(replace(x, shapes=tuple(self.visemes[x.shapes[0]])) for x in self._of_map(phone, alphabet))
        cases = self.phones[symbol]
        case = next((x for x in cases if duration < x.get("below", float("inf"))), cases[-1])
        return _split(case["show"], case.get("split", self.diphthong_split))

    def _of_map(self, phone: str, alphabet: str) -> tuple[Part, ...]:
        sequence = self.viseme_map.sequence_of(phone, alphabet)
        if sequence is None:
            return (Part((self.viseme_map.lookup(phone, alphabet),), 0.0, 1.0),)
        first, second = sequence.visemes
        return Part((first,), 0.0, sequence.split), Part((second,), sequence.split, 1.0)

    def nearest(self, shape: str, allowed: tuple[str, ...]) -> str:
        """The one of `allowed` that takes the least effort after `shape`."""
        order = self.effort.get(shape, (shape,))
        return min(allowed, key=lambda x: order.index(x) if x in order else len(order))

    def reduce(self, shape: str, available: frozenset[str]) -> str:
        """`shape`, or what stands for it on a rig that has only the shapes of `available`.

        Raises
        ------
        UnknownSymbol
            If nothing of `available` can stand for it.
        """
        if shape in available:
            return shape
        order = (*self._simpler_chain(shape), *self.effort.get(shape, ()))
        found = next((x for x in order if x in available), None)
        if found is None:
            raise UnknownSymbol(shape, sorted(available))
        return found

    def _simpler_chain(self, shape: str) -> list[str]:
        chain = list[str]()
        while shape in self.simpler and self.simpler[shape] not in chain:
            shape = self.simpler[shape]
            chain.append(shape)
        return chain


def _english(phone: str, alphabet: str) -> str | None:
    try:
        return seen_as_english(phone, alphabet)
    except UnknownSymbol:
        if alphabet == "arpabet":
            raise
        return None


def _split(show: list[str], split: float) -> tuple[Part, ...]:
    edges = (0.0, 1.0) if len(show) == 1 else (0.0, split, 1.0)
    shapes = (FREE if letters == "*" else tuple(letters) for letters in show)
    return tuple(Part(x, start, end) for x, start, end in zip(shapes, edges[:-1], edges[1:], strict=True))


@cache
def _rhubarb() -> MouthRules:
    text = (importlib.resources.files("visalign.rigs") / "rhubarb_rules.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return MouthRules(
        id=data["id"],
        kinds={name: x["kind"] for name, x in data["shapes"].items()},
        rest=data["rest"],
        viseme_map=VisemeMap.load(data["other_phones"]),
        phones={phone: tuple(cases) for phone, cases in data["phones"].items()},
        visemes=data["visemes"],
        others=data["others"],
        diphthong_split=data["diphthong_split"],
        effort={shape: tuple(order) for shape, order in data["effort"].items()},
        relaxed=data["relaxed"],
        tweens={(key[0], key[2]): Tween(**x) for key, x in data["tweens"].items()},
        simpler=data["simpler"],
        names=data["names"],
        descriptions={name: x["description"] for name, x in data["shapes"].items()},
    )


def load_mouth_rules(name_or_path: str | PathLike[str] = RHUBARB) -> MouthRules:
    """The rules of that name: ``"rhubarb"``, a shipped viseme map, or the TOML file of a map.

    Raises
    ------
    ConfigError
        If there is no such map.
    ParseError
        If the file has faults.

    Examples
    --------
    >>> rules = load_mouth_rules()
    >>> [part.shapes for part in rules.parts("AW", 0.15)], rules.parts("M", 0.05)[0].shapes
    ([('C',), ('E',)], ('A',))
    >>> load_mouth_rules("jeffers_1971").parts("M", 0.05)[0].shapes
    ('C',)
    """
    return _rhubarb() if name_or_path == RHUBARB else MouthRules.of_map(VisemeMap.load(name_or_path))
