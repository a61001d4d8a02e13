"""Tables, JSON and TextGrids, each written whole under its final name or not at all.

Conventions
-----------
UTF-8 without a byte-order mark. Lines end in ``\\n``, in CSV in ``\\r\\n`` as RFC 4180 has it. Times are seconds
rounded to a microsecond, so that the same result always gives the same bytes.

Cells of a table that are text can't act as spreadsheet formulas: Excel and LibreOffice run a cell that begins with
one of ``= + - @``, a tab or a line break, and quoting does not stop them [1]_. Such a cell gets a leading apostrophe.
Numbers are left alone: ``-0.083`` stays a number.

References
----------
.. [1] OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection (CWE-1236).
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from visalign.errors import AnyPath, OutputError
from visalign.files.outputs import legible, whole_file
from visalign.timeline import Tier

__all__ = ["format_json", "format_table", "rounded", "write_text", "write_textgrid"]

N_DECIMALS = 6
"""Decimals of every number in a file: a microsecond, far below what any stage can measure."""

# The last four are the full-width forms, which Excel takes for the plain ones.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | float | int | None


def rounded(value: float | None) -> float | None:
    """`value` to a microsecond; None where it is missing or not finite.

    Examples
    --------
    >>> rounded(0.08333333333), rounded(float("nan")), rounded(-1e-9)
    (0.083333, None, 0.0)
    """
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), N_DECIMALS) + 0.0  # + 0.0 turns -0.0, which would print differently, into 0.0


def format_json(data: object) -> str:
    """`data` as indented JSON with a final line break.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no word for it.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    # A file name that is no UTF-8; the backslash of its numbers is doubled here.
    return text if text.isascii() else re.sub("[\\ud800-\\udfff]", lambda x: json.dumps(legible(x[0]))[1:-1], text)


def format_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Rows as CSV: text made harmless, missing values left empty, floats to a microsecond.

    Examples
    --------
    >>> format_table(("word", "lead_seconds"), [("=1+1", -0.08), ("now", float("nan"))]).splitlines()
    ['word,lead_seconds', "'=1+1,-0.08", 'now,']
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # with another line end than \r\n it would leave a lone \r in a cell unquoted
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Cell) -> str | int:
    if isinstance(value, str):
        return f"'{legible(value)}" if value.startswith(_FORMULA_STARTS) else legible(value)
    if value is None or isinstance(value, int):
        return "" if value is None else value
    number = rounded(value)
    return "" if number is None else format(number, f".{N_DECIMALS}f").rstrip("0").rstrip(".")


def plain_cell(cell: str) -> str:
    """A text as it was before :func:`format_table` made it harmless (one that began with an apostrophe and such a sign
    by itself loses it).

    Examples
    --------
    >>> plain_cell("'=1+1"), plain_cell("'twas")
    ('=1+1', "'twas")
    """
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA_STARTS) else cell


def write_text(path: AnyPath, text: str) -> Path:
    """Write `text` as UTF-8, whole or not at all.

    Raises
    ------
    OutputError
        If the place can't be written to.
    """
    with whole_file(path) as draft:
        draft.write_text(legible(text), encoding="utf-8", newline="")
    return Path(path)


def write_textgrid(path: AnyPath, tiers: Iterable[Tier]) -> Path:
    """Write tiers as a long-form Praat TextGrid, whole or not at all.

    Parameters
    ----------
    path : path-like
        Where to.
    tiers : iterable of Tier
        They may span different times: all are filled up with "" (Praat's way to write silence) to the longest.

    Raises
    ------
    OutputError
        If the place can't be written to, or if all tiers are empty.
    """
    # Of all that write text only this needs it.
    from praatio.data_classes.interval_tier import IntervalTier
    from praatio.data_classes.textgrid import Textgrid

    rows = [tier for tier in tiers if len(tier)]
    if not rows:
        raise OutputError(path, "there is nothing to write: all tiers are empty")
    low, high = (rounded(pick(edges)) for pick, edges in ((min, [x.start for x in rows]), (max, [x.end for x in rows])))
    grid = Textgrid(low, high)
    for tier in rows:
        entries = [(rounded(x.start), rounded(x.end), x.label) for x in tier if x.label]
        grid.addTier(IntervalTier(tier.name, entries, low, high))
    with whole_file(path) as draft:
        grid.save(str(draft), format="long_textgrid", includeBlankSpaces=True)
    return Path(path)
