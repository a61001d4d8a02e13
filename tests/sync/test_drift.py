"""The course of an offset: steady, drifting, jumping."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from visalign.reports.wording import course_in_words
from visalign.sync.drift import (
    Drift,
    OffsetCourse,
    OffsetPiece,
    _piece_costs,
    _to_the_word,
    find_drift,
    find_jumps,
    offset_course,
)

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


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_the_rate_is_the_middle_of_all_slopes() -> None:
    """Of a square, the slope between i and j is i + j: 28 slopes from 1 to 13 about 7.

    t² - 7 t is 0, -6, -10, -12, -12, -10, -6, 0: the middle is -8. Sen's interval for eight words is 1.96 times the
    root of 8 * 7 * 21 / 18, 15.84 slopes wide: from the 7th to the 23rd, 5 and 10.
    """
    times = np.arange(8.0)
    drift = find_drift(times, times**2)
    assert drift is not None
    assert (drift.rate, drift.lead_at_start, drift.n_words) == (7.0, -8.0, 8)
    assert drift.rate_interval == (5.0, 10.0)
    assert drift.is_certain


def test_words_without_a_lead_or_out_of_order_change_nothing() -> None:
    times, leads = [4.0, 0.0, 2.0, 9.0, 6.0, 1.0], [0.4, 0.0, 0.2, np.nan, 0.6, 0.1]
    drift = find_drift(times, leads)
    assert drift is not None
    assert drift.n_words == 5
    assert (drift.rate, drift.lead_at_start) == (pytest.approx(0.1, abs=1e-12), pytest.approx(0.0, abs=1e-12))


def test_words_of_one_moment_have_no_slope() -> None:
    """Two pairs of them, 0.3 apart, an hour later 0.6 more: the other four slopes are 0.3, 0.6, 0.6 and 0.9 an hour."""
    drift = find_drift([0.0, 0.0, 3600.0, 3600.0], [0.0, 0.3, 0.6, 0.9])
    assert drift is not None
    assert drift.rate == pytest.approx(0.6 / 3600, rel=1e-12)


def test_three_words_or_one_moment_are_no_drift() -> None:
    assert find_drift([0.0, 1.0, 2.0], [0.0, 0.1, 0.2]) is None
    assert find_drift([1.0] * 5, [0.0, 0.1, 0.2, 0.3, 0.4]) is None
    assert find_drift([0.0, 1.0, 2.0, 3.0], [0.0, 0.1, 0.2, 0.3]) is not None


def test_pieces_have_their_middle_their_words_and_begin_between_words() -> None:
    """Five words at 0, six at 0.2, four at -0.1, one a second."""
    leads = [0.0, 0.0, 0.01, 0.0, 0.0] + [0.2] * 6 + [-0.1] * 4
    pieces = [(x.start, x.lead_seconds, x.n_words) for x in find_jumps(np.arange(15.0), leads)]
    assert pieces == [(0.0, 0.0, 5), (4.5, 0.2, 6), (10.5, -0.1, 4)]


def test_two_words_are_no_piece() -> None:
    """Two bounded errors of 15 ms are less than a jump costs, 2 * 5 ms * ln 12 = 25 ms, and two more errors."""
    assert len(find_jumps(np.arange(12.0), [0.0] * 10 + [0.2] * 2)) == 1
    assert len(find_jumps(np.arange(12.0), [0.0] * 8 + [0.2] * 4)) == 2


def test_a_jump_of_less_than_a_frame_is_none() -> None:
    """Four words at 0 and eight at 30 ms are twelve at 20 ms; 40 ms part them."""
    (piece,) = find_jumps(np.arange(12.0), [0.0] * 4 + [0.03] * 8)
    assert (piece.start, piece.n_words) == (0.0, 12)
    assert piece.lead_seconds == pytest.approx(0.02, abs=1e-12)
    assert len(find_jumps(np.arange(12.0), [0.0] * 4 + [0.04] * 8)) == 2


def test_no_words_are_no_piece_and_few_are_one() -> None:
    assert find_jumps([], []) == ()
    (piece,) = find_jumps([1.0, 2.0, 3.0], [0.1, 0.1, 0.4])
    assert (piece.lead_seconds, piece.n_words) == (0.1, 3)


def test_jumps_of_many_words_are_found_to_the_word() -> None:
    """1200 words in groups of four: the jumps lie within groups."""
    leads = np.where(np.arange(1200) < 602, 0.0, np.where(np.arange(1200) < 1001, 0.3, 0.1))
    pieces = [(x.start, x.lead_seconds, x.n_words) for x in find_jumps(np.arange(1200.0), leads)]
    assert pieces == [(0.0, 0.0, 602), (601.5, 0.3, 399), (1000.5, 0.1, 199)]


def test_what_each_piece_costs() -> None:
    """Errors about the middle, 3 at most; fewer than four words are no piece, unless there are no more."""
    costs = _piece_costs(np.array([0.0, 1.0, 2.0, 3.0, 10.0]), 3.0)
    expected = {(0, 4): 1.5 + 0.5 + 0.5 + 1.5, (0, 5): 2.0 + 1.0 + 0.0 + 1.0 + 3.0, (1, 5): 1.5 + 0.5 + 0.5 + 3.0}
    finite = np.argwhere(np.isfinite(costs)).tolist()
    assert {(i, j): costs[i, j] for i, j in finite} == pytest.approx(expected, abs=1e-12)
    few = _piece_costs(np.array([0.0, 1.0]), 3.0)
    assert np.argwhere(np.isfinite(few)).tolist() == [[0, 2]]
    assert few[0, 2] == 0


def test_a_jump_is_believed_where_it_wins_more_than_it_costs() -> None:
    """24 words of which the last six lead by 50 ms: each of those errs by 15 ms at most, 90 ms in all.

    A jump costs 2 * 5 ms * ln 24 = 32 ms. Of four words (60 ms) it wins too, but not of four among fifteen hundred.
    """
    times = 2.0 * np.arange(24)
    for n_late in (6, 4):
        course = offset_course(times, np.where(np.arange(24) < 24 - n_late, 0.0, 0.05))
        assert course is not None
        assert course.kind == "jumps"
        assert [piece.n_words for piece in course.pieces] == [24 - n_late, n_late]
    still = offset_course(times, np.zeros(24))
    assert still is not None
    assert (still.kind, len(still.pieces)) == ("steady", 1)


def test_pieces_that_are_nearly_alike_are_no_jumps() -> None:
    """Two pieces whose leads differ by less than a frame are one, and one piece is a steady offset."""
    steps = [1, 0, -2, -2, -2, -2, -2, 1, 1, 0, 0, 0, -2, 1, 10, 2, 2, 2, -2, 1, 2, 2, 10, -2]  # of 5 ms
    course = offset_course(2.0 * np.arange(24), 0.005 * np.array(steps))
    assert course is not None
    assert len(course.pieces) == 1
    assert course.pieces[0].lead_seconds != pytest.approx(np.median(0.005 * np.array(steps)), abs=1e-4)
    assert course.kind == "steady"


@pytest.mark.parametrize(
    ("rate", "cause"),
    [
        (-0.001, "24 and 23.976 frames a second mixed up"),
        (0.00109, "24 and 23.976 frames a second mixed up"),  # within a tenth
        (0.00111, ""),
        (1 / 24, "24 and 25 frames a second mixed up"),
        (-1 / 24, "24 and 25 frames a second mixed up"),
        (-0.0427, "23.976 and 25 frames a second mixed up"),  # nearer to this than to 0.0417
        (0.0885, "44.1 and 48 kHz mixed up"),
        (0.06, ""),
    ],
)
def test_a_drift_has_the_nearest_cause(rate: float, cause: str) -> None:
    times = 2.0 * np.arange(40)
    course = offset_course(times, rate * times)
    assert course is not None
    assert (course.kind, course.likely_cause) == ("drift", cause)


def test_a_cut_is_moved_by_the_median_of_all_words_behind_it() -> None:
    """Behind the fifth word: 0.02, 0.2, 0.02, 0.04, median 0.03. Without the first of them it would be 0.04, and the
    cut would move to the eighth."""
    leads = np.array([0.0, 0.01, 0.01, 0.01, 0.0, 0.02, 0.2, 0.02, 0.04])
    assert _to_the_word(leads, [5], 3) == [5]
