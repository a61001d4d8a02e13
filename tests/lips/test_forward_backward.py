"""Forward-backward where plain products would underflow, and where few transitions are allowed."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.lips.forward_backward import forward_backward

TOLERANCE = 1e-12
EVEN = np.array([0.5, 0.5])


def test_long_sequences_do_not_underflow() -> None:
    """Two states that explain every moment alike: 5000 times 0.5 is far below the smallest number."""
    logs = np.full((5000, 2), -1000.0)
    found = forward_backward(logs, EVEN, np.full((2, 2), 0.5))
    assert found == pytest.approx(np.full((5000, 2), 0.5), abs=TOLERANCE)


def test_the_only_path_is_taken_however_badly_it_explains() -> None:
    """No way from the first state to the second, where the second explains the end better by e^5000."""
    logs = np.array([[0.0, -50.0], [-5000.0, 0.0], [-5000.0, 0.0]])
    found = forward_backward(logs, np.array([1.0, 0.0]), np.eye(2))
    assert found == pytest.approx(np.array([[1.0, 0.0]] * 3), abs=TOLERANCE)


def test_bias_is_the_log_odds_that_it_adds() -> None:
    """One moment, two states with even odds: a bias of ln 3 for one of them gives it three quarters."""
    found = forward_backward(np.zeros((1, 2)), EVEN, np.full((2, 2), 0.5), np.array([np.log(3.0), 0.0]))
    assert found == pytest.approx(np.array([[0.75, 0.25]]), abs=TOLERANCE)


def test_what_comes_later_counts() -> None:
    """The states hardly ever change, so the last moment settles the first."""
    stay = np.array([[0.99, 0.01], [0.01, 0.99]])
    found = forward_backward(np.log([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]]), EVEN, stay)
    # backwards from (0.9, 0.1): 0.99 * 0.9 + 0.01 * 0.1 = 0.892, then 0.99 * 0.892 + 0.01 * 0.108 = 0.88416
    assert found[:, 0] == pytest.approx([0.88416, 0.892, 0.9], abs=TOLERANCE)


def test_nothing_observed() -> None:
    assert forward_backward(np.empty((0, 2)), EVEN, np.eye(2)).shape == (0, 2)


def test_probabilities_are_those_of_their_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary material is computed without logs, which comes to the same; the differences are those of rounding."""
    rng = np.random.default_rng(3)
    logs, stay = rng.normal(0, 20, (400, 7)), 0.9 * np.eye(7) + 0.1 / 7
    found = forward_backward(logs, np.full(7, 1 / 7), stay)
    monkeypatch.setattr("visalign.lips.forward_backward._DEEPEST", 0.0)
    assert found == pytest.approx(forward_backward(logs, np.full(7, 1 / 7), stay), abs=TOLERANCE)


def test_what_no_number_holds_is_computed_with_logs() -> None:
    """A path that must be taken past 200 surprises of e^-290 each, though every single one would do without logs."""
    logs = np.tile([[-290.0, 0.0]], (200, 1))
    found = forward_backward(logs, np.array([1.0, 0.0]), np.eye(2))
    assert found == pytest.approx(np.tile([[1.0, 0.0]], (200, 1)), abs=TOLERANCE)
