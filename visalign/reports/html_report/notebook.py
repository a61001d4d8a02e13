"""A report as a cell of a notebook shows it: the verdict, the lead on its scale, the words.

A cell is part of a page that is not ours: no script, no policy of its own, and colours that stand on light and dark.
"""

from __future__ import annotations

from visalign.reports.clip_report import ClipReport
from visalign.reports.html_report.document import format_document
from visalign.reports.html_report.lead_scale import lead_scale
from visalign.reports.html_report.word_rows import word_rows
from visalign.reports.wording import headline, tells_offset

__all__ = ["MOST_WORDS", "format_notebook"]

MOST_WORDS = 100
"""Words that a cell shows; it counts the others."""


def format_notebook(report: ClipReport) -> str:
    """Markup for a cell; everything that a user has written is escaped."""
    values = {
        "name": report.clip.name,
        "headline": headline(report.sync),
        "lines": report.summary().splitlines(),
        "tells_offset": tells_offset(report.sync),
        "scale": lead_scale(report, report.evidence),
        "words": word_rows(report, MOST_WORDS),
        "n_more": max(len(report.judged_words) - MOST_WORDS, 0),
    }
    return format_document("notebook.html", ("notebook.css",), (), values)
