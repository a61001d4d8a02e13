"""Reports of trainings and adaptations: what was left out, and why, as JSON or as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from visalign.errors import AnyPath
from visalign.files.outputs import writer_for
from visalign.files.text_files import format_json, format_table, write_text

__all__ = ["REPORT_SUFFIXES", "as_row", "tell_nobody", "write_report"]

REPORT_SUFFIXES = (".json", ".csv")

COLUMNS = ("utterance", "speaker", "kind", "reason")


def tell_nobody(_stage: str, _part: float | None) -> None:
    """In the place of somebody who wants to know how far a run is."""


def as_row(name: str, speaker: str, kind: str, reason: str) -> dict[str, str]:
    """An utterance that is `left out` or `doubted`, and why."""
    return {"utterance": name, "speaker": speaker, "kind": kind, "reason": reason}


def write_report(path: AnyPath, report: Mapping[str, Any]) -> Path:
    """Write a report: all of it as ``.json``, what was left out or is doubted as ``.csv``.

    Raises
    ------
    ConfigError
        If the ending is another one.
    OutputError
        If the place can't be written to.
    """
    rows = [[x[key] for key in COLUMNS] for x in (*report["left_out"], *report["doubted"])]
    writers: dict[str, Callable[[], str]] = {
        ".json": lambda: format_json(dict(report)),
        ".csv": lambda: format_table(COLUMNS, rows),
    }
    return write_text(path, writer_for(path, writers, "report")())
