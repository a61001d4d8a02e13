"""Mixtures of Gaussians against their formula, written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from visalign.hmm_training.gaussians import DiagonalMixtures, log_sum

# Two mixtures: 0.25 N(0, 1) + 0.75 N(2, 4), and N(1, 0.25) alone.
MEANS, VARIANCES = np.array([[0.0], [2.0], [1.0]]), np.array([[1.0], [4.0], [0.25]])
MIXTURES = DiagonalMixtures.from_precisions(
    np.array([0.25, 0.75, 1.0]), MEANS / VARIANCES, 1 / VARIANCES, np.array([0, 2, 3])
)


def density(x: float, mean: float, variance: float) -> float:
    return math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


@pytest.mark.parametrize("x", [-1.0, 0.0, 0.5, 3.0])
def test_the_likelihood_is_the_weighted_sum_of_densities(x: float) -> None:
    found = MIXTURES.log_likelihoods(np.array([[x]]), np.array([0, 1]))[0]
    expected = [0.25 * density(x, 0, 1) + 0.75 * density(x, 2, 4), density(x, 1, 0.25)]
    assert np.exp(found) == pytest.approx(expected, rel=1e-5)  # constants are kept in single precision


def test_mixtures_come_in_the_order_that_is_asked_for() -> None:
    frames = np.array([[0.3], [1.7]])
    both = MIXTURES.log_likelihoods(frames, np.array([0, 1]))
    assert np.array_equal(MIXTURES.log_likelihoods(frames, np.array([1, 0])), both[:, ::-1])
    gaussians, begins = MIXTURES.members(np.array([1, 0]))
    assert (gaussians.tolist(), begins.tolist()) == ([2, 0, 1], [0, 1, 3])


def test_facts_of_the_mixtures() -> None:
    assert (MIXTURES.n_mixtures, MIXTURES.n_dimensions) == (2, 1)
    assert MIXTURES.means == pytest.approx(MEANS)


def test_a_weight_of_zero_never_counts() -> None:
    one = DiagonalMixtures.from_precisions(np.array([0.0, 1.0]), MEANS[:2], np.ones((2, 1)), np.array([0, 2]))
    assert math.exp(one.log_likelihoods(np.array([[2.0]]), np.array([0]))[0, 0]) == pytest.approx(density(2, 2, 1))


def test_sums_of_very_small_likelihoods_do_not_vanish() -> None:
    assert log_sum(np.array([[-1000.0, -1000.0, -5.0]]), np.array([0, 2])) == pytest.approx(
        np.array([[-1000 + math.log(2), -5.0]])
    )
