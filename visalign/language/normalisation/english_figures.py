"""What figures look like in a text, and what one amount says: the smallest parts of the English grammar.

Conventions
-----------
A rule gets a text and a place and returns what it found there, or None. All repetitions are bounded, so that a rule
looks at no more than some hundred characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from visalign.language.normalisation.english_numbers import cardinal, decimal, fraction, number
from visalign.language.normalisation.ways import Ways, distinct, sequence

__all__ = [
    "BLANK",
    "FIGURES",
    "GAP",
    "MAYBE_GAP",
    "RANGE",
    "STOP",
    "VULGAR",
    "Amount",
    "Rule",
    "Said",
    "amount_at",
    "by_pattern",
    "plain",
]


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule reads: up to where, and how it is said, the likeliest way first."""

    end: int
    ways: Ways
    is_doubtful: bool = False


Rule = Callable[[str, int], Said | None]

_NARROW = "\u00a0\u2007\u2009\u202f"
BLANK = rf"[ \t\n{_NARROW}]"
GAP, MAYBE_GAP = BLANK + "{1,2}", BLANK + "{0,2}"

_GROUPED = rf"[0-9]{{1,3}}(?:[,'’{_NARROW}][0-9]{{3}}){{1,6}}(?![0-9])"
_INDIAN = r"[0-9]{1,2}(?:,[0-9]{2}){1,5},[0-9]{3}(?![0-9]|,[0-9])"
_SPACED = r"[1-9][0-9]{0,2}(?: [0-9]{3}){1,6}(?![0-9])"
_WHOLE = rf"(?:{_INDIAN}|{_GROUPED}|{_SPACED}|[0-9]{{1,40}}(?![0-9]))"
_PLACES = r"\.[0-9]{1,20}(?![0-9])"
# 1.234,50 and 1 234,5 have a decimal comma for sure; 20,5 may as well be two of a list.
_CONTINENTAL = re.compile(
    rf"(?P<whole>[0-9]{{1,3}}(?:[. {_NARROW}][0-9]{{3}}){{1,5}}),(?P<places>[0-9]{{1,2}})(?![0-9])"
)
_COMMA = re.compile(r"(?P<whole>[0-9]{1,6}),(?P<places>[0-9]{1,2})(?![0-9]|,[0-9])")
FIGURES = rf"(?:{_WHOLE}(?:{_PLACES})?|{_PLACES})"
"""An amount in figures, with signs or blanks between its groups and with decimal places, or without."""

VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
_FRACTION = re.compile(
    rf"(?:(?P<whole>[0-9]{{1,3}})(?:{BLANK}|-)?)?(?P<vulgar>[{VULGAR}])"
    r"|(?:(?P<count>[0-9]{1,3})[ \u00a0-])?(?P<above>[0-9]{1,4})[/⁄](?P<below>[0-9]{1,4})(?![0-9]|[/⁄.,][0-9])"
)
_FIGURES = re.compile(FIGURES)

RANGE = rf"(?:[-–—‒‑−~]|{GAP}[-–—‒‑−~]{GAP}|\.\.\.?|…)"
"""Between the first and the last of several."""

STOP = r"(?![^\W_]|[.,:/⁄^\-–—][0-9]|['’][^\W_])"
"""What no figure may run into."""


def plain(figures: str) -> str:
    """Without the signs between groups."""
    return re.sub(rf"[, '’{_NARROW}]", "", figures)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in figures.

    Parameters
    ----------
    end : int
        Where it ends in the text.
    figures : str
        Without signs between groups; ``""`` for fractions.
    counted : sequence of str
        How it is said before a unit.
    alone : sequence of str
        How it is said by itself, where it may also be a year, or a name in figures.
    is_one : bool
        It takes the singular.
    is_doubtful : bool
        It may be something else.
    """

    end: int
    figures: str
    counted: Ways
    alone: Ways
    is_one: bool = False
    is_doubtful: bool = False


def amount_at(text: str, at: int) -> Amount | None:
    """The amount that begins here."""
    found = _FRACTION.match(text, at)
    if found:
        return _fractional(found)
    if found := _CONTINENTAL.match(text, at) or _COMMA.match(text, at):
        figures = f"{re.sub('[^0-9]', '', found['whole'])}.{found['places']}"
        listed = sequence(number(found["whole"])[:1], number(found["places"])[:1]) if found["whole"].isdigit() else ()
        comma = decimal(figures)
        return Amount(found.end(), figures, comma, distinct(comma[:1], listed, comma), is_doubtful=True)
    found = _FIGURES.match(text, at)
    if not found:
        return None
    written, figures = found[0], plain(found[0])
    if "." in figures:
        return Amount(found.end(), figures, decimal(figures), decimal(figures))
    if written == figures:
        return Amount(found.end(), figures, cardinal(figures), number(figures), figures == "1")
    whole = cardinal(figures)
    if " " not in written:
        return Amount(found.end(), figures, whole, whole)
    groups = written.split(" ")
    apart = sequence(*(number(group)[:2] for group in groups)) if len(groups) < 5 else []
    is_doubtful = any(group != "000" for group in groups[1:])
    return Amount(found.end(), figures, whole, distinct(whole[:3], apart), is_doubtful=is_doubtful)


def _fractional(found: re.Match[str]) -> Amount:
    if found["vulgar"]:
        above, _, below = unicodedata.normalize("NFKC", found["vulgar"]).partition("⁄")
        parts = _parts(above, below, found["whole"] or "")
    else:
        parts = _parts(found["above"], found["below"], found["count"] or "")
    return Amount(found.end(), "", *parts)


@lru_cache(maxsize=4096)
def _parts(above: str, below: str, whole: str) -> tuple[Ways, Ways, bool, bool]:
    """Of two figures with a stroke between them, and perhaps a whole number before them, the fields of an amount."""
    part = () if (above, below) in _SAID_AS_TWO else fraction(above, below)
    if whole:
        halves = [x for x in part if not x.startswith("one ")] or part
        ways = sequence(cardinal(whole)[:1], ["and"], halves) if part else ()
        return ways, ways, False, False
    if not part:
        return (), _slashed(above, below), False, (above, below) not in _SAID_AS_TWO
    over = sequence(cardinal(above)[:1], ["over", "out of"], cardinal(below)[:1])
    return part, distinct(part, over, _day(above, below)), True, False


_SAID_AS_TWO = {("24", "7"), ("9", "11"), ("50", "50"), ("20", "20"), ("4", "20"), ("7", "11")}
_DAYS_OF_A_MONTH = 31


def _slashed(above: str, below: str) -> Ways:
    """Two figures with a stroke between them that are no fraction."""
    first, second = number(above), number(below)
    two, joined = (
        sequence(first[:2], second[:2]),
        sequence(first[:1], ["over", "out of", "by", "slash", "to"], second[:1]),
    )
    if (above, below) in _SAID_AS_TWO or len(above) == 4:
        return distinct(two, joined)
    return distinct(joined[:1], two, joined)


def _day(above: str, below: str) -> Ways:
    """Figures that may be the month and the day."""
    return sequence(cardinal(above)[:1], cardinal(below)[:1]) if int(below) <= _DAYS_OF_A_MONTH else []


def by_pattern(pattern: str, say: Callable[[re.Match[str]], Ways | None], *, is_doubtful: bool = False) -> Rule:
    """A rule for what a pattern finds; it does not apply where `say` gives nothing."""
    compiled = re.compile(pattern)

    def rule(text: str, at: int) -> Said | None:
        found = compiled.match(text, at)
        ways = say(found) if found else None
        return Said(found.end(), ways, is_doubtful) if found and ways else None

    return rule
