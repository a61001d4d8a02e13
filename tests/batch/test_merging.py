"""Shards put together are the batch that was never divided."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests_of_batches import make_clips, rows_of, run

from visalign.batch import BatchSettings
from visalign.batch.ledger import LEDGER_NAME, Ledger, only_run
from visalign.batch.merging import merge_batches
from visalign.config import Config
from visalign.errors import InputError, OutputError, ParseError

NAMES = [*"hgfedcba", "crash"]


def shard(tmp_path: Path, i: int, n: int, out: str) -> Path:
    run(make_clips(tmp_path / "clips", NAMES), tmp_path / out, BatchSettings(time_limit_seconds=60, shard=(i, n)))
    return tmp_path / out


def test_merged_shards_are_the_whole(tmp_path: Path) -> None:
    parts = [shard(tmp_path, i, 2, f"part{i}") for i in (1, 2)]
    counts, warnings = merge_batches(parts, tmp_path / "merged")
    assert (counts["done"], counts["failed"], warnings) == (8, 1, [])
    run(tmp_path / "clips", tmp_path / "whole")
    for name in ("summary.csv", "groups.csv"):
        assert (tmp_path / "merged" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    for report in (tmp_path / "whole/reports").iterdir():
        assert (tmp_path / "merged/reports" / report.name).read_bytes() == report.read_bytes()
    # What was merged counts as done.
    again = run(tmp_path / "clips", tmp_path / "merged")
    assert (again.run_done, again.run_failed, again.skipped) == (0, 0, 9)


def test_missing_shards_are_told_and_come_in_later(tmp_path: Path) -> None:
    first = shard(tmp_path, 1, 3, "part1")
    counts, warnings = merge_batches([first], tmp_path / "merged")
    assert warnings == ["shard 2/3 is not among the folders", "shard 3/3 is not among the folders"]
    others = [shard(tmp_path, i, 3, f"part{i}") for i in (2, 3)]
    more, warnings = merge_batches([first, *others], tmp_path / "merged")
    assert warnings == []
    assert counts["done"] < more["done"] == 8
    assert sorted(rows_of(tmp_path / "merged")) == sorted(NAMES)


def test_of_two_batches_the_better_row_counts(tmp_path: Path) -> None:
    folder = make_clips(tmp_path / "clips", ["a", "crash"])
    settings = BatchSettings(time_limit_seconds=60, only=("crash",))
    run(folder, tmp_path / "one", settings)
    run(folder, tmp_path / "two", BatchSettings(time_limit_seconds=60, only=("a",)))
    counts, _ = merge_batches([tmp_path / "one", tmp_path / "two"], tmp_path / "merged")
    assert (counts["done"], counts["failed"], counts["pending"]) == (1, 1, 0)


def test_what_does_not_belong_together(tmp_path: Path) -> None:
    folder = make_clips(tmp_path / "clips", ["a"])
    run(folder, tmp_path / "one")
    other = Config.from_dict({"verdict": {"profile": "film"}})
    run(folder, tmp_path / "two", BatchSettings(time_limit_seconds=60, config=other))
    with pytest.raises(InputError, match="results of different files, settings or versions: a"):
        merge_batches([tmp_path / "one", tmp_path / "two"], tmp_path / "merged")
    with pytest.raises(OutputError, match="one of the folders to merge"):
        merge_batches([tmp_path / "one"], tmp_path / "one")
    with pytest.raises(ParseError, match="there is no ledger"):
        merge_batches([tmp_path / "clips"], tmp_path / "merged")
    with only_run(tmp_path / "one"), pytest.raises(InputError, match="a run is at work"):
        merge_batches([tmp_path / "one"], tmp_path / "merged")


def test_a_lost_report_is_made_by_the_next_run(tmp_path: Path) -> None:
    folder = make_clips(tmp_path / "clips", ["a", "b"])
    run(folder, tmp_path / "one")
    (tmp_path / "one/reports/a.json").unlink()
    merge_batches([tmp_path / "one"], tmp_path / "merged")
    with Ledger(tmp_path / "merged" / LEDGER_NAME) as ledger:
        assert [ledger.entry(name).state for name in "ab"] == ["pending", "done"]
    assert run(folder, tmp_path / "merged").run_done == 1
