"""Evidence of streams: block by block, what persists, weights, shares. The formula: oracles/test_lag_evidence.py."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips, random_stream

import visalign.sync.streams as streams
from visalign.parameters import EvidenceParams
from visalign.sync.speech_context import SpeechContext
from visalign.sync.streams import _news, frame_shares, stream_log_likelihoods, weighed
from visalign.timeline import FrameTimes

RNG = np.random.default_rng(0)
TWO = (random_stream(RNG, NAMES[:3], 4, 2, 1.0), random_stream(RNG, NAMES[1:6], 4, 3, 0.6))
CONTEXT = SpeechContext(RNG.normal(size=(120, 4)).astype(np.float32))
LAGS = 0.01 * np.arange(-30, 31)


@pytest.mark.parametrize("persistence", [0.0, 0.4])
def test_block_by_block_says_what_all_at_once_says(monkeypatch: pytest.MonkeyPatch, persistence: float) -> None:
    """30 frames seven at a time, 120 rows of sound eleven at a time, and a few lags at a time."""
    lips = make_lips(RNG.normal(size=(30, len(NAMES))), faceless=[6, 7, 20])
    params = EvidenceParams(persistence=persistence)
    whole = stream_log_likelihoods(TWO, lips, CONTEXT, LAGS, params)
    for name, size in (("_FRAMES", 7), ("_ROWS", 11), ("_MAX_BLOCK", 100)):
        monkeypatch.setattr(streams, name, size)
    assert stream_log_likelihoods(TWO, lips, CONTEXT, LAGS, params) == pytest.approx(whole, rel=1e-5, abs=1e-5)


def test_what_is_new_is_what_the_frame_before_does_not_tell() -> None:
    """With a persistence of 0.6 what is new is (y - 0.6 x) / 0.8; the first frame and one behind a gap are all new."""
    residual = np.array([1.0, 2.0, np.nan, 4.0, 5.0])[:, None, None]
    assert _news(residual, 0.6)[:, 0, 0] == pytest.approx([1.0, 1.75, np.nan, 4.0, 3.25], abs=1e-12, nan_ok=True)
    assert _news(residual, 0.0) is residual


def test_variances_of_the_clip_count_against_those_of_the_training() -> None:
    """Lips four times as far apart are believed less, the more so the less the training's frames count."""
    lips = make_lips(4.0 * RNG.normal(size=(200, len(NAMES))))
    spread = [
        float(np.ptp(stream_log_likelihoods(TWO, lips, CONTEXT, LAGS, EvidenceParams(prior_frames=n)).sum(axis=0)))
        for n in (1e6, 60.0, 1.0)
    ]
    assert spread[0] > 2 * spread[1] > 2 * spread[2]


def test_factors_go_to_the_streams_they_are_named_for() -> None:
    mouth, both = TWO[0], replace(TWO[1], columns=(*TWO[1].columns[:-1], "appearance_0_1"))
    found = weighed((mouth, both), EvidenceParams(geometry_factor=2.0, appearance_factor=0.5))
    assert [x.weight for x in found] == pytest.approx([2.0, 0.3], abs=1e-12)
    (left,) = weighed((mouth, both), EvidenceParams(geometry_factor=0.0, appearance_factor=0.5))
    assert left.columns == both.columns


def test_a_frame_counts_its_time_on_screen_and_how_well_it_is_seen() -> None:
    """Frames of 10, 40, 20 and 60 ms; the second is seen half as well as the best, the last shows no face."""
    times = FrameTimes(np.array([0.0, 0.01, 0.05, 0.07]), 0.13, Fraction(25))
    lips = make_lips(np.zeros((4, len(NAMES))), times=times, faceless=[3])
    assert frame_shares(lips) == pytest.approx([0.25, 1.0, 0.5, 0.0], abs=1e-9)
    seen = replace(lips, visibility=np.array([[0.8], [0.4], [0.8], [0.8]]))
    assert frame_shares(seen) == pytest.approx([0.25, 0.5, 0.5, 0.0], abs=1e-9)


def test_the_best_tenth_of_the_frames_is_believed_in_full() -> None:
    """Visibility from 0.1 to 1.0 in eleven frames of which the first shows nothing: nine tenths lie below 0.91."""
    lips = replace(
        make_lips(np.zeros((11, len(NAMES))), times=frame_times(11)), visibility=0.1 * np.arange(11)[:, None]
    )
    believed = np.minimum(0.1 * np.arange(11) / 0.91, 1.0)
    assert frame_shares(lips) == pytest.approx(believed, abs=1e-9)
