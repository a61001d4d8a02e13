"""Text of any age from bytes: UTF-8, UTF-16 with a mark and without, and the encodings before them.

Method
------
A byte-order mark decides. Without one, text in which most of every other byte is zero is UTF-16, and what is valid
UTF-8 is UTF-8. What is left was written on an old machine: as Windows or Latin-1 (which Praat takes first as well), or
as Mac OS Roman, where that spells words better. An accented letter among small letters is a small letter; a sign
between two letters, or a capital among small ones, is a sign of the wrong table.

Where none of these spells words, or most letters are beyond ASCII, the text is of another part of the world, and
charset-normalizer [1]_ tells which.

Line ends come out as ``\\n``, whatever machine wrote them.

References
----------
.. [1] https://github.com/jawah/charset_normalizer (MIT).
"""

from __future__ import annotations

import codecs
import contextlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from visalign.errors import AnyPath, ParseError

__all__ = ["DecodedText", "decode_text"]

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 4096
"""Bytes from which UTF-16 without a mark is told."""

_OLD = {"cp1252": "Windows Latin-1", "latin-1": "Latin-1", "mac_roman": "Mac OS Roman"}
"""Encodings of one byte a letter, the likeliest first. Windows' leaves five bytes open, which Latin-1 does not."""

_MOST_ACCENTED = 0.3
"""Part of the letters beyond ASCII in a text of Western Europe; Czech has 0.38, Cyrillic and Greek have nearly all."""

_FEW_LETTERS = 12
"""A text of fewer has no parts that say something."""

_GUESSED_FROM = 100_000
"""Bytes that are looked at to tell an encoding of another part of the world."""

# Those in which people have subtitles. Of 18 short texts in 14 encodings 13 are told right; among all that Python has,
# KOI8-R is taken for Japanese.
_ELSEWHERE = [
    *("cp1252", "cp1251", "koi8_r", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("cp932", "gb18030", "big5", "cp949", "euc_jp", "cp866", "iso8859_2"),
]

_EAST_ASIAN = dict.fromkeys(("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK", "HALFWIDTH", "FULLWIDTH"), "CJK")

_OPENING, _CLOSING = "\u201c\u2018\u201e\u00ab\u00bf\u00a1", "\u201d\u2019\u00bb\u2026"
_DASHES = "\u2013\u2014"


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text.

    Parameters
    ----------
    text : str
        With ``\\n`` at the ends of its lines.
    guessed : str
        In words the encoding, where nothing in the file tells it and it had to be guessed; else empty.
    """

    text: str
    guessed: str = ""


def decode_text(path: AnyPath, data: bytes) -> DecodedText:
    """The text of a file.

    Parameters
    ----------
    path : path-like
        The file, for messages.
    data : bytes
        All of it.

    Raises
    ------
    ParseError
        If it is no text: it holds zero bytes, or breaks off in the middle of a letter.

    Examples
    --------
    >>> decode_text("a", "né".encode("utf-16-le")), decode_text("a", "né".encode("mac_roman"))
    (DecodedText(text='né', guessed=''), DecodedText(text='né', guessed='Mac OS Roman'))
    >>> decode_text("a", "Привет, как дела? Хорошо, спасибо.".encode("koi8-r")).guessed
    'KOI8-R'
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", ""))
    encoding, body = encoding or _without_mark(data), data[len(mark) :]
    try:
        return _checked(path, DecodedText(body.decode(encoding or "utf-8")))
    except UnicodeDecodeError as error:
        if encoding:
            line = body[: error.start].decode(encoding, "replace").count("\n") + 1
            raise ParseError(path, line, f"no text in {encoding.upper()}: is the copy complete?") from error
    if b"\0" in data:
        raise ParseError(path, data.count(b"\n", 0, data.index(b"\0")) + 1, "holds zero bytes, so it is no text")
    return _checked(path, _old_text(data))


def _checked(path: AnyPath, found: DecodedText) -> DecodedText:
    text = found.text
    if "\0" in text:
        raise ParseError(path, text.count("\n", 0, text.index("\0")) + 1, "holds zero bytes, so it is no text")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return DecodedText(text, found.guessed)


def _without_mark(data: bytes) -> str:
    """UTF-16 or UTF-32 by its zeros; empty where there are hardly any."""
    head = data[:_LOOKED_AT]
    n_pairs = len(head) // 2
    first, second = head[: 2 * n_pairs : 2].count(0), head[1 : 2 * n_pairs : 2].count(0)
    if n_pairs and second > 0.7 * n_pairs and first < 0.05 * n_pairs:
        return "utf-16-le"
    if n_pairs and first > 0.7 * n_pairs and second < 0.05 * n_pairs:
        return "utf-16-be"
    return ""


def _old_text(data: bytes) -> DecodedText:
    texts = {}
    for name in _OLD:
        try:
            texts[name] = data.decode(name)
        except UnicodeDecodeError:  # a byte that Windows leaves open
            continue
    best = max(texts, key=lambda name: _plausibility(texts[name]))  # of equal ones the first
    western = DecodedText(texts[best], _OLD[best])
    return western if _spells_words(western.text) else _from_elsewhere(data) or western


def _spells_words(text: str) -> bool:
    letters = [sign for sign in text if sign.isalpha()]
    accented = sum(not sign.isascii() for sign in letters)
    is_western = len(letters) < _FEW_LETTERS or accented <= _MOST_ACCENTED * len(letters)
    return is_western and min(_looks_of(text), default=0) >= 0


def _from_elsewhere(data: bytes) -> DecodedText | None:
    # Its tables take a twentieth of a second to load, which most texts do without.
    from charset_normalizer import from_bytes

    # What a format writes around the text says nothing about its language.
    rows = b"\n".join(row for row in data[:_GUESSED_FROM].splitlines() if not row.isascii())
    for found in from_bytes(rows, cp_isolation=_ELSEWHERE):  # the best first
        name = found.encoding
        if _is_of_one_script(str(found)):
            with contextlib.suppress(UnicodeDecodeError):
                return DecodedText(data.decode(name), _title(name))
    return None


def _is_of_one_script(text: str) -> bool:
    """Whether the letters beyond ASCII are of one script and of ordinary words, with capitals where these begin."""
    beyond = [sign for sign in text if not sign.isascii()]
    letters = [sign for sign in beyond if sign.isalpha()]
    scripts = {_EAST_ASIAN.get(name, name) for name in (unicodedata.name(x, "?").split()[0] for x in letters)}
    marks = sum(unicodedata.category(sign) == "Mn" for sign in beyond)
    has_capital_within = any(b.isupper() and a.islower() for a, b in pairwise(text))
    return len(scripts) == 1 and 10 * marks <= len(letters) and not has_capital_within


def _title(name: str) -> str:
    if name.startswith("cp125"):
        return f"Windows-{name[2:]}"
    return {"cp932": "Shift JIS", "cp949": "EUC-KR"}.get(name, name.upper().replace("_", "-"))


def _plausibility(text: str) -> int:
    """How many signs beyond ASCII look right among their neighbours, less those that do not."""
    return sum(_looks_of(text))


def _looks_of(text: str) -> Iterator[int]:
    for at, sign in enumerate(text):
        if not sign.isascii():
            yield _looks(text[at - 1 : at], sign, text[at + 1 : at + 2])


def _looks(before: str, sign: str, after: str) -> int:
    if sign.isalpha():
        if sign.isupper() and (before.islower() or (before.isalpha() and after.islower())):
            return -2
        if not before.strip() and not after.strip():
            return 0
        return 2 if "\u00c0" <= sign <= "\u00ff" else 1  # ä and ç are more usual than š and œ
    if sign in _OPENING:
        return 2 if not before.strip() and after.strip() else -1
    if sign in _CLOSING:
        return 2 if before.strip() else -1
    if sign in _DASHES:
        return 2 if not before.strip() and not after.strip() else 0
    return -2 if not sign.isprintable() or (before.isalpha() and after.isalpha()) else 0
