"""Features as Kaldi computes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from visalign.errors import AlignmentError
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment.kaldi_features import FeatureOptions, add_deltas, as_stored, mfcc, splice, subtract_mean
from visalign.media.clips import Audio

WORDS = ["bin", "blue", "at", "f", "two", "now"]


@pytest.fixture(scope="module")
def speech() -> Audio:
    found = synthesise_speech(" ".join(WORDS), seed=0).audio
    silence = np.zeros(found.rate_hz // 4, np.float32)
    return Audio(np.concatenate([silence, found.samples, silence]), found.rate_hz)


def test_frames_have_neighbours_and_slopes() -> None:
    frames = np.arange(12, dtype=np.float32).reshape(6, 2)
    wide = splice(frames, 1, 2)
    assert wide.shape == (6, 8)
    np.testing.assert_array_equal(wide[0], [0, 1, 0, 1, 2, 3, 4, 5])
    slopes = add_deltas(frames)
    np.testing.assert_allclose(slopes[2, 2:4], [2, 2], rtol=0, atol=1e-5)
    np.testing.assert_allclose(subtract_mean(frames).mean(axis=0), 0, rtol=0, atol=1e-6)


def test_stored_features_lose_less_than_a_step() -> None:
    frames = np.random.default_rng(0).normal(0, 10, (200, 5)).astype(np.float32)
    stored = as_stored(frames)
    quartiles = np.quantile(frames, [0, 0.25, 0.75, 1], axis=0)
    assert np.abs(stored - frames).max() <= np.diff(quartiles, axis=0).max() / 63
    assert np.abs(stored - frames).max() > 1e-3


def test_features_repeat_even_with_dither(speech: Audio) -> None:
    options = FeatureOptions(dither=1.0)
    np.testing.assert_array_equal(mfcc(speech, options), mfcc(speech, options))
    with pytest.raises(AlignmentError, match="window"):
        mfcc(replace(speech, samples=speech.samples[:50]), FeatureOptions(snip_edges=True))
