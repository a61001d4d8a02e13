"""Landmarks of other programs: read back, matched to frames, used in place of a search; files that are none."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from visalign.errors import FaceNotFound, ParseError
from visalign.face.generated_clip import GeneratedClip
from visalign.lips.landmark_files import read_landmark_rows, read_lips_with_landmarks
from visalign.lips.landmarks import Landmarks, load_detector, track_landmarks
from visalign.lips.lip_features import LipFeatures, read_lips
from visalign.media.clips import probe, read_frames


@pytest.fixture(scope="module")
def known(generated_clip: GeneratedClip) -> LipFeatures:
    """The lips of the generated clip by dlib's points."""
    return read_lips(generated_clip.path, detector=load_detector(landmarks="dlib68"))


@pytest.fixture(scope="module")
def landmarks(generated_clip: GeneratedClip) -> Landmarks:
    """What dlib finds in the generated clip."""
    stream = probe(generated_clip.path).video[0]
    tracked = track_landmarks(read_frames(generated_clip.path), load_detector(landmarks="dlib68"))
    return Landmarks.from_tracked(tracked, stream.duration, stream.rate)


def write_openface(path: Path, landmarks: Landmarks, *, failed: int = -1, second_face: bool = True) -> Path:
    """A CSV as OpenFace writes it: names after a comma and a blank, a shorter track of another face."""
    axes = [f"{axis}_{k}" for axis in "xy" for k in range(68)]
    lines = [", ".join(["frame", "face_id", "timestamp", "confidence", "success", *axes])]
    for index, (time, points) in enumerate(zip(landmarks.times.times, landmarks.points, strict=True)):
        success = int(index != failed)
        row = [index + 1, 0, f"{time:.3f}", 0.98, success, *(f"{x:.4f}" for x in points.T.ravel())]
        lines.append(", ".join(map(str, row)))
        if second_face and index < 10:
            lines.append(", ".join(map(str, [index + 1, 1, *row[2:5], *["5.0"] * 136])))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_openface_gives_the_same_lips(
    generated_clip: GeneratedClip, known: LipFeatures, landmarks: Landmarks, tmp_path: Path
) -> None:
    file = write_openface(tmp_path / "openface.csv", landmarks, failed=20)
    lips = read_lips_with_landmarks(generated_clip.path, file)
    assert np.flatnonzero(~lips.has_face).tolist() == [20]
    kept = [k for k in range(len(lips)) if abs(k - 20) > 12]  # what is smoothed over the gap aside
    np.testing.assert_allclose(lips.values[kept][:, :15], known.values[kept][:, :15], atol=2e-3)


def test_another_face_can_be_named(generated_clip: GeneratedClip, landmarks: Landmarks, tmp_path: Path) -> None:
    file = write_openface(tmp_path / "openface.csv", landmarks)
    assert np.isfinite(read_landmark_rows(file, face="1").points).all(axis=(1, 2)).sum() == 10
    with pytest.raises(ParseError, match="no face '7'; it has 0, 1"):
        read_landmark_rows(file, face="7")


def test_npz_is_matched_by_number_or_by_time(
    generated_clip: GeneratedClip, known: LipFeatures, landmarks: Landmarks, tmp_path: Path
) -> None:
    plain, timed = tmp_path / "plain.npz", tmp_path / "timed.npz"
    np.savez(plain, points=landmarks.points)
    np.savez(timed, points=landmarks.points[10:], times=landmarks.times.times[10:])
    whole = read_lips_with_landmarks(generated_clip.path, plain)
    np.testing.assert_array_equal(whole.values, known.values)
    later = read_lips_with_landmarks(generated_clip.path, timed)
    assert np.flatnonzero(later.has_face).tolist() == list(range(10, len(later)))


def test_frames_counted_from_0_in_a_plain_csv(landmarks: Landmarks, tmp_path: Path) -> None:
    file = tmp_path / "plain.csv"
    with file.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["frame", *(f"{axis}_{k}" for axis in "xy" for k in range(68))])
        writer.writerow([3, *landmarks.points[3].T.ravel().tolist()])
    rows = read_landmark_rows(file)
    np.testing.assert_allclose(rows.at(3, 0.12, 0.04), landmarks.points[3])
    assert np.isnan(rows.at(2, 0.08, 0.04)).all()


def damaged() -> list[tuple[str, bytes, str]]:
    header = ",".join(["timestamp", *(f"{axis}_{k}" for axis in "xy" for k in range(68))])
    numbers = ",".join(["1.0"] * 136)
    return [
        ("a.csv", b"timestamp,x_0\n0,1\n", "no column x_1"),
        ("b.csv", header.replace("timestamp", "when").encode(), "no column that tells the frame"),
        ("c.csv", f"{header}\n0.0,{numbers}\n0.0,{numbers}\n".encode(), "does not increase"),
        ("d.csv", f"{header}\n0.0,{numbers.replace('1.0', 'one', 1)}\n".encode(), "d.csv:2: x_0 is 'one'"),
        ("e.npz", b"no archive", "no NPZ file"),
        ("f.json", b"{}", "npz or .csv"),
    ]


@pytest.mark.parametrize(("name", "content", "says"), damaged(), ids=lambda x: x if isinstance(x, str) else "")
def test_other_files_are_refused(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ParseError, match=says):
        read_landmark_rows(file)


def test_too_few_landmarks_are_no_face(generated_clip: GeneratedClip, landmarks: Landmarks, tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", points=landmarks.points[:2])
    with pytest.raises(FaceNotFound):
        read_lips_with_landmarks(generated_clip.path, tmp_path / "few.npz")
    np.savez(tmp_path / "five.npz", points=np.zeros((3, 5, 2)))
    with pytest.raises(ParseError, match="68"):
        read_landmark_rows(tmp_path / "five.npz")
