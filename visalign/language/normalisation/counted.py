"""Figures and signs of any language whose numbers the library num2words [1]_ knows.

Method
------
A figure is all that stands between two blanks and holds a digit, without the punctuation at its edges. It is read if it
is of one of these kinds, in the writing of its language (decimals behind a comma or a point, thousands in groups by the
other mark, a blank or an apostrophe):

* a number with decimals or without; with a sign before it or behind it (``%``, ``€`` …) for which the language has a
  word (``lexicons/spoken-signs.toml``); a sum of money with its hundredths;
* four figures from 1100 to 2099: a year, or a number; the sound tells which
  (:mod:`visalign.forced_alignment.readings`);
* an ordinal: ``1º``, ``2e`` and, where a language writes them so, ``3.``, which may end a sentence as well;
* a time of day, a range (``10–12``), and a number that begins with zeros, figure by figure.

Anything else is a stretch without ways to say it, which is then named to the user with its line, as is every figure of
a language that num2words does not know.

References
----------
.. [1] num2words, https://github.com/savoirfairelinux/num2words (LGPL-2.1).
"""

from __future__ import annotations

import importlib.resources
import re
import unicodedata
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from visalign.files.data_files import parse_toml
from visalign.language.normalisation.ways import (
    FOREIGN_MARKS,
    Normaliser,
    Stretch,
    distinct,
    sayable,
    with_ascii_figures,
)

__all__ = ["SIGNS", "can_count", "counted"]

SIGNS = "spoken-signs.toml"
"""The file of `lexicons/` that holds the words for signs."""

# Thousands are parted by blanks that keep a line together.
_WITHIN = rf"(?:[^\s;!?…\"“”„«»|\\{FOREIGN_MARKS}]|(?<=[0-9])[\u00a0\u202f](?=[0-9]{{3}}(?![0-9])))"
_EDGE = rf"[^\s,;!?…\"“”„«»|\\{FOREIGN_MARKS}]"
_TOKEN = re.compile(rf"{_EDGE}(?:{_WITHIN}{{0,79}}{_EDGE})?")
_EDGES = ".:,'’)(]["
_DIGIT = re.compile(r"[0-9]")
_ALONE = re.compile(r"[%&+=§°@€$£¥₽₺₪₩₴]")  # signs that are said, alone or beside a figure
_DASHES = "-‐‑–—"
_MONEY = {"€": "EUR", "$": "USD", "£": "GBP"}
_YEARS = range(1100, 2100)
_MOST_DIGITS = 15  # a longer number is no amount; figure by figure

# num2words' own names of languages, where they are not the first part of the code.
_NAMES = {"pt-br": "pt_BR", "fr-be": "fr_BE", "fr-ch": "fr_CH", "nb": "no", "kk": "kz"}

# Languages that write an ordinal with a point; the others have marks of their own, if any.
_WITH_A_POINT = "bs cs da de et eu fi hr hu is lb lt lv nb pl sk sl sr tr"
_POINT_ORDINALS = frozenset(_WITH_A_POINT.split())
_ORDINAL_MARKS = {
    "fr": "er re e ème eme", "es": "º ª er", "it": "º ª °", "pt": "º ª", "nl": "e de ste", "ca": "r n t è a",
    "sv": ":e :a", "uk": "-й", "ru": "-й",
}  # fmt: skip
_GERMAN_ENDINGS = ("n", "", "r", "s")  # am dritten, der dritte, ein dritter, ein drittes


@dataclass(frozen=True, slots=True)
class _Writing:
    """How a language writes and says what stands beside its figures."""

    signs: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    time: tuple[str, ...] = ()
    range: str = ""
    decimal: str = ","


@cache
def _writing(code: str) -> _Writing:
    text = importlib.resources.files("visalign.lexicons").joinpath(SIGNS).read_text(encoding="utf-8")
    tables = parse_toml(SIGNS, text)
    row: dict[str, Any] = tables.get(code) or tables.get(code.split("-")[0]) or {}
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return _Writing(**plain)


@cache
def _name(code: str) -> str | None:
    """What num2words calls the language; None where it has no numbers of it."""
    # Takes 40 ms to load, and most texts have no figures.
    from num2words import CONVERTER_CLASSES

    name = _NAMES.get(code, code.split("-")[0])
    return name if name in CONVERTER_CLASSES else None


def can_count(code: str) -> bool:
    """Whether figures are read in the language of this code.

    Examples
    --------
    >>> can_count("de"), can_count("sw")
    (True, False)
    """
    return _name(code) is not None


def counted(code: str) -> Normaliser:
    """The normaliser of the language of this code.

    Examples
    --------
    >>> from visalign.language.languages import language_lexicon
    >>> text = "Am 3. Mai 1984 um 14:30 kamen 25,5 % an."
    >>> for x in counted("de")(text, language_lexicon("de")):
    ...     print(text[x.start:x.end], "=", x.ways[0])
    3. = dritten
    1984 = neunzehnhundertvierundachtzig
    14:30 = vierzehn uhr dreißig
    25,5 % = fünfundzwanzig komma fünf prozent
    """

    def read(text: str, known: Container[str]) -> list[Stretch]:
        return list(_Reader(with_ascii_figures(text), code, known).stretches())

    return read


class _Reader:
    """One text of a language and the words that can be said."""

    def __init__(self, text: str, code: str, known: Container[str]) -> None:
        self.text, self.code, self.known, self.writing = text, code, known, _writing(code)
        base = code.split("-")[0]
        self.marks = _ORDINAL_MARKS.get(base, "").split()
        self.has_point_ordinals = base in _POINT_ORDINALS
        self.readers: tuple[Callable[[str], tuple[str, ...]], ...] = (
            self._time, self._plain, self._ordinal, self._beside_sign, self._range,
        )  # fmt: skip

    def stretches(self) -> Iterator[Stretch]:
        """All stretches, in order."""
        at = 0
        while token := _TOKEN.search(self.text, at):
            start, end = self._without_edges(*token.span())
            found = self._figure(start, end) if _DIGIT.search(token[0]) else None
            if found is not None:
                yield found
                at = max(found.end, token.end())
            else:
                yield from self._signs(token)
                at = token.end()

    def _without_edges(self, start: int, end: int) -> tuple[int, int]:
        while end > start and self.text[end - 1] in _EDGES:
            end -= 1
        while start < end and self.text[start] in _EDGES:
            start += 1
        return start, end

    def _signs(self, token: re.Match[str]) -> Iterator[Stretch]:
        """Signs among letters, and alone."""
        for sign in _ALONE.finditer(token[0]):
            said = self.writing.signs.get(sign[0]) or self.writing.before.get(sign[0])
            start = token.start() + sign.start()
            yield Stretch(start, start + 1, sayable([said] if said else [], self.known))

    def _figure(self, start: int, end: int) -> Stretch | None:
        """A figure, with the sign of a unit behind a blank and the point of an ordinal, where these belong to it."""
        written = self.text[start:end]
        behind = self.text[end : end + 3]
        if len(behind) > 1 and behind[0].isspace() and behind[1] in self.writing.signs and not behind[2:].strip():
            ways = self._said(written + behind[1])
            if ways:
                return Stretch(start, end + 2, ways)
        if behind[:1] == "." and self.has_point_ordinals and written.isdecimal():
            return self._pointed(start, end)
        ways = self._said(written)
        if not ways:
            return self._unread(start, end)
        return Stretch(start, self._behind_unit(end) if self._time(written) else end, ways)

    def _behind_unit(self, end: int) -> int:
        """Where a time of day ends: behind its unit, if that is written out as well (14:30 Uhr)."""
        units = {x for form in self.writing.time for x in form.split() if x.isalpha()}
        found = re.compile(r"[ \u00a0]([^\W\d_]{2,10})\b").match(self.text, end)
        return found.end() if found and found[1].lower() in units else end

    def _unread(self, start: int, end: int) -> Stretch:
        return Stretch(start, end, ())

    def _said(self, written: str) -> tuple[str, ...]:
        """The ways to say it of the first kind that it is of; none where it is of no kind."""
        for read in self.readers:
            ways = sayable(read(written), self.known)
            if ways:
                return ways
        return ()

    def _pointed(self, start: int, end: int) -> Stretch:
        """Digits and a point: an ordinal, or a number at the end of a sentence."""
        written, rest = self.text[start:end], self.text[end + 1 : end + 3].lstrip()
        is_last = not rest or self.text[end + 1 : end + 2] == "\n"
        ordinals = self._ordinals(int(written)) if len(written) < 3 else ()  # a year ends a sentence
        cardinals = self._plain(written)
        if len(written) < 3 and not ordinals and not is_last:  # an ordinal that num2words does not know
            return self._unread(start, end)
        ways = distinct(cardinals, ordinals) if is_last else distinct(ordinals, cardinals)
        ways = sayable(ways, self.known)
        if not ways:
            return self._unread(start, end)
        return Stretch(start, end + (not is_last and bool(ordinals)), ways, is_doubtful=bool(ordinals) and not is_last)

    # -------------------------------------------------------------------------------------------- kinds of figures

    def _plain(self, written: str) -> tuple[str, ...]:
        decimal = self.writing.decimal
        groups = "." if decimal == "," else ","
        if re.fullmatch(rf"[0-9]{{1,3}}(?:[{groups}'’\u00a0\u202f][0-9]{{3}})+", written):
            return self._number(re.sub(r"[^0-9]", "", written))
        if re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}{re.escape(decimal)}[0-9]{{1,6}}", written):
            return self._worded(float(written.replace(decimal, ".")))
        if not re.fullmatch("[0-9]+", written):
            return ()
        if len(written) > _MOST_DIGITS or (len(written) > 1 and written[0] == "0"):
            return self._digits(written)
        if int(written) in _YEARS and self.code != "ja":  # whose years are counted in eras there
            return distinct(self._worded(int(written), "year"), self._worded(int(written)))
        return self._number(written)

    def _number(self, digits: str) -> tuple[str, ...]:
        return self._worded(int(digits)) if len(digits) <= _MOST_DIGITS else self._digits(digits)

    def _digits(self, written: str) -> tuple[str, ...]:
        words = [self._worded(int(digit)) for digit in written]
        return (" ".join(x[0] for x in words),) if all(words) else ()

    def _time(self, written: str) -> tuple[str, ...]:
        found = re.fullmatch(r"([01]?[0-9]|2[0-4])(?::|h|(?<=[0-9])\.(?=[0-5][0-9]$))([0-5][0-9])", written)
        if not found or (written[-3] == "." and not self.writing.time):
            return ()
        if written[-3] == "." and self.writing.decimal == ".":
            return ()
        forms = self.writing.time or ("{h} {m}", "{h}")
        hour, minute = self._worded(int(found[1])), self._worded(int(found[2]))
        if not hour or not minute:
            return ()
        if found[2] == "00":
            return (forms[-1].format(h=hour[0]),)
        return distinct((forms[0].format(h=hour[0], m=minute[0]),), (f"{hour[0]} {minute[0]}",))

    def _ordinal(self, written: str) -> tuple[str, ...]:
        digits = written.rstrip("".join(self.marks)) if self.marks else ""
        if not re.fullmatch("[0-9]{1,4}", digits) or written[len(digits) :] not in self.marks:
            return ()
        return self._ordinals(int(digits))

    def _ordinals(self, number: int) -> tuple[str, ...]:
        ways = self._worded(number, "ordinal")
        if self.code == "de":
            return tuple(f"{way}{ending}" for way in ways for ending in _GERMAN_ENDINGS)
        return ways

    def _beside_sign(self, written: str) -> tuple[str, ...]:
        first, last = written[0], written[-1]
        if last in self.writing.signs or last in self.writing.before:
            sign, number = last, written[:-1]
        elif first in self.writing.signs or first in self.writing.before:
            sign, number = first, written[1:]
        else:
            return ()
        amounts = self._plain(number)
        if sign in _MONEY and re.search(r"[.,][0-9]{2}$", number) and amounts:
            return self._money(number, sign)
        if sign in self.writing.before:
            return tuple(f"{self.writing.before[sign]} {x}" for x in amounts)
        said = self.writing.signs[sign]
        return tuple(f"{said} {x}" if sign in "+=§" and sign == first else f"{x} {said}" for x in amounts)

    def _money(self, number: str, sign: str) -> tuple[str, ...]:
        """A sum with hundredths: with the word for them, and without."""
        whole, part = re.split("[.,]", number)[0], number[-2:]
        if not whole.isdecimal():
            return ()
        short = f"{self._worded(int(whole))[0]} {self.writing.signs[sign]} {self._worded(int(part))[0]}"
        return distinct((short,), self._worded(float(f"{whole}.{part}"), "currency", currency=_MONEY[sign]))

    def _range(self, written: str) -> tuple[str, ...]:
        ends = re.split(f"[{_DASHES}]", written)
        if len(ends) != 2 or not self.writing.range or not all(x.isdecimal() for x in ends):
            return ()
        low, high = (self._plain(x) for x in ends)
        return tuple(f"{a} {self.writing.range} {b}" for a, b in zip(low, high, strict=False))

    def _worded(self, number: float, kind: str = "cardinal", **options: str) -> tuple[str, ...]:
        """What num2words makes of a number, if anything."""
        name = _name(self.code)
        if name is None:
            return ()
        # As above.
        from num2words import num2words

        options = options | ({"reading": "True"} if name == "ja" else {})
        try:
            said = num2words(number, lang=name, to=kind, **options)
        except (ArithmeticError, AttributeError, IndexError, KeyError, NotImplementedError, TypeError, ValueError):
            return ()  # the library has no such form of this language
        words = re.sub(r"[^\w'’]+|_", " ", unicodedata.normalize("NFC", str(said)).lower())
        return (" ".join(words.split()),) if words.strip() else ()
