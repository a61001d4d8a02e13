"""What each registered landmark detector must do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visalign.lips.landmarks import DETECTORS, LandmarkDetector, layout_used, load_detector
from visalign.media.clips import read_frames


@pytest.fixture(scope="module", params=sorted(DETECTORS))
def detector(request: pytest.FixtureRequest) -> LandmarkDetector:
    return load_detector(request.param)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (240, 320)])
def test_no_face_in_an_even_picture(detector: LandmarkDetector, shape: tuple[int, int]) -> None:
    assert detector.find_faces(np.full(shape, 128, np.uint8)) == []


def test_no_face_in_noise(detector: LandmarkDetector) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320), dtype=np.uint8)
    assert detector.find_faces(noise) == []


@pytest.mark.corpus
def test_face_and_its_landmarks(detector: LandmarkDetector, corpus: Path) -> None:
    image = next(read_frames(min((corpus / "grid/speakers").glob("*.mpg")))).image
    before = image.copy()
    boxes = detector.find_faces(image)
    assert boxes
    assert [b.area for b in boxes] == sorted((b.area for b in boxes), reverse=True)
    points = detector.fit(image, boxes[0])
    assert points.shape == (layout_used(detector).n_points, 2)
    assert points.dtype == np.float32
    assert points[:, 0].min() > boxes[0].left - 0.3 * boxes[0].width
    assert points[:, 0].max() < boxes[0].right + 0.3 * boxes[0].width
    np.testing.assert_array_equal(image, before)


@pytest.mark.corpus
def test_same_picture_gives_the_same_result(detector: LandmarkDetector, corpus: Path) -> None:
    image = next(read_frames(min((corpus / "grid/speakers").glob("*.mpg")))).image
    first, second = detector.find_faces(image), detector.find_faces(image.copy())
    assert first == second
    np.testing.assert_array_equal(detector.fit(image, first[0]), detector.fit(image.copy(), first[0]))


@pytest.mark.corpus
def test_parts_of_larger_pictures_are_taken(detector: LandmarkDetector, corpus: Path) -> None:
    image = next(read_frames(min((corpus / "grid/speakers").glob("*.mpg")))).image
    wide = np.concatenate([image, image], axis=1)[:, : image.shape[1]]
    assert not wide.flags.c_contiguous
    assert detector.find_faces(wide) == detector.find_faces(image)
