"""A report as a file: a table of its words, plain data, tiers, or the page.

To add a format: a function that takes a report and a path and writes the file whole or not at all, and its line in the
table at the end.

Columns of the CSV form, one row a judged word:

====================== ========================================================================================
clip                   name of the video file
word                   the word, lower case
start_seconds          where the word begins
end_seconds            where it ends
phones                 its phones, ARPABET (IPA in other languages), separated by spaces
expected_visemes       what the lips should show, from the phones
observed_visemes       what the lips show, from the picture alone
viseme_accuracy        part of its frames (0..1) whose observed viseme is acceptable; empty where it can't be told
lead_seconds           how much earlier its sound comes than its lips (negative: later); empty where it can't be told
score                  0..1, high = in sync; empty where it can't be told
verdict                in-sync, audio-early, audio-late, mismatched, out-of-step or uncertain
expected_in_words      the expected visemes in words, separated by semicolons
observed_in_words      the observed ones
in_step                probability, 0..1, that it is what the lips say, at the lead of its clip
own_lead_seconds       the lead at which its own frames fit best, without those of its neighbours
own_lead_low_seconds   lower end of its 95 % interval
own_lead_high_seconds  upper end
====================== ========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from visalign.errors import AnyPath, ConfigError
from visalign.files.outputs import writer_for
from visalign.files.text_files import format_json, format_table, write_text, write_textgrid
from visalign.language.phones import is_silence
from visalign.reports.clip_report import SEGMENT_COLUMNS, ClipReport
from visalign.sync.scoring import STEP_COLUMNS, PartJudgement
from visalign.visemes.naming import series

__all__ = ["CSV_HEADER", "REPORT_SUFFIXES", "write_report"]

CSV_HEADER = (
    "clip", "word", "start_seconds", "end_seconds", "phones", "expected_visemes", "observed_visemes", "viseme_accuracy",
    "lead_seconds", "score", "verdict", "expected_in_words", "observed_in_words",
    "in_step", "own_lead_seconds", "own_lead_low_seconds", "own_lead_high_seconds",
)  # fmt: skip
"""Columns of the CSV form."""


def write_report(report: ClipReport, path: AnyPath) -> Path:
    """Write a report in the format that the name ends in; errors are those of :meth:`ClipReport.write`."""
    write = writer_for(path, _WRITERS, "report file")
    return write(report, Path(path))


def _write_csv(report: ClipReport, path: Path) -> Path:
    names = report.clip.names
    rows = ((report.clip.name, *_cells(word, names)) for word in report.judged_words)
    return write_text(path, format_table(CSV_HEADER, rows))


def _cells(word: PartJudgement, names: Mapping[str, str]) -> Iterator[str | float]:
    yield from (getattr(word, key) for key in SEGMENT_COLUMNS if key not in STEP_COLUMNS)
    yield from (series(visemes, names) for visemes in (word.expected, word.observed))
    yield from (getattr(word, key) for key in STEP_COLUMNS)


def _write_json(report: ClipReport, path: Path) -> Path:
    return write_text(path, format_json(report.to_dict()))


def _write_textgrid(report: ClipReport, path: Path) -> Path:
    silence = report.clip.silence_viseme
    quiet = (report.expected_visemes, report.observed_visemes)
    tiers = [report.words, report.phones.relabel(lambda label: "" if is_silence(label) else label)]
    tiers += [tier.relabel(lambda label: "" if label == silence else label) for tier in quiet]
    return write_textgrid(path, tiers)


def _write_html(report: ClipReport, path: Path) -> Path:
    evidence = report.evidence
    if evidence is None or evidence.clip is None:
        needed = "the report of a clip's file with its evidence: visalign.check(path, …, evidence=True)"
        raise ConfigError("page", path.name, needed)
    # Draws with FFmpeg and scipy, which the other forms do without.
    from visalign.reports.html_report.clip_page import write_clip_page

    return write_clip_page(path, report, evidence.clip, audio=evidence.audio)


_WRITERS: Mapping[str, Callable[[ClipReport, Path], Path]] = MappingProxyType(
    {".csv": _write_csv, ".json": _write_json, ".TextGrid": _write_textgrid, ".html": _write_html}
)

REPORT_SUFFIXES = tuple(_WRITERS)
"""Endings of the file names that :func:`write_report` understands."""
