"""The check judged again after an edit: sound and lips stay, words and phones are what the document says.

What does not depend on the words is kept from when the clip was opened: the sound with its quality and voice, the
faces, and the visemes that the lips show. So the verdict is that of ``visalign check --alignment`` with the document as
its file, without its price.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from visalign.desk.document import Document
from visalign.desk.material import Opened
from visalign.errors import EditRefused, InputError
from visalign.files.text_files import rounded
from visalign.reports.clip_report import ClipReport
from visalign.reports.making import make_report
from visalign.sync.judging import judge, see
from visalign.sync.speech_context import SpeechContext
from visalign.timeline import Tier

__all__ = ["ENGINE", "judgement_of", "lead_curve", "report_of", "viseme_tiers"]

ENGINE = "corrected by hand"


def report_of(opened: Opened, document: Document) -> ClipReport:
    """The report of the clip with the words and phones of a document.

    Raises
    ------
    EditRefused
        If these can't be judged.
    """
    alignment = document.alignment(ENGINE)
    try:
        context = SpeechContext.of(opened.heard.sound, alignment.phones, alignment.alphabet)
        heard = replace(opened.heard, alignment=alignment, context=context)
        seen = see(opened.seen.faces, heard, opened.tools, face=opened.material.face, before=opened.seen)
        judged = judge(heard, seen, opened.tools, is_own=opened.material.audio is None)
        return make_report(heard, seen, judged, opened.tools)
    except InputError as error:
        raise EditRefused(f"this can't be judged: {error}") from error


def judgement_of(report: ClipReport, document: Document) -> dict[str, Any]:
    """What a report says of a document, as the page shows it."""
    sync = report.sync
    low, high = (None, None) if sync.lead_interval is None else map(rounded, sync.lead_interval)
    ids = {(x.start, x.end): x.id for x in document["words"]}
    return {
        "verdict": sync.verdict,
        "sentence": report.summary().splitlines()[0],
        "summary": report.summary().splitlines(),
        "lead_seconds": rounded(sync.lead_seconds),
        "low": low,
        "high": high,
        "limits": [rounded(report.clip.max_lead_seconds), rounded(report.clip.max_lag_seconds)],
        "probability": rounded(sync.confidence),
        "score": rounded(report.score.viseme_accuracy),
        "words": [
            {
                "id": ids.get((x.start, x.end)),
                "verdict": x.verdict,
                "lead_seconds": rounded(x.told_lead_seconds),
                "score": rounded(x.score),
            }
            for x in report.judged_words
        ],
        "warnings": list(report.warnings),
    }


def viseme_tiers(report: ClipReport) -> dict[str, list[dict[str, Any]]]:
    """Visemes expected and seen."""
    return {"expected": _rows(report.expected_visemes), "observed": _rows(report.observed_visemes)}


def _rows(tier: Tier) -> list[dict[str, Any]]:
    return [{"start": rounded(x.start), "end": rounded(x.end), "label": x.label} for x in tier]


def lead_curve(report: ClipReport) -> dict[str, list[float | None]]:
    """The lead of each word at its middle. A single word has no interval of its own, so `low` and `high` are null."""
    words = [x for x in report.judged_words if rounded(x.lead_seconds) is not None]
    unknown: list[float | None] = [None] * len(words)
    return {
        "times": [rounded((x.start + x.end) / 2) for x in words],
        "leads": [rounded(x.lead_seconds) for x in words],
        "low": unknown,
        "high": unknown,
    }
