"""When a mouth moves and when it is still, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.sync.mouth_movement import _long, _spread


def test_spread_is_the_deviation_over_the_frames_seen() -> None:
    """Three frames around each: 0, 3 and 6 deviate by the root of 6; of 3 and 6, where 0 is not seen, by 1.5."""
    values = np.array([0.0, 3.0, 6.0, 6.0, 6.0])
    assert _spread(values, np.ones(5, bool), 3)[[1, 2, 3]] == pytest.approx([np.sqrt(6), np.sqrt(2), 0.0], abs=1e-7)
    assert _spread(values, np.arange(5) > 0, 3)[1] == pytest.approx(1.5, abs=1e-7)
    assert _spread(np.zeros(5), np.zeros(5, bool), 3).tolist() == [0.0] * 5


def test_only_long_runs_are_kept() -> None:
    flags = np.array([True, True, False, True, True, True, False, False, True])
    assert _long(flags, 3).tolist() == [False] * 3 + [True] * 3 + [False] * 3
    assert _long(flags, 2).tolist() == [True, True, False, True, True, True, False, False, False]
    assert _long(flags, 1).tolist() == flags.tolist()
    assert _long(np.ones(4, bool), 4).all()
    assert not _long(np.ones(4, bool), 5).any()
