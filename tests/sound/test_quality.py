"""Measures of sound against values known by hand, and voice activity against speech-like bursts of known place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import sosfilt
from test_enhancement import RATE_HZ, phrases, syllables

from visalign.errors import TimelineError
from visalign.media.clips import read_audio
from visalign.signals import Audio
from visalign.sound import quality as quality_room
from visalign.sound.quality import audio_quality, estimated_snr, loudness, pesq, segmental_snr, si_sdr, snr, stoi

NOISE = np.random.default_rng(0).normal(size=10 * RATE_HZ)


@pytest.mark.parametrize("rate_hz", [16000, 44100, 48000])
def test_loudness_of_the_standard_tone(rate_hz: int) -> None:
    """BS.1770: a 997 Hz sine of full scale in one channel reads -3.01 LUFS."""
    t = np.arange(5 * rate_hz) / rate_hz
    tone = Audio(np.sin(2 * np.pi * 997 * t).astype(np.float32), rate_hz)
    assert loudness(tone) == pytest.approx(-3.01, abs=0.05)
    assert loudness(Audio((0.1 * tone.samples).astype(np.float32), rate_hz)) == pytest.approx(-23.01, abs=0.05)


def test_pauses_do_not_lower_loudness() -> None:
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    tone = (0.1 * np.sin(2 * np.pi * 997 * t)).astype(np.float32)
    with_pause = np.concatenate([tone, np.zeros(8 * RATE_HZ, np.float32)])
    assert loudness(Audio(with_pause, RATE_HZ)) == pytest.approx(loudness(Audio(tone, RATE_HZ)) or 0, abs=0.5)


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_what_cannot_be_told_is_none(n: int) -> None:
    silence = Audio(np.zeros(n, np.float32), RATE_HZ)
    assert loudness(silence) is None
    assert estimated_snr(silence) is None
    assert (snr(silence.samples, silence.samples), si_sdr(silence.samples, silence.samples)) == (None, None)
    assert segmental_snr(silence.samples, silence.samples, RATE_HZ) is None
    quality = audio_quality(silence)
    assert (quality.loudness_lufs, quality.peak_dbfs, quality.snr_db, quality.clipped_fraction) == (None, None, None, 0)


@given(st.floats(-20, 60), st.floats(0.01, 100))
def test_snr_and_si_sdr_by_construction(level_db: float, gain: float) -> None:
    tone, other = np.sin(np.arange(10000) * 0.1), np.cos(np.arange(10000) * 0.1)
    wrong = other * np.sqrt(np.sum(tone**2) / np.sum(other**2)) * 10 ** (-level_db / 20)
    assert snr(tone, tone + wrong) == pytest.approx(level_db, abs=0.01)
    # the gain does not matter to SI-SDR
    assert si_sdr(tone, gain * (tone + wrong)) == pytest.approx(level_db, abs=0.1)


def test_segmental_snr_weighs_frames_alike() -> None:
    clean = np.concatenate([np.ones(RATE_HZ), 0.1 * np.ones(RATE_HZ)])
    made = clean + np.concatenate([0.1 * np.ones(RATE_HZ), 0.1 * np.ones(RATE_HZ)])
    assert segmental_snr(clean, made, RATE_HZ) == pytest.approx((20 + 0) / 2, abs=0.01)
    assert segmental_snr(clean, clean, RATE_HZ) == 35.0


def test_different_lengths_are_refused() -> None:
    for measure in (snr, si_sdr):
        with pytest.raises(TimelineError, match="cut both alike"):
            measure(np.ones(10), np.ones(11))


def test_clipping_is_counted() -> None:
    samples = np.zeros(1000, np.float32)
    samples[:100] = 1.0
    assert audio_quality(Audio(samples, RATE_HZ)).clipped_fraction == pytest.approx(0.1)


@pytest.mark.parametrize("snr_db", [5, 10, 20])
def test_snr_is_estimated_from_the_recording_alone(snr_db: float) -> None:
    clean = syllables(10.0)
    noise = NOISE * np.sqrt(np.mean(clean[phrases(10.0)] ** 2)) * 10 ** (-snr_db / 20)
    assert estimated_snr(Audio((clean + noise).astype(np.float32), RATE_HZ)) == pytest.approx(snr_db, abs=4)


@pytest.mark.corpus
def test_pesq_and_stoi_fall_with_noise(corpus: Path) -> None:
    pytest.importorskip("pesq", reason="needs the extra [quality]")
    pytest.importorskip("pystoi", reason="needs the extra [quality]")
    clean = read_audio(corpus / "librivox" / "austen_0880.wav")
    worse = [
        Audio((clean.samples + level * NOISE[: len(clean.samples)]).astype(np.float32), RATE_HZ)
        for level in (0.0, 0.002, 0.02)
    ]
    scores = [pesq(clean, x) or 0.0 for x in worse]
    assert scores[0] == pytest.approx(4.64, abs=0.01)
    assert scores[0] > scores[1] > scores[2] > 1.0
    intelligible = [stoi(clean, x) or 0.0 for x in worse]
    assert intelligible[0] == pytest.approx(1.0, abs=0.001)
    assert intelligible[0] > intelligible[1] > intelligible[2] > 0.3


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
def test_weighting_is_that_of_a_recursive_filter(rate_hz: int) -> None:
    """Over 70 s, three blocks, with a burst at the very end of one: nothing of it may come in elsewhere."""
    samples = np.random.default_rng(1).normal(scale=0.01, size=70 * rate_hz).astype(np.float32)
    samples[30 * rate_hz - 20 : 30 * rate_hz] = 1.0
    sections = quality_room._k_weighting(rate_hz)
    expected = (sosfilt(sections, samples.astype(np.float64)).reshape(700, -1) ** 2).sum(axis=1)
    assert quality_room._weighted_energy(Audio(samples, rate_hz), rate_hz // 10) == pytest.approx(expected, rel=1e-10)
