"""Features bent towards a speaker."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.hmm_training.fmllr import (
    FmllrStatistics,
    apply_transform,
    gather_statistics,
    prior_statistics,
)
from visalign.hmm_training.gaussians import DiagonalMixtures


def test_fmllr_undoes_what_was_done_to_the_features() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(0, 3, (12, 3)).astype(np.float32)
    precisions = rng.uniform(0.5, 2, (12, 3)).astype(np.float32)
    mixtures = DiagonalMixtures.from_precisions(np.ones(12, np.float32), means * precisions, precisions, np.arange(13))
    pdfs = rng.integers(0, 12, 4000)
    clean = means[pdfs] + rng.normal(0, 1, (4000, 3)) / np.sqrt(precisions[pdfs])
    change = np.array([[1.2, 0.3, 0.0], [-0.2, 0.9, 0.1], [0.0, 0.2, 1.1]])
    heard = (clean @ change.T + [1.0, -2.0, 0.5]).astype(np.float32)
    transform = gather_statistics(heard, pdfs, mixtures, mixtures).transform()
    assert transform is not None
    np.testing.assert_allclose(apply_transform(heard, transform), clean, rtol=0, atol=0.25)
    before, after = (
        mixtures.log_likelihoods(x, np.arange(12))[np.arange(4000), pdfs].mean()
        for x in (heard, apply_transform(heard, transform))
    )
    assert after > before + 1.0


def test_too_little_speech_is_not_adapted_to() -> None:
    statistics = FmllrStatistics(499.0, np.zeros((3, 4)), np.stack([np.eye(4)] * 3))
    assert statistics.transform() is None
    frames = np.ones((2, 3), np.float32)
    assert apply_transform(frames, None) is frames


def statistics_of(frames: np.ndarray, mean: float, variance: float) -> FmllrStatistics:
    """Statistics of frames of one dimension under one Gaussian."""
    extended = np.concatenate([frames[:, None], np.ones((len(frames), 1))], axis=1)
    return FmllrStatistics(
        float(len(frames)), mean / variance * extended.sum(axis=0)[None], (extended.T @ extended / variance)[None]
    )


def test_in_one_dimension_mean_and_spread_are_carried_over() -> None:
    # Frames of mean 5 and variance 4 fit a Gaussian of mean 1 and variance 9 best when they are stretched by 3/2, and
    # moved from 7.5 to 1.
    frames = np.array([3.0, 7.0, 3.0, 7.0])
    statistics = statistics_of(frames, 1.0, 9.0)
    found = statistics.diagonal_transform()
    assert found is not None
    np.testing.assert_allclose(found, [[1.5, -6.5]], rtol=0, atol=1e-9)
    full = statistics.transform(least=0)  # one Gaussian alone may as well be met from the other side
    assert full is not None
    assert statistics.objective(full) == pytest.approx(statistics.objective(found))
    better = statistics.objective(np.array([[1.5, -6.5]]))
    assert all(better > statistics.objective(np.array([other])) for other in ([1.5, -6.4], [1.49, -6.5], [1.0, 0.0]))


def test_diagonal_transforms_need_frames_too() -> None:
    assert statistics_of(np.array([3.0, 7.0]), 1.0, 9.0).diagonal_transform(least=3) is None


def model_statistics(count: float) -> FmllrStatistics:
    rng = np.random.default_rng(3)
    return prior_statistics(rng.uniform(1, 9, 5), rng.normal(0, 2, (5, 3)), rng.uniform(0.5, 3, (5, 3)), count)


def test_what_the_model_would_say_itself_asks_for_no_change() -> None:
    prior = model_statistics(100.0)
    for found in (prior.transform(least=0), prior.diagonal_transform()):
        assert found is not None
        np.testing.assert_allclose(found, np.eye(3, 4), rtol=0, atol=1e-8)


def test_the_prior_holds_a_few_frames_back() -> None:
    frames = np.array([3.0, 7.0, 3.0, 7.0])
    own = statistics_of(frames, 1.0, 9.0)
    prior = [prior_statistics(np.ones(1), np.ones((1, 1)), np.full((1, 1), 9.0), count) for count in (1.0, 100.0)]
    weak, strong = ((own + part).diagonal_transform() for part in prior)
    assert weak is not None
    assert strong is not None
    assert abs(strong[0, 1]) < abs(weak[0, 1]) < 6.5
    assert abs(strong[0, 1]) < 0.5
