"""Enhancement: nothing moves, nothing is lost, noise goes; whatever sound comes in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.errors import ConfigError
from visalign.signals import Audio, Channels
from visalign.sound.enhancement import (
    EQ_PRESETS,
    PRESET_CHAINS,
    Band,
    cancel_noise,
    chain_for_alignment,
    enhance,
    equalise,
    highpass,
    normalise_loudness,
    parse_chain,
)
from visalign.sound.enhancement.chain import enhance_channels
from visalign.sound.enhancement.spectra import filtered
from visalign.sound.quality import loudness, si_sdr

RATE_HZ = 16000
CHAINS = ["subtract", "subtract:4:floor=0.1", "wiener", "wiener:-30", "eq:speech", "eq:3000/+6/1", "highpass:80"]
CHAINS += ["loudness:-23", "highpass:80,subtract,wiener,eq:200/-6/0.7/lowshelf,loudness"]


def phrases(seconds: float, rate_hz: int = RATE_HZ) -> npt.NDArray[np.bool_]:
    """Where :func:`syllables` has phrases, between longer pauses."""
    return np.sin(2 * np.pi * 0.4 * np.arange(round(seconds * rate_hz)) / rate_hz) > -0.3


def syllables(seconds: float = 6.0, rate_hz: int = RATE_HZ, seed: int = 0) -> npt.NDArray[np.float64]:
    """Something with the rhythm and spectrum of speech: a buzz with formants, in bursts with pauses between."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    buzz = sum(np.sin(2 * np.pi * 120 * k * t) / (1 + ((120 * k - 700) / 600) ** 2) for k in range(1, 40))
    loud = np.abs(np.sin(2 * np.pi * 2.5 * t)) * phrases(seconds, rate_hz)
    made = buzz * loud * (1 + 0.2 * np.random.default_rng(seed).normal())
    return made / np.abs(made).max() * 0.5


def noisy(snr_db: float, seed: int = 0) -> tuple[npt.NDArray[np.float64], Audio]:
    clean = syllables()
    noise = np.random.default_rng(seed).normal(size=len(clean))
    noise *= np.sqrt(np.mean(clean**2)) * 10 ** (-snr_db / 20)
    return clean, Audio((clean + noise).astype(np.float32), RATE_HZ)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100])
@pytest.mark.parametrize("chain", CHAINS)
def test_impulse_stays_at_its_sample(chain: str, rate_hz: int) -> None:
    samples = np.zeros(rate_hz, np.float32)
    place = rate_hz // 3 + 7
    samples[place] = 0.5
    made = enhance(Audio(samples, rate_hz), chain)
    assert len(made.samples) == len(samples)
    assert made.samples.dtype == np.float32
    assert int(np.argmax(np.abs(made.samples))) == place
    # not only the peak: the centre of its energy, so that nothing is smeared to one side
    energy = made.samples.astype(np.float64) ** 2
    assert np.sum(np.arange(len(energy)) * energy) / energy.sum() == pytest.approx(place, abs=0.5)


@pytest.mark.parametrize("chain", CHAINS)
def test_speech_in_noise_is_not_moved(chain: str) -> None:
    _, audio = noisy(10)
    made = enhance(audio, chain).samples.astype(np.float64)
    around = [float(np.dot(audio.samples[100:-100], made[100 + k : len(made) - 100 + k])) for k in range(-40, 41)]
    assert int(np.argmax(around)) - 40 == 0


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 3000),
    st.sampled_from(["silence", "nan", "clipped", "constant", "noise", "infinite"]),
    st.sampled_from(CHAINS),
)
def test_any_sound_keeps_its_length_and_stays_finite(n: int, kind: str, chain: str) -> None:
    rng = np.random.default_rng(n)
    samples = {
        "silence": np.zeros(n),
        "nan": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
        "clipped": np.sign(rng.normal(size=n)),
        "constant": np.ones(n),
        "noise": rng.normal(size=n) * 1e-3,
        "infinite": np.where(rng.random(n) < 0.1, np.inf, 0.1),
    }[kind]
    made = enhance(Audio(samples.astype(np.float32), RATE_HZ), chain)
    assert made.samples.shape == (n,)
    assert np.all(np.isfinite(made.samples))


def test_silence_stays_silence() -> None:
    for chain in CHAINS:
        assert not np.any(enhance(Audio(np.zeros(RATE_HZ, np.float32), RATE_HZ), chain).samples)


@given(st.integers(1, 5000))
@settings(deadline=None, max_examples=30)
def test_spectra_left_alone_give_back_the_sound(n: int) -> None:
    samples = np.random.default_rng(n).normal(size=n)
    assert filtered(samples, RATE_HZ, lambda power, _: np.ones_like(power)) == pytest.approx(samples, abs=1e-12)


@pytest.mark.parametrize("snr_db", [0, 5, 10])
@pytest.mark.parametrize(("chain", "gain_db"), [("subtract", 3.0), ("wiener", 3.0), ("subtract,wiener", 3.0)])
def test_noise_is_taken_out(chain: str, gain_db: float, snr_db: float) -> None:
    clean, audio = noisy(snr_db)
    before, after = si_sdr(clean, audio.samples), si_sdr(clean, enhance(audio, chain).samples)
    assert before is not None
    assert after is not None
    assert after - before > gain_db


def test_more_subtraction_leaves_less() -> None:
    _, audio = noisy(0)
    power = [np.mean(enhance(audio, f"subtract:{over}:floor=0.01").samples ** 2) for over in (1, 3, 6)]
    assert power[0] > power[1] > power[2]


@pytest.mark.parametrize("normalised", [True, False])
def test_reference_noise_is_cancelled(normalised: bool) -> None:
    clean, noise = syllables(4.0), 0.3 * np.random.default_rng(1).normal(size=4 * RATE_HZ)
    room = np.array([0.0, 0.0, 0.7, -0.3, 0.2, 0.1])
    heard = clean + np.convolve(noise, room)[: len(noise)]
    audio, reference = (Audio(x.astype(np.float32), RATE_HZ) for x in (heard, noise))
    made = cancel_noise(audio, reference, step=0.02 if normalised else 0.002, normalised=normalised)
    before, after = si_sdr(clean, heard), si_sdr(clean, made.samples)
    assert before is not None
    assert after is not None
    assert after > before + 12
    assert len(made.samples) == len(heard)


def test_cancelling_takes_a_reference_of_another_rate_and_length() -> None:
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    hum = 0.3 * np.sin(2 * np.pi * 100 * t)
    clean = syllables(2.0)
    reference = Audio(np.sin(2 * np.pi * 100 * np.arange(3 * 8000) / 8000).astype(np.float32), 8000)
    made = cancel_noise(Audio((clean + hum).astype(np.float32), RATE_HZ), reference)
    assert (si_sdr(clean, made.samples) or 0) > (si_sdr(clean, clean + hum) or 0) + 3


def response_db(step: object, frequency_hz: float) -> float:
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = Audio((0.1 * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32), RATE_HZ)
    made = step(tone)  # type: ignore[operator]
    inside = slice(RATE_HZ // 2, -RATE_HZ // 2)
    return float(20 * np.log10(np.std(made.samples[inside]) / np.std(tone.samples[inside])))


@pytest.mark.parametrize("gain_db", [-12.0, -3.0, 6.0, 15.0])
def test_bands_have_their_gain(gain_db: float) -> None:
    peak = [Band(1000, gain_db, 2.0)]
    assert response_db(lambda a: equalise(a, peak), 1000) == pytest.approx(gain_db, abs=0.05)
    assert response_db(lambda a: equalise(a, peak), 100) == pytest.approx(0, abs=0.3)
    shelf = [Band(1000, gain_db, 0.7, "lowshelf")]
    assert response_db(lambda a: equalise(a, shelf), 50) == pytest.approx(gain_db, abs=0.1)
    assert response_db(lambda a: equalise(a, shelf), 7500) == pytest.approx(0, abs=0.1)
    shelf = [Band(1000, gain_db, 0.7, "highshelf")]
    assert response_db(lambda a: equalise(a, shelf), 7500) == pytest.approx(gain_db, abs=0.1)
    assert response_db(lambda a: equalise(a, shelf), 50) == pytest.approx(0, abs=0.1)


def test_highpass() -> None:
    assert response_db(lambda a: highpass(a, 200), 200) == pytest.approx(-6, abs=0.1)
    assert response_db(lambda a: highpass(a, 200), 50) == pytest.approx(-48, abs=1.0)
    assert response_db(lambda a: highpass(a, 200), 2000) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("lufs", [-40.0, -30.0, -23.0])
def test_loudness_comes_to_its_target(lufs: float) -> None:
    audio = Audio(syllables().astype(np.float32), RATE_HZ)
    assert loudness(normalise_loudness(audio, lufs)) == pytest.approx(lufs, abs=0.05)


def test_loudness_never_clips() -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    samples[::1000] = 0.9
    assert np.abs(normalise_loudness(Audio(samples, RATE_HZ), 0.0).samples).max() == pytest.approx(
        10 ** (-1 / 20), rel=1e-3
    )


def test_channels_keep_their_balance() -> None:
    clean = syllables()
    sound = Channels(np.stack([clean, 0.25 * clean], axis=1).astype(np.float32), RATE_HZ, "stereo")
    made = enhance_channels(sound, "highpass:80,loudness:-30")
    assert made.samples.shape == sound.samples.shape
    assert np.std(made.samples[:, 0]) / np.std(made.samples[:, 1]) == pytest.approx(4, rel=1e-3)
    assert loudness(made.mono) == pytest.approx(-30, abs=0.1)


def test_alignment_is_helped_only_where_there_is_noise() -> None:
    clean = Audio(syllables().astype(np.float32), RATE_HZ)
    assert chain_for_alignment(clean) is None
    assert chain_for_alignment(noisy(8)[1]) == "align"
    assert chain_for_alignment(Audio(np.zeros(RATE_HZ, np.float32), RATE_HZ)) is None


@pytest.mark.parametrize(
    ("chain", "phrase"),
    [
        ("", "steps with commas"),
        ("magic", "subtract"),
        ("subtract:over=9", "1 to 6"),
        ("subtract:loud=2", "over=…"),
        ("subtract:over=x", "a number"),
        ("subtract:1:2", "over=…"),
        ("wiener:3", "-60 to 0"),
        ("eq", "preset"),
        ("eq:loud", "speech"),
        ("eq:x/1", "frequency/gain"),
        ("eq:1000/99", "-24 to 24"),
        ("eq:1000/3/1/comb", "lowshelf"),
        ("highpass:9000", "Hz"),
        ("loudness:5", "LUFS"),
        ("cancel", "--noise"),
    ],
)
def test_impossible_chains_are_told(chain: str, phrase: str) -> None:
    with pytest.raises(ConfigError, match=phrase):
        enhance(Audio(np.ones(100, np.float32), RATE_HZ), chain)


def test_presets_work() -> None:
    audio = Audio(syllables(1.0).astype(np.float32), RATE_HZ)
    for name in PRESET_CHAINS:
        assert parse_chain(name)
        assert len(enhance(audio, name).samples) == RATE_HZ
    for name in EQ_PRESETS:
        assert np.all(np.isfinite(equalise(audio, name).samples))
