"""Directions that tell classes apart, and transforms that suit diagonal Gaussians."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.hmm_training.linear_transforms import LdaStatistics, MlltStatistics, composed


def test_lda_finds_the_direction_in_which_classes_lie_apart() -> None:
    # Two classes at (±3, 0); each frame lies 1 beside its class's mean in x, and 2 above or below it in y.
    around = np.array([[1.0, 2.0], [1.0, -2.0], [-1.0, 2.0], [-1.0, -2.0]])
    frames = np.concatenate([around + np.array([3.0, 0.0]), around - np.array([3.0, 0.0])])
    statistics = LdaStatistics.of(frames, np.repeat([0, 1], 4), 2)
    # Within the classes the variance is 1 in x and 4 in y: white under (1, 0) and (0, 1/2); the first separates.
    np.testing.assert_allclose(statistics.transform(2), [[1.0, 0.0], [0.0, 0.5]], rtol=0, atol=1e-12)
    np.testing.assert_allclose(statistics.transform(1), [[1.0, 0.0]], rtol=0, atol=1e-12)


def test_lda_leans_against_noise_that_runs_along() -> None:
    # Means differ in x alone, but noise is the same in x and y: x − y is free of it, so the direction is (1, −1).
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, 20_000)
    noise, small = rng.normal(0, 3, 20_000), rng.normal(0, 0.1, (20_000, 2))
    frames = np.stack([classes + noise, noise], axis=1) + small
    (row,) = LdaStatistics.of(frames, classes, 2).transform(1)
    assert row[0] > 0
    assert row[1] / row[0] == pytest.approx(-1.0, abs=0.01)


def test_statistics_of_parts_add_up_to_those_of_the_whole() -> None:
    rng = np.random.default_rng(1)
    frames, classes = rng.normal(size=(50, 3)), rng.integers(0, 4, 50)
    whole = LdaStatistics.of(frames, classes, 5)
    parts = LdaStatistics.of(frames[:20], classes[:20], 5) + LdaStatistics.of(frames[20:], classes[20:], 5)
    np.testing.assert_allclose(parts.transform(3), whole.transform(3), rtol=0, atol=1e-9)


def test_lda_refuses_more_directions_than_there_are() -> None:
    frames = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [6.0, 0.0]])
    with pytest.raises(ValueError, match="vary in 1 directions can't be told apart by 2"):
        LdaStatistics.of(frames, np.array([0, 0, 1, 1]), 2).transform(2)


def scatter_of(frames: np.ndarray, precision: np.ndarray) -> MlltStatistics:
    deviations = frames - frames.mean(axis=0)
    return MlltStatistics.of(np.array([float(len(frames))]), (deviations.T @ deviations)[None], precision[None])


def test_mllt_leaves_diagonal_gaussians_alone() -> None:
    frames = np.array([[1.0, 2.0], [1.0, -2.0], [-1.0, 2.0], [-1.0, -2.0]])
    statistics = scatter_of(frames, np.array([1.0, 1 / 4]))
    np.testing.assert_allclose(statistics.transform(), np.eye(2), rtol=0, atol=1e-9)


def test_mllt_undoes_a_rotation_that_two_gaussians_share() -> None:
    # Covariances diag(1, 9) and diag(4, 1), both turned by 30 degrees: only the turn back makes both diagonal.
    turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    spreads = [turn @ np.diag(variances) @ turn.T for variances in ([1.0, 9.0], [4.0, 1.0])]
    transform = np.eye(2)
    for _ in range(50):  # variances are those of the frames under the transform so far, as in training
        precisions = np.array([1 / np.diag(transform @ spread @ transform.T) for spread in spreads])
        counts = np.array([100.0, 100.0])
        mapped = np.stack([100.0 * transform @ spread @ transform.T for spread in spreads])
        statistics = MlltStatistics.of(counts, mapped, precisions)
        step = statistics.transform()
        assert statistics.objective(step) >= statistics.objective(np.eye(2)) - 1e-9
        transform = composed(step, transform)
    for spread in spreads:
        found = transform @ spread @ transform.T
        assert abs(found[0, 1]) < 1e-3 * np.sqrt(found[0, 0] * found[1, 1])


def test_scatters_add_up() -> None:
    rng = np.random.default_rng(2)
    one, two = (scatter_of(rng.normal(size=(30, 2)), np.ones(2)) for _ in range(2))
    both = one + two
    assert both.count == 60.0
    np.testing.assert_allclose(both.scatters, one.scatters + two.scatters, rtol=0, atol=0)


def test_transforms_compose_from_the_right() -> None:
    turn, stretch = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([2.0, 3.0])
    frame = np.array([1.0, 10.0])
    np.testing.assert_array_equal(composed(turn, stretch) @ frame, [30.0, 2.0])
