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

from visalign.errors import BAD_DATA, ParseError, quoted
from visalign.files.data_files import parse_json
from visalign.language.annotations.content import Content
from visalign.language.annotations.labels import HTK_UNITS, label_row, master_labels
from visalign.language.annotations.praat import read_textgrid
from visalign.language.annotations.rows import RowReader
from visalign.language.transcript import read_transcript
from visalign.timeline import Interval

__all__ = ["read_emu", "read_label_lines", "read_mlf", "read_tiers"]


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
    row = label_row(path, number, line, units)
    assert row.start is not None
    assert row.end is not None
    if row.start == row.end:
        return None
    if not 0 <= row.start < row.end < float("inf"):
        times = f"{row.start:g} to {row.end:g} s"
        raise ParseError(path, number, f"the label {quoted(row.label)} runs from {times}; it must end after it starts")
    return Interval(row.start, row.end, row.label)


def read_mlf(path: Path) -> dict[str, tuple[Interval, ...]]:
    """HTK's master label file: the labels of each entry, by the name that the file gives it (with ``/``).

    Raises
    ------
    ParseError
        If it is not such a file.
    """
    entries = master_labels(path, Content.read(path).text)
    return {
        name: tuple(x for number, line in lines if (x := _label(path, number, line, HTK_UNITS)) is not None)
        for name, lines in entries.items()
    }


def read_tiers(path: Path) -> dict[str, tuple[Interval, ...]]:
    """The interval tiers of a TextGrid by their name in lower case; empty intervals left out.

    Raises
    ------
    ParseError
        If it is not a TextGrid.
    """
    reader, tiers = RowReader(path), dict[str, tuple[Interval, ...]]()
    for tier in read_textgrid(Content.read(path)).tiers:
        if not tier.is_points:
            tiers.setdefault(tier.name.lower(), tuple(reader.intervals(tier.rows)))
    return tiers


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
