"""The tables of ``lexicons/en-us-written-forms.toml``, and the patterns that are made of them."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from visalign.files.data_files import parse_toml

__all__ = ["TABLE", "Currency", "Tables", "english_tables", "one_of"]

TABLE = "en-us-written-forms.toml"
"""The file of `lexicons/` that holds the tables."""

Counted = tuple[tuple[str, str], ...]
"""Ways to name a unit: one of it, and many."""


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency and its hundredth part, which it may not have (`part` is then empty)."""

    unit: Counted
    part: Counted


@dataclass(frozen=True, slots=True)
class Tables:
    """What is said for what is written.

    Parameters
    ----------
    units, glued_units : mapping of str to ways
        Of the second kind are those that stand right behind their figure only.
    scales : mapping of str to str
        After amounts of money.
    currencies : mapping of str to Currency
        By sign or code.
    months, weekdays : mapping of str to str
        The short and the whole names, in lower case.
    abbreviations : mapping of str to tuple of str
        With a point behind them; in lower case, without that point.
    before_numbers : mapping of str to tuple of str
        Before a figure; `bare` are those that need no point.
    bare : frozenset of str
    signs, signs_before, signs_between : mapping of str to tuple of str
        Signs anywhere, right before a figure, and between two figures.
    counted, crowned, done : frozenset of str
        Nouns that are numbered, names of rulers, and what is done rather than said.
    """

    units: Mapping[str, Counted]
    glued_units: Mapping[str, Counted]
    scales: Mapping[str, str]
    currencies: Mapping[str, Currency]
    months: Mapping[str, str]
    weekdays: Mapping[str, str]
    abbreviations: Mapping[str, tuple[str, ...]]
    before_numbers: Mapping[str, tuple[str, ...]]
    bare: frozenset[str]
    signs: Mapping[str, tuple[str, ...]]
    signs_before: Mapping[str, tuple[str, ...]]
    signs_between: Mapping[str, tuple[str, ...]]
    counted: frozenset[str]
    crowned: frozenset[str]
    done: frozenset[str]


def one_of(words: Iterable[str]) -> str:
    """A pattern for any of these, the longest first."""
    return "(?:" + "|".join(map(re.escape, sorted(words, key=lambda x: (-len(x), x)))) + ")"


@cache
def english_tables() -> Tables:
    """The tables, read once."""
    text = importlib.resources.files("visalign.lexicons").joinpath(TABLE).read_text(encoding="utf-8")
    data = parse_toml(TABLE, text)
    whole = {name.lower(): name.lower() for name in data["months"].values()}
    days = {name.lower(): name.lower() for name in data["weekdays"].values()}
    return Tables(
        units={sign: _counted(ways) for sign, ways in data["units"].items()},
        glued_units={sign: _counted(ways) for sign, ways in data["glued_units"].items()},
        scales=data["scales"],
        currencies={
            sign: Currency(_counted(unit), _counted(part)) for sign, (unit, part) in data["currencies"].items()
        },
        months={**whole, **data["months"]},
        weekdays={**days, **data["weekdays"]},
        abbreviations={short: _ways(ways) for short, ways in data["abbreviations"].items()},
        before_numbers={short.rstrip("*"): _ways(ways) for short, ways in data["before_numbers"].items()},
        bare=frozenset(short.rstrip("*") for short in data["before_numbers"] if short.endswith("*")),
        signs={sign: _ways(ways) for sign, ways in data["signs"].items()},
        signs_before={sign: _ways(ways) for sign, ways in data["signs_before_numbers"].items()},
        signs_between={sign: _ways(ways) for sign, ways in data["signs_between_numbers"].items()},
        counted=frozenset(data["roman"]["counted"].split()),
        crowned=frozenset(data["roman"]["crowned"].split()),
        done=frozenset(data["sounds"]["done"].split()),
    )


def _ways(text: str) -> tuple[str, ...]:
    return tuple(way.strip() for way in text.split("|"))


def _counted(text: str) -> Counted:
    pairs = (way.partition("/") for way in _ways(text) if way)
    return tuple((one, many) for one, _, many in pairs)
