"""What the tests of batches share: clips for the quick worker, runs with it, and what came out."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from visalign.batch import BatchEvent, BatchResult, BatchSettings, run_batch
from visalign.batch.engines import LocalEngine
from visalign.corpora.clip_list import Manifest

HERE = Path(__file__).parent
POISONED = [sys.executable, str(HERE / "poisoned_worker.py")]
QUICK = [*POISONED, "--quick"]


def make_clips(folder: Path, names: Sequence[str]) -> Path:
    """A folder of clips for the quick worker: each holds its lead in milliseconds."""
    folder.mkdir(exist_ok=True)
    for n, name in enumerate(names):
        (folder / f"{name}.mp4").write_text(str(10 * n), encoding="ascii")
    return folder


def run(
    source: Path | Manifest,
    out: Path,
    settings: BatchSettings | None = None,
    *,
    worker: Sequence[str] = QUICK,
    jobs: int = 1,
    on_event: Callable[[BatchEvent], None] | None = None,
) -> BatchResult:
    settings = settings or BatchSettings(time_limit_seconds=60)
    return run_batch(source, out, settings, engine=LocalEngine(jobs, worker), on_event=on_event)


def rows_of(out: Path, name: str = "summary.csv") -> dict[str, dict[str, str]]:
    with (out / name).open(encoding="utf-8", newline="") as file:
        return {row.get("id") or row["group"] + row["value"]: row for row in csv.DictReader(file)}


def n_worked(folder: Path) -> dict[str, int]:
    """How often each clip was worked on, by the quick worker's own count."""
    return {path.stem: path.stat().st_size for path in folder.glob("*.count")}
