"""The Gaussians of both kinds of models: sums that add up, and likelihoods that are the model's own."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.acoustic_training.moving_gaussians import Gaussians, KaldiGaussians, SphinxGaussians
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.hmm_training.gaussians import DiagonalMixtures


def kaldi() -> KaldiGaussians:
    rng = np.random.default_rng(1)
    precisions = rng.uniform(0.5, 2.0, (6, 39)).astype(np.float32)
    linear = rng.normal(size=(6, 39)).astype(np.float32) * precisions
    weights = np.full(6, 0.5, np.float32)
    return KaldiGaussians(DiagonalMixtures.from_precisions(weights, linear, precisions, np.array([0, 2, 4, 6])))


@pytest.fixture(params=["kaldi", "sphinx"])
def gaussians(request: pytest.FixtureRequest) -> Gaussians:
    return kaldi() if request.param == "kaldi" else SphinxGaussians(embedded_model())


def speech(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.normal(size=(n, 39)).astype(np.float32), rng.integers(0, 3, n)


def test_every_frame_counts_once_in_each_group(gaussians: Gaussians) -> None:
    frames, pdfs = speech()
    for found in gaussians.sums(frames, pdfs):
        assert found.counts.sum() == pytest.approx(len(frames), rel=1e-5)
    sums = np.concatenate([x.sums.sum(axis=0) for x in gaussians.sums(frames, pdfs)])
    assert sums == pytest.approx(frames.sum(axis=0), abs=1e-3)


def test_sums_of_parts_add_up_and_part_again(gaussians: Gaussians) -> None:
    frames, pdfs = speech()
    whole = gaussians.sums(frames, pdfs)
    first, second = gaussians.sums(frames[:25], pdfs[:25]), gaussians.sums(frames[25:], pdfs[25:])
    for all_, a, b in zip(whole, first, second, strict=True):
        assert (a + b).sums == pytest.approx(all_.sums, abs=1e-4)
        assert (all_ - a).counts == pytest.approx(b.counts, abs=1e-4)


def test_means_that_did_not_move_score_the_same(gaussians: Gaussians) -> None:
    frames, pdfs = speech()
    same = gaussians.moved([means for means, _ in gaussians.groups()])
    assert same.log_likelihood(frames, pdfs) == pytest.approx(gaussians.log_likelihood(frames, pdfs), rel=1e-5)


def test_means_move_where_they_are_told(gaussians: Gaussians) -> None:
    moved = gaussians.moved([means + 1.0 for means, _ in gaussians.groups()])
    assert moved.means() == pytest.approx(gaussians.means() + 1.0, abs=1e-4)
    # speech that moves with the means is as likely as before
    frames, pdfs = speech()
    assert moved.log_likelihood(frames + np.float32(1.0), pdfs) == pytest.approx(
        gaussians.log_likelihood(frames, pdfs), rel=1e-4
    )
