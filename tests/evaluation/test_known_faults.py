"""Evaluation on known faults: each measure by hand, and a run over generated clips."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from visalign import cli
from visalign.evaluation.known_faults import Evaluation


def made() -> Evaluation:
    """Two speakers, whose cameras are 10 ms early and 0 ms; errors of 0, 30 and 50 ms."""
    offsets = pd.DataFrame(
        [
            ("a1", "a", 0.0, 0.010, -0.02, 0.04, 0.9),
            ("a1", "a", 0.1, 0.140, 0.12, 0.16, 0.9),
            ("b1", "b", 0.0, 0.000, -0.03, 0.03, 0.9),
            ("b1", "b", 0.1, 0.050, 0.02, 0.08, 0.9),
        ],
        columns=["clip", "speaker", "shift_seconds", "lead_seconds", "low_seconds", "high_seconds", "confidence"],
    )
    windows = pd.DataFrame(
        [("a1", "a", 5, 0.2, 0.04, 0.9), ("a1", "a", 5, 0.4, 0.2, 0.5), ("b1", "b", 5, 0.2, np.nan, 0.0)],
        columns=["clip", "speaker", "n_frames", "start_seconds", "lead_seconds", "confidence"],
    )
    words = pd.DataFrame(
        [
            ("a1", "a", "genuine", "x", 0.0, 0.9, False),
            ("a1", "a", "half by 120 ms", "x", 0.0, 0.1, True),
            ("a1", "a", "half by 120 ms", "y", 0.0, 0.95, True),
            ("a1", "a", "half by 120 ms", "z", 0.0, 0.0, False),
        ],
        columns=["clip", "speaker", "condition", "word", "start_seconds", "score", "is_at_fault"],
    )
    clips = pd.DataFrame(
        [
            ("a1", "a", "genuine", "in-sync", 0.0, 0.9),
            ("b1", "b", "genuine", "uncertain", 0.0, 0.9),
            ("b1", "b", "dubbed", "mismatched", 0.0, 0.9),
        ],
        columns=["clip", "speaker", "condition", "verdict", "lead_seconds", "confidence"],
    )
    return Evaluation(offsets, windows, words, clips, ())


def test_the_summary_by_hand() -> None:
    table = made().summary().set_index("speaker")
    assert table.index.tolist() == ["a", "b", "all"]
    assert table["n_clips"].tolist() == [1, 1, 2]
    assert table["within_20_ms"].tolist() == [0.5, 0.5, 0.5]  # 0 and 30 ms; 0 and -50 ms
    assert table["within_40_ms"].tolist() == [1.0, 0.5, 0.75]
    assert table["interval_coverage"].tolist() == [0.5, 0.5, 0.5]
    assert table["window_5"].tolist() == pytest.approx([0.5, 0.0, 1 / 3])
    assert table.loc["a", "auc_120_ms"] == 0.5  # of the two at fault one is below
    assert np.isnan(table.loc["b", "auc_120_ms"])
    assert table["genuine_passed"].tolist() == [1.0, 0.0, 0.5]
    assert table.loc["b", "dubbed_withheld"] == 1.0


def test_tables_are_csv_and_markdown() -> None:
    texts = made().tables()
    assert set(texts) == {"offsets.csv", "windows.csv", "words.csv", "clips.csv", "summary.csv", "summary.md"}
    assert [row["speaker"] for row in csv.DictReader(texts["summary.csv"].splitlines())] == ["a", "b", "all"]
    assert "| offset within 40 ms | 100.0 % | 50.0 % | 75.0 % |" in texts["summary.md"]
    assert "| AUC of words, another sentence | - | - | - |" in texts["summary.md"]


@pytest.mark.slow
def test_a_run_over_clips_leaves_the_damaged_out(
    tmp_path: Path, made_once: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    for seed, text in ((0, "maybe papa will move my boats"), (2, "bob would buy five apples now")):
        shutil.copy(made_once.clip(text=text, seed=seed, size_px=200).path, folder / f"clip{seed}.mp4")
        (folder / f"clip{seed}.txt").write_text(text)
    (folder / "bad.mp4").write_bytes(b"not a clip")
    (folder / "bad.txt").write_text("bin blue")
    (folder / "unsaid.mp4").write_bytes(b"")
    with pytest.raises(SystemExit) as end:
        cli.main(["evaluate", str(folder), "--out", str(out), "--no-windows"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    assert "bad.mp4" in told
    assert "unsaid.mp4 (no transcript beside it)" in told
    with (out / "summary.csv").open(newline="") as file:
        total = next(row for row in csv.DictReader(file) if row["speaker"] == "all")
    assert total["n_clips"] == "2"
    assert float(total["within_40_ms"]) == 1.0
    assert float(total["auc_200_ms"]) > 0.8
    with (out / "clips.csv").open(newline="") as file:
        conditions = [row["condition"] for row in csv.DictReader(file)]
    assert sorted(conditions) == ["dubbed", "dubbed", "genuine", "genuine"]


def test_a_folder_without_usable_clips_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"not a clip")
    (tmp_path / "bad.txt").write_text("bin blue")
    with pytest.raises(SystemExit) as end:
        cli.main(["evaluate", str(tmp_path), "--out", str(tmp_path / "out")])
    assert end.value.code == 3
    assert "no clip could be analysed. bad.mp4" in capsys.readouterr().err
