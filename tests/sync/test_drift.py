"""The course of an offset: steady, drifting, jumping."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from visalign.reports.wording import course_in_words
from visalign.sync.drift import Drift, OffsetCourse, OffsetPiece, offset_course

Course = Callable[[np.ndarray], np.ndarray]


def course_of(lead_at: Course, seconds: float = 200.0, n: int = 400) -> OffsetCourse | None:
    """Words with 20 ms of noise, a tenth of them 200 ms off."""
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, seconds, n))
    leads = lead_at(times) + rng.normal(0, 0.02, n) + 0.2 * (rng.random(n) < 0.1)
    return offset_course(times, leads)


@pytest.mark.parametrize(
    ("lead_at", "kind"),
    [
        (lambda t: 0 * t + 0.05, "steady"),
        (lambda t: 0.001 * t, "drift"),
        (lambda t: -0.0005 * t, "drift"),
        (lambda t: 0.1 * (t > 100), "jumps"),
        (lambda t: 0.1 * (t > 60) - 0.15 * (t > 150), "jumps"),
    ],
)
def test_steady_drifting_and_jumping_offsets_are_told_apart(lead_at: Course, kind: str) -> None:
    found = course_of(lead_at)
    assert found is not None
    assert found.kind == kind


def test_a_drift_names_its_likely_cause() -> None:
    found = course_of(lambda t: 0.001 * t)
    assert found is not None
    assert found.likely_cause == "24 and 23.976 frames a second mixed up"
    assert found.to_dict()["drift_ppm"] == pytest.approx(1000, abs=60)
    assert course_in_words(found).startswith("The audio drifts: ")
    assert "ms a minute earlier" in course_in_words(found)
    slow = course_of(lambda t: 0.0005 * t)
    assert slow is not None
    assert slow.likely_cause == ""


def test_jumps_are_told_with_their_times() -> None:
    found = course_of(lambda t: 0.1 * (t > 100))
    assert found is not None
    assert [round(piece.start, -1) for piece in found.pieces] == [0, 100]
    assert [piece.lead_seconds for piece in found.pieces] == pytest.approx([0, 0.1], abs=0.01)
    assert sum(piece.n_words for piece in found.pieces) == 400
    assert course_in_words(found).startswith("The offset jumps: ")
    assert "ms early from " in course_in_words(found)


def test_jumps_of_an_episode_are_told_by_the_clock_and_not_all() -> None:
    def told(n: int) -> str:
        pieces = tuple(OffsetPiece(40.0 * k, 0.1 * (k % 2), 9) for k in range(n))
        return course_in_words(OffsetCourse("jumps", Drift(0.0, 0.0, (-0.1, 0.1), 9 * n), pieces, ""))

    assert told(3) == ("The offset jumps: on time (0 ms), 100 ms early from 40.0 s, on time (0 ms) from 1:20.0.")
    assert told(6).endswith("on time (0 ms) from 2:40.0, 100 ms early from 3:20.0.")
    assert told(9).endswith("on time (0 ms) from 2:40.0, 100 ms early from 3:20.0 and 3 more.")


def test_short_clips_have_no_course() -> None:
    assert course_of(lambda t: 0 * t, seconds=15) is None
    assert offset_course([1.0, 50.0], [0.0, 0.0]) is None
    assert course_in_words(None) == ""
