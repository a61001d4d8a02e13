"""Figures and abbreviations of English text, written out as they are said.

``$5.50`` is "five dollars fifty cents", ``1984`` "nineteen eighty four", ``May 5`` "may fifth". There is often more
than one way to say a figure; the one taken here is what most American readers say, and the rules are few enough to be
known:

* four figures from 1100 to 1999 and from 2010 to 2099 are a year, unless they have a comma;
* figures that begin with 0, have more than 15 places, or are joined by hyphens are said one by one;
* a number after a month is a day; ``3/4`` is a fraction.

What is said otherwise has to be written out in the transcript.

Conventions
-----------
Words come out in lower case without "and" and without hyphens. The numbers are those of num2words [1]_.

References
----------
.. [1] https://github.com/savoirfairelinux/num2words (LGPL).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from decimal import Decimal
from functools import partial

__all__ = ["spell_out"]

MAX_PLACES = 15
"""Longer figures are codes and no numbers."""

_MONTHS = {
    "jan": "january", "feb": "february", "mar": "march", "apr": "april", "jun": "june", "jul": "july", "aug": "august",
    "sept": "september", "sep": "september", "oct": "october", "nov": "november", "dec": "december", "may": "may",
}  # fmt: skip
_CURRENCIES = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", "")}
_SCALES = "hundred|thousand|million|billion|trillion"
_FRACTIONS = {2: "half", 4: "quarter"}
_ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "dr": "doctor", "prof": "professor", "jr": "junior", "sr": "senior",
    "vs": "versus", "etc": "et cetera", "approx": "approximately", "dept": "department", "gov": "governor",
    "sgt": "sergeant", "capt": "captain", "lt": "lieutenant", "gen": "general", "rev": "reverend",
    "ave": "avenue", "blvd": "boulevard", "e.g": "for example", "i.e": "that is", "lbs": "pounds", "oz": "ounces",
    "ft": "feet", "km": "kilometers", "kg": "kilograms",
    **{short: whole for short, whole in _MONTHS.items() if short != whole},
}  # fmt: skip

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"


def spell_out(text: str, known: Container[str]) -> str:
    """`text` with its figures and abbreviations in words.

    Parameters
    ----------
    text : str
        English text.
    known : container of str
        Words that have a pronunciation: what would be written with others stays as it is, so that text of other
        languages is left alone, and so is an abbreviation that is itself in the lexicon.

    Examples
    --------
    >>> from visalign.language.lexicon import embedded_lexicon
    >>> spell_out("On May 5, 1984 at 10:05 Dr. Wu paid $5.50 for the 22nd.", embedded_lexicon())
    'On may fifth, nineteen eighty four at ten oh five Dr. Wu paid five dollars fifty cents for the twenty second.'
    """
    for pattern, say in _RULES:
        text = pattern.sub(partial(_if_known, say, known), text)
    return text


def _if_known(say: Callable[[re.Match[str]], str], known: Container[str], found: re.Match[str]) -> str:
    said = "" if found[0].lower() in known else say(found)
    if not said or not all(word in known for word in said.split()):
        return found[0]
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return " " * before.isalnum() + said + " " * (after.isalnum() or after in _CURRENCIES)


def _said(number: int | Decimal, to: str = "cardinal") -> str:
    # num2words loads fifty languages, a tenth of a second that texts without figures can save.
    from num2words import num2words

    return str(num2words(number, to=to))


def _plain(words: str) -> str:
    return " ".join(word for word in re.split(r"[\s,-]+", words) if word != "and")


def _cardinal(figures: str) -> str:
    bare = figures.replace(",", "")
    if (bare[0] == "0" and len(bare) > 1 and bare[1] != ".") or len(bare) > MAX_PLACES:
        return _one_by_one(bare)
    return _plain(_said(Decimal(bare) if "." in bare else int(bare)))


def _one_by_one(figures: str) -> str:
    return " ".join("oh" if x == "0" else _said(int(x)) for x in figures if x.isdigit())


def _integer(found: re.Match[str]) -> str:
    figures = found[0]
    is_year = len(figures) == 4 and (1100 <= int(figures) <= 1999 or 2010 <= int(figures) <= 2099)
    return _plain(_said(int(figures), to="year")) if is_year else _cardinal(figures)


def _ordinal(found: re.Match[str]) -> str:
    return _plain(_said(int(found[1].replace(",", "")), to="ordinal"))


def _money(found: re.Match[str]) -> str:
    unit, part = _CURRENCIES[found["sign"]]
    number, scale = found["number"], found["scale"]
    if scale:
        return f"{_cardinal(number)} {scale.lower()} {_several(unit, '2')}"
    whole, _, cents = number.partition(".")
    said = f"{_cardinal(whole)} {_several(unit, whole)}"
    if len(cents) == 2 and int(cents) and part:
        said += f" {_cardinal(str(int(cents)))} {_several(part, str(int(cents)))}"
    elif cents and len(cents) != 2:
        return f"{_cardinal(number)} {_several(unit, '2')}"
    return said


def _several(unit: str, number: str) -> str:
    if number == "1" or unit == "yen":
        return unit
    return "pence" if unit == "penny" else unit + "s"


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found[1]), found[2]
    if hour > 24 or int(minute) > 59:
        return ""
    rest = "" if minute == "00" else f"oh {_said(int(minute))}" if minute[0] == "0" else _plain(_said(int(minute)))
    after = " ".join(found[3].lower().replace(".", "")) if found[3] else ""
    o_clock = "o'clock" if minute == "00" and not after else ""
    return " ".join(x for x in (_plain(_said(hour)), rest, o_clock, after) if x)


def _date(found: re.Match[str]) -> str:
    month = found[1].lower()
    return f"{_MONTHS.get(month, month)} {_plain(_said(int(found[2]), to='ordinal'))}"


def _decade(found: re.Match[str]) -> str:
    figures = found[1]
    words = _plain(_said(int(figures), to="year" if len(figures) == 4 else "cardinal"))
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _fraction(found: re.Match[str]) -> str:
    above, below = int(found[1]), int(found[2])
    if not 0 < above < below <= 20:
        return ""
    name = _FRACTIONS.get(below) or _plain(_said(below, to="ordinal"))
    plural = ("halves" if name == "half" else name + "s") if above > 1 else name
    return f"{_said(above)} {plural}"


def _abbreviation(found: re.Match[str]) -> str:
    return _ABBREVIATIONS[found[1].lower()]


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_MONTH_NAMES = _alternatives((*_MONTHS, *_MONTHS.values()))
_BEFORE, _AFTER = r"(?<![\w.,:/-])", r"(?![\w:/]|[.,-]\d)"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(rf"(?P<sign>[$£€¥])\s?(?P<number>{_NUMBER})(?:\s(?P<scale>{_SCALES})\b)?", re.I), _money),
    (re.compile(r"(?<![\w.,:/)-])[-−](?=\d)"), lambda _: "minus "),
    (re.compile(rf"{_BEFORE}(\d{{1,2}}):(\d\d)(?:\s?([ap]\.?m\b\.?))?(?![\w:])", re.I), _time),
    (
        re.compile(rf"\b({_MONTH_NAMES})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?{_AFTER}", re.IGNORECASE),
        _date,
    ),
    (re.compile(rf"{_BEFORE}(\d+(?:,\d{{3}})*)(?:st|nd|rd|th)\b", re.I), _ordinal),
    (re.compile(r"(?<![\w.,:/-])['’]?(\d{1,3}0)['’]?s\b"), _decade),
    (re.compile(rf"{_BEFORE}(\d{{1,2}})/(\d{{1,2}}){_AFTER}"), _fraction),
    (re.compile(rf"{_BEFORE}\d+(?:-\d+)+{_AFTER}"), lambda found: _one_by_one(found[0])),
    (re.compile(rf"{_BEFORE}\d+{_AFTER}"), _integer),
    (re.compile(rf"{_BEFORE}(?:{_NUMBER}){_AFTER}"), lambda found: _cardinal(found[0])),
    (re.compile(rf"\b({_alternatives(_ABBREVIATIONS)})\.(?!\w)", re.I), _abbreviation),
)  # fmt: skip
"""Pattern and what is said, in the order in which they are tried."""
