"""A long clip read by several processes: to the digit what one reads alone, or read alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import visalign
from visalign.errors import BackendError, ConfigError, MediaError
from visalign.face.generated_clip import SENTENCES
from visalign.lips import clip_faces, face_parts
from visalign.lips.clip_faces import ClipFaces, read_faces
from visalign.lips.face_album import Album
from visalign.lips.face_parts import read_in_parts
from visalign.lips.point_layouts import VISALIGN76
from visalign.media.clips import divisible_seconds, read_audio, read_frames, video_tracks, write_clip
from visalign.signals import Audio

SHOT, N_SHOTS = 37, 8  # frames; 12 s at 25 frames/s


@pytest.fixture(scope="module")
def shots(made_once: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn face that speaks, now in bright light and now in dim."""
    clip = made_once.clip(text=SENTENCES[0], size_px=240, seed=0)
    frames = [frame.image for frame in read_frames(clip.path, colour=True)]

    def pictures() -> Iterator[npt.NDArray[np.uint8]]:
        for k in range(SHOT * N_SHOTS):
            yield (frames[k % len(frames)] * (1.0 if k // SHOT % 2 else 0.5)).astype(np.uint8)

    sound = read_audio(clip.path).samples
    n = round(SHOT * N_SHOTS / 25 * 16000)
    path = tmp_path_factory.mktemp("parts") / "shots.mp4"
    return write_clip(path, pictures(), Fraction(25), Audio(np.resize(sound, n), 16000))


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_parts, "LEAST_PART_SECONDS", 2.5)


def read(path: Path, jobs: int = 2) -> Album | None:
    (stream,) = video_tracks(path)
    return read_in_parts(path, stream, jobs, detect_every=10, max_faces=4)


def assert_equal(found: ClipFaces, expected: ClipFaces) -> None:
    assert (found.shots == expected.shots).all()
    assert (found.times.times == expected.times.times).all()
    assert len(found.faces) == len(expected.faces)
    for one, other in zip(found.faces, expected.faces, strict=True):
        assert (one.number, one.centre, one.width) == (other.number, other.centre, other.width)
        for name in ("values", "centre", "scale", "mouth", "visibility"):
            np.testing.assert_array_equal(getattr(one.lips, name), getattr(other.lips, name))


@pytest.mark.usefixtures("short_parts")
def test_parts_come_to_what_one_process_reads(shots: Path) -> None:
    album = read(shots)
    assert album is not None
    assert int(album.shots.array()[-1]) == N_SHOTS - 1
    assert_equal(read_faces(shots, jobs=2), read_faces(shots))


@pytest.mark.usefixtures("short_parts")
def test_reports_are_equal_byte_by_byte(shots: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        visalign.check(shots, SENTENCES[0], jobs=jobs).write(tmp_path / f"{jobs}.json")
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


@pytest.mark.usefixtures("short_parts")
def test_an_error_of_the_sound_ends_the_reading_of_the_picture(shots: Path) -> None:
    with pytest.raises(visalign.VisalignError, match="zzxqk"):
        visalign.check(shots, "zzxqk", oov="error", jobs=2)


@pytest.mark.usefixtures("short_parts")
def test_limits_hold_in_the_processes(shots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISALIGN_MAX_SECONDS", "8")
    with pytest.raises(MediaError) as alone:
        read_faces(shots)
    with pytest.raises(MediaError) as shared:
        read_faces(shots, jobs=2)
    assert str(shared.value) == str(alone.value)
    assert "--max seconds" in str(alone.value)


def die(_task: object) -> None:
    os._exit(9)


@pytest.mark.usefixtures("short_parts")
def test_a_process_that_dies_is_told(shots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_parts, "_read", die)
    with pytest.raises(BackendError, match="--jobs"):
        read(shots)


def test_short_clips_are_read_alone(shots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_parts, "workers", lambda n: pytest.fail("processes for twelve seconds"))
    assert read(shots) is None
    assert len(read_faces(shots, jobs=4).faces) >= 1


def test_containers_without_an_index_are_read_alone(corpus: Path) -> None:
    """A programme stream does not say where decoding may begin."""
    assert divisible_seconds(next((corpus / "grid" / "s1").glob("*.mpg"))) == 0


def test_impossible_numbers_of_processes(shots: Path) -> None:
    with pytest.raises(ConfigError, match="jobs"):
        read_faces(shots, jobs=0)


# --- seams ----------------------------------------------------------------------------------------------------------


def part(first: float, lead: Any, tail: Any) -> face_parts._Part:
    """A part of one frame without a face."""
    album = Album(VISALIGN76)
    album.times.append(first)
    album.shots.append(0)
    return face_parts._Part(True, first, lead, tail, True, album.tables())


def tasks(*begins: float | None) -> list[face_parts._Task]:
    ends = [*begins[1:], None]
    return [face_parts._Task("", 0, begin, end, 10, 4) for begin, end in zip(begins, ends, strict=True)]


SEAM = ((9.0, 1), (10.0, 2), (11.0, 3))


def test_parts_that_decoded_the_same_are_joined() -> None:
    two = [part(0.0, (), SEAM), part(11.0, SEAM, ())]
    album = face_parts._joined(tasks(None, 10.0), two, VISALIGN76)
    assert album is not None
    assert album.times.array().tolist() == [0.0, 11.0]
    assert album.shots.array().tolist() == [0, 1]


def test_a_part_without_a_cut_is_passed_over() -> None:
    nothing = face_parts._Part(False, 0.0, ((7.0, 5),), (), True, {})
    three = [part(0.0, (), ((7.0, 5), *SEAM)), nothing, part(11.0, SEAM, ())]
    assert face_parts._joined(tasks(None, 7.0, 10.0), three, VISALIGN76) is not None


@pytest.mark.parametrize(
    "lead",
    [
        ((9.0, 1), (10.0, 4), (11.0, 3)),  # another picture
        ((9.0, 1), (10.1, 2), (11.0, 3)),  # at another time
        ((9.0, 1), (10.0, 2)),  # another cut
        (),
    ],
)
def test_parts_that_decoded_otherwise_are_not_joined(lead: Any) -> None:
    two = [part(0.0, (), SEAM), part(11.0, lead, ())]
    assert face_parts._joined(tasks(None, 10.0), two, VISALIGN76) is None


def test_damage_is_left_to_who_reads_alone() -> None:
    two = [part(0.0, (), SEAM), replace(part(11.0, SEAM, ()), is_sound=False)]
    assert face_parts._joined(tasks(None, 10.0), two, VISALIGN76) is None


@pytest.mark.usefixtures("short_parts")
def test_detectors_of_ones_own_read_alone(shots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_faces, "read_in_parts", lambda *_, **__: pytest.fail("known here only"))
    assert read_faces(shots, detector=clip_faces.load_detector(), jobs=2).faces
