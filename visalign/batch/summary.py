"""The summary of a batch: a row a clip, and counts added up over speakers, conditions and maps.

Columns of ``summary.csv``, a row a clip in the order of the manifest:

=====================  =================================================================================================
id                     name of the clip within the batch
clip                   the video file, as written in the manifest
report                 path of its JSON report, relative to the summary; empty for a clip that is not done
state                  done, failed or pending
verdict                in-sync, audio-early, audio-late, mismatched or uncertain
passed                 1 if the verdict is the expected one, else 0; where none is given: in-sync, or the gate passed
lead_seconds           how early the audio is (negative: late)
lead_low_seconds       lower bound of its 95 % interval
lead_high_seconds      upper bound
confidence             probability, 0..1, that the lead is right to within 40 ms
viseme_accuracy        part of the frames, 0..1, that show an expected viseme
proportion_in_sync     part of the words, 0..1, that are in sync
n_frames               frames that were judged …
n_frames_right         … and those that show an expected viseme
n_words                words that were judged …
n_words_in_sync        … and those that are in sync
speaker, condition     as written in the manifest
expected               as written in the manifest
audio                  separate sound, as written in the manifest
viseme_map             name of the map that was used
duration_seconds       of the picture
face_fraction          part of the frames with a face, 0..1
snr_db                 speech over pauses, dB
n_warnings             warnings in the report
sync_reason            why the verdict is uncertain or mismatched
failure                code of the reason why the clip failed (:data:`visalign.batch.reasons.REASONS`)
message                the same in words, and what to do
n_lip_words            words said, where a grammar was given to read them off the lips …
n_lip_word_errors      … and the errors of reading them
n_lip_visemes          the same for the visemes of these words …
n_lip_viseme_errors    … and their errors
lip_word_error_rate    errors a word said; above 1 where more was read than said
lip_viseme_error_rate  errors a viseme said
gate                   passed or failed, where the profile has a release gate …
n_lines                lines of the dub …
n_lines_failed         … and those that fail one of its rules
=====================  =================================================================================================

What does not apply is empty. Columns keep their names and order; new ones come at the end. The summary holds no date,
no cost and no trace of the order of work: the same clips, settings and version give the same bytes, however often the
run was interrupted. What the clips cost is in ``costs.csv``.

``groups.csv`` has a row for all clips and one for each speaker, condition and map: ``group, value, n_clips, n_done,
n_failed, n_pending, n_passed``, a column for each verdict, the four counts, the two proportions that follow from them,
and counts and rates of lip reading. Counts add up: the row of all clips is the sum of the rows of any one kind of
group, and shards may be added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from visalign.batch.ledger import Entry, Ledger
from visalign.errors import AnyPath, BackendUnavailable
from visalign.files.outputs import whole_file
from visalign.files.text_files import Cell, format_table, write_text

__all__ = ["COST_COLUMNS", "GROUP_COLUMNS", "SUMMARY_COLUMNS", "Tally", "group_rows", "summary_row", "write_summary"]

SUMMARY_COLUMNS = (
    *("id", "clip", "report", "state", "verdict", "passed"),
    *("lead_seconds", "lead_low_seconds", "lead_high_seconds", "confidence", "viseme_accuracy", "proportion_in_sync"),
    *("n_frames", "n_frames_right", "n_words", "n_words_in_sync"),
    *("speaker", "condition", "expected", "audio", "viseme_map"),
    *("duration_seconds", "face_fraction", "snr_db", "n_warnings", "sync_reason", "failure", "message"),
    *("n_lip_words", "n_lip_word_errors", "n_lip_visemes", "n_lip_viseme_errors"),
    *("lip_word_error_rate", "lip_viseme_error_rate"),
    *("gate", "n_lines", "n_lines_failed"),
)
"""Columns of ``summary.csv``."""

VERDICTS = ("in-sync", "audio-early", "audio-late", "mismatched", "uncertain")
_COUNTS = ("n_frames", "n_frames_right", "n_words", "n_words_in_sync")
_LIP_COUNTS = ("n_lip_words", "n_lip_word_errors", "n_lip_visemes", "n_lip_viseme_errors")
GROUP_COLUMNS = (
    *("group", "value", "n_clips", "n_done", "n_failed", "n_pending", "n_passed"),
    *(f"n_{verdict.replace('-', '_')}" for verdict in VERDICTS),
    *_COUNTS,
    *("viseme_accuracy", "proportion_in_sync"),
    *_LIP_COUNTS,
    *("lip_word_error_rate", "lip_viseme_error_rate"),
)
"""Columns of ``groups.csv``."""

COST_COLUMNS = ("id", "state", "failure", "runs", "wall_seconds", "cpu_seconds", "peak_mb")
"""Columns of ``costs.csv``: how often a clip was begun with its present key, and what the last time took."""

_KINDS = ("speaker", "condition", "viseme_map")


def summary_row(entry: Entry) -> dict[str, Cell]:
    """The row of one clip, by the names of :data:`SUMMARY_COLUMNS`."""
    result: Mapping[str, Any] = entry.result or {}
    is_done = entry.state == "done"
    clip = entry.clip
    known: dict[str, Cell] = {
        "id": clip.id,
        "clip": clip.clip,
        "report": entry.report if is_done else None,
        "state": "pending" if entry.state == "running" else entry.state,
        "passed": int(clip.passes(result["verdict"], result.get("gate"))) if is_done else None,
        "speaker": clip.speaker,
        "condition": clip.condition,
        "expected": clip.expected,
        "audio": clip.audio,
        "failure": entry.reason,
        "message": entry.message,
    }
    return {name: known[name] if name in known else result.get(name) for name in SUMMARY_COLUMNS}


@dataclass(slots=True)
class Tally:
    """Counts over clips; they add up."""

    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("done", "failed", "pending"), 0))
    verdicts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERDICTS, 0))
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*_COUNTS, *_LIP_COUNTS), 0))
    n_passed: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a clip by its row of the summary."""
        self.states[row["state"]] += 1
        if row["state"] == "done":
            self.verdicts[row["verdict"]] += 1
            self.n_passed += row["passed"]
            for name in self.counts:
                self.counts[name] += row[name] or 0

    def row(self, group: str, value: str) -> list[Cell]:
        """The row of a group, in the order of :data:`GROUP_COLUMNS`."""
        return [
            *(group, value, sum(self.states.values())),
            *self.states.values(),
            self.n_passed,
            *self.verdicts.values(),
            *(self.counts[name] for name in _COUNTS),
            _part(self.counts["n_frames_right"], self.counts["n_frames"]),
            _part(self.counts["n_words_in_sync"], self.counts["n_words"]),
            *(self.counts[name] for name in _LIP_COUNTS),
            _part(self.counts["n_lip_word_errors"], self.counts["n_lip_words"]),
            _part(self.counts["n_lip_viseme_errors"], self.counts["n_lip_visemes"]),
        ]


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def group_rows(rows: Iterable[Mapping[str, Any]]) -> list[list[Cell]]:
    """Rows of ``groups.csv``: all clips, then each value of each kind of group, sorted."""
    total, groups = Tally(), dict[tuple[int, str], Tally]()
    for row in rows:
        total.add(row)
        for number, kind in enumerate(_KINDS):
            groups.setdefault((number, row[kind] or ""), Tally()).add(row)
    named = ((_KINDS[number], value, tally) for (number, value), tally in sorted(groups.items(), key=lambda x: x[0]))
    return [total.row("all", ""), *(tally.row(kind, value) for kind, value, tally in named)]


def write_summary(out: AnyPath, ledger: Ledger, *, parquet: bool = False) -> None:
    """Write ``summary.csv``, ``groups.csv`` and ``costs.csv`` into `out`, and with `parquet` ``summary.parquet``.

    Raises
    ------
    OutputError
        If they can't be written.
    BackendUnavailable
        If Parquet is asked for and pyarrow is not installed.
    """
    out = Path(out)
    # Row by row, each table in a pass of its own: a hundred thousand rows at once would take 200 MB.
    write_text(out / "summary.csv", format_table(SUMMARY_COLUMNS, (tuple(row.values()) for row in _rows(ledger))))
    write_text(out / "groups.csv", format_table(GROUP_COLUMNS, group_rows(_rows(ledger))))
    write_text(out / "costs.csv", format_table(COST_COLUMNS, map(_cost_row, ledger.entries())))
    if parquet:
        _write_parquet(out / "summary.parquet", list(_rows(ledger)))


def _rows(ledger: Ledger) -> Iterator[dict[str, Cell]]:
    return map(summary_row, ledger.entries())


def _cost_row(entry: Entry) -> list[Cell]:
    state = "pending" if entry.state == "running" else entry.state
    return [entry.clip.id, state, entry.reason, *(getattr(entry, name) for name in COST_COLUMNS[3:])]


def require_parquet() -> None:
    """Raise BackendUnavailable where Parquet can't be written."""
    try:
        # An optional library, and 150 MB of it.
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise BackendUnavailable("pyarrow", 'Install it: pip install "visalign[parquet]".') from error


def _write_parquet(path: Path, rows: list[dict[str, Cell]]) -> None:
    require_parquet()
    # As above.
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"passed": pa.int64(), "confidence": pa.float64(), "viseme_accuracy": pa.float64(), "snr_db": pa.float64()}

    def kind(name: str) -> Any:
        if name in kinds or name.startswith("n_"):
            return kinds.get(name, pa.int64())
        is_number = name.endswith(("_seconds", "_rate")) or name in {"proportion_in_sync", "face_fraction"}
        return pa.float64() if is_number else pa.string()

    schema = pa.schema([(name, kind(name)) for name in SUMMARY_COLUMNS])
    with whole_file(path) as draft:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), draft)
