"""Following a face: with a detector made of arithmetic where the logic is tested, with dlib where faces are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from visalign.errors import ConfigError
from visalign.lips import landmark_models
from visalign.lips.landmarks import (
    Box,
    DlibDetector,
    Landmarks,
    TrackedFrame,
    load_detector,
    track_landmarks,
)
from visalign.media.clips import read_frames, resize_luma
from visalign.signals import Frame

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

HEIGHT, WIDTH = 240, 320
FACE_PX = 100

# 68 points in a unit face: nose and eyes spread so that the box around them is the face.
_ANGLES = np.linspace(0, 2 * np.pi, 68, endpoint=False)
MODEL = np.stack([0.5 + 0.195 * np.cos(_ANGLES * 13), 0.38 + 0.195 * np.sin(_ANGLES * 13)], axis=1)


def picture(x: float | None, y: float = 120.0, *, level: int = 60) -> Image:
    """A bright square of `FACE_PX` centred at (x, y) on an even ground; None: the ground alone."""
    image = np.full((HEIGHT, WIDTH), level, np.uint8)
    if x is not None:
        left, top = round(x) - FACE_PX // 2, round(y) - FACE_PX // 2
        image[max(0, top) : max(0, top + FACE_PX), max(0, left) : max(0, left + FACE_PX)] = 200
    return image


class SquareDetector:
    """Finds the bright square of `picture`; fits only where the box is about right, like a real one."""

    def __init__(self) -> None:
        self.n_searches = 0
        self.n_fits = 0

    def find_faces(self, image: Image) -> list[Box]:
        self.n_searches += 1
        rows, columns = np.nonzero(image > 150)
        if len(rows) < 100:
            return []
        return [Box(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))]

    def fit(self, image: Image, box: Box) -> Points:
        self.n_fits += 1
        left, top = max(0, round(box.left - 20)), max(0, round(box.top - 20))
        rows, columns = np.nonzero(image[top : round(box.bottom + 20), left : round(box.right + 20)] > 150)
        if len(rows) < 100:
            return np.asarray(MODEL * FACE_PX + (box.left, box.top), np.float32)
        corner = np.array([left + columns.min(), top + rows.min()])
        return np.asarray(MODEL * FACE_PX + corner, np.float32)


def frames(images: Iterable[Image]) -> Iterator[Frame]:
    return (Frame(index / 25, image) for index, image in enumerate(images))


def followed_x(tracked: Iterable[TrackedFrame]) -> npt.NDArray[np.float64]:
    """Horizontal centre of the face in each frame."""
    return np.array([x.points[:, 0].mean() for x in tracked], np.float64)


# ---- following ----


def test_still_face_is_searched_seldom() -> None:
    detector = SquareDetector()
    tracked = list(track_landmarks(frames([picture(160)] * 50), detector, detect_every=10))
    assert all(x.has_face for x in tracked)
    assert detector.n_searches == 5


def test_moving_face_is_followed() -> None:
    xs = 160 + 60 * np.sin(np.arange(100) * 0.2)
    detector = SquareDetector()
    found = followed_x(track_landmarks(frames(picture(x) for x in xs), detector))
    np.testing.assert_allclose(found - found[0], np.round(xs) - 160, atol=0.5)


def test_cut_is_noticed_at_once() -> None:
    images = [picture(80)] * 5 + [picture(240, level=120)] * 5
    found = followed_x(track_landmarks(frames(images), SquareDetector(), detect_every=100))
    assert found[5] - found[4] == pytest.approx(160, abs=1)


def test_frames_without_a_face_are_nan_and_cheap() -> None:
    detector = SquareDetector()
    tracked = list(track_landmarks(frames([picture(None)] * 200), detector))
    assert len(tracked) == 200
    assert all(np.isnan(x.points).all() and x.points.shape == (68, 2) for x in tracked)
    assert detector.n_searches <= 60
    assert detector.n_fits == 0


def test_vanished_face_is_given_up() -> None:
    images = [picture(160)] * 20 + [picture(None, level=75)] * 30
    has_face = [x.has_face for x in track_landmarks(frames(images), SquareDetector(), detect_every=5)]
    assert all(has_face[:20])
    assert not any(has_face[30:])


def test_face_that_comes_back_is_found() -> None:
    images = [picture(None)] * 40 + [picture(100)] * 40
    has_face = [x.has_face for x in track_landmarks(frames(images), SquareDetector())]
    assert not any(has_face[:40])
    assert all(has_face[57:])


class MissingChecks(SquareDetector):
    """Overlooks the face in every other search after the first."""

    def find_faces(self, image: Image) -> list[Box]:
        found = super().find_faces(image)
        return found if self.n_searches % 2 else []


def test_single_overlooked_faces_do_no_harm() -> None:
    tracked = track_landmarks(frames([picture(160)] * 60), MissingChecks(), detect_every=4)
    assert all(x.has_face for x in tracked)


def test_size_may_change_between_frames() -> None:
    images = [picture(160), resize_luma(picture(160), 640, 480), picture(160)]
    assert [x.has_face for x in track_landmarks(frames(images), SquareDetector())] == [True, True, True]


def test_frames_come_out_as_they_come_in() -> None:
    n_read = 0

    def counted() -> Iterator[Frame]:
        nonlocal n_read
        for frame in frames([picture(160)] * 5):
            n_read += 1
            yield frame

    tracked = track_landmarks(counted(), SquareDetector())
    next(tracked)
    assert n_read == 1


def test_interval_of_checks_is_checked() -> None:
    with pytest.raises(ConfigError, match="detect_every"):
        track_landmarks([], SquareDetector(), detect_every=0)


# ---- what comes out ----


def test_landmarks_of_a_clip() -> None:
    tracked = track_landmarks(frames([picture(160)] * 3 + [picture(None, level=120)] * 3), SquareDetector())
    landmarks = Landmarks.from_tracked(tracked, 0.24, Fraction(25))
    assert landmarks.points.shape == (6, 68, 2)
    assert landmarks.points.dtype == np.float32
    assert landmarks.has_face.tolist() == [True] * 3 + [False] * 3
    assert landmarks.face_fraction == pytest.approx(0.5)
    assert landmarks.times.times == pytest.approx(np.arange(6) / 25)


def test_landmarks_of_nothing() -> None:
    landmarks = Landmarks.from_tracked([], 0.0, Fraction(25))
    assert landmarks.points.shape == (0, 68, 2)
    assert landmarks.face_fraction == 0.0


def test_box_overlap() -> None:
    box = Box(0, 0, 10, 10)
    assert box.overlap(box) == 1.0
    assert box.overlap(Box(5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert box.overlap(Box(10, 0, 20, 10)) == 0.0
    assert box.mapped(2.0, 1.0, -1.0) == Box(1, -1, 21, 19)


# ---- the model ----


def test_unknown_detector() -> None:
    with pytest.raises(ConfigError, match="dlib"):
        load_detector("cat")


# ---- faces ----


@pytest.fixture(scope="module")
def dlib_detector() -> DlibDetector:
    return DlibDetector()


@pytest.fixture
def grid_clip(corpus: Path) -> Path:
    return min((corpus / "grid/speakers").glob("*.mpg"))


@pytest.mark.corpus
def test_grid_face_is_followed_in_each_frame(grid_clip: Path, dlib_detector: DlibDetector) -> None:
    landmarks = Landmarks.from_tracked(track_landmarks(read_frames(grid_clip), dlib_detector), 3.0, Fraction(25))
    assert landmarks.face_fraction == 1.0
    layout = dlib_detector.layout
    eyes = landmarks.points[:, [layout.right_eye[0], layout.left_eye[3]]]
    apart = np.linalg.norm(eyes[:, 1] - eyes[:, 0], axis=1)
    assert np.all(eyes[:, 0, 0] < eyes[:, 1, 0])
    assert np.ptp(apart) < 0.2 * apart.mean()  # a blink draws the outer corners in by a tenth
    chin, lips = (landmarks.points[:, k, 1] for k in (layout.jaw[4], layout.mouth[9]))
    assert np.all(chin > lips)


@pytest.mark.slow
@pytest.mark.corpus
def test_following_agrees_with_searching_each_frame(grid_clip: Path, dlib_detector: DlibDetector) -> None:
    images = list(read_frames(grid_clip))
    followed = np.array([x.points for x in track_landmarks(images, dlib_detector)])
    searched = np.array([dlib_detector.fit(x.image, dlib_detector.find_faces(x.image)[0]) for x in images])
    width = dlib_detector.find_faces(images[0].image)[0].width
    assert np.abs(followed - searched).mean() < 0.01 * width


@pytest.mark.corpus
def test_points_are_finer_than_a_pixel(grid_clip: Path, dlib_detector: DlibDetector) -> None:
    image = next(read_frames(grid_clip)).image
    points = dlib_detector.fit(image, dlib_detector.find_faces(image)[0])
    assert np.unique(points % 1.0).size > 2


@pytest.mark.corpus
def test_enlarging_for_the_fit_does_not_shift_it(
    grid_clip: Path, dlib_detector: DlibDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    differences = []
    for frame in list(read_frames(grid_clip))[::5]:
        box = dlib_detector.find_faces(frame.image)[0]
        fine = dlib_detector.fit(frame.image, box)
        with monkeypatch.context() as patched:
            patched.setattr(landmark_models, "_MAX_ENLARGEMENT", 1)
            differences.append(fine - dlib_detector.fit(frame.image, box))
    assert np.mean(differences, axis=(0, 1)) == pytest.approx([0, 0], abs=0.3)


@pytest.mark.corpus
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_faces_of_any_size(grid_clip: Path, dlib_detector: DlibDetector, scale: float) -> None:
    image = next(read_frames(grid_clip)).image
    height, width = (round(n * scale) for n in image.shape)
    (plain,) = track_landmarks([Frame(0.0, image)], dlib_detector)
    (scaled,) = track_landmarks([Frame(0.0, resize_luma(image, width, height))], dlib_detector)
    np.testing.assert_allclose(scaled.points / scale, plain.points, atol=4.0)


@pytest.mark.corpus
def test_face_at_the_edge_and_box_outside(grid_clip: Path, dlib_detector: DlibDetector) -> None:
    image = next(read_frames(grid_clip)).image
    box = dlib_detector.find_faces(image)[0]
    cut = np.ascontiguousarray(image[:, round(box.left) + 10 :])
    assert np.isfinite(dlib_detector.fit(cut, Box(-10, box.top, box.width - 10, box.bottom))).all()
    assert np.isnan(dlib_detector.fit(cut, Box(-500, -500, -400, -400))).all()
