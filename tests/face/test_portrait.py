"""A portrait that speaks: its lips are where the sound wants them, the rest stays, and it says that it is synthetic."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from sample_utterance import UTTERANCE

from visalign.animation.lip_trajectory import LipShape, lip_trajectory
from visalign.errors import FaceNotFound, MediaError
from visalign.face.avatar import FaceLook, FacePainter
from visalign.face.portrait import SYNTHETIC_TAGS, WATERMARK, Portrait, _Warp, animate_portrait, read_portrait
from visalign.face.watermark import stamp
from visalign.lips.landmarks import Landmarks, load_detector, track_landmarks
from visalign.lips.point_layouts import layout_of
from visalign.media.clips import read_frames
from visalign.media.images import write_png
from visalign.signals import Audio

SOUND = Audio((0.1 * np.sin(np.arange(40000) / 5)).astype(np.float32), 16000)


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Portrait:
    """The drawn face, as a photo of somebody."""
    path = tmp_path_factory.mktemp("photo") / "me.png"
    write_png(path, FacePainter(FaceLook(), 400, blur_px=1.0).draw(LipShape()))
    return read_portrait(path)


@pytest.fixture(scope="module")
def clip(portrait: Portrait, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    return animate_portrait(path, portrait, UTTERANCE, SOUND, rate=Fraction(25))


def opening(points: np.ndarray) -> np.ndarray:
    """Inner lips apart, inter-ocular distances."""
    layout = layout_of(points.shape[-2])
    right, left = (points[..., list(eye), :].mean(axis=-2) for eye in (layout.right_eye, layout.left_eye))
    lower, upper = (points[..., layout.mouth[k], 1] for k in (18, 14))
    return np.asarray((lower - upper) / np.hypot(*np.moveaxis(left - right, -1, 0)))


def test_the_lips_follow_the_sound(clip: Path) -> None:
    tracked = track_landmarks(read_frames(clip), load_detector())
    points = Landmarks.from_tracked(tracked, 2.5, Fraction(25)).points
    wanted = np.maximum(lip_trajectory(UTTERANCE.phones, (np.arange(len(points)) + 0.5) / 25)[:, 0], 0)
    found = opening(points)
    best = max(range(-5, 6), key=lambda lag: np.corrcoef(found[5:-5], np.roll(wanted, lag)[5:-5])[0, 1])
    assert best == 0
    assert np.corrcoef(found, wanted)[0, 1] > 0.8


def test_only_the_lower_face_moves(portrait: Portrait) -> None:
    warp = _Warp(portrait)
    changed = np.any(warp.picture(LipShape(opening=0.3, jaw=0.15)) != portrait.image, axis=2)
    rows = np.flatnonzero(changed.any(axis=1))
    layout = layout_of(len(portrait.points))
    nose = portrait.points[layout.nose_base[2], 1]
    assert rows[0] > portrait.points[layout.bridge[0], 1]
    assert changed[int(nose) :].sum() > 0.95 * changed.sum()


def test_a_closed_mouth_is_nearly_the_portrait(portrait: Portrait) -> None:
    shut = _Warp(portrait).picture(LipShape())
    assert np.mean(np.abs(shut.astype(int) - portrait.image)) < 1.0


def test_the_inside_of_the_mouth_is_dark(portrait: Portrait) -> None:
    warp = _Warp(portrait)
    wide = warp.picture(LipShape(opening=0.35, jaw=0.19, teeth=0.0))
    x, y = portrait.points[layout_of(len(portrait.points)).mouth[18]].round().astype(int)
    dark = wide[y : y + int(0.2 * portrait.eye_distance), x].mean(axis=1).min()
    assert dark < 0.5 * portrait.image[y + 30, x].mean()


def test_every_picture_and_the_file_say_what_it_is(clip: Path) -> None:
    with av.open(str(clip)) as container:
        assert container.metadata["comment"] == SYNTHETIC_TAGS["comment"]
        assert "SYNTHETIC" in container.metadata["comment"]
    for frame in read_frames(clip, colour=True):
        again = stamp(frame.image, WATERMARK).astype(int)
        # Where the words stand already, stamping them again changes little; elsewhere it would change much.
        bar = np.any(stamp(np.zeros_like(frame.image), WATERMARK) > 0, axis=2)
        assert np.mean(np.abs(again[bar] - frame.image[bar])) < 60
        assert frame.image[bar].std() > 40


def test_a_large_portrait_is_scaled(tmp_path: Path) -> None:
    big = np.kron(FacePainter(FaceLook(), 400).draw(LipShape()), np.ones((4, 4, 1), dtype=np.uint8))
    found = read_portrait(write_png(tmp_path / "big.png", big))
    assert max(found.image.shape) == 720


def test_no_face(tmp_path: Path) -> None:
    with pytest.raises(FaceNotFound):
        read_portrait(write_png(tmp_path / "grey.png", np.full((200, 200, 3), 128, dtype=np.uint8)))
    with pytest.raises(MediaError):
        read_portrait(tmp_path / "missing.png")
