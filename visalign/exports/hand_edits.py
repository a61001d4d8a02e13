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
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from visalign.errors import AnyPath, ParseError, TimelineError, quoted
from visalign.timeline import Interval, Tier

__all__ = ["EDIT_COLUMNS", "Edit", "apply_edits", "edits_beside", "read_edits"]

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
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ParseError(path, None, f"can't be read as UTF-8 text ({error})") from error
    reader = csv.DictReader(text.splitlines())
    missing = [x for x in EDIT_COLUMNS if x not in (reader.fieldnames or ())]
    if missing:
        raise ParseError(path, 1, f"the columns {', '.join(missing)} are missing; the first line names the columns")
    return tuple(_parse_row(path, reader.line_num, row) for row in reader)


def _parse_row(path: AnyPath, line: int, row: dict[str, str]) -> Edit:
    try:
        start, end = float(row["start_seconds"]), float(row["end_seconds"])
        Interval(start, end, row["shape"])
    except (TypeError, ValueError) as error:
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
    for edit in edits:
        if edit.end <= tier.start or edit.start >= tier.end:
            raise TimelineError(
                f"the edit {quoted(edit.shape)} at {edit.start} s lies outside the {tier.end:.2f} s of this file; "
                "correct its times, which are seconds"
            )
        start, end = max(edit.start, tier.start), min(edit.end, tier.end)
        before = [Interval(x.start, min(x.end, start), x.label) for x in tier if x.start < start]
        after = [Interval(max(x.start, end), x.end, x.label) for x in tier if x.end > end]
        tier = Tier.from_intervals(tier.name, [*before, Interval(start, end, edit.shape), *after]).merge_equal()
    return tier
