"""Moving boundaries to the change of the spectrum."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from visalign.forced_alignment import refinement
from visalign.forced_alignment.refinement import REACH, refine_boundaries

RATE_HZ = 16000
TURNS = (0.2, 0.35, 0.61, 0.8)  # seconds at which `turning_sound` changes


def turning_sound(seed: int = 0) -> npt.NDArray[np.int16]:
    """One second of noise whose colour turns between dark and bright."""
    noise = np.random.default_rng(seed).normal(0, 800, RATE_HZ)
    dark, bright = lfilter([1], [1, -0.95], noise) * 0.3, lfilter([1], [1, 0.9], noise) * 0.4
    is_bright = np.searchsorted(TURNS, np.arange(RATE_HZ) / RATE_HZ, side="right") % 2 == 1
    return np.where(is_bright, bright, dark).astype(np.int16)


@pytest.mark.parametrize("error", [-0.015, -0.008, 0.0, 0.008, 0.015])
def test_boundaries_come_closer_to_the_turn(error: float) -> None:
    found = refine_boundaries(turning_sound(), RATE_HZ, [0.0, *(turn + error for turn in TURNS), 1.0])
    left_over = np.abs(np.array(found[1:-1]) - TURNS)
    assert np.all(left_over < max(0.5 * abs(error), 0.002))


def test_nothing_moves_without_a_change() -> None:
    tone = (3000 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.int16)
    for sound in (tone, np.zeros(RATE_HZ, np.int16)):
        assert refine_boundaries(sound, RATE_HZ, [0.0, 0.3, 0.7, 1.0]) == pytest.approx([0.0, 0.3, 0.7, 1.0], abs=0.002)


def test_shifted_sound_shifts_the_boundaries() -> None:
    sound = turning_sound()
    late = np.concatenate([sound[:1600], sound])[:RATE_HZ]
    here = refine_boundaries(sound, RATE_HZ, [0.0, *(turn + 0.01 for turn in TURNS[:3]), 1.0])
    there = refine_boundaries(late, RATE_HZ, [0.0, *(turn + 0.11 for turn in TURNS[:3]), 1.0])
    assert np.array(there[1:-1]) - here[1:-1] == pytest.approx([0.1] * 3, abs=1e-6)


def test_batches_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = np.linspace(0, 1, 40).tolist()
    whole = refine_boundaries(turning_sound(), RATE_HZ, edges)
    monkeypatch.setattr(refinement, "BATCH", 7)
    assert refine_boundaries(turning_sound(), RATE_HZ, edges) == pytest.approx(whole, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(
    gaps=st.lists(st.floats(0.001, 0.3), min_size=1, max_size=30),
    seed=st.integers(0, 5),
    length=st.integers(1, RATE_HZ),
)
def test_order_ends_and_reach_are_kept(gaps: list[float], seed: int, length: int) -> None:
    edges = np.concatenate([[0.0], np.cumsum(gaps)])
    found = np.array(refine_boundaries(turning_sound(seed)[:length], RATE_HZ, edges.tolist()))
    assert (found[0], found[-1]) == (edges[0], edges[-1])
    assert np.all(np.diff(found) > 0)
    assert np.all(np.abs(found - edges) <= REACH + 1e-9)
    assert np.all(np.isfinite(found))
