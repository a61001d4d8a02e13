"""The protocol of known shifts and faults, on sounds that can be counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.evaluation.protocol import (
    FAULT_PAIRS,
    FAULT_SHIFTS,
    FEW_SHIFTS,
    SHIFTS,
    SHORT_WINDOWS,
    WINDOW_FRAMES,
    WITHIN,
    area_under_roc,
    half_shifted,
    shifted,
    window_starts,
)
from visalign.signals import Audio

AUDIO = Audio(np.arange(100, dtype=np.float32), 100)


def test_sound_is_moved_and_gaps_are_filled() -> None:
    assert shifted(AUDIO, 0.1).samples[:3].tolist() == [10, 11, 12]
    late = half_shifted(AUDIO, 0.5, 0.2).samples
    assert late[:50].tolist() == list(range(50))
    assert late[50:70].tolist() == list(range(20))
    assert late[70:].tolist() == list(range(50, 80))
    early = half_shifted(AUDIO, 0.5, -0.2).samples
    assert early[50:80].tolist() == list(range(70, 100))
    assert early[80:].tolist() == list(range(80, 100))
    assert len(early) == len(late) == 100
    with pytest.raises(ValueError, match="longer"):
        half_shifted(AUDIO, 0.5, 0.6)


@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=9),
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=9),
)
def test_the_area_is_the_share_of_pairs(at_fault: list[float], in_sync: list[float]) -> None:
    pairs = [(a < b) + 0.5 * (a == b) for a in at_fault for b in in_sync]
    assert area_under_roc(np.array(at_fault), np.array(in_sync)) == pytest.approx(np.mean(pairs), abs=1e-12)


def test_a_search_takes_a_part_of_the_protocol() -> None:
    assert set(FEW_SHIFTS) < set(SHIFTS)
    assert set(SHORT_WINDOWS) < set(WINDOW_FRAMES)
    assert sorted(sum(FAULT_PAIRS, ())) == sorted(FAULT_SHIFTS)
    assert all(min(pair) < 0 < max(pair) for pair in FAULT_PAIRS)


def test_a_lead_on_the_limit_is_right_however_it_is_summed() -> None:
    assert abs((0.06 + 0.1) - 0.12) <= WITHIN  # 0.04000000000000001
    assert WITHIN < 0.0402


def test_windows_lie_between_the_words() -> None:
    """Words from 0.5 to 1.5 s: a window of 0.45 s may start until 1.05."""
    assert window_starts(0.5, 1.5, 0.45) == pytest.approx([0.5, 0.7, 0.9])
    assert not len(window_starts(0.5, 1.5, 1.0))
