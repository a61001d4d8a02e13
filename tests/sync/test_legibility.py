"""What is too poor to be called a mismatch."""

from __future__ import annotations

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips

from visalign.lips.lip_features import LipFeatures
from visalign.sync.legibility import movement, tremble, what_is_poor
from visalign.sync.verdict import Cause


def lips_moving(
    hz: float, size: float = 0.1, *, noise: float = 0.0, rate: int = 25, n_frames: int = 100
) -> LipFeatures:
    """A mouth that swings, and landmarks that jump."""
    times = frame_times(n_frames, rate)
    jumps = np.random.default_rng(0).normal(0, noise, (n_frames, len(NAMES)))
    swing = size * np.sin(2 * np.pi * hz * times.centres)
    return make_lips(swing[:, None] + jumps, times=times)


def test_what_is_slow_does_not_tremble_and_what_is_fast_does() -> None:
    assert tremble(lips_moving(3.0)) < 0.001
    assert tremble(lips_moving(10.0)) > 0.99


def test_tremble_is_the_share_of_the_motion() -> None:
    """White noise of variance s² has a share of 4.5 / 12.5 of itself between 8 and 12.5 Hz; the swing's is 0.1² / 2."""
    noise = 0.05
    expected = (4.5 / 12.5 * noise**2) / (noise**2 + 0.1**2 / 2)
    assert tremble(lips_moving(3.0, noise=noise, n_frames=2000)) == pytest.approx(expected, rel=0.1)


def test_gaps_without_a_face_do_not_tremble() -> None:
    lips = lips_moving(1.0)
    values = lips.values.copy()
    values[50:] += 3.0  # the head has come nearer meanwhile
    assert tremble(make_lips(values, faceless=range(40, 50))) < 0.005


def test_movement_by_hand() -> None:
    assert movement(lips_moving(2.5, 0.1)) == pytest.approx(0.1 / np.sqrt(2), rel=1e-3)


def test_a_clear_clip_leaves_no_doubt() -> None:
    lips = lips_moving(3.0)
    assert what_is_poor(lips, 25.0) == ()
    assert what_is_poor(lips, None) == ()


@pytest.mark.parametrize(
    ("lips", "snr_db", "cause", "facts"),
    [
        (lips_moving(3.0, noise=0.05), 30.0, Cause.TREMBLING, {}),
        (lips_moving(3.0, 0.02), 30.0, Cause.STILL_LIPS, {}),
        (lips_moving(3.0, rate=12), 30.0, Cause.FEW_PICTURES, {"rate": 12.0}),
        (lips_moving(3.0), 5.0, Cause.NOISY_SOUND, {"snr_db": 5.0}),
    ],
)
def test_what_is_poor_is_told(lips: LipFeatures, snr_db: float, cause: Cause, facts: dict[str, float]) -> None:
    (doubt,) = what_is_poor(lips, snr_db)
    assert doubt.cause is cause
    assert doubt.facts == pytest.approx(facts, rel=1e-9)


def test_nobody_to_be_seen_is_not_a_matter_of_clarity() -> None:
    lips = make_lips(np.zeros((100, len(NAMES))), faceless=range(100))
    assert tremble(lips) == 0
    assert movement(lips) == np.inf
    assert what_is_poor(lips, 30.0) == ()


def lips_with(tremble_share: float, deviation: float) -> LipFeatures:
    """A mouth that swings at 3 Hz and trembles at 10 Hz: of two swings a share of the motion is that of its square."""
    times, size = frame_times(100), deviation * np.sqrt(2)
    slow, fast = (np.sin(2 * np.pi * hz * times.centres) for hz in (3.0, 10.0))
    swing = size * (np.sqrt(1 - tremble_share) * slow + np.sqrt(tremble_share) * fast)
    return make_lips(np.tile(swing[:, None], (1, len(NAMES))), times=times)


@pytest.mark.parametrize(
    ("tremble_share", "deviation", "named"),
    [
        (0.013, 0.055, []),  # half of the clear clips of GRID tremble less, and half move more
        (0.02, 0.045, []),
        (0.05, 0.055, [Cause.TREMBLING]),
        (0.013, 0.02, [Cause.STILL_LIPS]),
        (0.05, 0.02, [Cause.TREMBLING, Cause.STILL_LIPS]),
    ],
)
def test_limits_lie_between_clear_clips_and_poor_ones(
    tremble_share: float, deviation: float, named: list[Cause]
) -> None:
    """See docs/decisions/0007."""
    lips = lips_with(tremble_share, deviation)
    assert tremble(lips) == pytest.approx(tremble_share, abs=1e-3)
    assert movement(lips) == pytest.approx(deviation, rel=1e-3)
    assert [doubt.cause for doubt in what_is_poor(lips, 30.0)] == named


def test_twenty_pictures_and_15_db_are_enough() -> None:
    assert what_is_poor(lips_moving(3.0, rate=20), 15.0) == ()
    (slow,) = what_is_poor(lips_moving(3.0, rate=19), 15.0)
    (noisy,) = what_is_poor(lips_moving(3.0, rate=20), 14.9)
    assert (slow.cause, slow.facts["rate"]) == (Cause.FEW_PICTURES, pytest.approx(19.0, rel=1e-9))
    assert (noisy.cause, noisy.facts) == (Cause.NOISY_SOUND, {"snr_db": 14.9})
