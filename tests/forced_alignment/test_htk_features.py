"""Features in the manner of HTK."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.forced_alignment.htk_features import HtkFeatures

RNG = np.random.default_rng(0)
PCM = np.round(3000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000) + RNG.normal(0, 300, 8000)).astype(np.int16)


def by_hand(frame: np.ndarray) -> tuple[np.ndarray, float]:
    """Twelve cepstra and the energy of one window, written out as the HTK Book has them."""
    x = np.empty(400)
    x[0] = frame[0] * 0.03
    for n in range(1, 400):
        x[n] = frame[n] - 0.97 * frame[n - 1]
    x *= 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 399)
    energy = np.log((x**2).sum())
    magnitudes = np.abs(np.fft.fft(x, 512))
    top = 1127 * np.log(1 + 8000 / 700)
    centres = [top * k / 25 for k in range(26)]
    banks = np.zeros(24)
    for k in range(1, 256):
        mel = 1127 * np.log(1 + k * 31.25 / 700)
        for bank in range(1, 25):
            if centres[bank - 1] < mel <= centres[bank]:
                banks[bank - 1] += magnitudes[k] * (mel - centres[bank - 1]) / (centres[bank] - centres[bank - 1])
            elif centres[bank] < mel < centres[bank + 1]:
                banks[bank - 1] += magnitudes[k] * (centres[bank + 1] - mel) / (centres[bank + 1] - centres[bank])
    logs = np.log(np.maximum(banks, 1.0))
    cepstra = [
        np.sqrt(2 / 24) * sum(logs[j] * np.cos(np.pi * i / 24 * (j + 0.5)) for j in range(24)) for i in range(1, 13)
    ]
    return np.array(cepstra) * (1 + 11 * np.sin(np.pi * np.arange(1, 13) / 22)), energy


def test_a_frame_is_what_the_book_says() -> None:
    plain = HtkFeatures(drops_energy=False, has_slopes=False, drops_mean=False)
    found = plain.of(PCM)
    assert found.shape == ((8000 - 400) // 160 + 1, plain.width) == (48, 13)
    for frame in (0, 7, 47):
        cepstra, energy = by_hand(PCM[160 * frame : 160 * frame + 400].astype(float))
        assert found[frame] == pytest.approx([*cepstra, energy], rel=1e-4, abs=1e-3)


def test_slopes_mean_and_energy() -> None:
    plain = HtkFeatures(drops_energy=False, has_slopes=False, drops_mean=False).of(PCM).astype(float)
    found = HtkFeatures(has_curvature=True).of(PCM).astype(float)
    assert found.shape[1] == 38
    assert found[:, :12] == pytest.approx(plain[:, :12] - plain[:, :12].mean(axis=0), abs=1e-3)
    slopes = (plain[11] - plain[9] + 2 * (plain[12] - plain[8])) / 10
    assert found[10, 12:25] == pytest.approx(slopes, abs=1e-3)
    first = (plain[1] - plain[0] + 2 * (plain[2] - plain[0])) / 10
    assert found[0, 12:25] == pytest.approx(first, abs=1e-3)
    energy = HtkFeatures(drops_energy=False, has_slopes=False, normalised_energy=True, energy_scale=0.1).of(PCM)[:, 12]
    assert energy == pytest.approx(1 - 0.1 * (plain[:, 12].max() - plain[:, 12]), abs=1e-3)


def test_a_sound_shorter_than_a_window() -> None:
    assert HtkFeatures().of(PCM[:10]).shape == (1, 25)
    assert np.isfinite(HtkFeatures().of(np.zeros(0, dtype=np.int16))).all()


def test_the_mean_of_the_logarithms() -> None:
    with_it = HtkFeatures(has_c0=True, has_energy=False, drops_energy=False, has_slopes=False, drops_mean=False)
    assert with_it.width == 13
    louder = with_it.of((2 * PCM.astype(int)).clip(-32768, 32767).astype(np.int16)) - with_it.of(PCM)
    assert louder[:, 12] == pytest.approx(np.sqrt(2 / 24) * 24 * np.log(2), rel=0.01)
