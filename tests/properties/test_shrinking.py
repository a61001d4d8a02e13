"""A property that fails says so in seconds, however long it would take to find the smallest example."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine


def test_making_an_example_smaller_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/conftest.py sets the same number; without it this takes minutes."""
    assert engine.MAX_SHRINKING_SECONDS <= 30
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", 1)

    n_failed = 0

    @settings(deadline=None, derandomize=True, database=None)
    @given(st.lists(st.floats(0, 1e9), min_size=5, max_size=30))
    def fails(numbers: list[float]) -> None:
        nonlocal n_failed
        if sum(numbers) > 1000:
            n_failed += 1
            time.sleep(0.2)
        assert sum(numbers) <= 1000

    with pytest.raises(AssertionError):
        fails()
    assert n_failed < 15  # five in the second, and those before and after it
