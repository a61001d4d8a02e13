"""The judged words as the tables of pages show them, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from visalign.files.timecode import in_frames, timecode_at
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import lead_in_words, verdict_in_words, word_as_told
from visalign.sync.scoring import PartJudgement
from visalign.visemes.naming import named, short

__all__ = ["word_rows"]


def word_rows(report: ClipReport, most: int | None = None) -> list[dict[str, object]]:
    """What a table says of each judged word, of the first `most` of them."""
    return [_row(report, word) for word in report.judged_words[:most]]


def _row(report: ClipReport, word: PartJudgement) -> dict[str, object]:
    rate = report.clip.frame_rate
    verdict, lead = word_as_told(report.sync, word.verdict, word.told_lead_seconds)
    return {
        "label": word.label,
        "verdict": verdict,
        "says": verdict_in_words(verdict),
        "lead": "–" if lead is None else lead_in_words(lead),
        "frames": "" if lead is None else in_frames(lead, rate),
        "times": [{"seconds": f"{x:.2f}", "code": timecode_at(x, rate)} for x in (word.start, word.end)],
        "score": _number(word.score, ".2f"),
        "in_step": _number(word.in_step, ".2f"),
        "accuracy": _number(word.viseme_accuracy, ".0%"),
        "phones": word.phones,
        "expected": [_shape(x, report.clip.names) for x in word.expected.split()],
        "observed": [_shape(x, report.clip.names) for x in word.observed.split()],
    }


def _shape(viseme: str, names: Mapping[str, str]) -> dict[str, str]:
    """A viseme in a cell: in short, its letter where that is something else, and the whole for who points at it."""
    words = short(viseme, names)
    return {"short": words, "letter": "" if words == viseme else viseme, "whole": named(viseme, names)}


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)
