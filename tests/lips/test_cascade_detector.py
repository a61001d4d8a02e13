"""The Haar cascade: it finds the face that dlib finds, and says what is missing where OpenCV is."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from visalign.errors import BackendUnavailable
from visalign.face.generated_clip import GeneratedClip
from visalign.lips import cascade_detector
from visalign.lips.cascade_detector import CascadeDetector
from visalign.lips.landmarks import load_detector, track_landmarks
from visalign.media.clips import read_frames


def test_missing_opencv_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        raise ImportError(name)

    cascade_detector._cascade.cache_clear()
    monkeypatch.setattr(importlib, "import_module", nothing)
    with pytest.raises(BackendUnavailable, match=r"visalign\[opencv\]"):
        cascade_detector._cascade()


@pytest.fixture(scope="module")
def haar() -> CascadeDetector:
    cv2 = pytest.importorskip("cv2")
    if not hasattr(cv2, "CascadeClassifier"):
        pytest.skip("OpenCV 5 has no cascades")
    detector = load_detector("haar")
    assert isinstance(detector, CascadeDetector)
    return detector


def test_both_detectors_draw_one_box(generated_clip: GeneratedClip, haar: CascadeDetector) -> None:
    image = next(iter(read_frames(generated_clip.path))).image
    (found,), (known,) = haar.find_faces(image)[:1], load_detector("dlib").find_faces(image)[:1]
    assert found.overlap(known) > 0.6
    assert haar.find_faces(np.full((200, 200), 90, np.uint8)) == []


def test_landmarks_do_not_depend_on_who_found_the_face(generated_clip: GeneratedClip, haar: CascadeDetector) -> None:
    frames = list(read_frames(generated_clip.path))[:20]
    one = np.array([x.points for x in track_landmarks(frames, haar)])
    other = np.array([x.points for x in track_landmarks(frames, load_detector("dlib"))])
    width = np.ptp(other[0, :, 0])
    assert np.abs(one[5:] - other[5:]).mean() < 0.02 * width
