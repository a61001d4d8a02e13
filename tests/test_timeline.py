"""Intervals, tiers and frame times on small cases that can be checked by hand."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest

from visalign.errors import TimelineError
from visalign.timeline import FrameTimes, Interval, Tier, runs

# "bin" from 0.1 to 0.4 s, in silence
PHONES = Tier("phones", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), ("SIL", "B", "IH", "N", "SIL"), (None, 0.9, 0.5, 0.7, None))


def frame_times(*times: float, duration: float = 0.2, rate: Fraction = Fraction(25)) -> FrameTimes:
    return FrameTimes(np.array(times, dtype=np.float64), duration, rate)


# --- Interval


def test_interval_measures() -> None:
    interval = Interval(0.5, 1.0, "AA", 0.25)
    assert interval.duration == pytest.approx(0.5)
    assert interval.centre == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("start", "end"),
    [(1.0, 1.0), (1.0, 0.5), (math.nan, 1.0), (0.0, math.nan), (0.0, math.inf), (-math.inf, 0.0)],
)
def test_interval_refuses_impossible_times(start: float, end: float) -> None:
    with pytest.raises(TimelineError, match="the end must come after the start"):
        Interval(start, end, "AA")


@pytest.mark.parametrize(
    ("other", "seconds"),
    [
        (Interval(0.0, 0.1, "before"), 0.0),
        (Interval(0.5, 1.0, "touches before"), 0.0),
        (Interval(0.9, 1.1, "crosses the start"), 0.1),
        (Interval(1.2, 1.3, "inside"), 0.1),
        (Interval(0.0, 9.0, "around"), 0.5),
        (Interval(1.5, 2.0, "touches after"), 0.0),
    ],
)
def test_interval_overlap(other: Interval, seconds: float) -> None:
    interval = Interval(1.0, 1.5, "AA")
    assert interval.overlap(other) == pytest.approx(seconds)
    assert other.overlap(interval) == pytest.approx(seconds)


def test_intervals_are_values() -> None:
    assert Interval(0.0, 1.0, "AA") == Interval(0.0, 1.0, "AA")
    assert Interval(0.0, 1.0, "AA") != Interval(0.0, 1.0 + 1e-9, "AA")  # exact: a tolerance would break hashing
    assert len({Interval(0.0, 1.0, "AA"), Interval(0.0, 1.0, "AA")}) == 1
    with pytest.raises(FrozenInstanceError):
        Interval(0.0, 1.0, "AA").end = 2.0  # type: ignore[misc]


# --- Tier


@pytest.mark.parametrize(
    ("boundaries", "labels", "scores", "message"),
    [
        ((0.0, 1.0), ("a", "b"), None, "one boundary more"),
        ((0.0,), ("a",), None, "one boundary more"),
        ((0.0, 1.0), ("a",), (0.5, 0.5), "2 scores"),
        ((0.0, 0.0), ("a",), None, "boundaries must increase"),
        ((0.0, 2.0, 1.0), ("a", "b"), None, "boundaries must increase"),
        ((0.0, math.nan), ("a",), None, "boundaries must increase"),
        ((0.0, math.inf), ("a",), None, "boundaries must increase"),
        ((math.nan,), (), None, "starts at nan"),
    ],
)
def test_tier_refuses(
    boundaries: tuple[float, ...], labels: tuple[str, ...], scores: tuple[float, ...] | None, message: str
) -> None:
    with pytest.raises(TimelineError, match=message):
        Tier("phones", boundaries, labels, scores)


def test_tier_is_a_sequence_of_intervals() -> None:
    assert len(PHONES) == 5
    assert PHONES[1] == Interval(0.1, 0.2, "B", 0.9)
    assert PHONES[-1] == Interval(0.4, 0.5, "SIL")
    assert [x.label for x in PHONES] == ["SIL", "B", "IH", "N", "SIL"]
    with pytest.raises(IndexError, match="5 intervals; there is no number 5"):
        PHONES[5]
    with pytest.raises(IndexError, match="no number -6"):
        PHONES[-6]


def test_label_at_is_half_open() -> None:
    assert PHONES.label_at(0.0) == "SIL"
    assert PHONES.label_at(0.1) == "B"
    assert PHONES.label_at(math.nextafter(0.1, 0.0)) == "SIL"
    assert PHONES.label_at(0.5) is None
    assert PHONES.label_at(-0.001) is None
    assert PHONES.label_at(math.nan) is None


def test_sample_in_any_order() -> None:
    assert PHONES.sample([0.35, 0.1, 0.6, -1.0], outside="-") == ["N", "B", "-", "-"]
    assert PHONES.sample([]) == []


def test_from_intervals_sorts_and_fills() -> None:
    words = [Interval(0.5, 0.7, "blue", 0.8), Interval(0.1, 0.4, "bin", 0.9)]
    tier = Tier.from_intervals("words", words, start=0.0, end=1.0)
    assert tier.boundaries == (0.0, 0.1, 0.4, 0.5, 0.7, 1.0)
    assert tier.labels == ("", "bin", "", "blue", "")
    assert tier.scores == (None, 0.9, None, 0.8, None)


def test_from_intervals_adds_nothing_where_they_touch() -> None:
    tier = Tier.from_intervals("words", [Interval(0.1, 0.4, "bin"), Interval(0.4, 0.7, "blue")])
    assert tier == Tier("words", (0.1, 0.4, 0.7), ("bin", "blue"))


def test_from_nothing_is_one_gap() -> None:
    assert Tier.from_intervals("words", [], start=0.0, end=2.0) == Tier("words", (0.0, 2.0), ("",))


@pytest.mark.parametrize(
    ("intervals", "span", "message"),
    [
        ([], {}, "no span to fill"),
        ([Interval(0.0, 0.5, "a"), Interval(0.4, 0.6, "b")], {}, "'b' starts at 0.4 s"),
        ([Interval(0.0, 0.5, "a")], {"start": 0.1}, "'a' starts at 0.0 s"),
        ([Interval(0.0, 0.5, "a")], {"end": 0.4}, "after the tier's end 0.4 s"),
        ([Interval(0.0, 0.5, "a")], {"end": math.nan}, "nan"),
        ([Interval(0.0, 0.5, "a")], {"end": math.inf}, "inf"),
        ([Interval(0.0, 0.5, "a")], {"start": math.nan}, "nan"),
    ],
)
def test_from_intervals_refuses(intervals: list[Interval], span: dict[str, float], message: str) -> None:
    with pytest.raises(TimelineError, match=message):
        Tier.from_intervals("words", intervals, **span)


def test_crop_cuts_at_the_edges_and_keeps_times() -> None:
    part = PHONES.crop(0.15, 0.35)
    assert part.boundaries == (0.15, 0.2, 0.3, 0.35)
    assert part.labels == ("B", "IH", "N")
    assert part.scores == (0.9, 0.5, 0.7)


@pytest.mark.parametrize(("start", "end"), [(0.5, 1.0), (-1.0, 0.0), (0.2, 0.2), (0.15, 0.15), (0.4, 0.1)])
def test_crop_of_nothing(start: float, end: float) -> None:
    with pytest.raises(TimelineError, match="nothing between"):
        PHONES.crop(start, end)


def test_shift_later_is_positive() -> None:
    assert PHONES.shift(1.0).start == pytest.approx(1.0)
    assert PHONES.shift(1.0).label_at(1.15) == "B"


def test_relabel() -> None:
    visemes = PHONES.relabel({"SIL": "S", "B": "A", "IH": "H", "N": "K"}.__getitem__, name="visemes")
    assert visemes == Tier("visemes", PHONES.boundaries, ("S", "A", "H", "K", "S"), PHONES.scores)
    assert PHONES.relabel(str.lower).name == "phones"


def test_merge_equal_weighs_scores_by_duration() -> None:
    tier = Tier("visemes", (0.0, 0.1, 0.4, 0.5), ("A", "A", "B"), (0.8, 0.4, None))
    merged = tier.merge_equal()
    assert merged.boundaries == (0.0, 0.4, 0.5)
    assert merged.labels == ("A", "B")
    assert merged.scores == (pytest.approx(0.5), None)


def test_merge_equal_leaves_out_missing_scores() -> None:
    tier = Tier("visemes", (0.0, 0.1, 0.4), ("A", "A"), (None, 0.4))
    assert tier.merge_equal().scores == (0.4,)


def test_a_tier_without_intervals() -> None:
    empty = Tier("words", (0.0,), ())
    assert empty.label_at(0.0) is None
    assert empty.sample([0.0, 1.0]) == ["", ""]
    assert empty.merge_equal() == empty


def test_tiers_are_values_and_pickle() -> None:
    assert pickle.loads(pickle.dumps(PHONES)) == PHONES
    assert hash(PHONES) == hash(PHONES.shift(0.0))


# --- FrameTimes


@pytest.mark.parametrize(
    ("times", "duration", "message"),
    [
        (np.array([0.0, 0.04, 0.04]), 0.2, "increase strictly"),
        (np.array([0.0, math.nan]), 0.2, "finite"),
        (np.zeros((2, 2)), 0.2, "one dimension"),
        (np.array([0.0, 0.04]), math.nan, "duration"),
        (np.array([0.0, 0.04]), math.inf, "duration"),
    ],
)
def test_frame_times_refuse(times: np.ndarray, duration: float, message: str) -> None:
    with pytest.raises(TimelineError, match=message):
        FrameTimes(times, duration, Fraction(25))


def test_centres_of_a_variable_rate() -> None:
    np.testing.assert_allclose(frame_times(0.0, 0.04, 0.12).centres, [0.02, 0.08, 0.16], rtol=0, atol=1e-12)


def test_centres_of_no_frames() -> None:
    assert frame_times(duration=0.0).centres.shape == (0,)


def test_centre_of_a_last_frame_after_the_stated_end_stays_on_it() -> None:
    # Containers understate their duration; a centre before its own frame would be worse than a short last frame.
    assert frame_times(0.0, 0.3, duration=0.2).centres[-1] == pytest.approx(0.3, abs=1e-5)


def test_frame_crop_is_half_open() -> None:
    part = frame_times(0.0, 0.04, 0.08, 0.12, 0.16).crop(0.04, 0.12)
    np.testing.assert_array_equal(part.times, [0.04, 0.08])
    assert part.duration == pytest.approx(0.12)
    assert part.rate == 25


def test_last_frame_keeps_its_duration_when_cropped() -> None:
    assert frame_times(0.0, 0.04, 0.16).crop(0.1, 9.0).duration == pytest.approx(0.2)


def test_crop_forgives_the_last_bit() -> None:
    times = np.arange(10) / 5
    whole = FrameTimes(times, 2.0, Fraction(5))
    assert times[3] < 3 * 0.2  # the reason for the slack: without it frame 3 would be lost
    assert len(whole.crop(3 * 0.2, 6 * 0.2)) == 3


def test_crop_without_frames_is_empty() -> None:
    assert len(frame_times(0.0, 0.04).crop(0.5, 0.6)) == 0


# --- runs


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("", []),
        ("....", []),
        ("####", [(0, 4)]),
        ("#..##.#", [(0, 1), (3, 5), (6, 7)]),
        (".##.", [(1, 3)]),
    ],
)
def test_runs_are_half_open(flags: str, found: list[tuple[int, int]]) -> None:
    assert runs(np.array([flag == "#" for flag in flags], dtype=np.bool_)) == found
