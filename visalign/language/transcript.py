"""Reading transcripts, and turning running text into the words that are spoken.

Conventions
-----------
Words come out in lower case, NFC, with straight apostrophes, in the order in which they are spoken. What is written
but not spoken is left out: punctuation, ``[laughs]`` and ``(quietly)``, ``*sighs*``, ``<i>``, and a speaker's name at
the start of a line (``ANNA:``, see :mod:`visalign.language.speaker_labels`). Figures and signs are read aloud in the
language's own way (:mod:`visalign.language.normalisation`). What a word sounds like is for the lexicon.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Container, Iterator
from pathlib import Path

from visalign.errors import AnyPath, InputError, ParseError
from visalign.files.decoding import decode_text
from visalign.files.inputs import opened_file, read_at_most
from visalign.files.limits import allowed, excess
from visalign.files.outputs import spare
from visalign.language.lexicon import Lexicon, normalise_word
from visalign.language.markup import decoded, tidy, without_code_lines, without_directions, without_tags
from visalign.language.normalisation import DEFAULT_LANGUAGE, Stretch, normaliser_of
from visalign.language.normalisation.ways import FOREIGN_MARKS
from visalign.language.speaker_labels import find_labels
from visalign.language.spoken_text import Choice, Remark, SpokenText

__all__ = ["TranscriptText", "decode_transcript", "parse_transcript", "read_aloud", "read_text", "read_transcript"]

# The colon of 10:30 is no break.
_BREAKS = re.compile(rf"[\s,;!?…/\\|\"“”„«»¡¿~=\u200b{FOREIGN_MARKS}]+|:(?!(?<=\d:)\d)|--+|[\u2012-\u2015\u2212]|\.\.+")
_SPOKEN_SIGNS = {"&": "and", "+": "plus", "%": "percent", "@": "at"}
_SIGNS = re.compile(r"[&+%@]")
# What no text has; an end-of-file mark of old systems is none of them.
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x19\x1b-\x1f]")
_JOINED = re.compile(r"[^\s,;!?…\"“”„«»]{1,60}$")


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
        the words; without it numbers above twenty stay in digits.

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
    return list(read_aloud(text, known).words)


def read_aloud(
    text: str, known: Container[str] = (), *, language: str | None = None, first_line: int = 1, labels: bool = True
) -> SpokenText:
    """The words of a text, the other ways to say them, and what a user has to know of how it was read.

    Parameters
    ----------
    text : str
    known : container of str, optional
        As for :func:`parse_transcript`, which has its errors.
    language : str, optional
        Code of the language (:mod:`visalign.language.languages`); by default that of `known`, where this is a lexicon,
        and English elsewhere.
    first_line : int
        Number of the text's first line in its file; 0 where it has none.
    labels : bool
        Lines may begin with the name of who speaks.

    Examples
    --------
    >>> from visalign.language.lexicon import embedded_lexicon
    >>> said = read_aloud("in 1905 she paid 5:5:5", embedded_lexicon())
    >>> said.words[:4], said.choices[0].ways[1]
    (('in', 'nineteen', 'oh', 'five'), ('nineteen', 'hundred', 'five'))
    >>> print(said.warnings()[0])
    1 figure(s) can't be read aloud: line 1: '5:5:5'. Write them as they are said
    """
    plain = tidy(text)
    for _ in range(2):  # what was escaped twice on its way is found, too
        plain = tidy(decoded(without_tags(plain)))
    plain = without_code_lines(without_tags(plain))
    remarks: list[Remark] = []
    if labels:
        plain = _without_labels(plain, first_line, remarks)
    lines = _LineNumbers(plain, first_line)
    spoken, notes = without_directions(plain)
    remarks += (Remark("starred" if x.kept else "left out", x.written, lines.at(x.at)) for x in notes)
    code = language or (known.spoken if isinstance(known, Lexicon) else "") or DEFAULT_LANGUAGE
    return _assembled(spoken, normaliser_of(code)(spoken, known), known, lines, remarks)


def _without_labels(text: str, first_line: int, remarks: list[Remark]) -> str:
    """Without the names of speakers at the start of lines; of doubtful ones there is a remark."""
    rows = text.split("\n")
    labels = find_labels(rows)
    for doubt in labels.doubts:
        remarks.append(
            Remark("label" if doubt.is_label else "no label", f"{doubt.name}:", first_line and first_line + doubt.line)
        )
    if labels.first_clock is not None:
        remarks.append(
            Remark("clock", rows[labels.first_clock].strip()[:20], first_line and first_line + labels.first_clock)
        )
    return "\n".join(labels.split(row)[1] for row in rows)


class _LineNumbers:
    """The numbers of the lines of a text; 0 where the first one has none."""

    def __init__(self, text: str, first: int) -> None:
        self.first = first
        self.ends = [found.start() for found in re.finditer("\n", text)]

    def at(self, place: int) -> int:
        """The number of the line with this character."""
        return self.first and self.first + bisect_right(self.ends, place)


def _assembled(
    text: str, stretches: list[Stretch], known: Container[str], lines: _LineNumbers, remarks: list[Remark]
) -> SpokenText:
    """The words of a text, with those stretches of it that are not said as they stand."""
    words: list[str] = []
    choices: list[Choice] = []
    at = 0
    for stretch in stretches:
        words += _plain_words(text[at : stretch.start], known)
        written, line = text[stretch.start : stretch.end], lines.at(stretch.start)
        ways = tuple(tuple(way.split()) for way in stretch.ways)
        if not ways:
            word = _checked(normalise_word(written))
            remarks.append(Remark("unread", _whole_token(text, stretch), line, word))
            ways = ((word,),)
        elif len(ways) > 1 or stretch.is_doubtful:
            last = len(words) + len(ways[0])
            choices.append(Choice(len(words), last, ways, written, line, stretch.is_doubtful))
        words += ways[0]
        at = stretch.end
    words += _plain_words(text[at:], known)
    return SpokenText(tuple(words), tuple(choices), tuple(remarks))


def _whole_token(text: str, stretch: Stretch) -> str:
    """A figure with all that it is joined to, as it stands in the text."""
    before = _JOINED.search(text, max(0, stretch.start - 60), stretch.start)
    return text[before.start() if before else stretch.start : stretch.end]


def _plain_words(text: str, known: Container[str]) -> list[str]:
    text = _SIGNS.sub(r" \g<0> ", text)
    return [word for piece in _BREAKS.split(text) if piece for word in _words(normalise_word(piece), known)]


def _checked(piece: str) -> str:
    if len(piece) > allowed("word-characters"):
        raise InputError(
            f"the transcript holds a 'word' of {len(piece)} characters ({piece[:30]}…). Give plain text with spaces "
            "between the words, or allow it: visalign --max word-characters=N …"
        )
    return piece


def _words(piece: str, known: Container[str]) -> Iterator[str]:
    _checked(piece)
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
    if word not in known:
        bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        return bare if bare in known else word
    return word


class TranscriptText(str):
    """The text of a transcript file, with what a user has to know of how it was read."""

    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, warnings: tuple[str, ...]) -> TranscriptText:
        """A text with warnings."""
        made = cls(text)
        made.warnings = warnings
        return made


def read_transcript(path: AnyPath) -> str:
    """The text of a transcript file: UTF-8, or UTF-16 or UTF-32 that says so by its byte-order mark or its zeros.

    Raises
    ------
    ParseError
        If the file can't be read, is too large, or is not text in one of these encodings.
    """
    return decode_transcript(path, _bytes_of(path, may_wait=False), may_guess=False)


def read_text(path: AnyPath) -> TranscriptText:
    """The text of a file that others wrote, its encoding guessed where it has to be.

    Raises
    ------
    ParseError
        If it can't be read, is too large, or is no text.
    """
    return decode_transcript(path, _bytes_of(path))


def _bytes_of(path: AnyPath, *, may_wait: bool = True) -> bytes:
    try:
        if not may_wait:
            opened_file(path).close()
        spare(path)
        _refuse_size(path, Path(path).stat().st_size)
        # A pipe may be a transcript, and has no size; a device may have no end.
        with Path(path).open("rb") as file:
            return read_at_most(file, allowed("text-bytes"))
    except OSError as error:
        raise ParseError(path, None, f"can't be read: {error.strerror}. Check the path of the transcript") from error


def _refuse_size(path: AnyPath, n_bytes: int) -> None:
    if (fault := excess("text-bytes", n_bytes)) is not None:
        raise ParseError(path, None, f"{fault}. Give the text of one clip")


def decode_transcript(path: AnyPath, data: bytes, *, may_guess: bool = True) -> TranscriptText:
    """The text in some bytes; `path` is for messages.

    Raises
    ------
    ParseError
        If there are too many, or they are no text.
    """
    _refuse_size(path, len(data))
    found = decode_text(path, data)
    text = found.text
    if strange := _CONTROL.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        raise ParseError(path, line, "holds control characters, so it is no plain text")
    if not found.guessed:
        return TranscriptText(text)
    line, row = next((n, row) for n, row in enumerate(text.split("\n"), start=1) if not row.isascii())
    if not may_guess:
        raise ParseError(path, line, "not UTF-8 text. Save the transcript as plain text in UTF-8")
    sample = f"line {line} is {row.strip()[:60]!r}"
    told = f"{path} is no UTF-8, and was read as {found.guessed}, which is a guess: {sample}. Save it as UTF-8"
    return TranscriptText.of(text, (told,))
