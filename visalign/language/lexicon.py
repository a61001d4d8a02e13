"""Pronunciation dictionaries: reading them, putting one on top of another, and naming the words that are missing.

Conventions
-----------
One word a line, then its phones. What CMUdict [1]_ and the Montreal Forced Aligner [2]_ add is read line by line, so
that the two styles may even be mixed:

* ``WORD(2)``, or the same word on another line, gives a further pronunciation; the order is kept.
* Numbers with a point between word and phones are MFA's: the first is the probability of the pronunciation, three
  more say how pauses go with it (see :class:`Pauses`). Figures alone are phones, as X-SAMPA has them.
* A dot by itself (``uː . b``), or one that stands before a phone or behind it, parts syllables.
* ``;;;`` begins a comment line, ``#`` with a space before it a comment to the end of the line.

Dictionaries in JSON and CSV are read as well (:mod:`visalign.language.lexicon_tables`).

Words are compared in lower case, NFC, with straight apostrophes. Phones are kept as written (any alphabet, stress
digits included): who uses them converts them.

References
----------
.. [1] Carnegie Mellon University, The CMU Pronouncing Dictionary, http://www.speech.cs.cmu.edu/cgi-bin/cmudict
.. [2] Montreal Forced Aligner, user guide, "Pronunciation dictionary format".
"""

from __future__ import annotations

import difflib
import importlib.resources
import importlib.util
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from visalign.errors import AnyPath, BackendUnavailable, OutOfVocabulary, ParseError, UnknownSymbol, quoted
from visalign.files.data_files import read_bytes
from visalign.files.decoding import decode_text
from visalign.files.limits import refuse_costly
from visalign.language.lexicon_tables import table_rows
from visalign.language.phones import SILENCE, convert, fold_arpabet, is_phone

__all__ = [
    "Lexicon",
    "Pauses",
    "Place",
    "Pronunciation",
    "arpabet_phones",
    "embedded_lexicon",
    "missing_words",
    "normalise_word",
    "parse_lexicon",
    "read_lexicon",
]


ADDITIONS = "en-us-additions.dict"
"""The file of `lexicons/` whose words join those of PocketSphinx's dictionary."""

_VARIANT = re.compile(r"\(\d+\)$")
# A figure alone is a phone of X-SAMPA (2 of French peu, 9 of peur, 6 and 1); MFA writes numbers with their point.
_NUMBER = re.compile(r"\d+\.\d*([eE]-?\d+)?|\d+[eE]-?\d+|\.\d+")
_DECIMAL = re.compile(r"\d+\.\d*|\.\d+")  # no phone of any alphabet; a lone digit is one of X-SAMPA
_AFTER = "write them after the word: hello HH AH L OW"
_WORD_BYTES = 400  # of memory that a line takes
_COMMENT = re.compile(r"(^;;;|(^|\s)#(\s|$)).*")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4\u0060\u2032\uff07", "'"))


@dataclass(frozen=True, slots=True)
class Pauses:
    """How pauses go with a pronunciation, as dictionaries of the Montreal Forced Aligner say it.

    Parameters
    ----------
    probability_after : float
        How likely a pause follows, 0..1.
    factor_after_pause, factor_after_speech : float
        How much likelier than usual the pronunciation is after a pause, and without one.
    """

    probability_after: float
    factor_after_pause: float
    factor_after_speech: float


class Place(NamedTuple):
    """Where a pronunciation stands: file, line and word."""

    name: str
    line: int | None
    word: str

    def __str__(self) -> str:
        return self.name if self.line is None else f"{self.name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """One way to say a word.

    Parameters
    ----------
    phones : tuple of str
        In the alphabet of the dictionary.
    probability : float or None
        How likely this way is, 0..1, where the dictionary says it.
    pauses : Pauses or None
        How pauses go with it, where the dictionary says it.
    place : Place or None
        Where it stands, for messages.
    breaks : tuple of int
        Phones before which the dictionary has a dot, where a syllable begins.
    """

    phones: tuple[str, ...]
    probability: float | None = None
    pauses: Pauses | None = None
    place: Place | None = field(default=None, compare=False, repr=False)
    breaks: tuple[int, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return " ".join(self.phones)

    @property
    def where(self) -> str:
        """Where it stands, to be said after its word; empty where that is not known."""
        return "" if self.place is None else f" ({self.place})"


def arpabet_phones(pronunciation: Pronunciation) -> Iterator[str]:
    """The phones of a pronunciation in ARPABET without stress, silences left out; IPA is translated.

    Raises
    ------
    UnknownSymbol
        If a phone is in neither alphabet, or has no ARPABET counterpart.
    ParseError
        The same, where it is known in which line of which file it stands.
    """
    for symbol in pronunciation.phones:
        phone = _arpabet(symbol, pronunciation.place)
        if phone != SILENCE:
            yield phone


def _arpabet(symbol: str, place: Place | None) -> str:
    try:
        return fold_arpabet(symbol)
    except UnknownSymbol as in_arpabet:
        try:
            return convert(symbol, "ipa", "arpabet")
        except UnknownSymbol as error:
            if place is None:
                raise
            near = difflib.get_close_matches(symbol.upper(), in_arpabet.inventory, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "wanted: phones as in hello HH AH L OW"
            what = f"{place.word[:40]!r} has the phone {symbol[:40]!r}"
            reason = f"{what}, which is neither ARPABET nor the IPA of English; {hint}"
            raise ParseError(place.name, place.line, reason) from error


def normalise_word(word: str) -> str:
    """The spelling under which a word is looked up: lower case, NFC, straight apostrophes.

    Examples
    --------
    >>> normalise_word("Don’t"), normalise_word("Straße")
    ("don't", 'straße')
    """
    # Not casefold(): ß and ss are two ways to write two words (Maße, Masse). The Turkish İ leaves a dot behind.
    small = word.translate(_APOSTROPHES).lower().replace("i\u0307", "i")
    return unicodedata.normalize("NFC", small)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Words and their pronunciations, with another lexicon beneath for words that are not here.

    Parameters
    ----------
    entries : mapping of str to tuple of Pronunciation
        By normalised word, see `normalise_word`.
    name : str
        For messages and reports.
    fallback : Lexicon or None
        Asked for the words that `entries` lacks. A word that both hold is pronounced as `entries` says.
    language : str
        Code of the language (:mod:`visalign.language.languages`); empty for English, and where `fallback` tells.

    Examples
    --------
    >>> mine = parse_lexicon("gif  JH IH F")
    >>> [str(p) for p in mine["GIF"]], "jpeg" in mine
    (['JH IH F'], False)
    """

    entries: Mapping[str, tuple[Pronunciation, ...]] = field(repr=False)
    name: str = ""
    fallback: Lexicon | None = None
    language: str = ""

    @property
    def spoken(self) -> str:
        """Code of the language that its words are in; empty for American English, and where none was named."""
        return self.language or ("" if self.fallback is None else self.fallback.spoken)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(self._find(normalise_word(word)))

    def __getitem__(self, word: str) -> tuple[Pronunciation, ...]:
        """All pronunciations of `word`; raises `OutOfVocabulary` where there are none."""
        found = self._find(normalise_word(word))
        if not found:
            raise OutOfVocabulary([word])
        return found

    def _find(self, word: str) -> tuple[Pronunciation, ...]:
        found = self.entries.get(word, ())
        return found if found or self.fallback is None else self.fallback._find(word)

    def pronounce(self, words: Iterable[str]) -> list[tuple[Pronunciation, ...]]:
        """The pronunciations of each word.

        Raises
        ------
        OutOfVocabulary
            If words are missing; it names all of them.
        """
        rows = [(word, self._find(normalise_word(word))) for word in words]
        missing = [word for word, found in rows if not found]
        if missing:
            raise missing_words(missing)
        return [found for _, found in rows]

    def over(self, fallback: Lexicon) -> Lexicon:
        """This lexicon with `fallback` beneath everything it already rests on."""
        beneath = fallback if self.fallback is None else self.fallback.over(fallback)
        return Lexicon(self.entries, self.name, beneath, self.language)

    def in_language(self, code: str) -> Lexicon:
        """The same, with the code of the language that its words are in."""
        return Lexicon(self.entries, self.name, self.fallback, code)


def missing_words(
    words: list[str],
    suggestions: Mapping[str, tuple[str, ...]] | None = None,
    figures: Mapping[str, int] | None = None,
    remedy: str = "",
    *,
    can_be_guessed: bool = True,
) -> OutOfVocabulary:
    """The error that names words without a pronunciation, and apart from them those that are figures.

    `figures` tells the lines of figures, where these are known; `remedy` what to do about words of another language.
    """
    lines = dict(figures or {})
    written = {word: lines.get(word, 0) for word in words if word in lines or any(x.isdigit() for x in word)}
    return OutOfVocabulary(words, suggestions, written, remedy, can_be_guessed=can_be_guessed)


def parse_lexicon(text: str, *, name: str = "<lexicon>", fallback: Lexicon | None = None) -> Lexicon:
    """Read a dictionary in the style of CMUdict or of the Montreal Forced Aligner, or one in JSON or CSV.

    Parameters
    ----------
    text : str
        The file's text.
    name : str
        Path or name, for messages.
    fallback : Lexicon, optional
        The lexicon to ask for words that the text lacks.

    Raises
    ------
    ParseError
        With the line, if a word has no phones or an impossible probability, or if there is no word at all.
    """
    entries: dict[str, dict[tuple[str, ...], Pronunciation]] = {}
    for word, pronunciation in _entries(text.removeprefix("\ufeff"), name):
        entries.setdefault(normalise_word(word), {}).setdefault(pronunciation.phones, pronunciation)
    if not entries:
        raise ParseError(
            name, None, "no words in this lexicon; a line is a word followed by its phones: hello HH AH L OW"
        )
    return Lexicon({word: tuple(variants.values()) for word, variants in entries.items()}, name, fallback)


def _entries(text: str, name: str) -> Iterator[tuple[str, Pronunciation]]:
    """Each word with one of its pronunciations."""
    if (rows := table_rows(text, name)) is not None:
        for at, word, phones in rows:
            bare, breaks = _without_dots(phones)
            if not word or not bare:
                raise ParseError(name, at, f"{word[:40]!r} has no phones; {_AFTER}")
            yield word, Pronunciation(bare, place=Place(name, at, word), breaks=breaks)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        fields = _COMMENT.sub("", line).split()
        if fields:
            yield _VARIANT.sub("", fields[0]), _pronunciation(fields, name, number)


def _pronunciation(fields: list[str], name: str, line: int) -> Pronunciation:
    first_phone = _first_phone(fields)
    if first_phone is None:
        raise ParseError(name, line, f"{quoted(fields[0])} has no phones; {_AFTER}")
    probability = float(fields[1]) if first_phone > 1 else None
    if probability is not None and not 0 < probability <= 1:
        raise ParseError(
            name, line, f"{quoted(fields[0])} has the probability {fields[1]}; it must be above 0 and at most 1"
        )
    phones = tuple(fields[first_phone:])
    if stray := next((x for x in phones if _DECIMAL.fullmatch(x)), None):
        right = " ".join([fields[0], stray, *(x for x in phones if x != stray)])[:60]
        reason = f"{quoted(fields[0])} has {stray} among its phones; a probability stands before them: {right}"
        raise ParseError(name, line, reason)
    bare, breaks = _without_dots(phones)
    if not bare:
        raise ParseError(name, line, f"{quoted(fields[0])} has no phones; {_AFTER}")
    return Pronunciation(bare, probability, _pauses(fields[2:first_phone]), Place(name, line, fields[0]), breaks)


def _without_dots(symbols: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The phones, and those before which there is a dot."""
    if not any(x.startswith(".") or x.endswith(".") for x in symbols):
        return tuple(symbols), ()
    phones, breaks = list[str](), set[int]()
    for symbol in symbols:
        if symbol.startswith("."):
            breaks.add(len(phones))
        phones += filter(None, [symbol.strip(".")])
        if symbol.endswith("."):
            breaks.add(len(phones))
    return tuple(phones), tuple(sorted(n for n in breaks if 0 < n < len(phones)))


def _first_phone(fields: list[str]) -> int | None:
    """Where the phones of a line begin, behind its numbers.

    A 1 without a point is a number where all of MFA's four are there; so is any figure before phones that are ARPABET
    in capitals, which has none of its own. Elsewhere it is a phone.
    """
    if len(fields) > 5 and all(_NUMBER.fullmatch(x) or x == "1" for x in fields[1:5]):
        return 5
    if len(fields) > 2 and fields[1].isdecimal() and all(x.isupper() and is_phone(x, "arpabet") for x in fields[2:]):
        return 2
    return next((i for i, text in enumerate(fields[1:], start=1) if not _NUMBER.fullmatch(text)), None)


def _pauses(numbers: list[str]) -> Pauses | None:
    """The three numbers after the probability; fewer, or impossible ones, say nothing."""
    if len(numbers) != 3:
        return None
    after, factor_pause, factor_speech = map(float, numbers)
    if not (0 < after < 1 and 0 < factor_pause < math.inf and 0 < factor_speech < math.inf):
        return None
    return Pauses(after, factor_pause, factor_speech)


def read_lexicon(path: AnyPath, *, fallback: Lexicon | None = None) -> Lexicon:
    """Read a pronunciation dictionary from a UTF-8 file, see `parse_lexicon`.

    Raises
    ------
    ParseError
        If the file can't be read, is not UTF-8, or has a faulty line.
    """
    data = read_bytes(path)
    refuse_costly(path, _WORD_BYTES * (data.count(b"\n") + data.count(b"\r") + 1) + 2 * len(data))
    decoded = decode_text(path, data)
    if decoded.guessed:
        line = next(n for n, row in enumerate(data.split(b"\n"), start=1) if not _is_utf8(row))
        raise ParseError(path, line, "not UTF-8; save the lexicon as UTF-8 text")
    return parse_lexicon(decoded.text, name=str(path), fallback=fallback)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@cache
def embedded_lexicon() -> Lexicon:
    """The American English dictionary that PocketSphinx brings along (CMUdict without stress), with a few additions.

    Its 134,000 lines stay unparsed: a word is found by bisection in the sorted file.

    Raises
    ------
    BackendUnavailable
        If PocketSphinx or its dictionary is not installed.
    """
    # find_spec does not import the package, which would load its library.
    spec = importlib.util.find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        raise BackendUnavailable("pocketsphinx", "Install it: pip install pocketsphinx.")
    path = Path(spec.origin).with_name("model") / "en-us" / "cmudict-en-us.dict"
    if not path.is_file():
        raise BackendUnavailable("PocketSphinx's dictionary", f"It belongs at {path}: reinstall pocketsphinx.")
    additions = importlib.resources.files("visalign.lexicons").joinpath(ADDITIONS).read_text(encoding="utf-8")
    return parse_lexicon(additions, name=ADDITIONS, fallback=Lexicon(_SortedDictionary(path.read_bytes()), path.name))


class _SortedDictionary(Mapping[str, tuple[Pronunciation, ...]]):
    """A dictionary file whose lines are sorted by word, searched without being parsed.

    Variants follow their word: ``a``, ``a(2)``, ``a's``. The order is that of the bytes of the words without ``(2)``.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._look_up = lru_cache(maxsize=50_000)(self._bisect)

    def __getitem__(self, word: str) -> tuple[Pronunciation, ...]:
        found = self._look_up(word)
        if not found:
            raise KeyError(word)
        return found

    def __iter__(self) -> Iterator[str]:
        words = (_word_of(line) for line in self._data.splitlines())
        return iter(dict.fromkeys(word.decode() for word in words if word))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _bisect(self, word: str) -> tuple[Pronunciation, ...]:
        wanted, low, high = word.encode("utf-8", "replace"), 0, len(self._data)
        while low < high:
            middle = (low + high) // 2
            start = self._data.rfind(b"\n", 0, middle) + 1
            end = self._line_end(start)
            if _word_of(self._data[start:end]) < wanted:
                low = end + 1
            else:
                high = start
        return tuple(self._variants(wanted, low))

    def _variants(self, wanted: bytes, start: int) -> Iterator[Pronunciation]:
        while start < len(self._data):
            end = self._line_end(start)
            line = self._data[start:end]
            if _word_of(line) != wanted:
                return
            yield Pronunciation(tuple(line.decode().split()[1:]))
            start = end + 1

    def _line_end(self, start: int) -> int:
        end = self._data.find(b"\n", start)
        return len(self._data) if end < 0 else end


def _word_of(line: bytes) -> bytes:
    word = line.split(maxsplit=1)[0] if line.strip() else b""
    return re.sub(rb"\(\d+\)$", b"", word)
