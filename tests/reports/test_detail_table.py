"""The table of parts: as a frame, as plain data and back, and as a file."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from visalign.errors import ConfigError
from visalign.reports.detail_table import DETAIL_COLUMNS, detail_frame, detail_items, parse_details, write_details
from visalign.sync.scoring import PartJudgement
from visalign.sync.segments import PartDetails

NAN = math.nan
WORD = PartJudgement(
    *("=bin", 0.3, 0.7, "B IH N", "C I J", "C I", 0.8, 0.0710000004, 0.75, "out-of-step", 0.9),
    *(0.01, 0.08, 0.05, 0.11),
)
UNSEEN = PartJudgement("B", 0.3, 0.4, "B", "C", "", NAN, NAN, NAN, "uncertain", NAN)
PARTS = [PartDetails("word", WORD, 0.5, 1, 1, 0.0, 0.1), PartDetails("phone", UNSEEN, NAN, 1, 0, 0.0, 0.0)]


def test_a_row_is_a_part_with_all_its_measures() -> None:
    frame = detail_frame(PARTS)
    assert tuple(frame.columns) == DETAIL_COLUMNS
    assert frame["kind"].tolist() == ["word", "phone"]
    assert frame.loc[0, ["label", "score", "closures_seen", "overrun_seconds"]].tolist() == ["=bin", 0.75, 1, 0.1]
    assert tuple(detail_frame([]).columns) == DETAIL_COLUMNS


def test_plain_data_come_back_to_the_microsecond() -> None:
    items = json.loads(json.dumps(detail_items(PARTS), allow_nan=False))
    assert (items[0]["lead_seconds"], items[1]["lead_seconds"]) == (0.071, None)
    again = parse_details(items)
    assert again is not None
    assert detail_items(again) == items
    assert math.isnan(again[1].judged.score)
    assert again[0].judged == replace(WORD, lead_seconds=0.071)
    assert parse_details(None) is None
    for item in items:  # as earlier versions wrote them
        del item["in_step"], item["own_lead_seconds"], item["own_lead_low"], item["own_lead_high"]
    older = parse_details(items)
    assert older is not None
    assert math.isnan(older[0].judged.in_step)
    assert older[0].judged.score == WORD.score


def test_half_a_surrogate_pair_is_text_like_any_other() -> None:
    """A label that JSON spells as \\udcff."""
    odd = replace(PARTS[0], judged=replace(WORD, label="a\udcff"))
    assert detail_frame([odd])["label"].tolist() == ["a\udcff"]


def test_the_file_names_the_clip_and_runs_nothing(tmp_path: Path) -> None:
    path = write_details(PARTS, "a.mp4", tmp_path / "parts.csv", {})
    with path.open(newline="", encoding="utf-8") as file:
        word, phone = csv.DictReader(file)
    assert (word["clip"], word["label"], word["start_seconds"]) == ("a.mp4", "'=bin", "0.3")
    assert phone["lead_seconds"] == ""
    with pytest.raises(ConfigError, match=r"\.csv"):
        write_details(PARTS, "a.mp4", tmp_path / "parts.xlsx", {})
