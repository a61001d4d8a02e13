"""Means moved by one map and by themselves, against answers by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.hmm_training.mean_adaptation import map_means, mean_map


def test_a_mean_lies_between_what_was_known_and_what_was_heard() -> None:
    found = map_means(np.array([[1.0, -2.0]]), np.array([30.0]), np.array([[90.0, 30.0]]), tau=10.0)
    assert found.tolist() == [[(10.0 + 90.0) / 40.0, (-20.0 + 30.0) / 40.0]]


def moved_speech(n: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Gaussians that heard speech whose means are an affine map of their own: means, precisions, counts, sums, map."""
    rng = np.random.default_rng(seed)
    means, precisions = rng.normal(0.0, 3.0, (n, 3)), rng.uniform(0.2, 5.0, (n, 3))
    transform = np.concatenate([np.eye(3) + 0.2 * rng.normal(size=(3, 3)), rng.normal(size=(3, 1))], axis=1)
    counts = rng.uniform(1.0, 40.0, n)
    return means, precisions, counts, counts[:, None] * (means @ transform[:, :-1].T + transform[:, -1]), transform


def test_the_map_that_the_speech_was_made_by_is_found() -> None:
    means, precisions, counts, sums, transform = moved_speech(40)
    assert mean_map(means, precisions, counts, sums, prior=1e-6) == pytest.approx(transform, abs=1e-6)


def test_as_much_prior_as_speech_goes_half_the_way() -> None:
    means, precisions, counts, sums, transform = moved_speech(40)
    found = mean_map(means, precisions, counts, sums, prior=float(counts.sum()))
    assert found == pytest.approx(0.5 * (transform + np.eye(3, 4)), abs=1e-6)


def test_precise_gaussians_decide() -> None:
    # one number moved by +1 as the precise one heard it, +3 as the others did; only an offset and a slope are free
    means = np.array([[0.0], [1.0], [0.0], [1.0]])
    counts, precisions = np.full(4, 10.0), np.array([[1e6], [1e6], [1.0], [1.0]])
    sums = 10.0 * (means + np.array([[1.0], [1.0], [3.0], [3.0]]))
    assert mean_map(means, precisions, counts, sums, prior=1e-9) == pytest.approx(np.array([[1.0, 1.0]]), abs=1e-4)


def test_one_gaussian_alone_moves_all_by_the_least_step() -> None:
    means, precisions = np.array([[0.0, 0.0], [5.0, 5.0]]), np.ones((2, 2))
    found = mean_map(means, precisions, np.array([10.0, 0.0]), np.array([[20.0, -10.0], [0.0, 0.0]]), prior=1e-9)
    assert found == pytest.approx(np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]]), abs=1e-6)


def test_nothing_heard_changes_nothing() -> None:
    means, precisions, counts, sums, _ = moved_speech(5)
    assert mean_map(means, precisions, 0 * counts, 0 * sums, prior=10.0).tolist() == np.eye(3, 4).tolist()
    assert map_means(means, 0 * counts, 0 * sums, tau=5.0) == pytest.approx(means, rel=1e-12)
