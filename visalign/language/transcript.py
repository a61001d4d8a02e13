"""Reading transcripts, and turning running text into the words that are spoken.

Conventions
-----------
Words come out in lower case, NFC, with straight apostrophes, in the order in which they are spoken. What is written
but not spoken is left out: punctuation, ``[laughs]`` and ``(quietly)``, ``<i>``, and a speaker's name in capitals at
the start of a line (``ANNA:``). What a word sounds like is for the lexicon.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Container, Iterator
from pathlib import Path

from visalign.errors import AnyPath, InputError, ParseError
from visalign.files.limits import allowed, excess
from visalign.files.outputs import spare
from visalign.language.lexicon import normalise_word
from visalign.language.numerals import spell_out

__all__ = ["SPEAKER_LABEL", "parse_transcript", "read_transcript"]

MAX_NESTING = 3
"""Levels of brackets within brackets that are left out."""

_NOT_SPOKEN = re.compile(r"\[[^\[\]]*\]|\([^()]*\)|\{[^{}]*\}|<[^<>]*>")
# Up to three words in capitals and a number before a colon: ANNA:  DR. SMITH:  OLD MAN #2:
SPEAKER_LABEL = re.compile(
    r"^[ \t]*(?:[-–—][ \t]*)?((?:[^\W\d_][^\s:]{0,30}[ ]+){0,2}[^\W\d_][^\s:]{0,30})(?:[ ]*\#?\d+)?[ ]*:(?=\s|$)", re.M
)
# The colon of 10:30 is no break.
_BREAKS = re.compile(r"[\s,;!?…/\\|\"“”„«»¡¿~=\u200b]+|:(?!(?<=\d:)\d)|--+|[\u2012-\u2015\u2212]|\.\.+")
_DIGIT_GROUPS = re.compile(r"(?<=\d),(?=\d\d\d)")
_SIGNS = re.compile(r"[&+%@]")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u00ad\ufe63\uff0d", "-"))
# Zero-width characters, direction marks and the byte-order mark: invisible, and not part of any word.
_INVISIBLE = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF])

_UP_TO_TWENTY = """
zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
"""
_SMALL_NUMBERS = dict(enumerate(_UP_TO_TWENTY.split()))
_SPOKEN_SIGNS = {"&": "and", "+": "plus", "%": "percent", "@": "at"}


def parse_transcript(text: str, known: Container[str] = ()) -> list[str]:
    """The words of a text, as they are spoken.

    Parameters
    ----------
    text : str
        Running text.
    known : container of str, optional
        Words that have a pronunciation, usually a :class:`~visalign.language.lexicon.Lexicon`. It decides doubtful
        cases: a hyphenated word, an abbreviation with points, an apostrophe at an edge and an accent are kept where the
        word is known that way, and are otherwise split, stripped or dropped.

    Returns
    -------
    list of str
        Empty if nothing in the text is spoken. Figures and abbreviations are written out in English where `known` has
        the words (:mod:`visalign.language.numerals`); without it numbers above twenty stay in digits.

    Examples
    --------
    >>> parse_transcript("ANNA: [laughs] Well — it’s re-done, isn't it?")
    ['well', "it's", 're', 'done', "isn't", 'it']
    >>> parse_transcript("Place 2 at T-V", known={"t-v"})
    ['place', 'two', 'at', 't-v']

    Raises
    ------
    InputError
        If something in the text is too long to be a word.
    """
    spoken = SPEAKER_LABEL.sub(_without_speaker, _without_directions(_tidy(text)))
    spoken = spell_out(spoken, known)
    spoken = _SIGNS.sub(r" \g<0> ", _DIGIT_GROUPS.sub("", spoken))
    pieces = (piece for piece in _BREAKS.split(spoken) if piece)
    return [word for piece in pieces for word in _words(normalise_word(piece), known)]


def _tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE).translate(_HYPHENS))


def _without_directions(text: str) -> str:
    # Innermost brackets first. Nobody nests deeper; a fixed number of rounds keeps hostile text from taking for ever.
    for _ in range(MAX_NESTING):
        text = _NOT_SPOKEN.sub(" ", text)
    return text


def _without_speaker(label: re.Match[str]) -> str:
    # "Remember: go" is speech; only a name in capitals is a label.
    return " " if label[1] == label[1].upper() else label[0]


def _words(piece: str, known: Container[str]) -> Iterator[str]:
    if len(piece) > allowed("word-characters"):
        raise InputError(
            f"the transcript holds a 'word' of {len(piece)} characters ({piece[:30]}…). Give plain text with spaces "
            "between the words, or allow it: visalign --max word-characters=N …"
        )
    if piece in _SPOKEN_SIGNS:
        yield _SPOKEN_SIGNS[piece]
    elif piece in known:
        yield piece
    else:
        word = _strip(piece, known)
        if "-" in word and word not in known:
            yield from (part for half in word.split("-") for part in _words(half, known))
        elif word:
            yield _spelt(word, known)


def _strip(piece: str, known: Container[str]) -> str:
    """`piece` without punctuation at its edges, but with an apostrophe or point where the word is known with it."""
    low, high = 0, len(piece)
    while low < high and not _sounds(piece[low]):
        low += 1
    while high > low and not _sounds(piece[high - 1]):
        high -= 1
    kept = (piece[low:high], piece[max(0, low - 1) : high], piece[low : high + 1])
    return next((word for word in kept[1:] if word in known), kept[0])


def _sounds(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"


def _spelt(word: str, known: Container[str]) -> str:
    if word.isascii() and word.isdigit() and int(word) in _SMALL_NUMBERS and word not in known:
        return _SMALL_NUMBERS[int(word)]
    if word not in known:
        bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        return bare if bare in known else word
    return word


def read_transcript(path: AnyPath) -> str:
    """The text of a transcript file: UTF-8, or UTF-16 that says so by its byte-order mark.

    Raises
    ------
    ParseError
        If the file can't be read, is too large, or is not text in one of these encodings.
    """
    try:
        spare(path)
        fault = excess("text-bytes", Path(path).stat().st_size)
        data = b"" if fault else Path(path).read_bytes()
    except OSError as error:
        raise ParseError(path, None, f"can't be read: {error.strerror}. Check the path of the transcript") from error
    if fault is not None:
        raise ParseError(path, None, f"{fault}. Give the text of one clip")
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = None if utf16 else data.count(b"\n", 0, error.start) + 1
        raise ParseError(path, line, "not UTF-8 text. Save the transcript as plain text in UTF-8") from error
    if "\0" in text:
        raise ParseError(path, text.count("\n", 0, text.index("\0")) + 1, "holds zero bytes, so it is not plain text")
    return text
