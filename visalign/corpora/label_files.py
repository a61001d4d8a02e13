"""Text files of labels: lines of ``start end label``, HTK's master label files, TextGrids and EMU's JSON.

Conventions
-----------
Files count time in units of their own (samples, 100 ns); a reader is told how many there are in a second. A label that
does not end after it starts is left out where it lasts no time at all, and is a fault where it ends before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from praatio import textgrid
from praatio.data_classes.interval_tier import IntervalTier

from visalign.errors import BAD_DATA, ParseError, quoted
from visalign.files.data_files import parse_json
from visalign.files.tables import read_table_text
from visalign.language.transcript import read_transcript
from visalign.timeline import Interval

__all__ = ["HTK_UNITS", "read_emu", "read_label_lines", "read_mlf", "read_tiers"]

HTK_UNITS = 10_000_000
"""HTK counts units of 100 ns."""

_LABEL_BYTES = 300  # of memory that a label takes


def read_label_lines(path: Path, units: float) -> tuple[Interval, ...]:
    """Lines of ``start end label``.

    Parameters
    ----------
    path : Path
    units : float
        Units of time in a second.

    Raises
    ------
    ParseError
        If a line is something else.
    """
    lines = read_transcript(path).splitlines()
    found = (_label(path, number, line, units) for number, line in enumerate(lines, start=1) if line.strip())
    return tuple(x for x in found if x is not None)


def _label(path: Path, number: int, line: str, units: float) -> Interval | None:
    parts = line.split(maxsplit=2)
    try:
        start, end, label = float(parts[0]) / units, float(parts[1]) / units, parts[2].strip()
    except BAD_DATA as error:
        reason = f"{quoted(line.strip()[:40])} is not a label; wanted: start end label"
        raise ParseError(path, number, reason) from error
    if start == end:
        return None
    if not 0 <= start < end < float("inf"):
        raise ParseError(
            path, number, f"the label {quoted(label)} runs from {start:g} to {end:g} s; it must end after it starts"
        )
    return Interval(start, end, label)


def read_mlf(path: Path) -> dict[str, tuple[Interval, ...]]:
    """HTK's master label file: the labels of each entry, by the name that the file gives it (with ``/``).

    Entries begin with ``"name"`` and end with a line that holds a point.

    Raises
    ------
    ParseError
        If it is not such a file.
    """
    entries: dict[str, tuple[Interval, ...]] = {}
    name, labels = "", list[Interval]()
    for number, line in _mlf_lines(path):
        if not name and line.startswith('"') and line.endswith('"'):
            name, labels = line.strip('"').replace("\\", "/"), []
        elif name and line == ".":
            entries[name], name = tuple(labels), ""
        elif name:
            label = _label(path, number, line, HTK_UNITS)
            labels += [] if label is None else [label]
        else:
            raise ParseError(path, number, f'{quoted(line[:40])} is no entry; wanted: "name", its labels, and a point')
    if name:
        raise ParseError(path, None, f"the last entry, {name}, does not end with a point: is the copy complete?")
    return entries


def _mlf_lines(path: Path) -> Iterator[tuple[int, str]]:
    lines = read_table_text(path, row_bytes=_LABEL_BYTES).splitlines()
    if not lines or lines[0].strip() != "#!MLF!#":
        raise ParseError(path, 1, "not a master label file: the first line must be #!MLF!#")
    yield from ((number, line.strip()) for number, line in enumerate(lines[1:], start=2) if line.strip())


def read_tiers(path: Path) -> dict[str, tuple[Interval, ...]]:
    """The interval tiers of a TextGrid by their name in lower case; empty intervals left out.

    Raises
    ------
    ParseError
        If it is not a TextGrid.
    """
    try:
        grid = textgrid.openTextgrid(str(path), False, reportingMode="silence", duplicateNamesMode="rename")
    except (*BAD_DATA, OSError, AssertionError, textgrid.utils.errors.PraatioException) as error:
        raise ParseError(path, None, f"not a TextGrid that can be read ({error})") from error
    return {
        tier.name.lower(): tuple(Interval(float(e.start), float(e.end), e.label) for e in tier.entries)
        for tier in grid.tiers
        if isinstance(tier, IntervalTier)
    }


def read_emu(path: Path) -> dict[str, tuple[Interval, ...]]:
    """The segment levels of an annotation of EMU-SDMS (``_annot.json``), by their name in lower case.

    Words are an item level above the segments there; they get the time of their first to their last segment.

    Raises
    ------
    ParseError
        If it is not such a file.
    """
    try:
        document = parse_json(path, read_transcript(path), strict=False)
        rate, levels = float(document["sampleRate"]), document["levels"]
        segments = {x["id"]: _emu_segment(x, rate) for v in levels if v["type"] == "SEGMENT" for x in v["items"]}
        below = _children(document.get("links", ()))
        return {level["name"].lower(): tuple(_emu_items(level, segments, below)) for level in levels}
    except ParseError:
        raise
    except BAD_DATA as error:
        raise ParseError(path, None, f"not an annotation of EMU-SDMS ({quoted(error)})") from error


def _emu_segment(item: dict[str, Any], rate: float) -> Interval:
    # EMU's segment runs from half a sample before sampleStart to half a sample after its last sample
    start, length = item["sampleStart"], item["sampleDur"]
    return Interval(start / rate, (start + length + 1) / rate, _emu_label(item))


def _emu_label(item: dict[str, Any]) -> str:
    texts = {label["name"].lower(): label["value"] for label in item["labels"]}
    return str(texts.get("text") or texts.get("ipa") or item["labels"][0]["value"])


def _children(links: Any) -> dict[int, list[int]]:
    below: dict[int, list[int]] = {}
    for link in links:
        below.setdefault(link["fromID"], []).append(link["toID"])
    return below


def _emu_items(level: dict[str, Any], segments: dict[int, Interval], below: dict[int, list[int]]) -> Iterator[Interval]:
    known: dict[int, tuple[float, float] | None] = {}
    for item in level["items"] if level["type"] in {"SEGMENT", "ITEM"} else ():
        span = _span(item["id"], segments, below, known)
        if span is not None:
            yield Interval(*span, _emu_label(item))


def _span(
    item: int,
    segments: dict[int, Interval],
    below: dict[int, list[int]],
    known: dict[int, tuple[float, float] | None],
) -> tuple[float, float] | None:
    """From the first to the last segment at or below an item; `known` gets the spans of all on the way.

    Without a call within a call, since links may make a chain of any length; one that leads back ends there.
    """
    waiting = [item]
    while waiting:
        top = waiting[-1]
        if top not in known:
            known[top] = None
            waiting += [child for child in below.get(top, ()) if child not in known]
            continue
        waiting.pop()
        spans = [span for child in below.get(top, ()) if (span := known.get(child)) is not None]
        spans += [(segments[top].start, segments[top].end)] if top in segments else []
        if spans:
            known[top] = min(start for start, _ in spans), max(end for _, end in spans)
    return known[item]
