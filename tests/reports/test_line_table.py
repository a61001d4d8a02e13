"""The lines of a dub as data, as a table and in words."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from visalign.dubbing.gate import dubbing_gate
from visalign.dubbing.lines import LINE_VERDICTS, DubbedLine
from visalign.dubbing.programme import Dubbing
from visalign.errors import ConfigError
from visalign.parameters import GATES, GateParams
from visalign.reports.line_table import (
    LINE_COLUMNS,
    dubbing_data,
    fault_in_words,
    gate_in_words,
    line_verdict_in_words,
    parse_dubbing,
    write_lines,
)
from visalign.sync.verdict import SyncEstimate

LINE = DubbedLine(
    *(1, "pump, up", "bob", 0.5, 3.5, 1.0, 3.0, "audio-late"),
    lips_start=0.9,
    lips_end=2.5,
    seen=1.0,
    lead_seconds=-0.15,
    lead_interval=(-0.18, -0.12),
    start_lead_seconds=-0.1,
    end_lead_seconds=-0.2,
    beyond=1.0,
    start_beyond=0.1,
    end_beyond=0.97,
    match=0.98,
    overlap=0.75,
    isochrony=0.5,
    overrun_seconds=0.6,
    dead_air_seconds=0.7,
    n_closures=4,
    n_closures_met=1,
    n_open=1,
    n_open_closed=1,
)
UNSEEN = DubbedLine(2, "who?", "", 4.0, 5.0, None, None, "not-heard")


def made(*lines: DubbedLine, rules: GateParams = GATES["dubbing"]) -> Dubbing:
    gate = dubbing_gate(lines, SyncEstimate(0.0, None, 1.0, "in-sync"), rules) if rules.is_on else None
    return Dubbing(lines, rules, gate)


def test_data_are_read_back_as_they_were() -> None:
    dubbing = made(LINE, UNSEEN)
    data = dubbing_data(dubbing)
    assert dubbing_data(parse_dubbing(data)) == data  # type: ignore[arg-type]
    assert data["lines"][0]["failed"] == ["lead", "end", "overrun", "dead-air", "closures", "open-vowels"]
    assert data["lines"][1]["failed"] == []
    assert data["gate"]["passed"] is False
    assert (data["gate"]["n_lines"], data["gate"]["n_judged"], data["gate"]["n_failing"]) == (2, 1, 1)
    assert data["percentiles"]["lead_seconds"] == {"p50": 0.15, "p90": 0.15, "p99": 0.15}
    assert parse_dubbing(None) is None


def test_without_rules_there_are_lines_and_no_gate() -> None:
    data = dubbing_data(made(LINE, rules=GateParams()))
    assert data["gate"] is None
    assert parse_dubbing(data) == made(LINE, rules=GateParams())


def test_a_line_is_a_row(tmp_path: Path) -> None:
    path = write_lines(made(LINE, UNSEEN), tmp_path / "lines.csv")
    with path.open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == LINE_COLUMNS
    assert (first["text"], first["failed"]) == ("pump, up", "lead end overrun dead-air closures open-vowels")
    assert (float(first["lead_low"]), float(first["lead_high"])) == (-0.18, -0.12)
    assert (second["verdict"], second["lead_seconds"], second["start"]) == ("not-heard", "", "")
    with pytest.raises(ConfigError, match=r"\.csv"):
        write_lines(made(LINE), tmp_path / "lines.txt")


def test_faults_are_told_with_their_measures() -> None:
    rules = ("lead", "match", "start", "end", "overrun", "dead-air", "closures", "open-vowels", "isochrony")
    assert fault_in_words(LINE, rules).split("; ") == [
        "150 ms late",
        "other words than the lips say (probability that they are the same: 98%)",
        "begins 100 ms late",
        "ends 200 ms late",
        "heard for 0.6 s while the mouth is still",
        "the mouth moves for 0.7 s while nothing is heard",
        "the lips close for 1 of 4 P, B and M",
        "the lips are closed in 1 of 1 open vowels",
        "lips and voice go together for 50% of its time",
    ]
    assert fault_in_words(LINE, ()) == ""
    assert all(line_verdict_in_words(verdict) for verdict in LINE_VERDICTS)


def test_the_gate_is_told_with_its_reasons() -> None:
    told = gate_in_words(made(LINE, UNSEEN), "dubbing")
    assert told == (
        "Release gate (dubbing): not passed. 1 of 1 judged lines fail a rule; 1 could not be judged. "
        "Lines are off by p50 150 ms, p90 150 ms, p99 150 ms."
    )
    unseen = gate_in_words(made(UNSEEN), "dubbing")
    assert "0% of the lines could be judged, wanted are 50%" in unseen
    good = replace(LINE, verdict="in-sync", end_beyond=0.0, overrun_seconds=0.0, dead_air_seconds=0.0, n_closures=0)
    assert gate_in_words(made(replace(good, n_open_closed=0)), "dubbing").startswith("Release gate (dubbing): passed.")
    assert gate_in_words(made(LINE, rules=GateParams()), "dubbing") == ""
