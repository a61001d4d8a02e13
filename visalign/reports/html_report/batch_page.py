"""The page of a batch: a table of all clips, quick with ten thousand, over what `visalign batch` wrote.

The page lies in the folder of the results, as ``index.html``, and refers to what is there: the clips' pages and
pictures (``pages/``), or where there are none their JSON reports. Nothing is taken from outside that folder.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

from visalign.errors import BAD_DATA, AnyPath, InputError, ParseError
from visalign.files.data_files import read_json
from visalign.files.tables import read_table_text
from visalign.files.text_files import plain_cell, write_text
from visalign.files.timecode import clock
from visalign.reports.html_report.document import as_data_script, format_document

__all__ = ["BATCH_PAGE", "DECISIONS_TABLE", "batch_data", "clip_page_name", "way_back", "write_batch_page"]

BATCH_PAGE = "index.html"
"""Name of a batch's page within its folder."""

DECISIONS_TABLE = "decisions.csv"
"""What was decided at the desk, beside the summary; there may be none."""

_SUMMARY = "summary.csv"
_NEEDED = ("id", "report", "state", "verdict", "lead_seconds", "confidence", "n_words", "n_words_in_sync")
_ROW_BYTES = 500  # of memory that a row takes beside its cells
_COLUMNS = (
    *("id", "speaker", "condition", "verdict", "lead", "confidence", "inSync", "nWords", "nWordsInSync", "leads"),
    *("note", "page", "picture", "seconds", "rate", "decision"),
)
_ABSOLUTE = re.compile(r"(?:^|(?<=[\s\"'(]))(?:/|[A-Za-z]:[/\\])")  # where the path of a file on some machine begins
_MAX_SPARKS = 40  # words of a clip in its row; longer clips show every second, third …
_LIMITS = (0.04, 0.06)  # where no report names its own: those of the default profile (EBU R37)


def clip_page_name(report: str) -> str:
    """Where the page of a clip lies, by the path of its report.

    Examples
    --------
    >>> clip_page_name("reports/s1/bbaf2n.json")
    'pages/s1/bbaf2n.html'
    """
    return "pages/" + report.removeprefix("reports/").removesuffix(".json") + ".html"


def way_back(report: str) -> str:
    """From the page of a clip to that of its batch, by the path of its report.

    Examples
    --------
    >>> way_back("reports/s1/bbaf2n.json")
    '../../index.html'
    """
    return "../" * clip_page_name(report).count("/") + BATCH_PAGE


def write_batch_page(results: AnyPath, path: AnyPath | None = None) -> Path:
    """Write the page of a batch.

    Parameters
    ----------
    results : path-like
        Folder that `visalign batch` wrote, with its ``summary.csv``.
    path : path-like, optional
        The page; ``index.html`` in that folder by default. Elsewhere, its links lead nowhere.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        If there is no summary.
    ParseError
        If it is not one of visalign.
    OutputError
        If the page can't be written there.
    """
    results = Path(results)
    data = batch_data(results)
    verdicts = Counter(row[_COLUMNS.index("verdict")] for row in data["rows"])
    statement, more = _statement(verdicts)
    name = results.resolve().name
    seconds = sum(row[_COLUMNS.index("seconds")] or 0.0 for row in data["rows"])
    values = {
        "title": f"{name}: {statement}",
        "name": name,
        "statement": statement,
        "more": f"{more} {clock(seconds)} in all." if seconds else more,
        "table": _SUMMARY,
        "data": as_data_script("batch-data", data),
    }
    page = format_document(
        "batch.html",
        ("page.css", "batch.css"),
        ("theme.js", "words.js", "batch.js"),
        values,
        sources={"img-src": "data: 'self' file:"},
    )
    return write_text(results / BATCH_PAGE if path is None else path, page)


def batch_data(results: AnyPath) -> dict[str, Any]:
    """What the page shows, a row a clip; parameters and errors are those of :func:`write_batch_page`."""
    results = Path(results)
    limits, rows, decided = None, [], _read_decisions(results / DECISIONS_TABLE)
    for cells in _read_summary(results / _SUMMARY):
        report = _read_report(results, cells["report"])
        if report is not None and limits is None:
            limits = report["limits"]
        rows.append([*_row(results, cells, report), decided.get(cells["id"], "")])
    return {"columns": list(_COLUMNS), "limits": limits or _LIMITS, "rows": rows}


def _read_summary(path: Path) -> Iterable[Mapping[str, str]]:
    if not path.is_file():
        raise InputError(f"{path}: there is no summary; give the folder that `visalign batch --out` wrote")
    try:
        table = csv.DictReader(io.StringIO(read_table_text(path, row_bytes=_ROW_BYTES, is_dense=True), newline=""))
        rows = [{key: plain_cell(x or "") for key, x in row.items() if key} for row in table]
    except csv.Error as error:
        raise ParseError(path, None, f"not a table that can be read ({error}); run the batch again") from error
    missing = [name for name in _NEEDED if rows and name not in rows[0]]
    if missing:
        raise ParseError(path, 1, f"not a summary of a batch: there is no column {', '.join(missing)}")
    return rows


def _read_decisions(path: Path) -> dict[str, str]:
    """What each reviewer decided about each clip as a whole, in words; the latest of each."""
    found: dict[str, dict[str, str]] = {}
    if not path.is_file():
        return {}
    try:
        table = csv.DictReader(io.StringIO(read_table_text(path, row_bytes=_ROW_BYTES, is_dense=True), newline=""))
        for row in table:
            if not row["line"]:
                clip, who = plain_cell(row["clip"] or ""), plain_cell(row["who"] or "")
                found.setdefault(clip, {})[who] = row["decision"] or ""
    except (csv.Error, *BAD_DATA):
        return {}  # a table that is none of the desk's costs the page nothing but its decisions
    return {clip: ", ".join(f"{told} ({who})" for who, told in said.items()) for clip, said in found.items()}


def _read_report(results: Path, name: str) -> dict[str, Any] | None:
    """Leads of the words, ms, and the limits, of a clip's report; None where there is none that can be read."""
    try:
        if not _is_in(results, name):
            return None
        data = read_json(results / name)
        leads = [None if x["lead_seconds"] is None else round(1000 * x["lead_seconds"]) for x in data["words"]]
        clip = data["clip"]
        limits = [float(clip["max_lead_seconds"]), float(clip["max_lag_seconds"])]
        rate = Fraction(clip["frame_rate"])
    except BAD_DATA:
        return None  # a report that was removed or damaged since costs its row the sparkline, not the page
    return {
        "leads": leads[:: -(-len(leads) // _MAX_SPARKS) or 1],
        "limits": limits,
        "rate": [rate.numerator, rate.denominator],
    }


def _row(results: Path, cells: Mapping[str, str], report: Mapping[str, Any] | None) -> list[Any]:
    page = clip_page_name(cells["report"]) if cells["report"] else ""
    picture = page.removesuffix(".html") + ".jpg" if page else ""
    fits = cells["verdict"] != "mismatched"  # else no offset is told, here or on the clip's own page
    n_words, n_right = _number(cells["n_words"]), _number(cells["n_words_in_sync"])
    known = {
        "id": cells["id"],
        "speaker": cells.get("speaker", ""),
        "condition": cells.get("condition", ""),
        "verdict": cells["verdict"] if cells["state"] == "done" else cells["state"],
        "lead": _number(cells["lead_seconds"]) if fits else None,
        "confidence": _number(cells["confidence"]) if fits else None,
        "inSync": n_right / n_words if n_words and n_right is not None else None,
        "nWords": n_words,
        "nWordsInSync": n_right,
        "leads": report["leads"] if report is not None and fits else [],
        "note": _without_folders(cells.get("message", ""), results, cells) or cells.get("sync_reason", ""),
        "seconds": _number(cells.get("duration_seconds", "")),
        "rate": None if report is None else report["rate"],
        "page": next((quote(name) for name in (page, cells["report"]) if _is_in(results, name)), ""),
        "picture": quote(picture) if _is_in(results, picture) else "",
    }
    return [known[name] for name in _COLUMNS[:-1]]


def _without_folders(message: str, results: Path, cells: Mapping[str, str]) -> str:
    """A message that names files as the manifest does: where they lie on some machine is nobody's business."""
    for name in filter(None, (cells.get("clip"), cells.get("audio"))):
        kept, at = list[str](), 0
        while (path := _ABSOLUTE.search(message, at)) and (start := message.find(name, path.end())) >= 0:
            kept += [message[at : path.start()], name]
            at = start + len(name)
        message = "".join(kept) + message[at:]
    return message.replace(f"{results.resolve()}/", "")


def _is_in(results: Path, name: str) -> bool:
    """Whether `name` is a file of the batch: a table may name anything, and ``//host/report`` is another's page."""
    if not name or name.startswith(("/", "\\")):
        return False
    try:
        place = (results / name).resolve()
        return place.is_relative_to(results.resolve()) and place.is_file()
    except (OSError, ValueError):  # no name that a file can have
        return False


def _number(cell: str) -> float | None:
    try:
        number = float(cell) if cell else None
    except ValueError:
        return None
    return number if number is not None and math.isfinite(number) else None


def _statement(verdicts: Mapping[str, int]) -> tuple[str, str]:
    """How the batch stands, in two sentences."""
    total, good = sum(verdicts.values()), verdicts.get("in-sync", 0)
    statement = f"{good:,} of {total:,} clips {'is' if good == 1 else 'are'} in sync."
    parts = {
        "audio early": verdicts.get("audio-early", 0),
        "audio late": verdicts.get("audio-late", 0),
        "mismatched": verdicts.get("mismatched", 0),
        "uncertain": verdicts.get("uncertain", 0),
        "could not be analysed": verdicts.get("failed", 0),
        "still to do": verdicts.get("pending", 0),
    }
    named = [f"{n:,} {name}" for name, n in parts.items() if n]
    return statement, f"The others: {', '.join(named)}." if named else "Nothing to look at."
