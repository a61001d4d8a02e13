"""The results of a large batch, as `visalign batch` would have left them; for tests of its page."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from sample_report import make_report

from visalign.batch import SUMMARY_COLUMNS
from visalign.files.text_files import format_table

N_WORDS = 8
LIMITS = (0.04, 0.06)


def write_batch(folder: Path, n_clips: int, *, ids: list[str] | None = None, message: str = "no face") -> Path:
    """A folder with a summary of `n_clips` clips and the report of each that is done; one in a hundred failed."""
    rng = np.random.default_rng(0)
    rows = []
    for k in range(n_clips):
        name = ids[k] if ids else f"s{k % 20}/clip{k:05d}"
        is_done = k % 100 != 99
        lead = float(np.clip(rng.normal(0.0, 0.02) + (0.15 if k % 17 == 0 else 0.0), -0.45, 0.45))
        report = f"reports/{k // 1000}/clip{k:05d}.json" if is_done else ""
        if is_done:
            path = folder / report
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(report_of(lead, rng)), encoding="utf-8")
        rows.append(row_of(name, report, lead if is_done else None, k, message))
    (folder / "summary.csv").write_text(format_table(SUMMARY_COLUMNS, rows), encoding="utf-8", newline="")
    return folder


@functools.cache
def _template() -> dict[str, Any]:
    return make_report().to_dict()


def verdict_of(lead: float) -> str:
    return "audio-early" if lead > LIMITS[0] else "audio-late" if lead < -LIMITS[1] else "in-sync"


def report_of(lead: float, rng: np.random.Generator) -> dict[str, Any]:
    """What the page reads of a report, in the form that reports have."""
    data = _template()
    leads = rng.normal(lead, 0.01, N_WORDS).round(6).tolist()
    return data | {"words": [data["words"][0] | {"lead_seconds": x} for x in leads]}


def row_of(name: str, report: str, lead: float | None, k: int, message: str) -> list[Any]:
    n_right = 0 if lead is None else N_WORDS if verdict_of(lead) == "in-sync" else 1
    known = {
        "id": name,
        "clip": f"{name}.mp4",
        "report": report,
        "state": "failed" if lead is None else "done",
        "verdict": None if lead is None else verdict_of(lead),
        "lead_seconds": lead,
        "confidence": None if lead is None else 0.9 + 0.001 * (k % 100),
        "n_words": None if lead is None else N_WORDS,
        "n_words_in_sync": None if lead is None else n_right,
        "speaker": f"s{k % 20}",
        "condition": "quiet" if k % 2 else "noisy",
        "message": message if lead is None else None,
    }
    return [known.get(column) for column in SUMMARY_COLUMNS]
