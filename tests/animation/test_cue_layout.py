"""Shapes on frames: the layout is the cheapest one, and keeps what it promises."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.animation import cue_layout
from visalign.animation.cue_layout import DROP_COSTS, FrameCue, lay_out, lay_out_tier
from visalign.timeline import Tier

KINDS = {"A": "closed", "G": "bitten", "F": "rounded", "D": "wide", "C": "open", "B": "neutral", "X": "rest"}


@st.composite
def cue_tiers(draw: st.DrawFn, most: int = 30) -> Tier:
    lengths = draw(st.lists(st.integers(1, 60), min_size=1, max_size=most))
    labels = [draw(st.sampled_from("ABCDFGX"))]
    for _ in lengths[1:]:
        labels.append(draw(st.sampled_from([x for x in "ABCDFGX" if x != labels[-1]])))
    edges = [0.0, *(x / 100 for x in itertools.accumulate(lengths))]
    return Tier("mouth", tuple(edges), tuple(labels))


rates = st.sampled_from([Fraction(12), Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)])


@given(cue_tiers(), rates, st.integers(1, 3))
def test_frames_are_covered_without_gaps_and_neighbours_differ(cues: Tier, rate: Fraction, hold: int) -> None:
    placed = lay_out(cues, KINDS, rate, hold=hold)
    assert placed[0].start == 0
    assert placed[-1].end == max(1, round(cues.end * rate))
    for a, b in itertools.pairwise(placed):
        assert a.end == b.start
        assert a.shape != b.shape
    assert all(x.end > x.start for x in placed)


@given(cue_tiers(), rates)
def test_no_boundary_moves_further_than_its_reach(cues: Tier, rate: Fraction) -> None:
    placed = lay_out(cues, KINDS, rate, holds={"closed": 2})
    reach = max(2, round(cue_layout.REACH_SECONDS * rate)) + 1
    for cue in placed:
        covers = [x for x in cues if x.label == cue.shape]
        assert any(x.start * rate - reach <= cue.start <= x.end * rate + reach for x in covers), (
            f"{cue} shows a shape that is nowhere near"
        )


@given(st.integers(20, 400), st.integers(1, 40), rates)
def test_a_closure_is_never_dropped_and_has_two_frames(start: int, length: int, rate: Fraction) -> None:
    cues = Tier("mouth", (0.0, start / 100, (start + length) / 100, 5.0), ("B", "A", "D"))
    closures = [x for x in lay_out(cues, KINDS, rate, holds={"closed": 2}) if x.shape == "A"]
    assert len(closures) == 1
    assert closures[0].end - closures[0].start >= 2
    assert abs(closures[0].start / float(rate) - start / 100) <= 2.5 / float(rate)


def brute_force(cues: Tier, rate: Fraction, holds: list[int]) -> float:
    """The least cost over all placements of few boundaries."""
    grid = [round(t * rate) for t in cues.boundaries]
    reach = max(*holds, round(cue_layout.REACH_SECONDS * rate), 1)
    choices = [range(max(grid[0], g - reach), min(grid[-1], g + reach) + 1) for g in grid[1:-1]]
    costs = []
    for inner in itertools.product(*choices):
        frames = (grid[0], *inner, grid[-1])
        if all(a <= b for a, b in itertools.pairwise(frames)):
            costs.append(cost(frames, cues, rate, holds))
    return min(costs)


def cost(frames: tuple[int, ...], cues: Tier, rate: Fraction, holds: list[int]) -> float:
    total = 0.0
    kinds = [KINDS[x] for x in cues.labels]
    for k in range(1, len(frames)):
        length = frames[k] - frames[k - 1]
        total += DROP_COSTS[kinds[k - 1]] if length == 0 else cue_layout.SHORT_COST * (length < holds[k - 1])
        shift = frames[k] / rate - cues.boundaries[k]
        anchored = k < len(kinds) and kinds[k] in cue_layout.ANCHORS
        factor = cue_layout.MOVE_COST * (cue_layout.ANCHOR_FACTOR if anchored else 1.0)
        total += factor * (cue_layout.LATE_FACTOR * shift if shift > 0 else -shift)
    return total


@settings(max_examples=30, deadline=None)
@given(cue_tiers(most=4))
def test_the_layout_is_the_cheapest(cues: Tier) -> None:
    rate = Fraction(24)
    holds = [2 if x == "A" else 1 for x in cues.labels]
    frames = cue_layout._shortest_path(
        __import__("numpy").asarray(cues.boundaries),
        float(rate),
        holds,
        [DROP_COSTS[KINDS[x]] for x in cues.labels],
        [cue_layout.ANCHOR_FACTOR if KINDS[x] in cue_layout.ANCHORS else 1.0 for x in (*cues.labels[1:], "X")],
    )
    if round(cues.end * rate) > 0:
        assert cost(tuple(frames), cues, rate, holds) == pytest.approx(brute_force(cues, rate, holds), rel=1e-9)


@pytest.mark.parametrize("shape", ["A", "G"])
@pytest.mark.parametrize("before", ["B", "D", "F"])
@pytest.mark.parametrize("length", [0.02, 0.03, 0.04, 0.06])
def test_a_short_closure_begins_on_time_and_gets_its_hold_from_what_follows(
    shape: str, before: str, length: float
) -> None:
    cues = Tier("mouth", (0.0, 1.0, 1.0 + length, 2.0), (before, shape, "C"))
    closure = next(x for x in lay_out(cues, KINDS, Fraction(100), hold=7) if x.shape == shape)
    assert (closure.start, closure.end) == (100, 107)


def test_what_matters_least_goes_first() -> None:
    cues = Tier("mouth", (0.0, 1.0, 1.02, 1.04, 2.0), ("X", "B", "D", "X"))
    assert [x.shape for x in lay_out(cues, KINDS, Fraction(24), hold=2)] == ["X", "D", "X"]


def test_in_betweens_go_before_anything_else() -> None:
    cues = Tier("mouth", (0.0, 1.0, 1.03, 1.06, 2.0), ("X", "D", "B", "X"))
    assert [x.shape for x in lay_out(cues, KINDS, Fraction(24), hold=2, tweens=frozenset({1}))] == ["X", "B", "X"]


def test_as_a_tier_it_keeps_its_ends() -> None:
    cues = Tier("mouth", (0.0, 0.305, 0.333), ("X", "A"))
    tier = lay_out_tier(cues, KINDS, Fraction(100))
    assert (tier.start, tier.end) == (0.0, 0.333)
    assert tier.boundaries[1] == 0.3 or tier.boundaries[1] == 0.31


def test_a_frame_cue_is_plain_data() -> None:
    assert FrameCue(1, 2, "A") == FrameCue(1, 2, "A")


def test_what_lies_between_two_closed_mouths_keeps_them_apart() -> None:
    """A short vowel between B and M: the first closure gets its hold from it, but not all of it."""
    cues = Tier("mouth", (0.0, 1.18, 1.21, 1.29, 1.33, 1.6), ("C", "A", "B", "A", "C"))
    kinds = {"A": "closed", "B": "neutral", "C": "open"}
    placed = lay_out(cues, kinds, Fraction(24), holds={"closed": 2})
    assert [x.shape for x in placed] == ["C", "A", "B", "A", "C"]
    assert (placed[1].start, placed[3].start) == (28, 31)
