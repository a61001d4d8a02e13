"""What holds for every tier and every set of frame times."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from visalign.errors import TimelineError
from visalign.timeline import FrameTimes, Interval, Tier

LABELS = st.sampled_from(["", "SIL", "B", "IH", "N"])
SCORES = st.none() | st.floats(0, 1)
# Whole microseconds up to an hour, as seconds: dense enough to be awkward, far from the limits of a float.
SECONDS = st.integers(0, 3_600_000_000).map(lambda n: n / 1e6)
SLACK = 1e-9  # seconds, for sums of floats


@st.composite
def tiers(draw: st.DrawFn, min_size: int = 1, scores: st.SearchStrategy[float | None] | None = SCORES) -> Tier:
    boundaries = sorted(draw(st.sets(SECONDS, min_size=min_size + 1, max_size=12)))
    n = len(boundaries) - 1
    labels = draw(st.lists(LABELS, min_size=n, max_size=n))
    measured = None if scores is None else tuple(draw(st.lists(scores, min_size=n, max_size=n)))
    return Tier("phones", tuple(boundaries), tuple(labels), measured)


@st.composite
def tiers_and_spans(draw: st.DrawFn) -> tuple[Tier, float, float]:
    """A tier, and a span that shares some of its time."""
    tier = draw(tiers() | tiers(scores=None))
    inside = draw(st.floats(tier.start, tier.end, exclude_max=True))
    start = draw(st.floats(0, inside))
    return tier, start, draw(st.floats(inside, 4000, exclude_min=True))


@st.composite
def spans(draw: st.DrawFn) -> tuple[float, float]:
    start, end = sorted(draw(st.sets(SECONDS, min_size=2, max_size=2)))
    return start, end


@st.composite
def frames(draw: st.DrawFn) -> FrameTimes:
    times = sorted(draw(st.sets(SECONDS, min_size=1, max_size=12)))
    return FrameTimes(np.array(times), times[-1] + draw(st.floats(0.001, 1)), Fraction(25))


# --- Tier


@given(tiers())
def test_a_tier_is_gap_free(tier: Tier) -> None:
    intervals = list(tier)
    assert all(a.end == b.start for a, b in pairwise(intervals))
    assert (intervals[0].start, intervals[-1].end) == (tier.start, tier.end)


@given(tiers())
def test_a_tier_is_rebuilt_from_its_intervals(tier: Tier) -> None:
    again = Tier.from_intervals(tier.name, list(tier)[::-1])
    assert list(again) == list(tier)


@given(tiers(), st.data())
def test_from_intervals_fills_what_is_left_out(tier: Tier, data: st.DataObject) -> None:
    kept = [x for x in tier if data.draw(st.booleans())]
    filled = Tier.from_intervals(tier.name, kept, start=tier.start, end=tier.end, gap_label="gap")
    assert (filled.start, filled.end) == (tier.start, tier.end)
    assert [x for x in filled if x.label != "gap"] == kept
    assert all(a.label != "gap" or b.label != "gap" for a, b in pairwise(filled))


@given(tiers(min_size=2), st.data())
def test_from_intervals_refuses_overlaps(tier: Tier, data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(tier) - 2))
    overlapping = Interval(tier[i].centre, tier[i + 1].end, "AA")
    assume(tier[i].start < overlapping.start < tier[i].end)
    with pytest.raises(TimelineError):
        Tier.from_intervals("phones", [*tier, overlapping])


@given(tiers(), st.lists(SECONDS, max_size=20))
def test_sample_is_label_at(tier: Tier, times: list[float]) -> None:
    asked = [*times, *tier.boundaries]
    assert tier.sample(asked, outside="none") == [
        "none" if (label := tier.label_at(time)) is None else label for time in asked
    ]


@given(tiers_and_spans(), SECONDS)
def test_crop_changes_nothing_inside(tier_and_span: tuple[Tier, float, float], time: float) -> None:
    tier, start, end = tier_and_span
    part = tier.crop(start, end)
    assert (part.start, part.end) == (max(start, tier.start), min(end, tier.end))
    assert part.label_at(time) == (tier.label_at(time) if start <= time < end else None)


@given(tiers_and_spans())
def test_crop_twice_is_crop_once(tier_and_span: tuple[Tier, float, float]) -> None:
    tier, start, end = tier_and_span
    once = tier.crop(start, end)
    assert list(once.crop(start, end)) == list(once)


@given(tiers(), st.floats(0, 100), st.floats(0.001, 100))
def test_crop_outside_is_an_error(tier: Tier, distance: float, duration: float) -> None:
    with pytest.raises(TimelineError):
        tier.crop(tier.end + distance, tier.end + distance + duration)
    with pytest.raises(TimelineError):
        tier.crop(tier.start - distance - duration, tier.start - distance)


@given(tiers(), st.integers(-3600, 3600))
def test_shift_there_and_back(tier: Tier, seconds: int) -> None:
    back = tier.shift(seconds).shift(-seconds)
    assert back.labels == tier.labels
    assert back.scores == tier.scores
    np.testing.assert_allclose(back.boundaries, tier.boundaries, rtol=0, atol=SLACK)


@given(tiers())
def test_merge_equal_leaves_no_equal_neighbours(tier: Tier) -> None:
    merged = tier.merge_equal()
    assert all(a != b for a, b in pairwise(merged.labels))
    assert list(merged.merge_equal()) == list(merged)


@given(tiers(), st.lists(SECONDS, max_size=20))
def test_merge_equal_says_the_same(tier: Tier, times: list[float]) -> None:
    assert tier.merge_equal().sample(times) == tier.sample(times)


@given(tiers(scores=st.floats(0, 1)))
def test_merge_equal_keeps_the_weighted_score(tier: Tier) -> None:
    def mass(t: Tier) -> float:
        return sum(x.score * x.duration for x in t if x.score is not None)

    assert mass(tier.merge_equal()) == pytest.approx(mass(tier), rel=1e-9, abs=SLACK)


@given(tiers())
def test_relabel_with_the_same_labels_changes_nothing(tier: Tier) -> None:
    assert tier.relabel(str) == tier


# --- FrameTimes


@given(frames())
def test_centres_lie_within_their_frames(times: FrameTimes) -> None:
    ends = np.append(times.times[1:], times.duration)
    assert np.all(times.times < times.centres)
    assert np.all(times.centres < ends)


@given(frames(), spans())
def test_frame_crop_takes_the_frames_that_appear_in_the_span(times: FrameTimes, span: tuple[float, float]) -> None:
    start, end = span
    assume(not np.any(np.abs(times.times[:, np.newaxis] - [start, end]) < 2e-6))  # the slack of slice_of
    part = times.crop(start, end)
    np.testing.assert_array_equal(part.times, times.times[(times.times >= start) & (times.times < end)])


@given(frames(), spans())
def test_frame_crop_keeps_how_long_frames_are_shown(times: FrameTimes, span: tuple[float, float]) -> None:
    part = times.slice_of(*span)
    np.testing.assert_array_equal(times.crop(*span).centres, times.centres[part])


@given(frames(), SECONDS)
def test_two_crops_share_no_frame_and_lose_none(times: FrameTimes, cut: float) -> None:
    first, second = times.crop(-1.0, cut), times.crop(cut, times.duration + 1.0)
    np.testing.assert_array_equal(np.concatenate([first.times, second.times]), times.times)
