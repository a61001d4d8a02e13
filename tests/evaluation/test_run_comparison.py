"""Two runs side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sample_report import EARLY, make_report
from typer.testing import CliRunner

from visalign.cli import app
from visalign.errors import ParseError
from visalign.evaluation.run_comparison import COMPARISON_COLUMNS, compare_runs, read_report
from visalign.sync.verdict import SyncEstimate

LATE = replace(EARLY, lead_seconds=-0.1, verdict="audio-late")


def run_of(folder: Path, **leads: SyncEstimate) -> Path:
    for name, sync in leads.items():
        path = folder / "speaker" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        make_report(sync=sync).write(path)
    return folder


@pytest.mark.parametrize(("moved", "n"), [(0.019, 0), (-0.019, 0), (0.021, 1), (-0.021, 1)])
def test_a_lead_that_moves_by_more_than_the_tolerance_is_a_change(tmp_path: Path, moved: float, n: int) -> None:
    old = run_of(tmp_path / "old", a=EARLY)
    new = run_of(tmp_path / "new", a=replace(EARLY, lead_seconds=0.0830001 + moved))
    found = compare_runs(old, new)
    assert len(found.changes(0.02)) == n
    assert found.clips[0].lead_moved == pytest.approx(moved, abs=2e-6)


def test_another_verdict_is_a_change_however_little_the_lead_moves(tmp_path: Path) -> None:
    old, new = run_of(tmp_path / "old", a=EARLY), run_of(tmp_path / "new", a=replace(EARLY, verdict="uncertain"))
    assert [clip.name for clip in compare_runs(old, new).changes(1.0)] == ["speaker/a.json"]


def test_a_lead_that_is_lost_is_a_change(tmp_path: Path) -> None:
    nothing = SyncEstimate(None, None, 0.0, "uncertain", "no face")
    old, new = run_of(tmp_path / "old", a=nothing, b=nothing), run_of(tmp_path / "new", a=EARLY, b=nothing)
    found = compare_runs(old, new)
    assert [clip.name for clip in found.changes(1.0)] == ["speaker/a.json"]
    assert found.clips[0].lead_moved is None


def test_clips_of_one_run_only_are_named_and_scores_add_up(tmp_path: Path) -> None:
    old = run_of(tmp_path / "old", a=EARLY, b=EARLY, gone=EARLY)
    new = run_of(tmp_path / "new", a=EARLY, b=EARLY, come=EARLY)
    found = compare_runs(old, new)
    assert (found.only_old, found.only_new) == (("speaker/gone.json",), ("speaker/come.json",))
    assert found.old_score == found.new_score == make_report().score + make_report().score
    assert [len(row) for row in found.rows()] == [len(COMPARISON_COLUMNS)] * 2


def test_two_files_are_paired_whatever_their_names(tmp_path: Path) -> None:
    make_report().write(tmp_path / "before.json")
    make_report(sync=LATE).write(tmp_path / "after.json")
    result = CliRunner().invoke(app, ["compare", f"{tmp_path}/before.json", f"{tmp_path}/after.json"])
    assert result.exit_code == 1
    assert "-100" in result.output
    assert "audio-late" in result.output


def test_the_command_tells_and_writes(tmp_path: Path) -> None:
    old, new = run_of(tmp_path / "old", a=EARLY, b=EARLY), run_of(tmp_path / "new", a=EARLY, b=LATE)
    csv = tmp_path / "changes.csv"
    result = CliRunner().invoke(app, ["compare", str(old), str(new), "--csv", str(csv)])
    assert result.exit_code == 1
    assert "2 clips in both runs, 1 changed" in result.output
    rows = csv.read_text().splitlines()
    assert rows[0] == ",".join(COMPARISON_COLUMNS)
    assert rows[2].startswith("speaker/b.json,0.083,-0.1,-0.183,audio-early,audio-late")
    assert CliRunner().invoke(app, ["compare", str(old), str(old), "-q"]).exit_code == 0
    assert CliRunner().invoke(app, ["compare", str(old), str(new), "--tolerance", "-1"]).exit_code == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00", "[" * 100_000, '{"schema_version": 1}'])
def test_what_is_no_report_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(ParseError, match=r"odd\.json"):
        read_report(path)
    with pytest.raises(ParseError, match=r"nothing\.json.*check the name"):
        read_report(tmp_path / "nothing.json")


def test_a_folder_without_reports_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="visalign check --json"):
        compare_runs(tmp_path, tmp_path)
