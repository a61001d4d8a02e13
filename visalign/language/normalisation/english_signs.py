"""Signs that are said, marks behind figures (feet, inches, minutes of arc), and figures in groups that name nothing."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import cache

from visalign.language.normalisation.english_dates import date_rules
from visalign.language.normalisation.english_figures import MAYBE_GAP, STOP, Rule, Said, amount_at, by_pattern
from visalign.language.normalisation.english_letters import SUPERSCRIPTS, raised_ways
from visalign.language.normalisation.english_numbers import cardinal, decimal, digits, number
from visalign.language.normalisation.english_tables import english_tables
from visalign.language.normalisation.english_words import address, before_number, hexadecimal
from visalign.language.normalisation.ways import Ways, distinct, sequence

__all__ = ["at_sign", "figure_groups", "marked_figures"]

_LOOK_BACK = 200
"""Characters in which an opening quotation mark is looked for."""

_FIGURE_BEHIND = re.compile(r"[0-9)%²³]\s?$")
_LETTER_BEHIND = re.compile(r"[^\W_]$|[)\]\-–—]$")
_FIGURE_AHEAD = re.compile(r"\s?[-−+]?\.?[0-9]|\s?[$£€]")
_FIGURE_NEXT = re.compile(r"\.?[0-9]|[$£€]")
_QUOTES = re.compile(r"(?P<opening>(?:(?<=[\s(\[—–-])|^)\"(?=\S))|\"")
_APART_FROM_FIGURES = frozenset(["<", ">", "≤", "≥", "~", "∼", "≈", "±", "+/-", "+-", "√"])
_EQUATION_BEHIND = re.compile(r"[^\W_]\s?$|[)²³]\s?$")
_EQUATION_AHEAD = re.compile(r"\s?[-−(]?[^\W_]")
_COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}


def at_sign(text: str, at: int, sign: str, known: Container[str]) -> Iterator[Said | None]:
    """What a sign may stand for here."""
    tables, end = english_tables(), at + len(sign)
    before, behind = text[max(0, at - 2) : at], text[end : end + 4]
    if sign in "'’‘+" and not _LETTER_BEHIND.search(before):
        yield from (rule(text, at) for rule in date_rules())
    if sign == "#":
        yield address(text, at, known)
    if sign in tables.before_numbers:
        yield before_number(text, at, sign)
    if sign in tables.signs_between and _FIGURE_BEHIND.search(before) and _FIGURE_AHEAD.match(behind):
        yield Said(end, tables.signs_between[sign])
    if sign == "=" and _EQUATION_BEHIND.search(before) and _EQUATION_AHEAD.match(behind):
        yield Said(end, tables.signs_between[sign])
    if sign in tables.signs_before:
        is_joined = _FIGURE_NEXT.match(behind) and not _LETTER_BEHIND.search(before)
        if is_joined or (sign in _APART_FROM_FIGURES and _FIGURE_AHEAD.match(behind)):
            yield Said(end, tables.signs_before[sign])
    if sign in tables.signs:
        yield Said(end, tables.signs[sign])


@cache
def marked_figures() -> tuple[Rule, ...]:
    """Feet and inches, degrees with their minutes, powers."""
    minutes = (
        rf"(?P<minutes>[0-9]{{1,2}})['’′](?:{MAYBE_GAP}(?P<seconds>[0-9]{{1,2}}(?:\.[0-9]{{1,4}})?)(?:[\"”″]|''))?"
    )
    feet = rf"(?P<feet>[0-9]{{1,2}}){MAYBE_GAP}"
    inches = r"(?P<inches>[0-9]{1,2}(?:\.[0-9])?)(?![0-9])"
    return (
        hexadecimal,
        by_pattern(
            rf"(?P<degrees>[0-9]{{1,3}})°{MAYBE_GAP}(?:{minutes})?{MAYBE_GAP}(?P<to>[NSEW])(?![^\W_])", _on_earth
        ),
        by_pattern(rf"(?P<degrees>[0-9]{{1,3}})°{MAYBE_GAP}{minutes}(?P<to>)", _on_earth),
        by_pattern(rf"{feet}['’′]{inches}(?:{MAYBE_GAP}(?:[\"”″]|''|’’))?{STOP}", _height),
        by_pattern(rf"{feet}['’′]{MAYBE_GAP}{inches}{MAYBE_GAP}(?:[\"”″]|''|’’){STOP}", _height),
        by_pattern(rf"{feet}(?:ft|feet|foot)\.?{MAYBE_GAP}{inches}{MAYBE_GAP}in(?:ch|ches)?(?![^\W_])\.?", _height),
        _marked,
        by_pattern(rf"(?P<hours>[0-9]{{1,2}}) ?h(?:rs?)? ?(?P<minutes>[0-9]{{1,2}}) ?m(?:ins?)?{STOP}", _spent),
        by_pattern(rf"(?P<minutes>[0-9]{{1,2}}) ?m(?:ins?)? ?(?P<seconds>[0-9]{{1,2}}) ?s(?:ecs?)?{STOP}", _spent),
        by_pattern(
            rf"(?P<base>[0-9]{{1,6}}(?:\.[0-9]{{1,5}})?)(?:\^(?P<to>[0-9]{{1,3}})|(?P<up>⁻?[⁰¹²³⁴-⁹]{{1,3}})){STOP}",
            _power,
        ),
    )


def _height(found: re.Match[str]) -> Ways:
    feet, inches = cardinal(found["feet"])[:1], decimal(found["inches"])[:1]
    unit = ["feet", "foot"] if found["feet"] != "1" else ["foot"]
    whole = sequence(feet, unit, inches, ["inch" if inches[0] == "one" else "inches"])
    return distinct(whole[:1], sequence(feet, ["foot"], inches), sequence(feet, inches), whole)


_MARK = re.compile(r"(?:(?P<inch>[\"”″]|'')|(?P<foot>['’′]))(?![^\W_])")


def _marked(text: str, at: int) -> Said | None:
    """Feet or inches alone, unless the mark closes a quotation."""
    amount = amount_at(text, at)
    found = _MARK.match(text, amount.end) if amount else None
    if not (amount and found):
        return None
    mark = found["inch"] or found["foot"]
    if mark not in "″′" and _is_quoted(text, at, mark):
        return None
    one, many = ("inch", "inches") if found["inch"] else ("foot", "feet")
    return Said(
        found.end(), sequence(amount.counted[:1], [one] if amount.is_one else [many, one]), is_doubtful=mark == "'"
    )


def _is_quoted(text: str, at: int, mark: str) -> bool:
    """True if a quotation is open before the figure that this mark behind it would close."""
    before = text[max(0, at - _LOOK_BACK) : at]
    if mark == "”":
        return before.rfind("“") > before.rfind("”")
    if mark == '"':
        marks = [bool(found["opening"]) for found in _QUOTES.finditer(text, max(0, at - _LOOK_BACK), at + 1)]
        return bool(marks) and marks[-1]
    opening = max(before.rfind(x) for x in (" '", " ‘", "\n'", "\n‘"))
    return opening >= 0 or before[:1] in ("'", "‘")


def _on_earth(found: re.Match[str]) -> Ways:
    said = [f"{cardinal(found['degrees'])[0]} {'degree' if found['degrees'] == '1' else 'degrees'}"]
    for part in ("minutes", "seconds"):
        if found[part]:
            said.append(f"{decimal(found[part])[0]} {part[:-1] if found[part] == '1' else part}")
    return [" ".join([*said, *filter(None, [_COMPASS.get(found["to"])])])]


def _spent(found: re.Match[str]) -> Ways:
    """Hours and minutes, minutes and seconds: 2h 30m."""
    parts = [
        [f"{cardinal(count)[0]} {unit[:-1] if count == '1' else unit}"] for unit, count in found.groupdict().items()
    ]
    return sequence(parts[0], ["", "and"], parts[1])


def _power(found: re.Match[str]) -> Ways:
    exponent = found["up"] or "".join(SUPERSCRIPTS[int(x)] for x in found["to"])
    return sequence(decimal(found["base"])[:1], raised_ways(exponent))


@cache
def figure_groups() -> tuple[Rule, ...]:
    """Figures in groups that are neither a date nor a range, nor an amount as Americans write it."""
    return (
        by_pattern(rf"[0-9]{{1,8}}(?:[-–][0-9]{{1,8}}){{1,7}}{STOP}", lambda found: digits(found[0])),
        by_pattern(rf"[0-9]{{1,6}}(?:\.[0-9]{{1,6}}){{2,7}}{STOP}", _dotted, is_doubtful=True),
        by_pattern(rf"[0-9]{{1,6}}(?:,[0-9]{{1,6}}){{1,9}}{STOP}", _listed, is_doubtful=True),
    )


def _dotted(found: re.Match[str]) -> Ways:
    groups = found[0].split(".")
    if all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3 and groups[0][0] != "0":
        return cardinal("".join(groups))
    said = [number(group)[:1] for group in groups]
    return distinct(*(sequence(*[part for ways in said for part in ([sign], ways)][1:]) for sign in ("point", "dot")))


def _listed(found: re.Match[str]) -> Ways:
    """The groups of Indian amounts, or a list."""
    groups = found[0].split(",")
    listed = sequence(*(number(group)[:1] for group in groups))
    if all(len(group) == 2 for group in groups[1:-1]) and len(groups[-1]) == 3 and len(groups[0]) < 3:
        return cardinal("".join(groups))
    return listed
