"""Praat TextGrids: long and short text, binary, chronological, in a Collection; of one or several speakers.

A reader of our own, as files that Praat reads fail in readers that look for its layout
(:mod:`visalign.language.annotations.praat_text`); praatio writes (:mod:`visalign.files.text_files`).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from visalign.errors import AnyPath, ParseError
from visalign.language.annotations.annotation import Annotation, speaker_and_kind
from visalign.language.annotations.content import BINARY_MARK, Content
from visalign.language.annotations.praat_symbols import without_trigraphs
from visalign.language.annotations.praat_text import PraatText
from visalign.language.annotations.rows import Row, RowReader, listed

__all__ = ["TITLE", "TextGrid", "TextGridTier", "is_textgrid", "read_textgrid", "read_textgrid_file"]

TITLE = "Praat TextGrid"

_CHRONOLOGICAL = "Praat chronological TextGrid text file"
_SAVE = "save it from Praat with Save as text file"
_INTERVALS, _POINTS = "IntervalTier", "TextTier"
_NO_TIER = "wanted: IntervalTier or TextTier"


@dataclass(frozen=True, slots=True)
class TextGridTier:
    """A tier; of one of points `rows` are empty. `told` is how many rows the file says that it has."""

    name: str
    is_points: bool
    rows: Sequence[Row]
    n_rows: int = 0
    told: int = 0


@dataclass(frozen=True, slots=True)
class TextGrid:
    """A TextGrid as it stands in its file; `name` only in a Collection. `told` is how many tiers the file promises."""

    end: float
    tiers: Sequence[TextGridTier]
    name: str = ""
    told: int | None = None


def is_textgrid(content: Content) -> bool:
    """Whether a file is one of Praat's: it may hold comments before its mark."""
    return content.is_binary or '"ooTextFile' in content.head or _CHRONOLOGICAL in content.head


def read_textgrid_file(content: Content, recording: str | None = None) -> Annotation:
    """Interval tiers by their names; tiers of points are left out.

    Raises
    ------
    ParseError
        If it is no TextGrid that makes sense, or a Collection of several and none is called `recording`.
    """
    grid, reader = read_textgrid(content, recording), RowReader(content.path)
    tracks = reader.tracks((*speaker_and_kind(tier.name), tier.rows) for tier in grid.tiers)
    points = [x.name for x in grid.tiers if x.is_points and speaker_and_kind(x.name)[1] in ("words", "phones")]
    if grid.told not in (None, len(grid.tiers)):
        counts = f"{grid.told} tiers and holds {len(grid.tiers)}"
        reader.tell(f"the file says that it has {counts}; is the copy complete?")
    for tier in grid.tiers:
        if tier.told != tier.n_rows:
            counts = f"{tier.told} intervals or points and holds {tier.n_rows}"
            reader.tell(f"tier {tier.name[:40]!r} says that it has {counts}; is the copy complete?")
    if points:
        reader.tell(f"tiers of points were left out, as points have no length: {listed(points)}")
    if not tracks:
        names = listed([tier.name for tier in grid.tiers]) or "none"
        reason = f"no tier of words, phones or utterances among its tiers ({names}); name one of them 'words'"
        raise ParseError(content.path, None, reason)
    warnings = reader.all_warnings() if content.is_binary else content.warnings + reader.all_warnings()
    return Annotation(str(content.path), TITLE, tracks, grid.end, warnings)


def read_textgrid(content: Content, recording: str | None = None) -> TextGrid:
    """The TextGrid in a file; of a Collection the only one, or the one that is called as the recording.

    Raises
    ------
    ParseError
        If there is none.
    """
    if content.is_binary:
        return _Binary(content.path, content.data).grid()
    text = PraatText(content.path, content.text)
    if text.kind() != "string":
        raise ParseError(content.path, 1, f'not a TextGrid, which begins with File type = "ooTextFile"; {_SAVE}')
    mark = text.string("the type of the file")
    if mark == _CHRONOLOGICAL:
        return _chronological(text)
    if not mark.startswith("ooTextFile"):
        raise ParseError(content.path, text.line, f"not a TextGrid: the type of the file is {mark[:40]!r}; {_SAVE}")
    kind = text.string("the class of the object")
    if kind == "Collection":
        return _of_collection(content.path, text, recording)
    if not _is_class(kind):
        reason = f"it holds a {kind[:40]} of Praat and no TextGrid; select the TextGrid in Praat and save that"
        raise ParseError(content.path, text.line, reason)
    return _grid(text)


def _is_class(name: str) -> bool:
    """Whether a class is a TextGrid, of whatever version: Praat writes ``TextGrid 2`` for one that has changed."""
    return re.fullmatch(r"TextGrid(?: \d{1,3})?", name) is not None


# ---- text ----


def _grid(text: PraatText, name: str = "") -> TextGrid:
    text.number("the start of the TextGrid")
    end = text.number("the end of the TextGrid")
    if text.kind() == "flag" and not text.flag("whether there are tiers"):
        return TextGrid(end, (), name)
    told, tiers = text.count("the number of tiers"), list[TextGridTier]()
    while text.string_ahead() in (_INTERVALS, _POINTS) or (len(tiers) < told and text.kind()):
        tiers.append(_tier(text, len(tiers) + 1))
    return TextGrid(end, tiers, name, told)


def _tier(text: PraatText, number: int) -> TextGridTier:
    kind = _tier_class(text, number)
    name = text.string(f"the name of tier {number}")
    which = f"tier {name[:40]!r}"
    text.number(f"the start of {which}")
    text.number(f"the end of {which}")
    told, rows, n_rows = text.count(f"the number of intervals of {which}"), list[Row](), 0
    # The count is not always right, as people add intervals by hand: a tier goes on up to the next one.
    while text.kind() == "number" or (n_rows < told and text.string_ahead() not in (None, _INTERVALS, _POINTS)):
        n_rows += 1
        if kind == _POINTS:
            text.number(f"the time of point {n_rows} of {which}")
            text.string(f"the mark of point {n_rows} of {which}")
        else:
            rows.append(_interval(text, f"interval {n_rows} of {which}"))
    return TextGridTier(name, kind == _POINTS, rows, n_rows, told)


def _tier_class(text: PraatText, number: int) -> str:
    kind = text.string(f"the class of tier {number}")
    if kind not in (_INTERVALS, _POINTS):
        raise ParseError(text.path, text.line, f"tier {number} is of the class {kind[:40]!r}; {_NO_TIER}")
    return kind


def _interval(text: PraatText, which: str) -> Row:
    start = text.number(f"the start of {which}")
    line = text.line
    end, label = text.number(f"the end of {which}"), text.string(f"the text of {which}")
    return Row(start, end, without_trigraphs(label), line)


def _chronological(text: PraatText) -> TextGrid:
    """All intervals in the order of time, each with the number of its tier."""
    text.number("the start of the TextGrid")
    end, n_tiers = text.number("the end of the TextGrid"), text.count("the number of tiers")
    tiers = list[TextGridTier]()
    rows = list[list[Row]]()
    for number in range(1, n_tiers + 1):
        kind = _tier_class(text, number)
        name = text.string(f"the name of tier {number}")
        text.number(f"the start of tier {number}")
        text.number(f"the end of tier {number}")
        rows.append([])
        tiers.append(TextGridTier(name, kind == _POINTS, rows[-1]))
    while text.kind():
        number = text.count("the number of a tier")
        if not 1 <= number <= len(tiers):
            raise ParseError(text.path, text.line, f"there is no tier {number}; the file has {len(tiers)}")
        if tiers[number - 1].is_points:
            text.number("the time of a point")
            text.string("the mark of a point")
        else:
            rows[number - 1].append(_interval(text, f"an interval of tier {number}"))
    return TextGrid(end, tiers)


def _of_collection(path: AnyPath, text: PraatText, recording: str | None) -> TextGrid:
    """Objects of other classes stand between the TextGrids, and are passed over."""
    grids = list[TextGrid]()
    while kind := text.kind():
        if kind == "string" and _is_class(text.string("the class of an object")):
            grids.append(_grid(text, text.string("the name of an object")))
        elif kind != "string":
            text.skip()
    named = [grid for grid in grids if recording is not None and _object_name(recording) == _object_name(grid.name)]
    if len(named) == 1 or len(grids) == 1:
        return (named or grids)[0]
    if not grids:
        raise ParseError(path, None, "a Collection of Praat without a TextGrid; select the TextGrid and save that")
    asked = "none was asked for" if recording is None else f"not one is called {recording!r}"
    names = listed([grid.name for grid in grids])
    raise ParseError(path, None, f"it holds {len(grids)} TextGrids ({names}), and {asked}; save one from Praat")


def _object_name(name: str) -> str:
    """The name of an object, in which Praat writes ``_`` for whatever is no letter or digit."""
    return re.sub(r"[^\w-]", "_", name).lower()


# ---- binary ----


class _Binary:
    """A binary file, from the front: numbers are big-endian, strings come after their length."""

    def __init__(self, path: AnyPath, data: bytes) -> None:
        self.path, self.data, self.at = path, data, len(BINARY_MARK)

    def grid(self) -> TextGrid:
        """The TextGrid in it."""
        kind = self._name()
        if not _is_class(kind):
            raise ParseError(self.path, None, f"it holds a {kind[:40]!r} of Praat and no TextGrid; {_SAVE}")
        self._double()
        end = self._double()
        if not self._take(1)[0]:
            return TextGrid(end, ())
        return TextGrid(end, [self._tier() for _ in range(self._integer("i"))])

    def _tier(self) -> TextGridTier:
        kind, name = self._name(), self._string()
        self._double()
        self._double()
        n_rows = self._integer("i")
        if kind == _POINTS:
            for _ in range(n_rows):
                self._double()
                self._string()
            return TextGridTier(name, True, ())
        if kind != _INTERVALS:
            raise ParseError(self.path, None, f"tier {name[:40]!r} is of the class {kind[:40]!r}; {_NO_TIER}")
        return TextGridTier(name, False, [self._interval() for _ in range(n_rows)])

    def _interval(self) -> Row:
        return Row(self._double(), self._double(), without_trigraphs(self._string()))

    def _name(self) -> str:
        """A class: ASCII after a length of one byte."""
        return self._take(self._take(1)[0]).decode("latin-1")

    def _string(self) -> str:
        """Latin-1 after a length of two bytes; a length of −1 says that UTF-16 follows, after one of its own."""
        length = self._integer("h")
        if length >= 0:
            return self._take(length).decode("latin-1")
        return self._take(2 * self._integer("H")).decode("utf-16-be", "replace")

    def _double(self) -> float:
        return float(struct.unpack(">d", self._take(8))[0])

    def _integer(self, form: str) -> int:
        return int(struct.unpack(f">{form}", self._take(struct.calcsize(form)))[0])

    def _take(self, n_bytes: int) -> bytes:
        if self.at + n_bytes > len(self.data):
            reason = f"a binary TextGrid that breaks off at byte {len(self.data)}: is the copy complete? Else {_SAVE}"
            raise ParseError(self.path, None, reason)
        self.at += n_bytes
        return self.data[self.at - n_bytes : self.at]
