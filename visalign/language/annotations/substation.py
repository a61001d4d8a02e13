"""SubStation Alpha (.ass, .ssa): the dialogue of its events.

An own reader of the two kinds of lines that matter: a library stops at the first event that is damaged, and does not
tell its line (docs/decisions/0151).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from visalign.language.annotations.cues import Caption, Line, Piece, plain_line
from visalign.language.annotations.subrip import CaptionFile

__all__ = ["event_lines", "is_substation", "read_substation"]

_SECTION = re.compile(r"\[([^\[\]]{1,40})\][ \t]*")
_TIME = re.compile(r"(-?)([0-9]{1,4}):([0-9]{1,3}):([0-9]{1,2}(?:[.,:][0-9]{1,9})?)")
_USUAL_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}[^{}]*(?:\{[^{}]*\\p0[^{}]*\})?")
_NEW_LINE = re.compile(r"\\[Nn]")


def is_substation(text: str) -> bool:
    """Whether a text is that of SubStation Alpha."""
    return bool(
        re.search(r"^\[(?:Script Info|Events|V4\+? Styles)\][ \t]*$", text[:5000], re.MULTILINE | re.IGNORECASE)
    )


def read_substation(text: str) -> CaptionFile:
    """The dialogue of a file, one caption an event; comments, drawings and copies on other layers are left out."""
    captions: dict[tuple[float, float, str, str], Caption] = {}
    left_out: list[tuple[int, str]] = []
    for line, fields in _events(text):
        times = [_seconds(fields.get(name, "")) for name in ("start", "end")]
        said = fields.get("text", "")
        start, end = times
        if start is None or end is None:
            left_out.append((line, f"its times can't be read ({said.strip()[:80]!r})"))
        elif not end > start >= 0:
            left_out.append(
                (line, f"the cue ends at {end:g} s, not after its start at {start:g} s ({said.strip()[:80]!r})")
            )
        else:
            speaker = (fields.get("name") or fields.get("actor") or "").strip()
            captions.setdefault(
                (start, end, speaker, said), Caption(start, end, tuple(event_lines(line, said, speaker)))
            )
    return CaptionFile(tuple(captions.values()), tuple(left_out))


def _events(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and fields of each event that is dialogue."""
    names: tuple[str, ...] = _USUAL_FIELDS
    section = ""
    for number, row in enumerate(text.split("\n"), start=1):
        if found := _SECTION.fullmatch(row.strip()):
            section = found[1].lower()
            continue
        kind, colon, rest = row.partition(":")
        kind = kind.strip().lower()
        if not colon or section not in ("events", ""):
            continue
        if kind == "format":
            names = tuple(name.strip().lower() for name in rest.split(","))
        elif kind == "dialogue":
            yield number, dict(zip(names, rest.strip().split(",", len(names) - 1), strict=False))


def _seconds(text: str) -> float | None:
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    sign, hours, minutes, seconds = found.groups()
    total = 3600.0 * int(hours) + 60.0 * int(minutes) + float(re.sub("[,:]", ".", seconds))
    return -total if sign else total


def event_lines(line: int, text: str, speaker: str) -> Iterator[Line]:
    """The lines of an event's text, without styles and drawings; `speaker` may be empty."""
    for row in _NEW_LINE.split(_DRAWING.sub("", text)):
        plain = plain_line(line, row.replace("\\h", "\u00a0"))
        if speaker and plain.text:
            yield Line(line, (Piece(plain.text, plain.pieces[0].time, speaker),), row)
        else:
            yield plain
