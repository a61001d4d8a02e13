"""All faces of a clip and who of them speaks: two drawn faces side by side, one of them speaking; cuts; numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import visalign
from visalign import Audio
from visalign.errors import ConfigError, FaceNotFound, MissingStream
from visalign.face.generated_clip import SENTENCES, GeneratedClip
from visalign.lips import clip_faces
from visalign.lips.clip_faces import ClipFaces, SeenFace, read_faces
from visalign.lips.face_album import Track
from visalign.media.clips import read_frames, write_clip, write_wav
from visalign.sync.speaking_face import choose_face, off_screen_frames
from visalign.sync.verdict import Cause
from visalign.timeline import FrameTimes

SIZE_PX = 240


@pytest.fixture(scope="module")
def speakers(made_once: Any) -> tuple[GeneratedClip, GeneratedClip]:
    """Two drawn faces, each saying something else."""
    first = made_once.clip(text=SENTENCES[0], size_px=SIZE_PX, seed=0)
    return first, made_once.clip(text=SENTENCES[1], size_px=SIZE_PX, seed=3)


@pytest.fixture(scope="module")
def together(speakers: tuple[GeneratedClip, GeneratedClip], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both in one picture, side by side, without sound."""
    pictures = (read_frames(clip.path, colour=True) for clip in speakers)
    frames = (np.hstack([left.image, right.image]) for left, right in zip(*pictures, strict=False))
    return write_clip(tmp_path_factory.mktemp("together") / "two.mp4", frames, Fraction(25), None)


@pytest.fixture(scope="module")
def faces(together: Path) -> ClipFaces:
    return read_faces(together)


def test_both_faces_are_found_and_numbered_from_left_to_right(faces: ClipFaces) -> None:
    assert [face.number for face in faces.faces] == [1, 2]
    assert faces.faces[0].centre[0] < 0.4 < 0.6 < faces.faces[1].centre[0]
    assert all(face.lips.face_fraction > 0.95 for face in faces.faces)
    assert faces.has_face.all()
    assert not faces.shots.any()


@pytest.mark.parametrize("number", [1, 2])
def test_the_face_whose_lips_fit_the_sound_speaks(
    speakers: tuple[GeneratedClip, GeneratedClip], faces: ClipFaces, number: int
) -> None:
    clip = speakers[number - 1]
    report = visalign.check(faces, clip.transcript, audio=visalign.read_audio(clip.path))
    chosen, other = report.clip.faces[number - 1], report.clip.faces[2 - number]
    assert chosen.speaks > 0.9 > 0.1 > other.speaks
    assert report.sync.lead_seconds == pytest.approx(clip.lead_seconds, abs=0.03)
    assert any(f"{number} (" in warning and "--face" in warning for warning in report.warnings)


def test_a_face_can_be_chosen_by_its_number(speakers: tuple[GeneratedClip, GeneratedClip], faces: ClipFaces) -> None:
    sound = visalign.read_audio(speakers[0].path)
    report = visalign.check(faces, speakers[0].transcript, audio=sound, face=2)
    assert [face.speaks > 0.9 for face in report.clip.faces] == [False, True]
    assert visalign.observe(faces, face=2).lips is faces.faces[1].lips
    with pytest.raises(ConfigError, match="from 1 to 2"):
        visalign.check(faces, speakers[0].transcript, audio=sound, face=3)


def test_the_speaker_may_change_from_turn_to_turn(
    speakers: tuple[GeneratedClip, GeneratedClip], faces: ClipFaces
) -> None:
    """Both clips once after the other; in the first half the one on the left is heard, then the one on the right."""
    twice = doubled(faces)
    sounds = [visalign.read_audio(clip.path) for clip in speakers]
    n = round(faces.times.duration * 16000)
    parts = [np.pad(sound.samples[:n], (0, max(0, n - len(sound.samples)))) for sound in sounds]
    text = " ".join(clip.transcript for clip in speakers)
    report = visalign.check(twice, text, audio=Audio(np.concatenate(parts), 16000))
    assert [face.speaks for face in report.clip.faces] == pytest.approx([0.5, 0.5], abs=0.15)
    assert report.sync.lead_seconds == pytest.approx(0.0, abs=0.03)


def doubled(faces: ClipFaces) -> ClipFaces:
    """The same clip twice, one after the other."""
    times = faces.times
    both = FrameTimes(np.concatenate([times.times, times.times + times.duration]), 2 * times.duration, Fraction(25))
    seen = [
        SeenFace(
            x.number,
            replace(x.lips, values=np.tile(x.lips.values, (2, 1)), times=both, mouth=None, visibility=None),
            x.centre,
            0.2,
        )
        for x in faces.faces
    ]
    return ClipFaces(tuple(seen), np.tile(faces.shots, 2))


def test_faces_are_known_again_after_a_cut(speakers: tuple[GeneratedClip, GeneratedClip], tmp_path: Path) -> None:
    """First, second, first again: two faces in three shots, each measured by its own yardstick."""
    first, second = ([frame.image for frame in read_frames(clip.path, colour=True)][:30] for clip in speakers)
    # lit from the side, so that the two drawn faces do not look alike
    light = np.linspace(0.15, 1.0, SIZE_PX)[None, :, None]
    lit = [(image * light).astype(np.uint8) for image in second]
    clip = write_clip(tmp_path / "cuts.mp4", chain(first, lit, first), Fraction(25), None)
    found = read_faces(clip)
    assert found.shots.tolist() == [0] * 30 + [1] * 30 + [2] * 30
    assert len(found.faces) == 2
    assert found.faces[0].lips.has_face[:30].all()
    assert found.faces[0].lips.has_face[60:].all()
    assert not found.faces[0].lips.has_face[30:60].any()
    joined = found.joined(np.repeat([1, 2, 1], 30))
    assert joined.has_face.all()
    np.testing.assert_allclose(joined.normalised[30:60], found.faces[1].lips.normalised[30:60], atol=1e-9)


def test_joining_nobody_gives_the_first_face(faces: ClipFaces) -> None:
    assert faces.joined(np.zeros(len(faces.shots), np.int64)) is faces.faces[0].lips


def test_one_face_is_its_lips(generated_clip: GeneratedClip) -> None:
    found, lips = read_faces(generated_clip.path), visalign.read_lips(generated_clip.path)
    assert len(found.faces) == 1
    np.testing.assert_array_equal(found.faces[0].lips.values, lips.values)
    np.testing.assert_array_equal(found.faces[0].lips.scale, lips.scale)
    assert found.most_shown is found.faces[0]


def test_a_resting_mouth_is_a_voice_off_screen(generated_clip: GeneratedClip) -> None:
    """The same picture throughout: whoever speaks, it is not this face, and that is no fault of the sync."""
    lips, sound = visalign.read_lips(generated_clip.path), visalign.read_audio(generated_clip.path)
    still = np.tile(lips.values[10], (len(lips), 1))
    report = visalign.check(replace(lips, values=still), generated_clip.transcript, audio=sound)
    assert (report.sync.verdict, report.sync.cause) == ("uncertain", Cause.OFF_SCREEN)
    assert report.clip.speech_coverage == 0
    assert set(report.segments["verdict"]) == {"uncertain"}
    assert any("off screen" in warning for warning in report.warnings)


def test_a_moving_mouth_is_not_off_screen(generated_clip: GeneratedClip) -> None:
    lips = visalign.read_lips(generated_clip.path)
    assert not off_screen_frames(lips, np.ones(len(lips), bool)).any()
    assert not choose_face(ClipFaces.of(lips), 1, np.ones(len(lips), bool)).candidates


def test_no_face_and_no_picture(tmp_path: Path) -> None:
    grey = write_clip(tmp_path / "grey.mp4", [np.full((120, 160, 3), 90, np.uint8)] * 10, Fraction(25), None)
    with pytest.raises(FaceNotFound, match=r"grey\.mp4"):
        read_faces(grey)
    with pytest.raises(MissingStream):
        read_faces(write_wav(tmp_path / "sound.wav", Audio(np.zeros(1600, np.float32), 16000)))


def drawn_track(first: int, looks: Any) -> Track:
    """A track of five frames that looks like this."""
    frames = np.arange(first, first + 5)
    return Track.restored(frames, frames, (100, 100), looks, 1)


def test_a_track_is_given_to_the_face_it_looks_like_most() -> None:
    rng = np.random.default_rng(2)
    one, other = (looks - looks.mean() for looks in rng.normal(size=(2, 1024)))
    tracks = [drawn_track(10 * k, looks) for k, looks in enumerate([one, other, one + 0.2 * other, other + 0.2 * one])]
    beside = drawn_track(32, other + 0.1 * one)  # with the last one in the picture, so somebody else
    persons = clip_faces._linked([*tracks, beside])
    assert persons == [[tracks[0], tracks[2]], [tracks[1], tracks[3]], [beside]]
