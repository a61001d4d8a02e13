"""Numbers in English words: each in the ways in which Americans say it, the likeliest first.

Conventions
-----------
Figures come as text, without signs between their groups: ``"1984"``, ``"0.5"``, ``".5"``. Words come out in lower case,
without hyphens. The numbers are those of num2words [1]_.

References
----------
.. [1] https://github.com/savoirfairelinux/num2words (LGPL).
"""

from __future__ import annotations

import re
from functools import lru_cache

from visalign.language.normalisation.ways import distinct, sequence

__all__ = [
    "MAX_PLACES",
    "cardinal",
    "decimal",
    "digits",
    "fraction",
    "number",
    "ordinal",
    "pairs",
    "plural",
    "year",
]

MAX_PLACES = 15
"""Longer figures are codes and no numbers."""

_DENOMINATORS = {2: ("half", "halves"), 4: ("quarter", "quarters")}


@lru_cache(maxsize=4096)
def _said(figures: int, to: str) -> str:
    # num2words loads fifty languages, a tenth of a second that texts without figures can save.
    from num2words import num2words

    return re.sub(r"[\s,-]+", " ", str(num2words(figures, to=to)))


def _with_and(said: str) -> tuple[str, ...]:
    """As Americans say it, and with the British "and"."""
    return distinct([said.replace(" and ", " ")], [said])


def _is_code(figures: str) -> bool:
    return len(figures) > MAX_PLACES or (len(figures) > 1 and figures[0] == "0")


def digits(figures: str) -> tuple[str, ...]:
    """One by one.

    Examples
    --------
    >>> digits("507")
    ('five oh seven', 'five zero seven')
    """
    said = [_said(int(x), "cardinal") for x in figures if x in "0123456789"]
    return distinct([" ".join("oh" if x == "zero" else x for x in said)], [" ".join(said)])


@lru_cache(maxsize=4096)
def cardinal(figures: str) -> tuple[str, ...]:
    """As an amount; what begins with a zero, or has too many places, one by one.

    Examples
    --------
    >>> cardinal("1200")
    ('one thousand two hundred', 'twelve hundred', 'a thousand two hundred')
    """
    if _is_code(figures):
        return digits(figures)
    n = int(figures)
    ways = _with_and(_said(n, "cardinal"))
    if 1100 <= n < 10_000 and n % 1000 >= 100:
        below = sequence(["", "and"], [_said(n % 100, "cardinal")]) if n % 100 else ("",)
        ways += sequence([f"{_said(n // 100, 'cardinal')} hundred"], below)
    if re.match(r"one (hundred|thousand|million|billion)\b", ways[0]):
        ways += tuple(f"a{way.removeprefix('one')}" for way in ways if way.startswith("one "))
    return distinct(ways)


def year(figures: str) -> tuple[str, ...]:
    """Four figures as a year.

    Examples
    --------
    >>> year("1905")
    ('nineteen oh five', 'nineteen hundred five', 'nineteen hundred and five', 'nineteen five')
    >>> year("2010")
    ('twenty ten', 'two thousand ten', 'two thousand and ten')
    """
    century, rest = divmod(int(figures), 100)
    is_millennium = century % 10 == 0
    short, low = _said(century, "cardinal"), _said(rest, "cardinal")
    whole = f"{_said(century // 10, 'cardinal')} thousand" if is_millennium else f"{short} hundred"
    if not rest:
        return (whole,)
    long = sequence([whole], ["", "and"], [low])
    if rest >= 10:
        return distinct([f"{short} {low}"], long)
    with_oh = [f"{short} oh {low}"]
    return distinct(long, with_oh) if is_millennium else distinct(with_oh, long, [f"{short} {low}"])


def pairs(figures: str) -> tuple[str, ...]:
    """Three or four figures in two parts, as the numbers of rooms, flights and roads are said.

    Examples
    --------
    >>> pairs("101"), pairs("4321"), pairs("747")
    (('one oh one',), ('forty three twenty one',), ('seven forty seven',))
    """
    high, low = int(figures[:-2]), int(figures[-2:])
    if not high:
        return ()
    rest = f"oh {_said(low, 'cardinal')}" if 0 < low < 10 else _said(low, "cardinal") if low else "hundred"
    return (f"{_said(high, 'cardinal')} {rest}",)


@lru_cache(maxsize=4096)
def number(figures: str) -> tuple[str, ...]:
    """Figures of which nothing is known: an amount, a year, or a name in figures.

    Examples
    --------
    >>> number("25"), number("007"), number("0")
    (('twenty five',), ('oh oh seven', 'zero zero seven'), ('zero', 'oh'))
    >>> number("1984")[0], number("3000")[0], number("911")[2:]
    ('nineteen eighty four', 'three thousand', ('nine eleven', 'nine one one'))
    """
    if _is_code(figures):
        hour = [f"{zero} {_said(int(figures[1]), 'cardinal')} hundred" for zero in ("oh", "zero")]
        return distinct(hour if re.fullmatch("0[1-9]00", figures) else (), digits(figures))
    n, amount = int(figures), cardinal(figures)
    if n == 0:
        return "zero", "oh"
    if len(figures) == 4 and 1000 <= n <= 2099:
        as_year = year(figures)
        return distinct(as_year, amount) if 1100 <= n <= 1999 or n >= 2010 else distinct(amount[:3], as_year, amount)
    if len(figures) in (3, 4):
        return distinct(amount, pairs(figures), digits(figures))
    return distinct(amount, digits(figures)) if len(figures) > 4 else amount


@lru_cache(maxsize=4096)
def decimal(figures: str) -> tuple[str, ...]:
    """An amount that may have a decimal point.

    Examples
    --------
    >>> decimal(".5"), decimal("3.14")[0], decimal("2.05")
    (('point five', 'zero point five'), 'three point one four', ('two point zero five', 'two point oh five'))
    """
    whole, point, places = figures.partition(".")
    if not point:
        return cardinal(whole)
    behind = digits(places)[::-1]  # "zero" before "oh"
    if len(places) == 2 and places[0] != "0":
        behind += cardinal(places)[:1]
    if not whole:
        before: tuple[str, ...] = ("", "zero")
    elif whole == "0":
        before = ("zero", "", "oh")
    else:
        before = cardinal(whole)[:2]
    ways = sequence(before[:1], ["point"], behind) + sequence(before[1:], ["point"], behind[:1])
    if places == "5" and whole not in ("", "0"):
        ways += sequence(cardinal(whole)[:1], ["and a half"])
    return distinct(ways)


def ordinal(figures: str) -> tuple[str, ...]:
    """The place in an order.

    Examples
    --------
    >>> ordinal("22"), ordinal("101")
    (('twenty second',), ('one hundred first', 'one hundred and first', 'hundred and first'))
    """
    if len(figures) > MAX_PLACES:
        return ()
    ways = _with_and(_said(int(figures), "ordinal"))
    return distinct(ways, [ways[-1].removeprefix("one ")] if ways[0].startswith("one hundred") else ())


@lru_cache(maxsize=4096)
def fraction(above: str, below: str) -> tuple[str, ...]:
    """A vulgar fraction; none where that is not how anybody reads it.

    Examples
    --------
    >>> fraction("1", "2"), fraction("3", "4"), fraction("5", "8"), fraction("24", "7")
    (('one half', 'a half', 'half'), ('three quarters', 'three fourths'), ('five eighths',), ())
    """
    n, parts = int(above), int(below)
    if not (0 < n < parts <= 20 or (0 < n < parts and parts in (32, 50, 60, 64, 100, 1000))):
        return ()
    name = _said(parts, "ordinal").replace(" and ", " ")
    names = distinct(_DENOMINATORS.get(parts, ())[:1], [name] if parts != 2 else [])
    if n > 1:
        return sequence(cardinal(above)[:1], [plural(x) for x in names])
    counts = ["one", "an" if name[:1] in "aeiou" and not name.startswith("one") else "a"]
    return sequence(counts, names[:1]) + ("half",) * (parts == 2) + sequence(counts, names[1:])


def plural(way: str) -> str:
    """Several of what a number names: decades, sevens, halves.

    Examples
    --------
    >>> plural("nineteen eighty"), plural("six"), plural("half"), plural("seven")
    ('nineteen eighties', 'sixes', 'halves', 'sevens')
    """
    if way.endswith("half"):
        return way[:-1] + "ves"
    if way.endswith("y"):
        return way[:-1] + "ies"
    return way + ("es" if way.endswith(("x", "s")) else "s")
