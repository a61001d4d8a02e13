"""Turns, changes of face and the best way through them by hand; clips of several faces: test_clip_faces.py."""

from __future__ import annotations

from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips

from visalign.lips.clip_faces import ClipFaces
from visalign.sync.estimate import LagEvidence
from visalign.sync.lip_model import Calibration
from visalign.sync.speaking_face import (
    _best_path,
    _costs_of_change,
    _edges,
    _Seen,
    _turns,
    off_screen_frames,
    without_frames,
)

LAGS = 0.01 * np.arange(-2, 3)


def spoken(n: int, *parts: tuple[int, int]) -> np.ndarray:
    flags = np.zeros(n, bool)
    for first, last in parts:
        flags[first : last + 1] = True
    return flags


def test_turns_part_in_the_middle_of_pauses() -> None:
    """Speech in frames 10 to 20 and 40 to 50: the pause of 0.8 s is halved. One of 0.28 s is none, 0.32 s is one."""
    centres = frame_times(60).centres
    assert _edges(centres, spoken(60, (10, 20), (40, 50))) == [30]
    assert _edges(centres, spoken(60, (10, 20), (27, 50))) == []
    assert _edges(centres, spoken(60, (10, 20), (28, 50))) == [24]
    assert _edges(centres, spoken(60)) == []


def test_long_speech_parts_evenly() -> None:
    """Frames 10 to 110 span 4 s: two turns. Up to 111 they span 4.04 s: three, a third of it each."""
    centres = frame_times(120).centres
    assert _edges(centres, spoken(120, (10, 110))) == [60]
    third = 101 / 3
    assert _edges(centres, spoken(120, (10, 111))) == [int(np.ceil(10 + third)), int(np.ceil(10 + 2 * third))]


def test_turns_do_not_reach_over_a_cut() -> None:
    shots = np.repeat([0, 1], [35, 25])
    turns = _turns(frame_times(60), shots, spoken(60, (0, 10), (20, 59)))
    assert [(int(turn[0]), int(turn[-1])) for turn in turns] == [(0, 14), (15, 34), (35, 59)]


def test_a_change_costs_most_in_the_middle_of_speech_and_nothing_at_a_cut() -> None:
    faces = cast(ClipFaces, SimpleNamespace(shots=np.repeat([0, 1], [30, 10])))
    turns = [np.arange(0, 10), np.arange(10, 20), np.arange(20, 30), np.arange(30, 40)]
    assert _costs_of_change(turns, faces, spoken(40, (0, 14), (20, 39))).tolist() == [3.0, 1.0, 0.0]


def best_of_all(gains: np.ndarray, costs: np.ndarray) -> tuple[int, ...]:
    def gain(path: tuple[int, ...]) -> float:
        changes = sum(c for c, (a, b) in zip(costs, pairwise(path), strict=True) if a != b)
        return float(sum(gains[t, face] for t, face in enumerate(path)) - changes)

    return max(product(range(gains.shape[1]), repeat=len(gains)), key=gain)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_path_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gains, costs = rng.normal(size=(6, 3)), rng.choice([0.0, 1.0, 3.0], 5)
    visible = np.ones(gains.shape, bool)
    assert tuple(_best_path(gains, visible, costs)) == best_of_all(gains, costs)


def test_a_turn_in_which_nobody_is_seen_belongs_to_nobody() -> None:
    """Before and after it the same face speaks, and what an absent one would have gained does not count."""
    gains = np.array([[2.0, 0.0], [-np.inf, -np.inf], [2.0, -np.inf], [-np.inf, 1.0]])
    assert _best_path(gains, np.isfinite(gains), np.array([1.0, 1.0, 1.0])) == [0, -1, 0, 1]


def seen(log_likelihoods: np.ndarray, first: int) -> _Seen:
    n = len(log_likelihoods)
    return _Seen(first, np.any(log_likelihoods, axis=1), LagEvidence(LAGS, log_likelihoods, frame_times(n).centres))


def test_a_face_knows_its_own_frames() -> None:
    """It is seen from frame 3 to frame 5, in frame 4 from behind."""
    face = seen(np.array([[1.0, 2, 3, 4, 5], [0, 0, 0, 0, 0], [1, 1, 1, 1, 9]]), 3)
    assert face.own(np.arange(10)).tolist() == [0, 1, 2]
    assert face.own(np.array([2, 3, 5, 6])).tolist() == [0, 2]
    assert [face.is_in(np.array(x)) for x in ([0, 1, 2], [3], [4], [5, 6], [6, 7])] == [False, True, False, True, False]


def test_gains_are_tempered_and_above_the_middle_lag() -> None:
    """Sums 2, 3, 4, 5 and 14 over both frames; the middle one is 4."""
    face = seen(np.array([[1.0, 2, 3, 4, 5], [0, 0, 0, 0, 0], [1, 1, 1, 1, 9]]), 3)
    found = face.gains(np.arange(10), Calibration(0.3, 0.01, 0.0, (0.0, 0.0)))
    assert found == pytest.approx([-0.6, -0.3, 0.0, 0.3, 3.0], abs=1e-12)


def lips_that_move(deviation: float, n_frames: int = 50, faceless: Any = ()) -> Any:
    values = np.zeros((n_frames, len(NAMES)))
    values[:, [NAMES.index("inner_aperture"), NAMES.index("outer_aperture")]] = (
        deviation * np.where(np.arange(n_frames) % 2, 1.0, -1.0)[:, None]
    )
    return make_lips(values, faceless=faceless)


def test_a_mouth_rests_below_8_thousandths_for_0_6_s() -> None:
    """While a voice is heard in frames 10 to 39; the whole turn is away."""
    heard = spoken(50, (10, 39))
    assert off_screen_frames(lips_that_move(0.0079), heard).all()
    assert not off_screen_frames(lips_that_move(0.0081), heard).any()
    assert not off_screen_frames(lips_that_move(0.0), spoken(50)).any()
    assert off_screen_frames(lips_that_move(0.0), spoken(50, (10, 25))).all()  # 0.6 s from first to last
    assert not off_screen_frames(lips_that_move(0.0), spoken(50, (10, 24))).any()
    assert not off_screen_frames(lips_that_move(0.0, faceless=range(20, 50)), heard).any()  # hardly seen meanwhile


def test_evidence_can_be_silenced() -> None:
    rows = np.arange(1.0, 31).reshape(6, 5)
    evidence = LagEvidence(LAGS, rows, frame_times(6).centres)
    silent = without_frames(evidence, np.array([False, True, False, False, True, False]))
    assert silent.log_likelihoods.tolist() == [rows[k].tolist() if k not in (1, 4) else [0.0] * 5 for k in range(6)]
    assert without_frames(evidence, np.zeros(6, bool)) is evidence


def test_a_mouth_rests_where_both_its_apertures_do() -> None:
    """Lips that are pressed together and loosened move on their outside alone; 0.02 is above what rests, 0.008."""
    times, swing = frame_times(50), np.where(np.arange(50) % 2, 0.02, -0.02)
    values = np.zeros((50, len(NAMES)))
    spoken = np.ones(50, bool)
    assert off_screen_frames(make_lips(values, times=times), spoken).all()
    values[:, NAMES.index("outer_aperture")] = swing
    assert not off_screen_frames(make_lips(values, times=times), spoken).any()
