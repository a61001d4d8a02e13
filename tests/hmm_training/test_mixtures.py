"""Mixtures learnt from frames, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.hmm_training.mixtures import Mixtures, MixtureStatistics, UpdateBounds, sizes_for, split, updated

FRAMES = np.array([[1.0], [3.0], [10.0], [12.0], [14.0]], dtype=np.float32)
OWNERS = np.array([0, 0, 1, 1, 1])
FREE = UpdateBounds(least_count=0.0, least_variance=0.0)


def test_one_gaussian_becomes_mean_and_variance_of_its_frames() -> None:
    start = Mixtures.alike(np.zeros(1), np.ones(1), 2)
    found = updated(start, MixtureStatistics.of(start.evaluated(), FRAMES, OWNERS), FREE)
    np.testing.assert_allclose(found.means[:, 0], [2.0, 12.0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.variances[:, 0], [1.0, 8 / 3], rtol=0, atol=1e-12)
    assert found.weights.tolist() == [1.0, 1.0]


def test_frames_are_shared_by_posterior() -> None:
    # Equal weights and variances 1, means 0 and 2: a frame at 1 belongs to both by half, one at 2 to the second by
    # 1 / (1 + exp(−2)).
    mixtures = Mixtures(np.array([0.5, 0.5]), np.array([[0.0], [2.0]]), np.ones((2, 1)), np.array([0, 2]))
    frames = np.array([[1.0], [2.0]], dtype=np.float32)
    found = MixtureStatistics.of(mixtures.evaluated(), frames, np.array([0, 0]))
    second = 1 / (1 + np.exp(-2.0))
    assert found.counts == pytest.approx([0.5 + 1 - second, 0.5 + second], abs=1e-6)
    assert found.sums[:, 0] == pytest.approx([0.5 + 2 * (1 - second), 0.5 + 2 * second], abs=1e-6)
    assert found.squares[:, 0] == pytest.approx([0.5 + 4 * (1 - second), 0.5 + 4 * second], abs=1e-6)
    density = [np.exp(-0.5), (np.exp(-2.0) + 1.0) / 2]
    assert found.log_likelihood == pytest.approx(np.log(density).sum() - np.log(2 * np.pi), abs=1e-6)


def test_em_never_makes_the_frames_less_likely() -> None:
    rng = np.random.default_rng(0)
    frames = np.concatenate([rng.normal(-2, 1, (300, 2)), rng.normal(3, 0.5, (200, 2))]).astype(np.float32)
    owners = np.zeros(500, dtype=np.int64)
    mixtures = split(Mixtures.alike(frames.mean(axis=0), frames.var(axis=0), 1), [4], seed=0)
    likelihoods = []
    for _ in range(15):
        statistics = MixtureStatistics.of(mixtures.evaluated(), frames, owners)
        likelihoods.append(statistics.log_likelihood)
        mixtures = updated(mixtures, statistics, UpdateBounds(least_count=1.0))
    assert np.all(np.diff(likelihoods) > -1e-2)
    assert likelihoods[-1] > likelihoods[0] + 100


def test_statistics_add_up_and_count_the_frames_of_each_mixture() -> None:
    model = Mixtures.alike(np.zeros(1), np.ones(1), 3).evaluated()
    parts = [MixtureStatistics.of(model, FRAMES[i : i + 1], OWNERS[i : i + 1]) for i in range(5)]
    total, whole = parts[0] + parts[1] + parts[2] + parts[3] + parts[4], MixtureStatistics.of(model, FRAMES, OWNERS)
    np.testing.assert_allclose(total.sums, whole.sums, rtol=0, atol=1e-12)
    assert total.log_likelihood == pytest.approx(whole.log_likelihood)
    assert total.occupancies(model.starts).tolist() == [2.0, 3.0, 0.0]


def test_what_is_learnt_may_be_seen_through_other_features() -> None:
    mixtures = Mixtures(np.array([0.5, 0.5]), np.array([[0.0], [9.0]]), np.ones((2, 1)), np.array([0, 2]))
    frames, other = np.array([[0.0], [9.0]], dtype=np.float32), np.array([[5.0], [7.0]], dtype=np.float32)
    found = MixtureStatistics.of(mixtures.evaluated(), frames, np.array([0, 0]), learnt_from=other)
    np.testing.assert_allclose(found.sums[:, 0], [5.0, 7.0], rtol=0, atol=1e-9)


def test_a_gaussian_that_is_hardly_heard_is_dropped() -> None:
    mixtures = Mixtures(np.array([0.5, 0.5]), np.array([[0.0], [50.0]]), np.ones((2, 1)), np.array([0, 2]))
    statistics = MixtureStatistics(np.array([100.0, 2.0]), np.array([[100.0], [100.0]]), np.full((2, 1), 5000.0), 0.0)
    found = updated(mixtures, statistics, UpdateBounds(least_count=10.0, least_variance=0.0))
    assert (found.n_gaussians, found.weights.tolist(), found.means.tolist()) == (1, [1.0], [[1.0]])
    assert found.variances[0, 0] == pytest.approx(49.0)


def test_a_mixture_that_is_hardly_heard_keeps_its_largest_gaussian() -> None:
    mixtures = Mixtures(np.array([0.5, 0.5]), np.array([[0.0], [50.0]]), np.ones((2, 1)), np.array([0, 2]))
    statistics = MixtureStatistics(np.array([1.0, 2.0]), np.zeros((2, 1)), np.zeros((2, 1)), 0.0)
    found = updated(mixtures, statistics)
    assert (found.weights.tolist(), found.means.tolist(), found.variances.tolist()) == ([1.0], [[50.0]], [[1.0]])


def test_variances_keep_to_their_floor() -> None:
    start = Mixtures.alike(np.zeros(1), np.ones(1), 1)
    frames = np.full((20, 1), 3.0, dtype=np.float32)
    statistics = MixtureStatistics.of(start.evaluated(), frames, np.zeros(20, dtype=np.int64))
    assert updated(start, statistics, UpdateBounds(10.0, np.array([0.5]))).variances.tolist() == [[0.5]]


def test_the_largest_gaussian_is_halved() -> None:
    mixtures = Mixtures(np.array([0.75, 0.25, 1.0]), np.zeros((3, 2)), np.full((3, 2), 4.0), np.array([0, 2, 3]))
    found = split(mixtures, [3, 1], seed=0)
    assert found.weights.tolist() == [0.375, 0.25, 0.375, 1.0]
    assert found.starts.tolist() == [0, 3, 4]
    np.testing.assert_allclose(found.means[0], -found.means[2], rtol=0, atol=0)
    step = 0.01 * np.random.default_rng(0).standard_normal(2) * 2.0
    np.testing.assert_allclose(found.means[2], step, rtol=0, atol=1e-15)
    assert np.array_equal(split(mixtures, [3, 1], seed=0).means, found.means)


def test_sizes_follow_a_power_of_how_often_a_mixture_is_heard() -> None:
    # ⁴√10000 = 10 and ⁴√16 = 2: the first gets 5 before the second would get another; that has too few frames anyway.
    assert sizes_for(np.array([10_000.0, 16.0]), 6) == [5, 1]
    assert sizes_for(np.array([0.0, 0.0]), 9) == [1, 1]
    assert sizes_for(np.array([100.0, 100.0]), 100, least_count=20.0) == [5, 5]


def test_written_precision_is_that_of_scores() -> None:
    model = Mixtures(np.array([1.0]), np.array([[1 / 3]]), np.array([[1 / 7]]), np.array([0, 1])).evaluated()
    assert (model.linear.dtype, model.precisions.dtype) == (np.float32, np.float32)
    assert model.linear[0, 0] == np.float32(7 / 3)
