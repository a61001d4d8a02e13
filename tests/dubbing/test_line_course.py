"""The lead along a line, against evidence whose truth was made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.dubbing.line_course import line_course
from visalign.sync.estimate import LagEvidence
from visalign.sync.lead_course import LeadCourse
from visalign.sync.lip_model import Calibration
from visalign.timeline import Interval

LAGS = 0.01 * np.arange(-60, 61)
CENTRES = 0.02 + 0.04 * np.arange(100)
CALIBRATION = Calibration(1.0, 0.005, 0.0, (0.0, 0.0))
LINE = Interval(1.0, 3.0, "a line")


def evidence(lead_at_start: float, lead_at_end: float, spread: float = 0.03) -> LagEvidence:
    """Frames that point at a lead which changes evenly from the line's start to its end, as its lips show it."""
    leads = np.interp(CENTRES, [1.0 + lead_at_start, 3.0 + lead_at_end], [lead_at_start, lead_at_end])
    return LagEvidence(LAGS, -0.5 * ((LAGS - leads[:, None]) / spread) ** 2, CENTRES)


@pytest.mark.parametrize("lead", [0.0, 0.12, -0.2])
def test_a_line_that_was_moved_has_one_lead(lead: float) -> None:
    course = line_course(LINE, evidence(lead, lead), 0.0, CALIBRATION)
    assert course is not None
    for place in (course.middle, course.start, course.end):
        assert place.seconds == pytest.approx(lead, abs=0.004)
        low, high = place.interval
        assert low < lead < high
    assert course.rate == pytest.approx(0.0, abs=0.004)


def test_a_line_that_is_spoken_too_slowly_ends_late() -> None:
    """In sync where it begins, 200 ms late where it ends: a tenth slower than its lips."""
    course = line_course(LINE, evidence(0.0, -0.2), 0.0, CALIBRATION)
    assert course is not None
    assert course.start.seconds == pytest.approx(0.0, abs=0.025)
    assert course.middle.seconds == pytest.approx(-0.1, abs=0.012)
    assert course.end.seconds == pytest.approx(-0.2, abs=0.025)
    assert course.rate < -0.08


def test_the_probability_beyond_limits_is_what_lies_outside_them() -> None:
    course = line_course(LINE, evidence(0.1, 0.1), 0.0, CALIBRATION)
    assert course is not None
    assert course.middle.beyond(0.05, 0.05) > 0.99
    assert course.middle.beyond(0.15, 0.05) < 0.01
    assert course.middle.beyond(0.1, 0.1) == pytest.approx(0.5, abs=0.12)


def test_lips_that_are_not_seen_have_no_lead() -> None:
    rows = np.array(evidence(0.0, 0.0).log_likelihoods)
    rows[(CENTRES > 0.9) & (CENTRES < 2.8)] = 0.0
    assert line_course(LINE, LagEvidence(LAGS, rows, CENTRES), 0.0, CALIBRATION) is None


def test_leads_count_from_the_course_of_a_clip_whose_offset_changes() -> None:
    """Lags are counted from the course: where the clip is 1.5 s early, a lead of 0 among the lags is one of 1.5 s."""
    course = LeadCourse(np.array([0.0, 4.0]), np.array([1.5, 1.5]))
    shown = 0.02 + 0.04 * np.arange(200)
    rows = np.tile(-0.5 * (LAGS / 0.03) ** 2, (len(shown), 1))
    found = line_course(LINE, LagEvidence(LAGS, rows, shown, course), 1.5, CALIBRATION)
    assert found is not None
    assert found.middle.seconds == pytest.approx(1.5, abs=0.004)
