"""A verdict that holds for a part of the clip only is none on the whole."""

from __future__ import annotations

import pytest

from visalign.reports.wording import is_open_by, remedy
from visalign.sync.changing_offset import heed_course
from visalign.sync.drift import Drift, OffsetCourse, OffsetPiece
from visalign.sync.estimate import SyncEstimate

LIMITS = (0.04, 0.06)


def estimate(verdict: str, lead: float) -> SyncEstimate:
    return SyncEstimate(lead, (lead - 0.01, lead + 0.01), 0.9, verdict)


def jumps(*leads: float) -> OffsetCourse:
    pieces = tuple(OffsetPiece(10.0 * n, lead, 8) for n, lead in enumerate(leads))
    return OffsetCourse("jumps", Drift(0.0, 0.0, (-0.1, 0.1), 16), pieces, "")


def drift(start: float, rate: float) -> OffsetCourse:
    return OffsetCourse("drift", Drift(start, rate, (rate, rate), 16), (OffsetPiece(0.0, start, 16),), "")


@pytest.mark.parametrize(
    ("verdict", "lead", "course", "kept"),
    [
        ("in-sync", -0.05, jumps(0.11, -0.09), False),
        ("in-sync", 0.0, jumps(-0.02, 0.03), True),
        ("in-sync", 0.0, jumps(0.0, 0.2), False),
        ("audio-early", 0.1, jumps(0.08, 0.2), True),
        ("audio-early", 0.1, jumps(0.02, 0.2), False),
        ("audio-early", 0.2, drift(0.1, 0.004), True),
        ("in-sync", 0.0, drift(-0.02, 0.002), True),
        ("in-sync", 0.0, drift(-0.1, 0.01), False),
        ("uncertain", 0.0, jumps(0.2, -0.2), True),
    ],
)
def test_parts_decide(verdict: str, lead: float, course: OffsetCourse, kept: bool) -> None:
    given = estimate(verdict, lead)
    found = heed_course(given, course, LIMITS, end=20.0)
    assert (found is given) == kept
    if not kept:
        assert found.verdict == "uncertain"
        assert found.reason.startswith(("the offset jumps: ", "the audio drifts: "))
        assert found.lead_seconds == lead


@pytest.mark.parametrize(("course", "mode"), [(jumps(0.0, 0.2), "pieces"), (drift(-0.1, 0.01), "drift")])
def test_the_remedy_is_the_mode_that_helps(course: OffsetCourse, mode: str) -> None:
    found = heed_course(estimate("in-sync", 0.0), course, LIMITS, end=20.0)
    assert is_open_by(found, course)
    assert f"--mode {mode}" in remedy(found, course)
    assert "--mode" not in remedy(estimate("uncertain", 0.0), course)  # uncertain for another reason


def test_without_a_course_nothing_changes() -> None:
    given = estimate("in-sync", 0.0)
    steady = OffsetCourse("steady", Drift(0.0, 0.0, (-0.1, 0.1), 16), (OffsetPiece(0.0, 0.3, 16),), "")
    assert heed_course(given, None, LIMITS, 20.0) is given
    assert heed_course(given, steady, LIMITS, 20.0) is given
