"""American English: what is written in figures and signs, as it is read aloud.

``$5.50`` is "five dollars fifty cents", ``1984`` "nineteen eighty four", ``5 kg`` "five kilograms". There is often more
than one way to say a figure. All of them that are usual are given, the likeliest first; whoever has the sound can tell
which one was said (:mod:`visalign.forced_alignment.readings`).

Grammar
-------
One pass from left to right. A word, a figure or a sign that may begin something is looked up in the rules for its kind,
in their order; the first that finds something sayable has it, and the pass goes on behind. What is read stands in the
tables of ``lexicons/en-us-written-forms.toml``; how it is put together, in the modules beside this one:
:mod:`~visalign.language.normalisation.english_dates`, :mod:`~visalign.language.normalisation.english_amounts` and
:mod:`~visalign.language.normalisation.english_words`.

A figure for which there is no rule is a stretch without ways to say it, so that no figure is ever lost.

Conventions
-----------
Words come out in lower case and without hyphens, first without the British "and".
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from functools import cache

from visalign.language.normalisation.english_amounts import bare_amount, cents_behind, product_of, quantity
from visalign.language.normalisation.english_dates import date_rules, month_rules, time_rules
from visalign.language.normalisation.english_figures import VULGAR, Rule, Said
from visalign.language.normalisation.english_letters import SUPERSCRIPTS, in_letters, raised
from visalign.language.normalisation.english_signs import at_sign, figure_groups, marked_figures
from visalign.language.normalisation.english_tables import english_tables, one_of
from visalign.language.normalisation.english_words import (
    abbreviation,
    address,
    before_number,
    code,
    initials,
    roman,
    short_form,
)
from visalign.language.normalisation.ways import Stretch, sayable, with_ascii_figures

__all__ = ["american_english"]

_FIGURE = re.compile(r"[0-9]")
_TOKEN = re.compile(r"[^\s,;!?…\"“”„«»|\\]{1,80}")
_CLOSING = ".:'’)]"
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_UP_TO_TWENTY = """
zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
"""
_SMALL = dict(enumerate(_UP_TO_TWENTY.split()))


def american_english(text: str, known: Container[str]) -> list[Stretch]:
    """See :class:`visalign.language.normalisation.ways.Normaliser`.

    Examples
    --------
    >>> from visalign.language.lexicon import embedded_lexicon
    >>> text = "On May 5, 1984 he paid $5.50 for 5 kg."
    >>> for x in american_english(text, embedded_lexicon()):
    ...     print(text[x.start:x.end], "=", x.ways[0])
    May 5, 1984 = may fifth nineteen eighty four
    $5.50 = five dollars fifty cents
    5 kg = five kilograms
    """
    return list(_Reader(_plain(text), known).stretches())


def _plain(text: str) -> str:
    """Figures of other scripts, and lowered ones, as those of this one, the Greek mu before a unit as the sign of
    micro; each stays one character.
    """
    if text.isascii():
        return text
    text = with_ascii_figures(text.translate(_LOWERED))
    return re.sub(r"\u03bc(?=[A-Za-z])", "\u00b5", text)


@cache
def _trigger() -> re.Pattern[str]:
    """Words, figures, and the signs that may begin something."""
    tables = english_tables()
    money = one_of(sign for sign in tables.currencies if not sign.isalpha())
    shorts = (short for short in tables.before_numbers if not short.isalpha())
    signs = one_of({*tables.signs, *tables.signs_before, *tables.signs_between, *shorts, *"'’‘"})
    letter = rf"[^\W\d_{VULGAR}{SUPERSCRIPTS}]"
    return re.compile(
        rf"(?P<money>{money})|(?P<figure>\.?[0-9]|[{VULGAR}])"
        rf"|(?P<word>{letter}(?:\.{letter}(?!{letter}))+|{letter}+)|(?P<sign>{signs})"
    )


@cache
def _rules(sign: str) -> tuple[Rule, ...]:
    """What may begin with a figure (0), or with another sign, in the order in which it is tried."""
    if sign != "0":
        return (*marked_figures(), product_of, quantity, bare_amount)
    named: tuple[Rule, ...] = (*time_rules(), *date_rules(), *marked_figures())
    return (*named, cents_behind, product_of, quantity, bare_amount, *figure_groups())


class _Reader:
    """One text and the words that can be said."""

    def __init__(self, text: str, known: Container[str]) -> None:
        self.text, self.known = text, known

    def stretches(self) -> Iterator[Stretch]:
        """All stretches, in order."""
        at = 0
        while token := _trigger().search(self.text, at):
            found = self._read(token)
            if found is not None:
                yield found
            at = token.end() if found is None else found.end

    def _read(self, token: re.Match[str]) -> Stretch | None:
        start = token.start()
        if token["word"]:
            return self._word(token["word"], start)
        if token["sign"]:
            return self._first(start, at_sign(self.text, start, token["sign"], self.known))
        return self._own_word(start) or self._first(start, self._figures(start)) or self._unread(start)

    def _first(self, start: int, found: Iterable[Said | None]) -> Stretch | None:
        """The first of these that can be said."""
        if not self.known:  # nothing can
            return None
        for said in found:
            ways = sayable(said.ways, self.known) if said else ()
            if said and ways:
                return Stretch(start, said.end, ways, said.is_doubtful)
        return None

    def _figures(self, start: int) -> Iterator[Said | None]:
        first = self.text[start]
        yield from (rule(self.text, start) for rule in _rules("0" if first in "0123456789" else "."))
        yield code(self.text, start, self.known)

    def _word(self, word: str, start: int) -> Stretch | None:
        following = self.text[start + len(word) : start + len(word) + 1]
        if _FIGURE.match(following):
            codes = (read(self.text, start, self.known) for read in (address, code))
            return self._own_word(start) or self._first(start, codes) or self._unread(start)
        return self._first(start, self._words(word, start, following))

    def _words(self, word: str, start: int, following: str) -> Iterator[Said | None]:
        """What a word may stand for."""
        text, tables, short = self.text, english_tables(), word.lower()
        yield raised(text, start, word)
        if following and following in ".@:-_+":
            yield address(text, start, self.known)
        if following == "&":
            yield initials(text, start)
        if word in tables.currencies:
            yield quantity(text, start)
        if short in tables.months:
            yield from (rule(text, start) for rule in month_rules())
        yield before_number(text, start, word)
        if following == ".":
            yield abbreviation(text, start, word, self.known)
        if word.isupper():
            yield roman(text, start, word)
        yield short_form(text, start, word, self.known)
        yield from in_letters(text, start, word, self.known)

    def _own_word(self, start: int) -> Stretch | None:
        """What the lexicon has as it is written."""
        written = self._token(start)
        if not _FIGURE.search(written) or written.lower() not in self.known:
            return None
        return Stretch(start, start + len(written), (written.lower(),))

    def _unread(self, start: int) -> Stretch | None:
        """A figure for which there is no rule, with all that it is joined to."""
        written = self._token(start)
        if not _FIGURE.search(written):
            return None
        small = _SMALL.get(int(written)) if re.fullmatch("[0-9]{1,2}", written) else None
        return Stretch(start, start + len(written), (small,) if small else ())

    def _token(self, start: int) -> str:
        """What stands there up to the next blank, without the punctuation that closes it."""
        found = _TOKEN.match(self.text, start)
        return found[0].rstrip(_CLOSING) if found else ""
