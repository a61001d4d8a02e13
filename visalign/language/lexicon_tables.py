"""Pronunciation dictionaries in JSON and CSV, told from those with a word a line by how they begin.

Conventions
-----------
JSON is an object of words: ``{"gif": "JH IH F"}``, with several pronunciations as a list of such texts or of lists of
phones. A table has a column of words and one of phones, parted by commas or semicolons, with or without a header.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from visalign.errors import ParseError
from visalign.files.data_files import parse_json
from visalign.language.phones import is_phone

__all__ = ["table_rows"]

_JSON = re.compile(r"\s*[{\[]\s*[\"{\[}\]]")
_CSV = re.compile(r"\s*(\"[^\"\n]*\"|[^\s,;\"]+)[ \t]*([,;])[ \t]*\"?[^\s,;]")
_XML = re.compile(r"\s*<(?:\?xml|lexicon)\b")
_WORDS = ("word", "words", "orthography", "spelling", "grapheme", "entry", "text")
_PHONES = ("phones", "phone", "phonemes", "pronunciation", "pronunciations", "transcription", "ipa", "arpabet")
_LONGEST_PHONE = 3  # letters, and a digit of stress or a mark
_WANTED = 'wanted: {"hello": "HH AH L OW"}'

Row = tuple[int | None, str, tuple[str, ...]]


def table_rows(text: str, name: str) -> Iterator[Row] | None:
    """Line, word and phones of each row of a dictionary in JSON or CSV; None where it is in neither.

    Raises
    ------
    ParseError
        If it begins like one of them and is none, or is XML.
    """
    if _XML.match(text):
        raise ParseError(name, 1, "XML, and no dictionary that is read here; a line is a word and its phones: a AH")
    if _JSON.match(text):
        return _json_rows(text, name)
    found = _CSV.match(next((line for line in _without_comments(text) if line.strip()), ""))
    return None if found is None else _csv_rows(text, name, found[2])


def _without_comments(text: str) -> list[str]:
    """The lines; comments are left empty, so that lines keep their numbers."""
    return ["" if line.lstrip().startswith((";;;", "#")) else line for line in text.split("\n")]


def _json_rows(text: str, name: str) -> Iterator[Row]:
    data = parse_json(name, text)
    if not isinstance(data, dict):
        raise ParseError(name, 1, f"JSON, but no object of words; {_WANTED}")
    for word, said in data.items():
        try:
            for phones in _pronunciations(said):
                yield _line_of(text, word) if not _are_phones(phones) else None, word, phones
        except TypeError as error:
            reason = f"{word[:40]!r} has no phones that can be read; {_WANTED}"
            raise ParseError(name, _line_of(text, word), reason) from error


def _pronunciations(said: Any) -> Iterator[tuple[str, ...]]:
    """Each way to say a word; raises TypeError where that is not told, or told in two senses."""
    if isinstance(said, str):
        yield tuple(said.split())
    elif isinstance(said, list) and said and all(isinstance(x, list) for x in said):
        for phones in said:
            yield tuple(_texts(phones))
    elif isinstance(said, list) and (len(said) == 1 or any(" " in x for x in _texts(said))):
        yield from (tuple(x.split()) for x in _texts(said))
    else:  # ["AH", "EY"] may be two phones or two pronunciations
        raise TypeError


def _are_phones(phones: Sequence[str]) -> bool:
    """Whether phones can be those of English: of others the line is wanted for a message, and finding it takes time."""
    return bool(phones) and all(is_phone(x, "arpabet") or is_phone(x, "ipa") for x in phones)


def _texts(values: Sequence[Any]) -> list[str]:
    if not all(isinstance(x, str) for x in values):
        raise TypeError
    return list(values)


def _line_of(text: str, word: str) -> int | None:
    for quoted in (json.dumps(word, ensure_ascii=False), json.dumps(word)):
        if (at := text.find(quoted)) >= 0:
            return text.count("\n", 0, at) + 1
    return None


def _csv_rows(text: str, name: str, delimiter: str) -> Iterator[Row]:
    reading = csv.reader(_without_comments(text), delimiter=delimiter, skipinitialspace=True)
    columns: tuple[int, int] | None = None
    try:
        for cells in reading:
            if not any(x.strip() for x in cells):
                continue
            if columns is None:
                columns, is_header = _columns(cells)
                if is_header:
                    continue
            if len(cells) <= max(columns):
                raise ParseError(name, reading.line_num, f"{cells[0][:40]!r} has no phones; wanted: word,phones")
            yield reading.line_num, cells[columns[0]].strip(), tuple(cells[columns[1]].split())
    except csv.Error as error:
        raise ParseError(name, reading.line_num, f"not a table ({error})") from error


def _columns(cells: Sequence[str]) -> tuple[tuple[int, int], bool]:
    """Where words and phones stand, and whether this row says so."""
    named = [x.strip().lower() for x in cells]
    words, phones = (next((n for n, x in enumerate(named) if x in known), None) for known in (_WORDS, _PHONES))
    if words is not None and phones is None and len(cells) == 2:
        # Whatever the other column is called, unless these are phones: "word,W ER D" is a word.
        phones = 1 - words if any(len(x) > _LONGEST_PHONE for x in cells[1 - words].split()) else None
    if words is not None and phones is not None:
        return (words, phones), True
    return (0, 1), False
