"""From sound to features, speaker by speaker."""

from __future__ import annotations

import numpy as np
from toy_language import corpus

from visalign.acoustic_training.front_end import FrontEnd, centred, cepstra
from visalign.acoustic_training.utterance import NotAligned, Utterance
from visalign.forced_alignment.kaldi_features import FeatureOptions, add_deltas, splice
from visalign.signals import Audio


def test_each_speaker_is_centred_by_all_that_is_heard_of_him() -> None:
    frames = [np.array([[1.0], [3.0]], np.float32), np.array([[10.0]], np.float32), np.array([[8.0]], np.float32)]
    found = centred(frames, ["ann", "bob", "ann"])
    assert [rows.tolist() for rows in found] == [[[-3.0], [-1.0]], [[0.0]], [[4.0]]]


def test_features_are_slopes_or_spliced_frames() -> None:
    rows = np.random.default_rng(0).normal(size=(9, 13)).astype(np.float32)
    np.testing.assert_array_equal(FrontEnd((3, 3)).features(rows), add_deltas(rows))
    lda = np.random.default_rng(1).normal(size=(5, 91)).astype(np.float32)
    spliced = splice(rows, 3, 3) @ lda.T
    np.testing.assert_array_equal(FrontEnd((3, 3), lda).features(rows), spliced)
    twice = np.concatenate([2 * np.eye(5), np.ones((5, 1))], axis=1)
    np.testing.assert_allclose(FrontEnd((3, 3), lda).features(rows, twice), 2 * spliced + 1, rtol=1e-5)


def test_sound_of_less_than_a_window_is_named() -> None:
    utterance = Utterance("a", "ann", Audio(np.zeros(10, np.float32), 16000), ("x",), ((("a",),),))
    found = cepstra(utterance, FeatureOptions())
    assert isinstance(found, NotAligned)
    assert (found.utterance, found.stage) == ("a", "sound")
    assert "shorter than one window" in found.reason
    (x,) = corpus(1)
    heard = cepstra(x.utterance, FeatureOptions())
    assert not isinstance(heard, NotAligned)
    assert heard.shape[1] == 13
