"""Timed Text Markup Language (.ttml, .dfxp): its paragraphs as captions.

Conventions
-----------
Times of an element count from the beginning of the one that it stands in, or, where that is a sequence, from the end of
its neighbour before it [1]_. Seconds.

References
----------
.. [1] W3C, Timed Text Markup Language 2, section 12.1: time expressions; section 12.2: time containers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import parse_xml
from visalign.language.annotations.cues import Caption, Line, Piece
from visalign.language.annotations.subrip import CaptionFile
from visalign.language.markup import tidy

__all__ = ["is_ttml", "read_ttml"]

_CLOCK = re.compile(r"([0-9]{2,4}):([0-9]{2}):([0-9]{2})(?:(\.[0-9]{1,9})|:([0-9]{2,4})(?:\.([0-9]{1,4}))?)?")
_OFFSET = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,20})?)(h|ms|m|s|f|t)")
_UNITS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_NAMESPACE = re.compile(r"^\{[^{}]*\}")
_ENCODING = re.compile(r"""^(\s*<\?xml[^<>]{0,100}?)\s+encoding\s*=\s*(?:"[^"<>]{0,40}"|'[^'<>]{0,40}')""")
_ROOT = re.compile(r"<(?:[A-Za-z][\w.-]{0,30}:)?tt[\s>]")


@dataclass(frozen=True, slots=True)
class _Rates:
    """Frames, parts of a frame, and ticks a second."""

    frames: Fraction
    parts: Fraction
    ticks: Fraction


def is_ttml(text: str) -> bool:
    """Whether a text is a document of timed text."""
    return text.lstrip("\ufeff \t\r\n").startswith("<") and bool(_ROOT.search(text[:5000]))


def read_ttml(path: AnyPath, document: bytes | str) -> CaptionFile:
    """The paragraphs of a document, and the spans with times of their own within them.

    Bytes are read in the encoding that they declare.

    Raises
    ------
    ParseError
        If it is no such document, or its times can't be read.
    """
    data = _ENCODING.sub(r"\1", document).encode() if isinstance(document, str) else document
    root = parse_xml(path, data)
    if _name(root.tag) != "tt":
        raise ParseError(path, None, f"no timed text: its root is <{_name(root.tag)}>, not <tt>")
    return _Document(root).read()


def _name(tag: str) -> str:
    return _NAMESPACE.sub("", tag)


def _attribute(element: ElementTree.Element, name: str) -> str:
    """An attribute, whatever its namespace."""
    return next((value for key, value in element.attrib.items() if _name(key) == name), "")


class _Document:
    """A document and what was left out of it."""

    def __init__(self, root: ElementTree.Element) -> None:
        self.root = root
        self.rates = _rates(root)
        self.agents = {
            _attribute(x, "id"): " ".join("".join(name.itertext()).split())
            for x in root.iter()
            if _name(x.tag) == "agent"
            for name in x
            if _name(name.tag) == "name"
        }
        self.left_out: list[tuple[int, str]] = []
        self.n_paragraphs = 0

    def read(self) -> CaptionFile:
        """All of it."""
        bodies = [x for x in self.root if _name(x.tag) == "body"]
        captions = [caption for body in bodies for caption in self._captions(body, Fraction(0), None, "")]
        return CaptionFile(tuple(captions), tuple(self.left_out))

    def _captions(
        self, element: ElementTree.Element, start: Fraction, end: Fraction | None, speaker: str
    ) -> Iterator[Caption]:
        """The captions of an element whose parent runs from `start` to `end`."""
        span = self._span(element, start, end)
        if span is None:
            self.left_out.append((0, f"paragraph with the times {dict(element.attrib)!r:.100}"))
            return
        begins, ends = span
        agent = _attribute(element, "agent").split(" ")[0]
        speaker = self.agents.get(agent, agent) or speaker
        if _name(element.tag) == "p":
            yield from self._paragraph(element, begins, ends, speaker)
            return
        at = begins
        is_sequence = _attribute(element, "timeContainer") == "seq"
        for child in element:
            if _name(child.tag) in ("div", "p"):
                yield from self._captions(child, at, ends, speaker)
                inner = self._span(child, at, ends) if is_sequence else None
                at = at if inner is None or inner[1] is None else inner[1]

    def _span(
        self, element: ElementTree.Element, start: Fraction, end: Fraction | None
    ) -> tuple[Fraction, Fraction | None] | None:
        """When an element begins and ends; None where its times can't be read."""
        times = {name: _attribute(element, name) for name in ("begin", "end", "dur")}
        known = {name: self._seconds(text) for name, text in times.items() if text}
        if any(x is None for x in known.values()):
            return None
        begins = start + (known.get("begin") or 0)
        ends = [x for x in (end, *(self._ends(known, start, begins))) if x is not None]
        return begins, min(ends, default=None)

    def _ends(self, known: dict[str, Fraction | None], start: Fraction, begins: Fraction) -> Iterator[Fraction | None]:
        if "end" in known:
            yield start + (known["end"] or 0)
        if "dur" in known:
            yield begins + (known["dur"] or 0)

    def _seconds(self, text: str) -> Fraction | None:
        if found := _CLOCK.fullmatch(text.strip()):
            hours, minutes, seconds, fraction, frames, parts = found.groups()
            whole = Fraction(3600 * int(hours) + 60 * int(minutes) + int(seconds)) + Fraction(fraction or 0)
            return whole + (Fraction(frames or 0) + Fraction(parts or 0) / self.rates.parts) / self.rates.frames
        if found := _OFFSET.fullmatch(text.strip()):
            number, unit = Fraction(found[1]), found[2]
            if unit in ("f", "t"):
                return number / (self.rates.frames if unit == "f" else self.rates.ticks)
            return number * _UNITS[unit]
        return None

    def _paragraph(
        self, element: ElementTree.Element, start: Fraction, end: Fraction | None, speaker: str
    ) -> Iterator[Caption]:
        self.n_paragraphs += 1
        rows: list[list[Piece]] = [[]]
        ends: list[Fraction] = []
        self._pieces(element, start, end, None, speaker, rows, ends)
        lines = tuple(Line(0, tuple(row)) for row in rows if row)
        last = end if end is not None else max(ends, default=None)
        stamps = [piece.time for row in rows for piece in row if piece.time is not None]
        first = float(start) if _attribute(element, "begin") or not stamps else max(float(start), min(stamps))
        text = " ".join(line.text for line in lines)
        if last is None or not float(last) > first:
            if text:
                where = f"paragraph {self.n_paragraphs} has no length" if last is not None else "it has no end"
                self.left_out.append((0, f"{where} ({text[:80]!r})"))
            return
        yield Caption(first, float(last), lines)

    def _pieces(
        self,
        element: ElementTree.Element,
        start: Fraction,
        end: Fraction | None,
        time: float | None,
        speaker: str,
        rows: list[list[Piece]],
        ends: list[Fraction],
    ) -> None:
        """The text of an element and of what stands in it, row by row."""
        _add(rows, element.text, time, speaker)
        for child in element:
            name = _name(child.tag)
            if name == "br":
                rows.append([])
            elif name == "span" and _attribute(child, "ruby") not in ("text", "textContainer", "delimiter"):
                span = self._span(child, start, end) or (start, end)
                is_timed = bool(_attribute(child, "begin") or _attribute(child, "end") or _attribute(child, "dur"))
                if is_timed and span[1] is not None:
                    ends.append(span[1])
                agent = _attribute(child, "agent").split(" ")[0]
                own = self.agents.get(agent, agent) or speaker
                self._pieces(child, *span, float(span[0]) if is_timed else time, own, rows, ends)
            _add(rows, child.tail, time, speaker)


def _add(rows: list[list[Piece]], text: str | None, time: float | None, speaker: str) -> None:
    shown = re.sub(r"\s+", " ", tidy(text or ""))
    if shown.strip() or (shown and rows[-1]):
        rows[-1].append(Piece(shown, time, speaker or None))


def _rates(root: ElementTree.Element) -> _Rates:
    frames = _number(_attribute(root, "frameRate"), Fraction(30))
    multiplier = re.fullmatch(r"([0-9]{1,6})[ :]([0-9]{1,6})", _attribute(root, "frameRateMultiplier").strip())
    if multiplier and int(multiplier[1]) and int(multiplier[2]):
        frames *= Fraction(int(multiplier[1]), int(multiplier[2]))
    parts = _number(_attribute(root, "subFrameRate"), Fraction(1))
    ticks = _number(_attribute(root, "tickRate"), frames * parts if _attribute(root, "frameRate") else Fraction(1))
    return _Rates(frames, parts, ticks)


def _number(text: str, otherwise: Fraction) -> Fraction:
    return Fraction(int(text)) if re.fullmatch("[0-9]{1,12}", text.strip()) and int(text) else otherwise
