"""Examples of own and foreign sounds, and the logistic that tells them apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from visalign.sync.match import MatchEvidence, Stretch
from visalign.training import match_calibration as calibration
from visalign.training.match_calibration import MatchExample, fit_match


def stretch(n_frames: int, start: float = 0.0) -> Stretch:
    """Frames of 40 ms whose values tell their number, a sound whose rows do."""
    frames, rows = start + np.arange(n_frames, dtype=float), start + np.arange(4 * n_frames) / 4
    place = 4 * np.arange(n_frames) + 2
    voiced = np.ones(4 * n_frames, bool)
    return Stretch(frames[:, None], np.ones(n_frames), place, rows[:, None], voiced)


def test_clips_are_joined_each_with_its_own_sound() -> None:
    both = calibration._joined([stretch(10), stretch(5, 100.0)])
    assert len(both.observed) == 15
    assert both.expected[both.rows, 0] == pytest.approx(both.observed[:, 0] + 0.5)


def test_a_cut_keeps_lips_beside_their_sound() -> None:
    part = calibration._cut(stretch(50), 0.8, np.random.default_rng(0))
    assert (len(part.observed), len(part.expected)) == (20, 80)
    assert part.expected[part.rows, 0] == pytest.approx(part.observed[:, 0] + 0.5)


def test_a_cut_is_sought_where_somebody_speaks() -> None:
    whole = stretch(100)
    quiet = replace(whole, voiced=np.arange(400) >= 320)
    assert all(calibration._cut(quiet, 0.8, np.random.default_rng(k)).voiced.mean() > 0.5 for k in range(9))


def test_worn_lips_keep_their_variance() -> None:
    rng = np.random.default_rng(0)
    own, other = rng.normal(size=(2, 5000, 3))
    worn = calibration._worn(own, other[:777], 1.2)
    assert worn.std() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(worn[:, 0], own[:, 0])[0, 1] == pytest.approx(1 / np.sqrt(1 + 1.2**2), abs=0.03)
    assert calibration._worn(own, other, 0.0) == pytest.approx(own)


def test_no_foreign_sound_is_that_of_the_wear() -> None:
    """Lips worn with a stranger's are never laid beside that stranger's sound.

    Each clip has a thousand of its own: what is left of the lips without their own thousand tells whose wear it is.
    """
    mine, theirs = [stretch(50)], [stretch(50, 1000.0 * k) for k in range(1, 5)]
    kinds = set[bool]()
    for seed in range(30):
        for is_own, part in calibration._pairs(mine, theirs, 1.6, 1.0, np.random.default_rng(seed)):
            strangers = round(float(part.observed[0, 0]) * np.sqrt(2.0) / 1000.0)
            sounds = set(np.floor(part.expected[:, 0] / 1000.0).astype(int).tolist())
            assert 1 <= strangers <= 4
            assert (sounds == {0}) == is_own
            kinds.add(is_own)
            if not is_own and len(sounds) == 1 and strangers in sounds:
                pytest.fail("worn by the one who is heard")
    assert kinds == {True, False}


def example(standing: float, support: float, *, is_own: bool) -> MatchExample:
    return MatchExample(MatchEvidence(standing, standing, support, 2.0), is_own, "a", 3.0, 0.0, False, 1.0)


def test_the_logistic_is_the_one_the_examples_were_drawn_from() -> None:
    """Standing of unit variance, 3 higher with the own sound: odds of exp(3 s - 4.5); support tells nothing."""
    rng = np.random.default_rng(0)
    examples = [
        example(float(rng.normal(3.0 * is_own)), float(rng.uniform()), is_own=bool(is_own))
        for is_own in rng.integers(2, size=8000)
    ]
    offset, (standing, support) = fit_match(examples)
    assert standing == pytest.approx(3.0, rel=0.2)
    assert support == pytest.approx(0.0, abs=0.4)
    assert offset + 1.5 * standing + 0.5 * support == pytest.approx(0.0, abs=0.2)


def test_what_speaks_against_a_match_gets_no_weight() -> None:
    examples = [example(1.0 - k % 2, 0.5, is_own=bool(k % 2)) for k in range(20)]
    assert fit_match(examples)[1] == (0.0, 0.0)


def test_without_foreign_sounds_everything_matches() -> None:
    assert fit_match([example(0.0, 0.0, is_own=True)]) == (10.0, (0.0, 0.0))
    assert fit_match([]) == (10.0, (0.0, 0.0))
