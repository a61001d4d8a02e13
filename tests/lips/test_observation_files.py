"""Files of what the lips show, where the command's end-to-end test does not reach."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips

from visalign.errors import ConfigError
from visalign.lips.observation_files import write_observation
from visalign.lips.viseme_decoder import DecodedVisemes
from visalign.timeline import Tier

TIMES = 0.02 + 0.04 * np.arange(6)
CLOSED = np.array([0.1, 0.9, 0.8, np.nan, 0.1, 0.1])
DECODED = DecodedVisemes(
    Tier("observed visemes", (0.0, 0.12, 0.16, 0.24), ("A", "", "S")),
    TIMES,
    ("A", "S"),
    np.column_stack([CLOSED, 1 - CLOSED]),
    CLOSED,
)
LIPS = make_lips(np.ones((6, len(NAMES))), faceless=[3])


def test_a_frame_without_a_face_has_empty_cells(tmp_path: Path) -> None:
    with write_observation(tmp_path / "lips.csv", LIPS, DECODED, silence="S").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["viseme"] for row in rows] == ["A", "A", "A", "", "S", "S"]
    assert {value for name, value in rows[3].items() if name not in {"time_seconds", "viseme"}} == {""}
    assert rows[1]["p_closed"] == rows[1]["p_A"] == "0.9"


def test_twice_as_many_frames_as_moments(tmp_path: Path) -> None:
    lips = make_lips(np.ones((12, len(NAMES))), times=frame_times(12, 50))
    with write_observation(tmp_path / "lips.csv", lips, DECODED, silence="S").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["p_closed"] for row in rows[:4]] == ["0.1", "0.1", "0.9", "0.9"]


def test_the_same_lips_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("lips.csv", "lips.npz", "lips.TextGrid"):
        first = write_observation(tmp_path / name, LIPS, DECODED, silence="S").read_bytes()
        assert write_observation(tmp_path / name, LIPS, DECODED, silence="S").read_bytes() == first


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TextGrid"):
        write_observation(tmp_path / "lips.xlsx", LIPS, DECODED, silence="S")
    assert list(tmp_path.iterdir()) == []
