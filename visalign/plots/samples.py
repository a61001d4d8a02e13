"""Leads of many clips or words, and the truth about them: what histograms and reliability diagrams are drawn from.

Conventions
-----------
``lead_seconds > 0`` means that the audio is early. A table of truth is a CSV file with the columns ``clip`` and
``lead_seconds``; a clip is named as in its report, or by the report's path within the run. A lead is right where it
lies within :data:`~visalign.parameters.RIGHT_WITHIN` of the truth, since that is what a report's confidence is about.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from visalign.errors import AnyPath, ConfigError, ParseError, quoted
from visalign.files.tables import read_table_text
from visalign.parameters import RIGHT_WITHIN
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import word_as_told
from visalign.sync.scoring import PartJudgement

__all__ = [
    "SUMMARY_COLUMNS",
    "TRUTH_COLUMNS",
    "LeadSample",
    "clip_leads",
    "judged",
    "read_summary",
    "read_truth",
    "word_leads",
]

TRUTH_COLUMNS = ("clip", "lead_seconds")
"""Columns that a table of truth must have; others are passed over."""

SUMMARY_COLUMNS = ("id", "clip", "verdict", "lead_seconds", "confidence")
"""Columns of a batch's summary that are read."""

_ROUNDING = 5e-7  # of the numbers in a file


@dataclass(frozen=True, slots=True)
class LeadSample:
    """A measured lead.

    Parameters
    ----------
    names : tuple of str
        Of the clip, the most exact first.
    seconds : float
        The lead.
    verdict : str
        Of the clip or word that has it.
    confidence : float
        The stated probability that a clip's lead is right, 0..1; the score, for a word.
    """

    names: tuple[str, ...]
    seconds: float
    verdict: str
    confidence: float


def clip_leads(reports: Mapping[str, ClipReport]) -> list[LeadSample]:
    """The leads of clips, in the order of the reports; those without one are left out.

    Parameters
    ----------
    reports : mapping
        Name in the run → report, as :func:`~visalign.evaluation.run_comparison.read_run` gives it.
    """
    return [
        LeadSample((name, report.clip.name), report.sync.lead_seconds, report.sync.verdict, report.sync.confidence)
        for name, report in reports.items()
        if report.sync.lead_seconds is not None
    ]


def word_leads(reports: Mapping[str, ClipReport]) -> list[LeadSample]:
    """The leads of all words; those without one are left out."""
    return [
        LeadSample((name, report.clip.name), word.told_lead_seconds, _told(report, word), word.score)
        for name, report in reports.items()
        for word in report.judged_words
        if math.isfinite(word.told_lead_seconds)
    ]


def _told(report: ClipReport, word: PartJudgement) -> str:
    return word_as_told(report.sync, word.verdict, word.lead_seconds)[0]


def read_truth(path: AnyPath) -> dict[str, float]:
    """Clip → true lead in seconds, from a CSV file.

    Raises
    ------
    ParseError
        If the file can't be read, lacks a column, or a lead is no number.
    """
    rows = _table(path, TRUTH_COLUMNS, "a table of truth")
    return {row["clip"]: _number(path, line, row, "lead_seconds") for line, row in rows}


def read_summary(path: AnyPath) -> list[LeadSample]:
    """The leads of a batch, from the ``summary.csv`` that `visalign batch` writes; clips without one are left out.

    A clip goes by its id, its path and its file's name.

    Raises
    ------
    ParseError
        If the file can't be read, lacks a column, or holds no number where one should be.
    """
    return [
        LeadSample(
            (row["id"], row["clip"], PurePath(row["clip"]).name),
            _number(path, line, row, "lead_seconds"),
            row["verdict"],
            _number(path, line, row, "confidence"),
        )
        for line, row in _table(path, SUMMARY_COLUMNS, "a summary of `visalign batch`")
        if row["lead_seconds"]
    ]


_ROW_BYTES = 600  # of memory that a sample takes


def _table(path: AnyPath, columns: Sequence[str], what: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their lines."""
    try:
        text = read_table_text(path, row_bytes=_ROW_BYTES)
        rows = csv.DictReader(io.StringIO(text, newline=""), restval="")
        missing = [column for column in columns if column not in (rows.fieldnames or ())]
        if missing:
            raise ParseError(path, 1, f"has no column {quoted(missing[0])}; {what} needs {', '.join(columns)}")
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise ParseError(path, None, f"not a CSV file ({error})") from error


def _number(path: AnyPath, line: int, row: Mapping[str, str], column: str) -> float:
    try:
        number = float(row[column])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ParseError(path, line, f"{column} is {quoted(row[column])}; it must be a number, as 0.12 is")
    return number


def judged(
    samples: Iterable[LeadSample], truth: Mapping[str, float] | float, *, tolerance: float = RIGHT_WITHIN
) -> tuple[list[float], list[bool]]:
    """Confidence of each sample, and whether it is right.

    Parameters
    ----------
    samples : iterable of LeadSample
        Of clips.
    truth : mapping or float
        Clip → true lead in seconds, or the one lead of all.
    tolerance : float
        Seconds by which a lead that is right may be off.

    Raises
    ------
    ConfigError
        If the truth about a clip is missing.
    """
    known = list(samples)
    leads = [truth if isinstance(truth, float | int) else _look_up(x.names, truth) for x in known]
    right = [abs(x.seconds - lead) <= tolerance + _ROUNDING for x, lead in zip(known, leads, strict=True)]
    return [x.confidence for x in known], right


def _look_up(names: Sequence[str], truth: Mapping[str, float]) -> float:
    for name in names:
        if name in truth:
            return truth[name]
    raise ConfigError("truth", names[0], "a table with a row for each clip that was measured; this one is missing")
