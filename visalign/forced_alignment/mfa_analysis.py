"""``alignment_analysis.csv`` of the Montreal Forced Aligner: how well it thinks each utterance of a corpus was aligned.

Conventions
-----------
Rows are known by speaker and file, as MFA names them.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from visalign.errors import BAD_DATA, ParseError, quoted
from visalign.files.tables import read_table_text

__all__ = ["Analysis", "analysis_warnings", "read_analysis"]

_ROW_BYTES = 800  # of memory that a clip takes

MAX_SHORT_RUN = 6
"""Shortest phones in a row. In 15 alignments of GRID by a model made for it 3 at most, in bad ones 7 to 35."""

MAX_DURATION_DEVIATION = 3.0
"""Standard deviations. In the alignments of GRID the largest is 1.3; in bad ones of LibriVox 3 and more."""

MAX_FALL = 5.0
"""An utterance is an outlier where its log-likelihood lies this many median deviations below the corpus's median …"""

MIN_CORPUS = 8
"""… of at least so many utterances."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A row of ``alignment_analysis.csv``: how well MFA thinks an utterance was aligned.

    Parameters
    ----------
    speech_log_likelihood : float or None
        Mean a frame of speech.
    phone_duration_deviation : float or None
        The largest distance of a phone's log duration from the mean of its kind, in standard deviations.
    longest_short_run : int
        Phones of the least duration in a row.
    """

    speech_log_likelihood: float | None
    phone_duration_deviation: float | None
    longest_short_run: int


def read_analysis(path: Path) -> dict[tuple[str, str], Analysis]:
    """Rows of ``alignment_analysis.csv`` by speaker and clip.

    Raises
    ------
    ParseError
        If it is something else.
    """
    try:
        rows = csv.DictReader(io.StringIO(read_table_text(path, row_bytes=_ROW_BYTES), newline=""))
        return {(row["speaker"], row["file"]): _analysis(row) for row in rows}
    except ParseError:
        raise
    except (*BAD_DATA, csv.Error) as error:
        reason = f"no alignment_analysis.csv of MFA as visalign knows it ({quoted(error)})"
        raise ParseError(path, None, reason) from error


def _analysis(row: dict[str, str]) -> Analysis:
    def number(key: str) -> float | None:
        return float(row[key]) if row[key] else None

    return Analysis(
        number("speech_log_likelihood"),
        number("phone_duration_deviation"),
        int(float(row["max_running_short_interval"] or 0)),
    )


def analysis_warnings(rows: Mapping[tuple[str, str], Analysis]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What MFA's ``alignment_analysis.csv`` gives reason to warn of, by speaker and clip.

    Examples
    --------
    >>> analysis_warnings({("anna", "a"): Analysis(-60.0, 3.4, 35)})
    {('anna', 'a'): ('MFA: 35 phones in a row have the shortest possible duration', 'MFA: a phone lasts 3.4 standard \
deviations longer or shorter than its kind')}
    """
    likely = [x.speech_log_likelihood for x in rows.values() if x.speech_log_likelihood is not None]
    low = _lowest_usual(likely) if len(likely) >= MIN_CORPUS else None
    found = {}
    for key, row in rows.items():
        doubts = []
        if row.longest_short_run > MAX_SHORT_RUN:
            doubts.append(f"MFA: {row.longest_short_run} phones in a row have the shortest possible duration")
        deviation = row.phone_duration_deviation
        if deviation is not None and deviation > MAX_DURATION_DEVIATION:
            doubts.append(f"MFA: a phone lasts {deviation:.1f} standard deviations longer or shorter than its kind")
        if low is not None and row.speech_log_likelihood is not None and row.speech_log_likelihood < low:
            doubts.append(f"MFA: its log-likelihood, {row.speech_log_likelihood:.1f} a frame, is far below the others'")
        if doubts:
            found[key] = tuple(doubts)
    return found


def _lowest_usual(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return middle - MAX_FALL * statistics.median(abs(x - middle) for x in values)
