"""Praat's text files as Praat reads them: numbers, strings and flags in their order, and nothing else.

Whatever else stands in such a file (``xmin =``, ``intervals [3]:``, ``item []:``) is for the eye. What Praat takes is
what begins after white space and is

* a number: begins with a digit or a sign, may have an exponent;
* a string in quotation marks, in which ``""`` stands for one;
* a flag in angle brackets: ``<exists>``;

and an exclamation mark in such a place begins a comment that reaches to the end of its line [1]_. So a file with lines
left out, added or written in one row is read as one that Praat has laid out.

References
----------
.. [1] P. Boersma and D. Weenink, Praat manual, "TextGrid file formats" and "Data file formats".
"""

from __future__ import annotations

import math
import re

from visalign.errors import AnyPath, ParseError

__all__ = ["PraatText"]

# Each token with the words before it that are for the eye; it matches wherever it begins, if only the end.
_TOKEN = re.compile(
    r"""\s*+(?:[^\s"!<+\-0-9][^\s]*+\s++)*+
    (?: "(?P<string>(?:[^"]++|"")*+)"
      | !(?P<comment>[^\n]*+)
      | <(?P<flag>[^>\s]*+)>\S*+
      | (?P<number>[+-]?[0-9]\S*+)
      | (?P<open>")
      | (?P<word>\S++)
      | (?P<end>\Z) )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_PASSED_OVER = ("comment", "word")
_WHAT = {"string": "a text in quotation marks", "flag": "a flag", "number": "a number"}


class PraatText:
    """The tokens of a text, one after the other.

    Parameters
    ----------
    path : path-like
        The file, for messages.
    text : str
    """

    def __init__(self, path: AnyPath, text: str) -> None:
        self.path, self.text = path, text
        self._at = 0
        self._kept: re.Match[str] | None = None
        self._counted_to, self._line = 0, 1

    @property
    def line(self) -> int:
        """The line of the token that was taken last."""
        return self._line

    def kind(self) -> str:
        """What comes next: ``"string"``, ``"number"``, ``"flag"``, or ``""`` at the end.

        Raises
        ------
        ParseError
            If a string has no end.
        """
        while self._kept is None:
            token = _TOKEN.match(self.text, self._at)
            if token is None or token.lastgroup == "end":
                return ""
            self._at = token.end()
            if token.lastgroup == "open":
                self._count(token.start("open"))
                raise ParseError(
                    self.path, self._line, "a quotation mark that is never closed; Praat writes one as two"
                )
            if token.lastgroup not in _PASSED_OVER:
                self._kept = token
        return self._kept.lastgroup or ""

    def string_ahead(self) -> str | None:
        """What stands in the string that comes next; None where something else does."""
        if self.kind() != "string" or self._kept is None:
            return None
        return self._kept["string"]

    def string(self, what: str) -> str:
        """The next token, a string; `what` it is, for messages.

        Raises
        ------
        ParseError
            If something else comes next.
        """
        return self._take("string", what).replace('""', '"')

    def flag(self, what: str) -> bool:
        """Whether the next token, a flag, says that something is there."""
        return self._take("flag", what).lower() in ("exists", "true", "yes")

    def number(self, what: str) -> float:
        """The next token, a number."""
        text = self._take("number", what)
        number = float(text) if _NUMBER.fullmatch(text) and len(text) < 400 else math.nan
        if not math.isfinite(number):
            raise ParseError(self.path, self._line, f"{text[:40]!r} is no number for {what}; wanted: 1.25 or 1.25e-3")
        return number

    def count(self, what: str) -> int:
        """The next token, how many of something follow."""
        number = self.number(what)
        if number < 0 or number != int(number):
            raise ParseError(self.path, self._line, f"{number:g} is no count for {what}; wanted: a whole number")
        return int(number)

    def skip(self) -> None:
        """Pass over the next token."""
        if kind := self.kind():
            self._take(kind, "")

    def _take(self, kind: str, what: str) -> str:
        found = self.kind()
        if found != kind:
            if self._kept is None:
                raise ParseError(self.path, self._last_line(), f"the file ends before {what}: is the copy complete?")
            self._count(self._kept.start(found))
            stands = self._kept[found][:40]
            raise ParseError(self.path, self._line, f"{_WHAT[kind]} was expected here ({what}), not {stands!r}")
        assert self._kept is not None
        self._count(self._kept.start(kind))
        text, self._kept = self._kept[kind], None
        return text

    def _last_line(self) -> int:
        self._count(len(self.text.rstrip()))
        return self._line

    def _count(self, to: int) -> None:
        self._line += self.text.count("\n", self._counted_to, to)
        self._counted_to = max(self._counted_to, to)
