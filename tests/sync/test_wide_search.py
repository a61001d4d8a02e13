"""The quick look at every lag: against plain loops, and on a clip whose sound was cut elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips, random_stream

import visalign
from visalign.config import Config
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.lip_features import LipFeatures
from visalign.signals import Audio
from visalign.sound.speech import HOP
from visalign.sync.lip_model import Calibration
from visalign.sync.speech_context import SpeechContext
from visalign.sync.wide_search import lag_gains, rough_lead

PLAIN = Calibration(0.2, 0.01, 0.0, (0.0, 0.0, 0.0))
N_CHANNELS = 3


def test_gains_are_those_of_plain_loops() -> None:
    """Frames of 40 ms, each at the row nearest to its middle; rows beyond the sound expect nothing."""
    rng = np.random.default_rng(0)
    streams = (random_stream(rng, NAMES[:3], N_CHANNELS, 2, 1.0), random_stream(rng, NAMES[2:6], N_CHANNELS, 3, 0.6))
    lips = make_lips(rng.normal(size=(10, len(NAMES))), times=frame_times(10), faceless=[3])
    context = SpeechContext(rng.normal(size=(30, N_CHANNELS)).astype(np.float32))
    lags, gains = lag_gains(streams, lips, context, 0.25)
    assert lags == pytest.approx(HOP * np.arange(-25, 26), abs=1e-9)
    expected = np.zeros(len(lags))
    for stream in streams:
        shown, heard = stream.observe(lips), stream.expect(context)
        for k, lag in enumerate(lags):
            for t, centre in enumerate(lips.times.centres):
                row = round(centre / HOP) - round(lag / HOP)
                if t != 3 and 0 <= row < len(heard):
                    expected[k] += stream.weight * (shown[t] @ heard[row] - 0.5 * heard[row] @ heard[row])
    assert gains == pytest.approx(expected, abs=1e-4)
    best, certainty = rough_lead(streams, (lips,), context, 0.25, PLAIN)
    assert best == pytest.approx(lags[gains.argmax()], abs=1e-9)
    assert 0 < certainty < 1


@pytest.mark.parametrize("late", [2.5, 20.0])
def test_an_offset_of_seconds_is_found(
    late: float, generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    """The sound begins with seconds of a quiet room."""
    room = np.random.default_rng(0).normal(0, 1e-3, round(late * generated_audio.rate_hz)).astype(np.float32)
    audio = replace(generated_audio, samples=np.concatenate([room, generated_audio.samples]))
    config = Config.from_dict({"sync": {"max_lag_seconds": 60.0}})
    found = visalign.check(generated_lips, generated_clip.transcript, audio=audio, config=config)
    assert found.sync.lead_seconds == pytest.approx(generated_clip.lead_seconds - late, abs=0.03)
    assert found.sync.verdict == "audio-late"
    assert found.segments["score"].max() < 0.5
    near = visalign.check(generated_lips, generated_clip.transcript, audio=audio)
    assert near.sync.verdict != "in-sync"


def test_a_wide_search_changes_nothing_where_the_offset_is_small(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, generated_audio: Audio
) -> None:
    config = Config.from_dict({"sync": {"max_lag_seconds": 30.0}})
    wide = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio, config=config)
    near = visalign.check(generated_lips, generated_clip.transcript, audio=generated_audio)
    assert wide.sync.lead_seconds == pytest.approx(near.sync.lead_seconds, abs=0.002)
    assert wide.sync.verdict == near.sync.verdict
