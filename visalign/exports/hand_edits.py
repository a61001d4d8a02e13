"""Changes made by hand, kept in a file of their own, so that the next export has them too.

An edit says: from here to there, show this shape. It stands in a CSV beside the export, ``mouth.json`` beside
``mouth.json.edits.csv``, with the columns ``start_seconds,end_seconds,shape`` and any others, as a note. visalign reads
it and never writes it, except for the first, empty one that ``--make-edits`` asks for.

Conventions
-----------
Seconds of the sound, before any lead: a second run with another lead, frame rate or map keeps an edit where it is
heard. Later rows win over earlier ones.
"""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from visalign.errors import BAD_DATA, AnyPath, ParseError, TimelineError, quoted
from visalign.files.tables import read_table_text
from visalign.timeline import Interval, Tier

__all__ = ["EDIT_COLUMNS", "Edit", "apply_edits", "edits_beside", "read_edits"]

_ROW_BYTES = 600  # of memory that an edit takes

EDIT_COLUMNS = ("start_seconds", "end_seconds", "shape")
"""Columns that a file of edits must have."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Show `shape` from `start` to `end`, seconds."""

    start: float
    end: float
    shape: str


def edits_beside(output: AnyPath) -> Path:
    """Where the edits of an exported file stand."""
    path = Path(output)
    return path.with_name(path.name + ".edits.csv")


def read_edits(path: AnyPath) -> tuple[Edit, ...]:
    """The edits of a file.

    Raises
    ------
    ParseError
        If a column is missing, or a row says nothing sensible; with its line.
    """
    reader = csv.DictReader(read_table_text(path, row_bytes=_ROW_BYTES).splitlines())
    try:
        missing = [x for x in EDIT_COLUMNS if x not in (reader.fieldnames or ())]
        if missing:
            raise ParseError(path, 1, f"the columns {', '.join(missing)} are missing; the first line names the columns")
        return tuple(_parse_row(path, reader.line_num, row) for row in reader)
    except csv.Error as error:
        raise ParseError(path, reader.line_num, f"not a table in CSV ({error})") from error


def _parse_row(path: AnyPath, line: int, row: dict[str, str]) -> Edit:
    try:
        start, end = float(row["start_seconds"]), float(row["end_seconds"])
        Interval(start, end, row["shape"])
    except BAD_DATA as error:
        raise ParseError(path, line, f"start_seconds and end_seconds must be seconds, start first ({error})") from error
    if not (row["shape"] or "").strip():
        raise ParseError(path, line, "no shape; say which mouth to show")
    return Edit(start, end, row["shape"].strip())


def apply_edits(tier: Tier, edits: Iterable[Edit]) -> Tier:
    """`tier` with each edit's shape in its time; neighbours that are equal merged.

    Examples
    --------
    >>> tier = Tier("mouth", (0.0, 1.0, 2.0), ("X", "D"))
    >>> [(x.start, x.end, x.label) for x in apply_edits(tier, [Edit(0.9, 1.2, "A")])]
    [(0.0, 0.9, 'X'), (0.9, 1.2, 'A'), (1.2, 2.0, 'D')]

    Raises
    ------
    TimelineError
        If an edit lies outside the tier.
    """
    edits = list(edits)
    for edit in edits:
        if edit.end <= tier.start or edit.start >= tier.end:
            raise TimelineError(
                f"the edit {quoted(edit.shape)} at {edit.start} s lies outside the {tier.end:.2f} s of this file; "
                "correct its times, which are seconds"
            )
    return _painted(tier, edits) if edits else tier


def _painted(tier: Tier, edits: list[Edit]) -> Tier:
    """Of the tier and all edits, at each moment the one that came last."""
    layers = [*((x.start, x.end, x.label) for x in tier), *((e.start, e.end, e.shape) for e in edits)]
    spans = [(max(start, tier.start), min(end, tier.end)) for start, end, _ in layers]
    begins = sorted(range(len(layers)), key=lambda n: spans[n][0])
    moments = sorted({moment for span in spans for moment in span})
    rows, on_top, n_begun = list[Interval](), list[int](), 0
    for start, end in pairwise(moments):
        while n_begun < len(begins) and spans[begins[n_begun]][0] <= start:
            heapq.heappush(on_top, -begins[n_begun])
            n_begun += 1
        while spans[-on_top[0]][1] <= start:
            heapq.heappop(on_top)
        rows.append(Interval(start, end, layers[-on_top[0]][2]))
    return Tier.from_intervals(tier.name, rows).merge_equal()
