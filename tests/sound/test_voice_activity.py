"""Where somebody speaks, by any detector."""

from __future__ import annotations

import numpy as np
import pytest
from test_enhancement import RATE_HZ, phrases, syllables

from visalign.errors import ConfigError
from visalign.signals import Audio
from visalign.sound.voice_activity import DETECTORS, HOP, SPEECH, find_speech, speech_probabilities

NOISE = np.random.default_rng(0).normal(size=10 * RATE_HZ)


@pytest.mark.parametrize("noise_level", [0.001, 0.01, 0.05])
def test_speech_is_found(noise_level: float) -> None:
    samples = syllables(10.0) + noise_level * NOISE
    audio = Audio(samples.astype(np.float32), RATE_HZ)
    tier = find_speech(audio, min_pause=0.3)
    assert (tier.start, tier.end) == (0.0, audio.duration)
    rows = (np.arange(1000) + 0.5) * HOP
    found = np.array([label == SPEECH for label in tier.sample(rows)])
    truth = phrases(10.0)[(rows * RATE_HZ).astype(int)]
    assert np.mean(found == truth) > 0.93
    assert all(x.score is not None and x.score > 0.7 for x in tier)


@pytest.mark.parametrize("level", [1e-4, 0.01, 0.3])
def test_noise_alone_is_no_speech(level: float) -> None:
    assert np.mean(speech_probabilities(Audio((level * NOISE).astype(np.float32), RATE_HZ))) < 0.05


def test_silence_and_short_sound() -> None:
    assert not np.any(speech_probabilities(Audio(np.zeros(RATE_HZ, np.float32), RATE_HZ)))
    for n in (1, 10, 161, 500):
        p = speech_probabilities(Audio(np.full(n, 0.1, np.float32), RATE_HZ))
        assert len(p) == int(np.ceil(n / RATE_HZ / HOP - 1e-9))
        assert np.all((p >= 0) & (p <= 1))
    with pytest.raises(ConfigError, match="samples"):
        find_speech(Audio(np.zeros(0, np.float32), RATE_HZ))


def test_level_does_not_matter() -> None:
    audio = Audio((syllables(10.0) + 0.01 * NOISE).astype(np.float32), RATE_HZ)
    quiet = Audio((0.01 * audio.samples).astype(np.float32), RATE_HZ)
    assert speech_probabilities(quiet) == pytest.approx(speech_probabilities(audio), abs=0.02)


def test_unknown_detector_is_told() -> None:
    with pytest.raises(ConfigError, match="statistical, webrtc"):
        speech_probabilities(Audio(np.zeros(100, np.float32), RATE_HZ), "magic")


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
def test_webrtc_detector(rate_hz: int) -> None:
    pytest.importorskip("webrtcvad", reason="needs the extra [vad]")
    silence = Audio(np.zeros(rate_hz, np.float32), rate_hz)
    p = speech_probabilities(silence, "webrtc")
    assert len(p) == 100
    assert p.mean() < 0.2
    assert set(DETECTORS) == {"statistical", "webrtc"}
