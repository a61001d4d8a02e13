"""How well the mouth is seen: each doubt by itself, and what it takes from a frame's evidence."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from visalign.lips.landmarks import TrackedFrame
from visalign.lips.lip_features import LipFeatures, features_of_tracked
from visalign.lips.visibility import VISIBILITY, measure_visibility, unseen
from visalign.signals import Frame
from visalign.sync.streams import frame_shares

Floats = npt.NDArray[np.float64]
NAMES = [x.name for x in VISIBILITY]


def face(width_px: float = 160.0) -> Floats:
    """68 points of a face that looks into the camera, `width_px` between the outer corners of its eyes."""
    points = np.random.default_rng(5).uniform(-0.4, 0.4, (68, 2))
    points[36], points[39], points[42], points[45] = (-0.5, 0.0), (-0.2, 0.0), (0.2, 0.0), (0.5, 0.0)
    points[27:31] = [(0.0, 0.05 + 0.1 * k) for k in range(4)]
    points[31:36] = [(0.08 * k, 0.45) for k in range(-2, 3)]
    points[48], points[54] = (-0.25, 0.75), (0.25, 0.75)
    return width_px * points + 300.0


def measured(faces: list[Floats], sharpness: float = 0.1) -> dict[str, Floats]:
    table = measure_visibility(np.array(faces, np.float32), np.full(len(faces), sharpness))
    return dict(zip(NAMES, table.T, strict=True))


def turned(points: Floats, angle: float) -> Floats:
    """The head turned to its own left, the nose 0.3 eye widths before the eyes."""
    middle = points[[36, 45]].mean(axis=0)
    depth = np.zeros(68)
    depth[27:36] = 0.3 * 160
    x, y = (points - middle).T
    return np.column_stack([x * np.cos(angle) + depth * np.sin(angle), y]) + middle


def test_a_clear_face_leaves_no_doubt() -> None:
    seen = measured([face()] * 5)
    assert seen["mouth_width"] == pytest.approx(np.full(5, 80.0), abs=0.01)
    for name in ("yaw", "roll", "misfit"):
        assert seen[name] == pytest.approx(np.zeros(5), abs=1e-3), name
    assert (seen["visibility"] == 1).all()


def test_pose_is_the_nose_between_the_eyes() -> None:
    angles = np.array([-0.6, 0.0, 0.3, 0.6])
    seen = measured([turned(face(), a) for a in angles])
    assert seen["yaw"] == pytest.approx(0.6 * np.tan(angles), abs=1e-3)
    leaning = measured([(face() - 300) @ np.array([[0.8, 0.6], [-0.6, 0.8]]) + 300] * 3)
    assert leaning["roll"] == pytest.approx(np.full(3, np.arctan2(0.6, 0.8)), abs=1e-3)
    assert leaning["yaw"] == pytest.approx(np.zeros(3), abs=1e-3)


@pytest.mark.parametrize(
    ("faces", "sharpness"),
    [
        ([face(12.0)] * 5, 0.1),  # a mouth of six pixels
        ([turned(face(), 0.8)] * 5, 0.1),
        ([face()] * 5, 0.0002),
    ],
)
def test_each_doubt_takes_from_the_visibility(faces: list[Floats], sharpness: float) -> None:
    assert (measured(faces, sharpness)["visibility"] < 0.8).all()


def test_landmarks_that_slip_do_not_fit() -> None:
    faces = [face() for _ in range(11)]
    faces[4] = faces[4] + np.random.default_rng(0).normal(0, 16.0, (68, 2))
    seen = measured(faces)
    assert seen["misfit"].argmax() == 4
    assert seen["misfit"][4] > 0.1 > 0.01 > np.delete(seen["misfit"], 4).max()
    assert seen["visibility"][4] < 1
    assert (np.delete(seen["visibility"], 4) == 1).all()


def test_a_frame_without_a_face_is_not_seen() -> None:
    faces = [face(), np.full((68, 2), np.nan), face()]
    seen = measured(faces)
    assert np.isnan(seen["mouth_width"]).tolist() == [False, True, False]
    assert seen["visibility"].tolist() == [1, 0, 1]
    nobody = measured([np.full((68, 2), np.nan)] * 2)
    assert np.array_equal(np.column_stack(list(nobody.values())), unseen(2), equal_nan=True)


def pictures(blur: bool) -> LipFeatures:
    """Ten frames, noise or a plain grey in the place of a mouth."""
    rng = np.random.default_rng(0)
    image = np.full((600, 600), 99, np.uint8) if blur else rng.integers(0, 255, (600, 600)).astype(np.uint8)
    points = face().astype(np.float32)
    frames = (TrackedFrame(Frame(0.04 * k, image), points) for k in range(10))
    return features_of_tracked(frames, "clip.mp4", 0.4, Fraction(25))


def test_what_is_not_seen_is_no_evidence() -> None:
    assert frame_shares(pictures(blur=False)) == pytest.approx(np.ones(10), abs=1e-9)
    assert not frame_shares(pictures(blur=True)).any()
    unknown = replace(pictures(blur=True), visibility=None)
    assert frame_shares(unknown) == pytest.approx(np.ones(10), abs=1e-9)
    assert pictures(blur=False).crop(0.1, 0.3).visible.tolist() == [1] * 5


def test_frames_are_believed_beside_the_best_ones() -> None:
    """A clip that is dim throughout is believed like any other; a dim stretch of it counts less."""
    lips = pictures(blur=False)
    dim = np.full(10, 0.5)
    assert frame_shares(seen_so_well(lips, dim)) == pytest.approx(np.ones(10), abs=1e-9)
    dim[3:5] = 0.1
    assert frame_shares(seen_so_well(lips, dim))[[0, 3, 4, 9]] == pytest.approx([1.0, 0.2, 0.2, 1.0], abs=1e-9)


def seen_so_well(lips: LipFeatures, visible: npt.NDArray[np.float64]) -> LipFeatures:
    """The same lips, with this visibility."""
    table = np.ones((len(lips), len(VISIBILITY)))
    table[:, -1] = visible
    return replace(lips, visibility=table)
