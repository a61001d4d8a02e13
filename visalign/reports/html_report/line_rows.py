"""The lines of a dub as a page shows them: what the release gate says, and a row a line, those that fail first."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from visalign.dubbing.lines import DubbedLine
from visalign.files.timecode import timecode_at
from visalign.reports.clip_report import ClipReport
from visalign.reports.line_table import fault_in_words, gate_in_words, line_verdict_in_words
from visalign.reports.wording import lead_in_words, tells_offset

__all__ = ["gate_verdict", "line_section"]

_TAGS = ("in-sync", "audio-early", "audio-late", "mismatched")


def line_section(report: ClipReport) -> dict[str, Any] | None:
    """What the section of the lines shows; None where they were not measured."""
    dubbing = report.dubbing
    if dubbing is None:
        return None
    gate = dubbing.gate
    rate = report.clip.frame_rate
    return {
        "state": "" if gate is None else "passed" if gate.passed else "failed",
        "gate": gate_in_words(dubbing, report.clip.profile),
        "rows": [_row(line, dubbing.failed(line), rate) for line in dubbing.failing_first],
    }


def gate_verdict(report: ClipReport) -> dict[str, str] | None:
    """What stands at the head of the page where a release gate decides; None where none does."""
    dubbing, sync = report.dubbing, report.sync
    if dubbing is None or dubbing.gate is None:
        return None
    gate = dubbing.gate
    n_failing = len(gate.lines)
    failing = f"{n_failing} of {gate.n_judged} lines {'fails' if n_failing == 1 else 'fail'}."
    by_lines = gate.passed or all(rule.rule == "max_failed_part" for rule in gate.failed)
    unjudged = gate.n_lines - gate.n_judged
    missing = f"{unjudged} of {gate.n_lines} lines could not be judged." if unjudged else ""
    on_the_whole = lead_in_words(sync.lead_seconds) if sync.lead_seconds is not None and tells_offset(sync) else ""
    return {
        "kind": "in-sync" if gate.passed else "fault",
        "tag": f"Release gate {report.clip.profile}: {'passed' if gate.passed else 'not passed'}",
        "headline": ("All lines pass." if not n_failing else failing) if by_lines else "Not to be released.",
        "offset": f"The audio on the whole is {on_the_whole}." if on_the_whole else "",
        "remedy": "" if gate.passed else "See the lines below: those that fail come first.",
        "sure": f"{'' if by_lines else failing} {missing}".strip(),
    }


def _row(line: DubbedLine, failed: tuple[str, ...], rate: Fraction) -> dict[str, Any]:
    times = () if line.start is None or line.end is None else (line.start, line.end)
    leads = (line.lead_seconds, line.start_lead_seconds, line.end_lead_seconds)
    return {
        "number": line.number,
        "text": line.text,
        "speaker": line.speaker,
        "tag": line.verdict if line.verdict in _TAGS else "uncertain",
        "says": line_verdict_in_words(line.verdict),
        "fails": fault_in_words(line, failed),
        "leads": ["–" if lead is None else lead_in_words(lead) for lead in leads],
        "span": [f"{x:.3f}" for x in times],
        "times": [{"seconds": f"{x:.2f}", "code": timecode_at(x, rate)} for x in times]
        or [{"seconds": "–", "code": ""}] * 2,
    }
