"""Money, measures, shares, ranges: amounts with what is counted.

Grammar
-------
::

    quantity = single [range single] | single { "x" single }
    single   = [currency] amount [scale] [currency | unit] ["/" unit]

What stands at one end of a range alone (a currency before it, a scale or a unit behind it) counts for both ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from visalign.language.normalisation.english_figures import (
    GAP,
    MAYBE_GAP,
    RANGE,
    STOP,
    VULGAR,
    Amount,
    Said,
    amount_at,
)
from visalign.language.normalisation.english_numbers import cardinal, digits, year
from visalign.language.normalisation.english_tables import Counted, Currency, english_tables, one_of
from visalign.language.normalisation.ways import Ways, distinct, sequence

__all__ = ["bare_amount", "cents_behind", "product_of", "quantity"]

_RANGE = re.compile(RANGE)
_STOP = re.compile(STOP)
_TIMES = re.compile(rf"{MAYBE_GAP}[x×X]{MAYBE_GAP}(?=[0-9.])")
_TO = ("to", "through", "")
_MOST_SIDES = 4
_POINT_OF_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What may stand around an amount."""

    prefix: re.Pattern[str]
    postfix: re.Pattern[str]
    scale: re.Pattern[str]
    unit: re.Pattern[str]
    per: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    tables = english_tables()
    signs = [sign for sign in tables.currencies if not sign.isalpha()]
    codes = [sign for sign in tables.currencies if sign.isalpha()]
    apart = [sign for sign in tables.units if sign not in ("in", "l")]
    words = [scale for scale in tables.scales if len(scale) > 4]
    shorts = [scale for scale in tables.scales if len(scale) <= 4]
    end = r"(?![^\W_])"
    unit = (
        rf"(?:(?P<hyphen>-)(?!in-))?(?P<glued>{one_of([*tables.units, *tables.glued_units])}){end}"
        rf"|{MAYBE_GAP}(?P<apart>{one_of(apart)}){end}|{GAP}(?P<inch>in)\.(?={MAYBE_GAP}(?:$|[^A-Z\s]))"
    )
    return _Patterns(
        prefix=re.compile(rf"(?:{one_of(signs)}|{one_of(codes)}{MAYBE_GAP}){MAYBE_GAP}(?=\.?[0-9]|[{VULGAR}])"),
        postfix=re.compile(rf"{MAYBE_GAP}(?:{one_of(signs)}|{one_of(codes)}{end})(?!\.?[0-9])"),
        scale=re.compile(rf"(?:{GAP}|-)(?i:{one_of(words)}){end}|{MAYBE_GAP}{one_of(shorts)}{end}"),
        unit=re.compile(unit),
        per=re.compile(rf"/(?P<unit>{one_of(tables.units)}|[a-zA-Z]{{2,15}}){end}"),
    )


@dataclass(frozen=True, slots=True)
class _Single:
    """An amount with what stands around it."""

    end: int
    amount: Amount
    currency: Currency | None = None
    scale: str = ""
    unit: Counted = ()
    per: Counted = ()
    is_compound: bool = False

    @property
    def is_doubtful(self) -> bool:
        """Whether it may be something else, as 1.000 € may."""
        has_point_of_thousands = self.currency and _POINT_OF_THOUSANDS.fullmatch(self.amount.figures)
        return self.amount.is_doubtful or bool(has_point_of_thousands)

    @property
    def is_bare(self) -> bool:
        return not (self.currency or self.scale or self.unit or self.per)


def quantity(text: str, at: int) -> Said | None:
    """An amount, or a range of two."""
    first = _single(text, at)
    if first is None:
        return None
    dash = _RANGE.match(text, first.end)
    second = _single(text, dash.end()) if dash else None
    if second and first.currency and not second.currency:
        scaled = _with_scale(text, _Single(second.amount.end, second.amount))
        second = scaled if scaled.scale else second
    if dash and second and _STOP.match(text, second.end):
        ways = _range_of(first, second)
        if ways:
            return Said(second.end, ways, first.is_doubtful or second.is_doubtful)
    return _read(first) if _STOP.match(text, first.end) else None


def bare_amount(text: str, at: int) -> Said | None:
    """An amount alone, whatever follows it behind a blank."""
    found = amount_at(text, at)
    return _read(_Single(found.end, found)) if found and _STOP.match(text, found.end) else None


def product_of(text: str, at: int) -> Said | None:
    """Sides of something: 2x4, 1920×1080, 3 x 4 x 5 m."""
    sides: list[_Single] = []
    side = _single(text, at)
    while side is not None and len(sides) < _MOST_SIDES:
        sides.append(side)
        sign = _TIMES.match(text, side.end)
        side = _single(text, sign.end()) if sign else None
    if len(sides) < 2 or not _STOP.match(text, sides[-1].end):
        return None
    first, *others = (_ways(side)[:3] for side in sides)
    between = [ways for other in others for ways in (["by", "times", ""], other)]
    return Said(sides[-1].end, sequence(first, *between))


def _read(one: _Single) -> Said | None:
    if one.is_bare:
        return Said(one.end, one.amount.alone, one.amount.is_doubtful) if one.amount.alone else None
    ways = _ways(one)
    return Said(one.end, ways, one.is_doubtful) if ways else None


# ---------------------------------------------------------------------------------------------------------- parsing


_CENTS_BEHIND = re.compile(r"(?P<whole>[0-9]{1,6})(?P<sign>[€£$])(?P<cents>[0-9]{2})(?![0-9]|[.,][0-9])")


def cents_behind(text: str, at: int) -> Said | None:
    """Money with its sign in the middle: 5€50."""
    found = _CENTS_BEHIND.match(text, at)
    if not found:
        return None
    return Said(found.end(), _with_cents(found["whole"], found["cents"], english_tables().currencies[found["sign"]]))


def _single(text: str, at: int) -> _Single | None:
    tables, patterns = english_tables(), _patterns()
    before = patterns.prefix.match(text, at)
    amount = amount_at(text, before.end() if before else at)
    if amount is None:
        return None
    if before:
        one = _Single(amount.end, amount, tables.currencies[before[0].strip()])
        return _with_per(text, _with_scale(text, one))
    one = _Single(amount.end, amount)
    paid = _with_postfix(text, _with_scale(text, one)) or _with_postfix(text, one)
    return _with_per(text, paid or _with_unit(text, one))


def _with_scale(text: str, one: _Single) -> _Single:
    found = _patterns().scale.match(text, one.end)
    if not found:
        return one
    name = found[0].strip().lstrip("-")
    scales = english_tables().scales
    return replace(one, end=found.end(), scale=scales.get(name) or scales[name.lower()])


def _with_postfix(text: str, one: _Single) -> _Single | None:
    found = _patterns().postfix.match(text, one.end)
    return replace(one, end=found.end(), currency=english_tables().currencies[found[0].strip()]) if found else None


def _with_unit(text: str, one: _Single) -> _Single:
    tables = english_tables()
    found = _patterns().unit.match(text, one.end)
    if not found:
        return one
    sign = found["glued"] or found["apart"] or found["inch"]
    unit = tables.units.get(sign) or tables.glued_units[sign]
    if found["inch"]:
        unit = (*unit, ("in", "in"))
    return replace(one, end=found.end(), unit=unit, is_compound=bool(found["hyphen"]))


def _with_per(text: str, one: _Single) -> _Single:
    found = _patterns().per.match(text, one.end)
    if not found:
        return one
    name = found["unit"]
    return replace(one, end=found.end(), per=english_tables().units.get(name, ((name.lower(), name.lower()),)))


# --------------------------------------------------------------------------------------------------------- wording


def _names(unit: Counted, *, is_one: bool) -> Ways:
    """The names of a unit, in the number that agrees first: a ten kilometer run takes the singular."""
    agreeing = [one if is_one else many for one, many in unit]
    others = [many if is_one else one for one, many in unit]
    return distinct(agreeing[:1], others[:1], agreeing[1:])


def _ways(one: _Single) -> Ways:
    said = _money(one) if one.currency else _measured(one)
    if not one.per:
        return said
    name = one.per[0][0]
    return sequence(said[:3], [f"per {name}", f"{_article(name)} {name}"])


def _article(name: str) -> str:
    return "an" if name[:1] in "aeiou" or name.startswith("hour") else "a"


def _measured(one: _Single) -> Ways:
    amount = one.amount
    if not one.unit:
        return list(amount.alone if not one.per else amount.counted)
    names = _names(one.unit, is_one=amount.is_one or one.is_compound)
    if "half" in amount.counted:
        return distinct(sequence(amount.counted[:1], names[:1]), [f"half {_article(names[0])} {names[0]}"])
    first = sequence(amount.counted[:1], names)
    return distinct(first[:1], sequence(amount.counted[1:3], names[:1]), first)


def _money(one: _Single) -> Ways:
    currency, amount = one.currency, one.amount
    assert currency is not None
    whole, point, cents = amount.figures.partition(".")
    if _POINT_OF_THOUSANDS.fullmatch(amount.figures):  # 1.000 € are no thousandths
        thousands = cardinal(whole + cents)
        amount = replace(amount, counted=distinct(thousands[:1], amount.counted), figures=whole + cents)
        whole, point, cents = whole + cents, "", ""
    several = [many for _, many in currency.unit]
    if one.scale:
        return sequence(amount.counted[:3], [one.scale], several)
    is_exact = bool(currency.part) and len(cents) == 2
    if is_exact and int(cents):
        return _with_cents(whole or "0", cents, currency)
    counted = cardinal(whole or "0") if is_exact else amount.counted
    if whole == "1" and (is_exact or not point):
        return sequence(["one", "a"], [single for single, _ in currency.unit])
    return sequence(counted[:3], several)


def _with_cents(whole: str, cents: str, currency: Currency) -> Ways:
    unit = currency.unit[0][0] if whole == "1" else currency.unit[0][1]
    low = cardinal(str(int(cents)))[:1]
    part = currency.part[0][0] if int(cents) == 1 else currency.part[0][1]
    small = sequence(low, [part])
    if whole == "0":
        return distinct(small, sequence(["zero"], [currency.unit[0][1]], ["and", ""], small))
    high = cardinal(whole)[:1]
    short = sequence(high, [f"oh {low[0]}" if int(cents) < 10 else low[0]])
    return distinct(sequence(high, [unit], ["", "and"], small), short, sequence(high, [unit], low))


def _range_of(first: _Single, second: _Single) -> Ways:
    """From one to the other; what one of the two has alone counts for both."""
    if first.is_bare and second.is_bare:
        return _bare_range(first.amount, second.amount)
    low = replace(first, currency=first.currency or second.currency, unit=first.unit or second.unit)
    high = replace(second, currency=low.currency, unit=second.unit or first.unit)
    if not (low.amount.counted and high.amount.counted):
        return []
    if (low.currency, low.unit) != (second.currency or low.currency, high.unit) or first.scale:
        high = replace(high, currency=second.currency or first.currency, scale=second.scale or first.scale)
        return sequence(_ways(low)[:2], _TO[:2], _ways(high)[:2])
    short = sequence(low.amount.counted[:1], _TO, _ways(high)[:3])
    return distinct(short[:6], sequence(_ways(replace(low, scale=high.scale))[:1], _TO[:2], _ways(high)[:1]))


def _bare_range(first: Amount, second: Amount) -> Ways:
    low, high = first.figures, second.figures
    if not (low and high):
        return sequence(first.counted[:1], _TO, second.counted[:1]) if first.counted and second.counted else []
    if re.fullmatch("(?:1[0-9]|20)[0-9]{2}", low) and re.fullmatch("[0-9]{2}", high):
        century = int(low[:2]) + (int(high) <= int(low[2:]))
        whole = year(f"{century}{high}")
        if century > int(low[:2]):  # 1999-00
            return sequence(year(low)[:1], _TO, whole[:2])
        return distinct(
            sequence(year(low)[:1], ["to"], distinct(cardinal(high), whole[:1])),
            sequence(year(low)[:1], ["through", ""], cardinal(high)),
            sequence(year(low)[1:2], ["to"], cardinal(high)),
        )
    if any((len(x) > 4 and "." not in x) or (len(x) > 1 and x[0] == "0" and x[1] != ".") for x in (low, high)):
        return sequence(digits(low), digits(high))
    # fifty-fifty, twenty-four seven
    to = _TO[::-1] if low == high or (low, high) == ("24", "7") else _TO
    usual = sequence(first.alone[:1], to, second.alone[:1])
    minus = sequence(first.alone[:1], ["minus"], second.alone[:1])
    return distinct(usual, minus, sequence(first.alone[:2], _TO, second.alone[:2]))
