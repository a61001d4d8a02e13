"""The rules of the release gate, each on a line or a programme made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from visalign.dubbing.gate import LINE_RULES, dubbing_gate, failed_rules, percentiles
from visalign.dubbing.lines import DubbedLine
from visalign.dubbing.programme import Dubbing
from visalign.parameters import GATES, GateParams
from visalign.sync.verdict import Cause, SyncEstimate

GOOD = DubbedLine(
    *(1, "good morning", "anna", 0.9, 3.1, 1.0, 3.0, "in-sync"),
    seen=1.0,
    lead_seconds=0.01,
    start_beyond=0.0,
    end_beyond=0.0,
    match=0.99,
    isochrony=0.6,
    overrun_seconds=0.0,
    dead_air_seconds=0.0,
    n_closures=4,
    n_closures_met=4,
    n_open=3,
)
IN_SYNC = SyncEstimate(0.0, (-0.01, 0.01), 1.0, "in-sync")
RULES = replace(GATES["dubbing"], min_isochrony=0.2)


def test_a_line_that_keeps_all_rules_fails_none() -> None:
    assert failed_rules(GOOD, RULES) == ()


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ("lead", {"verdict": "audio-early"}),
        ("lead", {"verdict": "audio-late"}),
        ("match", {"verdict": "mismatched"}),
        ("match", {"match": 0.39}),
        ("start", {"start_beyond": 0.8}),
        ("end", {"end_beyond": 0.8}),
        ("overrun", {"overrun_seconds": 0.51}),
        ("dead-air", {"dead_air_seconds": 0.61}),
        ("closures", {"n_closures_met": 1}),
        ("open-vowels", {"n_open_closed": 2}),
        ("isochrony", {"isochrony": 0.19}),
    ],
)
def test_each_rule_catches_its_fault(rule: str, bad: dict[str, Any]) -> None:
    assert failed_rules(replace(GOOD, **bad), RULES) == (rule,)


def test_every_rule_is_tried() -> None:
    assert len(LINE_RULES) == 9


@pytest.mark.parametrize(
    "good",
    [
        {"start_beyond": 0.79},
        {"overrun_seconds": 0.5},
        {"dead_air_seconds": 0.6},
        {"n_closures_met": 2},
        {"n_closures": 2, "n_closures_met": 0},  # too few to tell
        {"n_open_closed": 1},
        {"match": 0.1, "end": 2.4},  # 1.4 s are too little to tell other words
        {"match": 0.1, "shared": 0.3},  # two talk at once: the lips may say the other line
        {"match": None, "overrun_seconds": None, "dead_air_seconds": None, "isochrony": None, "start_beyond": None},
    ],
)
def test_at_the_limit_and_where_nothing_can_be_told_no_rule_fails(good: dict[str, Any]) -> None:
    assert failed_rules(replace(GOOD, **good), RULES) == ()


@pytest.mark.parametrize("verdict", ["not-seen", "off-screen", "not-heard"])
def test_a_line_whose_lips_are_not_in_the_picture_fails_no_rule(verdict: str) -> None:
    """A narrator is heard while the mouth rests: that is no overrun."""
    assert failed_rules(replace(GOOD, verdict=verdict, overrun_seconds=2.0, dead_air_seconds=2.0), RULES) == ()


def test_a_line_that_fails_counts_among_the_judged() -> None:
    some = [replace(GOOD, verdict="uncertain", end_beyond=0.9), replace(GOOD, number=2, verdict="uncertain")]
    gate = dubbing_gate(some, IN_SYNC, RULES)
    assert (gate.n_judged, dict(gate.lines)) == (1, {1: ("end",)})


def test_rules_that_are_not_asked_fail_nothing() -> None:
    bad = replace(GOOD, start_beyond=1.0, end_beyond=1.0, overrun_seconds=9.0, dead_air_seconds=9.0, n_closures_met=0)
    assert failed_rules(bad, GateParams()) == ()


def lines(*verdicts: str) -> list[DubbedLine]:
    return [replace(GOOD, number=k, verdict=verdict) for k, verdict in enumerate(verdicts, 1)]


def test_a_programme_passes_where_all_its_lines_do() -> None:
    gate = dubbing_gate(lines("in-sync", "in-sync"), IN_SYNC, RULES)
    assert gate.passed
    assert (gate.failed, dict(gate.lines), gate.n_lines, gate.n_judged) == ((), {}, 2, 2)


def test_one_line_that_fails_stops_a_programme() -> None:
    gate = dubbing_gate(lines("in-sync", "audio-late", "in-sync", "in-sync"), IN_SYNC, RULES)
    assert not gate.passed
    assert dict(gate.lines) == {2: ("lead",)}
    assert [(x.rule, x.found, x.allowed) for x in gate.failed] == [("max_failed_part", 0.25, 0.0)]
    assert dubbing_gate(lines("in-sync", "audio-late"), IN_SYNC, replace(RULES, max_failed_part=0.5)).passed


def test_a_programme_of_which_too_little_is_seen_is_not_released() -> None:
    gate = dubbing_gate(lines("in-sync", "not-seen", "off-screen", "not-heard"), IN_SYNC, RULES)
    assert [(x.rule, x.found) for x in gate.failed] == [("min_judged_part", 0.25)]
    assert dubbing_gate([], IN_SYNC, RULES).failed[0].rule == "min_judged_part"


@pytest.mark.parametrize(
    ("verdict", "cause", "passes"),
    [
        ("audio-early", None, False),
        ("mismatched", Cause.NO_FIT, False),
        ("uncertain", Cause.DOUBTFUL_MATCH, False),
        ("uncertain", Cause.JUMPS, True),
        ("uncertain", Cause.ACROSS_A_LIMIT, True),
    ],
)
def test_the_programme_on_the_whole_has_to_be_in_sync(verdict: str, cause: Cause | None, passes: bool) -> None:
    gate = dubbing_gate(lines("in-sync"), SyncEstimate(0.0, None, 1.0, verdict, cause=cause), RULES)
    assert gate.passed == passes
    assert passes or gate.failed[0].rule == "verdict"


def test_percentiles_are_of_absolute_values_that_are_known() -> None:
    values = [-0.04, 0.01, None, 0.02, 0.03, 0.0]
    assert percentiles(values) == {
        "p50": pytest.approx(0.02),
        "p90": pytest.approx(np.quantile([0.0, 0.01, 0.02, 0.03, 0.04], 0.9)),
        "p99": pytest.approx(0.0396),
    }
    assert percentiles([None]) is None


def test_percentiles_may_be_a_rule() -> None:
    leads = [replace(GOOD, number=k, lead_seconds=lead) for k, lead in enumerate((0.0, 0.0, -0.05), 1)]
    rules = GateParams(max_p90_lead_seconds=0.03, max_p99_lead_seconds=0.06)
    failed = dubbing_gate(leads, IN_SYNC, rules).failed
    assert [(x.rule, round(float(x.found), 3)) for x in failed] == [("max_p90_lead_seconds", 0.04)]


def test_failing_lines_come_first() -> None:
    some = lines("in-sync", "audio-late", "in-sync", "audio-early")
    dubbing = Dubbing(tuple(some), RULES, dubbing_gate(some, IN_SYNC, RULES))
    assert [line.number for line in dubbing.failing_first] == [2, 4, 1, 3]
    assert dubbing.percentiles["lead_seconds"] == {"p50": 0.01, "p90": 0.01, "p99": 0.01}
