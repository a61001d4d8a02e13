"""The mel spectrum of speech."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.signals import Audio
from visalign.sound.speech import HOP, N_BANDS, log_mel, mel_bands

RATES = (8000, 16000, 44100)


def tone(frequency_hz: float, rate_hz: int = 16000, duration: float = 0.5, level: float = 0.3) -> Audio:
    times = np.arange(round(duration * rate_hz)) / rate_hz
    return Audio((level * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32), rate_hz)


def mel(frequency_hz: float) -> float:
    return float(2595 * np.log10(1 + frequency_hz / 700))


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("frequency_hz", [300.0, 1000.0, 3000.0])
def test_a_tone_is_loudest_in_its_band(rate_hz: int, frequency_hz: float) -> None:
    """Bands are evenly spaced in mel between 80 Hz and 7.6 kHz, or half the rate."""
    highest = min(7600.0, rate_hz / 2)
    centres = np.linspace(mel(80), mel(highest), N_BANDS + 2)[1:-1]
    nearest = int(np.abs(centres - mel(frequency_hz)).argmin())
    loudest = log_mel(tone(frequency_hz, rate_hz))[10:-10].argmax(axis=1)
    assert np.abs(loudest - nearest).max() <= 1
    assert np.median(loudest) == nearest


def test_rows_are_centred_on_their_time() -> None:
    """A click at 0.5 s is loudest in row 50, and nowhere else than within the window of 25 ms."""
    samples = np.zeros(16000, np.float32)
    samples[8000] = 1
    energy = log_mel(Audio(samples, 16000)).sum(axis=1)
    assert int(energy.argmax()) == round(0.5 / HOP)
    assert np.flatnonzero(energy > energy.min() + 1e-3).tolist() == [49, 50, 51]


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("n_samples", [1, 80, 8000, 8001])
def test_there_is_a_row_every_ten_milliseconds(rate_hz: int, n_samples: int) -> None:
    spectrum = log_mel(Audio(np.zeros(n_samples, np.float32), rate_hz))
    assert spectrum.shape == (int(n_samples / rate_hz / HOP) + 1, N_BANDS)
    assert spectrum.dtype == np.float32


def test_digital_silence_is_finite_and_the_quietest() -> None:
    silent = log_mel(Audio(np.zeros(8000, np.float32), 16000))
    assert silent == pytest.approx(np.full_like(silent, np.log(1e-6)), abs=1e-5)
    assert log_mel(tone(1000))[10:-10].min() >= silent.max() - 1e-5


def test_twice_the_amplitude_is_four_times_the_energy() -> None:
    loud, quiet = log_mel(tone(1000, level=0.6)), log_mel(tone(1000, level=0.3))
    band = int(loud[25].argmax())
    assert loud[25, band] - quiet[25, band] == pytest.approx(np.log(4), abs=0.01)


def test_long_audio_is_read_in_blocks_without_seams() -> None:
    """Fifty seconds are more than a block; the rows are those of the parts."""
    samples = np.random.default_rng(0).normal(0, 0.1, 50 * 8000).astype(np.float32)
    whole = log_mel(Audio(samples, 8000))
    part = log_mel(Audio(samples[40 * 8000 : 42 * 8000], 8000))
    assert whole[4005:4190] == pytest.approx(part[5:190], abs=1e-4)


def test_bands_are_triangles_that_overlap() -> None:
    bands = mel_bands(16000, 512)
    assert bands.shape == (N_BANDS, 257)
    assert bands.min() >= 0
    assert bands.max() <= 1
    between = (np.arange(257) * 16000 / 512 > 200) & (np.arange(257) * 16000 / 512 < 6500)
    assert bands.sum(axis=0)[between] == pytest.approx(np.ones(between.sum()), abs=1e-9)
