"""SubRip and WebVTT, as the tools of the world write them, YouTube's SubViewer (.sbv) and what Whisper prints.

A caption is a line of times and what stands below it, up to the next one's number or name. An empty line within it ends
nothing, whatever the formats say: tools leave them in. What belongs to no caption, and captions that no words can be
placed in, are left out and told.

Conventions
-----------
Seconds. Lines are counted from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from visalign.language.annotations.cues import Caption, Line, plain_line

__all__ = ["CaptionFile", "has_times", "read_subrip"]

_TIME = (
    r"(-?)[ \t]?(?:([0-9]{1,4})[ \t]?:[ \t]?)?([0-9]{1,3})[ \t]?:[ \t]?([0-9]{1,2})(?:[ \t]?[.,:][ \t]?([0-9]{1,9}))?"
)
_ARROW = r"[ \t]{0,20}(?:-{1,3}[ \t]?>|[–—][ \t]?>|→)[ \t]{0,20}"
_TIMES = re.compile(rf"[ \t]{{0,40}}{_TIME}{_ARROW}{_TIME}(?:[ \t](?P<behind>.*))?")
# Of SubViewer, and of Whisper on a terminal.
_CLOCK = r"((?:[0-9]{1,3}:)?[0-9]{1,2}:[0-9]{2}\.[0-9]{3})"
_OTHER_TIMES = re.compile(rf"[ \t]{{0,40}}(?:{_CLOCK},{_CLOCK}[ \t]*|\[{_CLOCK}[ \t]?-->[ \t]?{_CLOCK}\](.*))")
_FRAMES = re.compile(r"(?<=[0-9]{2}:[0-9]{2}:[0-9]{2}):([0-9]{2})(?![0-9])")
_SETTING = re.compile(r"[A-Za-z][A-Za-z0-9]{0,20}:\S{1,60}")
# A line that was meant to be one of times.
_MEANT_AS_TIMES = re.compile(rf"[ \t]{{0,40}}(?:{_TIME}.{{0,20}}-->|.{{0,20}}-->[ \t]{{0,20}}{_TIME})")
_NUMBER = re.compile(r"[ \t]*[0-9]{1,9}[ \t]*")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)|WEBVTT(?:[ \t]|$)")
_MAP = re.compile(r"X-TIMESTAMP-MAP=(?P<map>.{0,120})")
_MPEG_TIME = re.compile(r"MPEGTS:([0-9]{1,18})")
_LOCAL_TIME = re.compile(r"LOCAL:(?:([0-9]{1,4}):)?([0-9]{1,3}):([0-9]{1,2})(?:[.,]([0-9]{1,9}))?")
_NEW_LINE = re.compile(r"\\N")
_STYLED_NEW_LINE = re.compile(r"\\[Nn]")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}[^{}]*(?:\{[^{}]*\\p0[^{}]*\})?")
LONGEST = 100
"""Characters of a line that a message shows."""


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """The captions of a file, and what was left out of it: lines and why."""

    captions: tuple[Caption, ...]
    left_out: tuple[tuple[int, str], ...] = ()
    warnings: tuple[str, ...] = ()


def has_times(text: str) -> bool:
    """Whether a text holds a line of times, and so is no running text.

    Examples
    --------
    >>> has_times("1\\n00:00:01,000 --> 00:00:02,000\\nHello"), has_times("a --> b")
    (True, False)
    """
    rows = map(_usual, text.split("\n", 2000)[:2000])
    return any("-" in row or "→" in row for row in rows if _TIMES.fullmatch(row))


def read_subrip(text: str) -> CaptionFile:
    """The captions of SubRip or WebVTT text, whose lines end with a line feed."""
    return _Reader([_usual(row) for row in text.removeprefix("\ufeff").split("\n")]).read()


def _usual(row: str) -> str:
    """A line of times of another format as one of SubRip; any other line as it is."""
    found = _OTHER_TIMES.fullmatch(row)
    if not found:
        return row
    start, end = (found[1], found[2]) if found[1] else (found[3], found[4])
    return f"{start} --> {end} {(found[5] or '').strip()}".rstrip()


class _Reader:
    """The rows of one file, and what was found in them so far."""

    def __init__(self, rows: list[str]) -> None:
        self.rows = rows
        self.is_vtt = next((row for row in rows if row.strip()), "").startswith("WEBVTT")
        self.warnings: list[str] = []
        self._read_frames()
        self.has_styles = any("{\\" in row for row in rows)
        self.times = [n for n, row in enumerate(rows) if _TIMES.fullmatch(row) or _MEANT_AS_TIMES.match(row)]
        self.is_numbered = 2 * sum(self._number_above(n) < n for n in self.times) > len(self.times)
        self.captions: list[Caption] = []
        self.left_out: list[tuple[int, str]] = []

    def _read_frames(self) -> None:
        """Times that count frames as those of a file do where all of them are written so: 00:00:01:12."""
        timed = [n for n, row in enumerate(self.rows) if "-->" in row and _TIMES.fullmatch(row.replace(";", ":"))]
        frames = [[int(x[1]) for x in _FRAMES.finditer(self.rows[n].replace(";", ":"))] for n in timed]
        if not timed or any(len(x) != 2 for x in frames):
            return
        most = max(map(max, frames))
        rate = next((x for x in (25, 30, 60) if most < x), 0)
        if not rate:
            return
        for n in timed:
            row = self.rows[n].replace(";", ":")
            self.rows[n] = _FRAMES.sub(lambda found: f".{round(1000 * int(found[1]) / rate):03d}", row)
        self.warnings.append(f"its times count frames, of which {rate} were taken for a second")

    def read(self) -> CaptionFile:
        """All of it."""
        if not self.times:
            return CaptionFile(())
        heads = [self._head(n) for n in self.times]
        self._tell_names(heads)
        self._before(heads[0])
        for at, following in zip(self.times, [*heads[1:], len(self.rows)], strict=True):
            self._caption(at, self._body(at + 1, following))
        return CaptionFile(tuple(self.captions), tuple(sorted(self.left_out)), tuple(self.warnings))

    def _blank(self, n: int) -> bool:
        return n < 0 or not self.rows[n].strip()

    def _number_above(self, at: int) -> int:
        """The row of the number above some times, with at most one empty row between; `at` where there is none."""
        if at and _NUMBER.fullmatch(self.rows[at - 1]):
            return at - 1
        is_apart = at > 1 and self._blank(at - 1) and self._blank(at - 3)
        return at - 2 if is_apart and _NUMBER.fullmatch(self.rows[at - 2]) else at

    def _head(self, at: int) -> int:
        """Where the caption with these times begins: at its number or name, if it has one."""
        above = at - 1
        if self.is_numbered:
            number = self._number_above(at)
            if number < at:
                return number
        if self._blank(above):
            return at
        if _NUMBER.fullmatch(self.rows[above]) and self._blank(above - 1):
            return above
        is_name = self.is_vtt and self._blank(above - 1) and not _BLOCK.match(self.rows[above])
        return above if is_name else at

    def _tell_names(self, heads: Sequence[int]) -> None:
        """A lonely name above a caption may be text behind an empty line."""
        named = [n for n, at in zip(heads, self.times, strict=True) if n < at and not _NUMBER.fullmatch(self.rows[n])]
        if 2 * len(named) < len(heads):
            self.left_out += [(n + 1, f"{_quoted(self.rows[n])} was taken for a caption's name") for n in named]

    def _before(self, end: int) -> None:
        """What stands before the first caption."""
        is_header = False
        for n, row in enumerate(self.rows[:end]):
            is_header = bool(row.strip()) and (is_header or (self.is_vtt and bool(_BLOCK.match(row))))
            if found := _MAP.match(row):
                self._tell_map(n + 1, found["map"])
            elif row.strip() and not is_header and not _NUMBER.fullmatch(row):
                self.left_out.append((n + 1, f"{_quoted(row)} belongs to no caption"))

    def _tell_map(self, line: int, written: str) -> None:
        seconds, local = _MPEG_TIME.search(written), _LOCAL_TIME.search(written)
        offset = int(seconds[1]) / 90_000 if seconds else 0.0
        offset -= _seconds(local.groups()) if local else 0.0
        if offset:
            self.warnings.append(
                f"line {line} says that the captions belong {offset:+.3f} s elsewhere in a stream (X-TIMESTAMP-MAP); "
                "their own times were used"
            )

    def _body(self, start: int, end: int) -> list[int]:
        """The rows of a caption's text; empty ones part nothing but notes, styles and numbers without times."""
        body: list[int] = []
        skipped = False
        for n in range(start, end):
            if self._blank(n):
                skipped = False
            elif skipped:
                continue
            elif n > start and self._blank(n - 1) and self._is_aside(n, end):
                skipped = True
            else:
                body.append(n)
        return body

    def _is_aside(self, n: int, end: int) -> bool:
        if self.is_vtt:
            return bool(_BLOCK.match(self.rows[n]))
        if not (self.is_numbered and _NUMBER.fullmatch(self.rows[n])):
            return False
        text = next((self.rows[k] for k in range(n + 1, end) if not self._blank(k)), "")
        self.left_out.append((n + 1, f"caption {self.rows[n].strip()} has no times" + (text and f" ({_quoted(text)})")))
        return True

    def _caption(self, at: int, body: Sequence[int]) -> None:
        said = " ".join(self.rows[n].strip() for n in body)
        text = f" ({_quoted(said)})" if said else ""
        found = _TIMES.fullmatch(self.rows[at])
        if found is None:
            self.left_out.append((at + 1, f"{_quoted(self.rows[at])} is no line of times{text}"))
            return
        times = found.groups()
        behind = found["behind"] or ""
        is_text = not all(_SETTING.fullmatch(word) for word in behind.split())
        start, end = _seconds(times[1:5]), _seconds(times[6:10])
        if times[0] or times[5]:
            self.left_out.append((at + 1, f"a time before the beginning{text}"))
        elif not end > start:
            self.left_out.append((at + 1, f"the cue ends at {end:g} s, not after its start at {start:g} s{text}"))
        else:
            rows = [(at, behind)] * is_text + [(n, self.rows[n]) for n in body]
            self.captions.append(Caption(start, end, tuple(line for n, row in rows for line in self._lines(n, row))))

    def _lines(self, n: int, row: str) -> Iterator[Line]:
        row = _DRAWING.sub("", row) if self.has_styles else row
        for part in (_STYLED_NEW_LINE if self.has_styles else _NEW_LINE).split(row):
            yield plain_line(n + 1, part.replace("\\h", "\u00a0") if self.has_styles else part)


def _quoted(text: str) -> str:
    bare = " ".join(text.split())
    return repr(bare if len(bare) <= LONGEST else bare[: LONGEST - 1] + "…")


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + int(seconds or 0) + float(f"0.{fraction or 0}")
