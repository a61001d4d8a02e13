"""`visalign check --profile dubbing`: exit code, lines, page and markers, on a generated clip that is 120 ms early."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from test_cli import run  # type: ignore[import-not-found]

from visalign.face.generated_clip import GeneratedClip


@pytest.fixture(scope="module")
def cues(generated_clip: GeneratedClip, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dub") / "dub.srt"
    path.write_text(f"1\n00:00:00,000 --> 00:00:03,000\n{generated_clip.transcript}\n", encoding="utf-8")
    return path


def test_a_dub_whose_line_fails_is_not_released(
    generated_clip: GeneratedClip, cues: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, lines, page = (tmp_path / name for name in ("dub.json", "dub.csv", "dub.html"))
    written = ("--json", str(report), "--lines", str(lines), "--html", str(page))
    code = run("check", str(generated_clip.path), "--transcript", str(cues), "--profile", "dubbing", *written)
    assert code == 1
    assert "Release gate (dubbing): not passed. 1 of 1 judged lines fail a rule." in capsys.readouterr().out
    data = json.loads(report.read_text(encoding="utf-8"))
    assert data["dubbing"]["gate"]["passed"] is False
    assert "lead" in data["dubbing"]["lines"][0]["failed"]
    with lines.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["verdict"] == "audio-early"
    assert float(row["lead_seconds"]) == pytest.approx(generated_clip.lead_seconds, abs=0.03)
    html = page.read_text(encoding="utf-8")
    assert "1 of 1 lines fails." in html
    assert 'id="lines-heading"' in html
    exported = tmp_path / "dub.edl"
    assert run("export", str(report), "--format", "edl", "-o", str(exported)) == 0
    (marker,) = [x for x in exported.read_text(encoding="utf-8").splitlines() if x.startswith("* LOC")]
    assert "RED" in marker
    assert f"Line 1: {generated_clip.transcript}: 1" in marker
    assert " ms early" in marker


def test_a_gate_of_ones_own_decides_by_the_exit_code(
    generated_clip: GeneratedClip, cues: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = tmp_path / "house.toml"
    house.write_text("[verdict]\nmax_lead_seconds = 0.3\n\n[gate]\nmax_start_seconds = 0.5\nmax_failed_part = 0.0\n")
    code = run("check", str(generated_clip.path), "--transcript", str(cues), "--profile", str(house))
    assert "Release gate (custom): passed." in capsys.readouterr().out
    assert code == 0


def test_lines_can_be_had_without_a_gate(generated_clip: GeneratedClip, cues: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.csv"
    code = run("check", str(generated_clip.path), "--transcript", str(cues), "--lines", str(lines), "--quiet")
    assert code == 1  # early by the default profile
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 2


def test_a_profile_that_is_no_file_is_named(
    generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("check", str(generated_clip.path), "--profile", str(tmp_path / "none.toml"))
    assert code == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "none.toml: can't be read" in line
