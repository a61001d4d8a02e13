"""Blinks, brows and head: repeatable, within bounds, and following the voice."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.face.face_motion import face_motion, pitch_contour
from visalign.signals import Audio

RATE_HZ = 16000


def voice(pitch_hz: np.ndarray) -> Audio:
    """A buzz with this pitch at each sample."""
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    samples = sum(np.sin(k * phase) / k for k in range(1, 8))
    return Audio((0.2 * samples).astype(np.float32), RATE_HZ)


STEADY = voice(np.full(RATE_HZ * 4, 120.0))


@pytest.mark.parametrize("pitch", [80.0, 120.0, 200.0, 300.0])
def test_pitch_is_found(pitch: float) -> None:
    rising = np.full(RATE_HZ * 3, pitch)
    rising[2 * RATE_HZ :] *= 2 ** (4 / 12)
    times, semitones, loudness = pitch_contour(voice(rising))
    assert np.median(semitones[(times > 0.2) & (times < 1.8)]) == pytest.approx(0.0, abs=0.3)
    assert np.median(semitones[(times > 2.2) & (times < 2.8)]) == pytest.approx(4.0, abs=0.5)
    assert loudness.max() == 1.0


def test_silence_has_no_pitch() -> None:
    _, semitones, _ = pitch_contour(Audio(np.zeros(RATE_HZ, dtype=np.float32), RATE_HZ))
    assert not semitones.any()


def test_brows_rise_with_the_voice() -> None:
    rising = np.full(RATE_HZ * 3, 120.0)
    rising[2 * RATE_HZ :] *= 2 ** (6 / 12)
    motion = face_motion(voice(rising), [1.0, 2.5])
    assert motion.brows[0] < 0.2
    assert motion.brows[1] > 0.6


def test_the_same_seed_moves_the_same() -> None:
    times = np.arange(0, 4, 0.04)
    first, again, other = (face_motion(STEADY, times, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.lids, again.lids)
    assert np.array_equal(first.shift_x, again.shift_x)
    assert not np.array_equal(first.shift_x, other.shift_x)


def test_blinks_come_at_a_natural_rate() -> None:
    times = np.arange(0, 600, 0.04)
    lids = face_motion(STEADY, times, brows=False, head=False).lids
    n_blinks = np.sum((lids[1:] > 0) & (lids[:-1] == 0))
    assert 150 <= n_blinks <= 250  # 20 a minute
    assert lids.min() == 0
    assert lids.max() <= 1


def test_what_is_switched_off_stays() -> None:
    motion = face_motion(STEADY, np.arange(0, 4, 0.1), blinks=False, brows=False, head=False)
    for values in (motion.lids, motion.brows, motion.shift_x, motion.shift_y, motion.roll):
        assert not values.any()


def test_movements_are_small() -> None:
    motion = face_motion(STEADY, np.arange(0, 60, 0.04))
    assert np.max(np.abs(motion.shift_x)) <= 0.01
    assert np.max(np.abs(motion.shift_y)) <= 0.02
    assert np.max(np.abs(motion.roll)) <= 0.02


def test_a_sound_of_a_few_samples() -> None:
    motion = face_motion(Audio(np.zeros(3, dtype=np.float32), RATE_HZ), [0.0, 0.1])
    assert motion.lids.shape == (2,)
