"""Features bent towards a speaker."""

from __future__ import annotations

import numpy as np

from visalign.forced_alignment.adaptation import FmllrStatistics, apply_transform, gather_statistics
from visalign.forced_alignment.gaussians import DiagonalMixtures


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
