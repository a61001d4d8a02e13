"""What changed between two runs over the same clips: another version, model, map or aligner.

Conventions
-----------
A run is a report in JSON (``visalign check --json``), or a folder of them, in any depth. Reports are paired by their
path within the folder. ``lead_seconds > 0`` means that the audio leads; a move of the lead is new minus old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import read_json
from visalign.reports.clip_report import ClipReport
from visalign.sync.scoring import SyncScore

__all__ = ["COMPARISON_COLUMNS", "ClipChange", "RunComparison", "compare_runs", "read_report", "read_run"]

COMPARISON_COLUMNS = (
    "clip",
    "old_lead_seconds",
    "new_lead_seconds",
    "lead_moved_seconds",
    "old_verdict",
    "new_verdict",
    "old_viseme_accuracy",
    "new_viseme_accuracy",
    "old_proportion_in_sync",
    "new_proportion_in_sync",
)
"""Columns of :meth:`RunComparison.rows`."""


@dataclass(frozen=True, slots=True)
class ClipChange:
    """One clip in both runs.

    Parameters
    ----------
    name : str
        Path of its report within the run.
    old, new : ClipReport
    """

    name: str
    old: ClipReport
    new: ClipReport

    @property
    def lead_moved(self) -> float | None:
        """Seconds by which the lead moved; None where either run has none."""
        before, after = self.old.sync.lead_seconds, self.new.sync.lead_seconds
        return None if before is None or after is None else after - before

    def is_change(self, tolerance: float) -> bool:
        """Whether the verdict is another one, the lead came or went, or it moved by more than `tolerance` seconds."""
        moved = self.lead_moved
        if moved is None:
            return self.old.sync.lead_seconds != self.new.sync.lead_seconds or self._has_other_verdict
        return self._has_other_verdict or abs(moved) > tolerance

    @property
    def _has_other_verdict(self) -> bool:
        return self.old.sync.verdict != self.new.sync.verdict


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs side by side.

    Parameters
    ----------
    clips : tuple of ClipChange
        Clips of both, by name.
    only_old, only_new : tuple of str
        Reports that the other run lacks.
    """

    clips: tuple[ClipChange, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]

    def changes(self, tolerance: float) -> tuple[ClipChange, ...]:
        """The clips whose result changed; see :meth:`ClipChange.is_change`."""
        return tuple(clip for clip in self.clips if clip.is_change(tolerance))

    @property
    def old_score(self) -> SyncScore:
        """Counts of the old run over the clips of both."""
        return sum((clip.old.score for clip in self.clips), SyncScore.zero())

    @property
    def new_score(self) -> SyncScore:
        """Counts of the new run over the clips of both."""
        return sum((clip.new.score for clip in self.clips), SyncScore.zero())

    def rows(self) -> list[tuple[str | float | None, ...]]:
        """One row a clip of both runs, in the order of :data:`COMPARISON_COLUMNS`."""
        return [
            (
                clip.name,
                clip.old.sync.lead_seconds,
                clip.new.sync.lead_seconds,
                clip.lead_moved,
                clip.old.sync.verdict,
                clip.new.sync.verdict,
                clip.old.score.viseme_accuracy,
                clip.new.score.viseme_accuracy,
                clip.old.score.proportion_in_sync,
                clip.new.score.proportion_in_sync,
            )
            for clip in self.clips
        ]


def compare_runs(old: AnyPath, new: AnyPath) -> RunComparison:
    """Read two runs and pair their clips.

    Parameters
    ----------
    old, new : path-like
        Reports, or folders of reports. Two single reports are paired whatever their names.

    Raises
    ------
    ParseError
        If there is no report, or one can't be read.
    """
    before, after = read_run(old), read_run(new)
    if Path(old).is_file() and Path(new).is_file():
        ((name, first),), ((_, second),) = before.items(), after.items()
        return RunComparison((ClipChange(name, first, second),), (), ())
    return RunComparison(
        tuple(ClipChange(name, before[name], after[name]) for name in sorted(before.keys() & after.keys())),
        _missing(before, after),
        _missing(after, before),
    )


def _missing(run: Mapping[str, ClipReport], other: Mapping[str, ClipReport]) -> tuple[str, ...]:
    return tuple(sorted(run.keys() - other.keys()))


def read_run(path: AnyPath) -> dict[str, ClipReport]:
    """The reports of a run by their path within it.

    Raises
    ------
    ParseError
        If there is no report, or one can't be read.
    """
    root = Path(path)
    if not root.is_dir():
        return {root.name: read_report(root)}
    found: Sequence[Path] = sorted(file for file in root.rglob("*.json") if file.is_file())
    if not found:
        raise ParseError(root, None, "there is no report in this folder; make them with `visalign check --json`")
    return {file.relative_to(root).as_posix(): read_report(file) for file in found}


def read_report(path: AnyPath) -> ClipReport:
    """A report as `visalign check --json` wrote it.

    Raises
    ------
    ParseError
        If the file can't be read or holds something else.
    """
    data = read_json(path)
    if not isinstance(data, dict):
        raise ParseError(path, None, "not a report of `visalign check --json`")
    try:
        return ClipReport.from_dict(data)
    except ParseError as error:
        raise ParseError(path, None, error.reason) from error
