"""Components of mouth regions that are made of a few patterns."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.generated_clip import GeneratedClip
from visalign.lip_features import LipFeatures
from visalign.mouth_components import MouthComponents, component_features, read_patches
from visalign.mouth_pictures import PATCH_SHAPE

RNG = np.random.default_rng(0)
PATTERNS = np.linalg.qr(RNG.normal(size=(PATCH_SHAPE[0] * PATCH_SHAPE[1], 3)))[0]


def patches(n: int, noise: float = 0.0) -> np.ndarray:
    """A mouth of strong contrast, on which three patterns come and go, the first of them most."""
    rng = np.random.default_rng(n)
    steady = 40.0 * np.sin(np.arange(len(PATTERNS)) / 9)
    moving = (rng.normal(size=(n, 3)) * (300.0, 150.0, 60.0)) @ PATTERNS.T
    return (120.0 + steady + moving + noise * rng.normal(size=moving.shape)).reshape(n, *PATCH_SHAPE)


def test_the_patterns_that_move_are_found_the_strongest_first() -> None:
    found = MouthComponents.fit(patches(400, noise=1.0), 3)
    assert found.basis.T @ found.basis == pytest.approx(np.eye(3), abs=1e-9)
    assert np.abs(PATTERNS.T @ found.basis) == pytest.approx(np.eye(3), abs=0.15)
    spread = found.of(patches(200)).std(axis=0)
    assert spread[0] > spread[1] > spread[2]


def test_lighting_is_taken_out() -> None:
    found = MouthComponents.fit(patches(100), 3)
    lit = patches(20)
    assert found.of(0.5 * lit + 30.0) == pytest.approx(found.of(lit), abs=1e-9)


def test_the_same_pictures_give_the_same_signs_and_a_missing_one_is_missing() -> None:
    some = patches(100)
    holes = np.concatenate([some, np.full((2, *PATCH_SHAPE), np.nan)])
    one, two = MouthComponents.fit(some, 3), MouthComponents.fit(holes[::-1], 3)
    assert two.basis == pytest.approx(one.basis, abs=1e-6)
    assert np.isnan(one.of(holes)).all(axis=1).tolist() == [False] * 100 + [True] * 2


def test_a_clip_has_a_patch_a_frame(generated_clip: GeneratedClip, generated_lips: LipFeatures) -> None:
    found = read_patches(generated_clip.path)
    assert found.shape == (len(generated_lips), *PATCH_SHAPE)
    assert (np.isfinite(found).all(axis=(1, 2)) == generated_lips.has_face).all()
    assert [x.name for x in component_features(2)] == ["component_1", "component_2"]
