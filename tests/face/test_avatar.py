"""The drawn face: pictures in which a landmark detector sees what was drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from visalign.animation.lip_trajectory import REST, LipShape
from visalign.face.avatar import FaceLook, FacePainter
from visalign.lips.landmarks import DlibDetector


def painted(shape: LipShape = REST, *, size_px: int = 480) -> npt.NDArray[np.uint8]:
    return FacePainter(FaceLook(), size_px).draw(shape)


def test_picture_has_the_size_asked_for_and_is_the_same_each_time() -> None:
    picture = painted(size_px=200)
    assert picture.shape == (200, 200, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, painted(REST, size_px=200))
    assert not np.array_equal(picture, painted(LipShape(opening=0.2), size_px=200))


def test_only_mouth_and_chin_move() -> None:
    difference = painted(LipShape(opening=0.25, jaw=0.12)).astype(int) - painted()
    rows, columns = np.nonzero(np.abs(difference).max(axis=2))
    assert rows.min() >= 278
    assert columns.min() >= 118
    assert columns.max() < 362


def test_closed_lips_show_one_thin_dark_line() -> None:
    lips = painted(LipShape(opening=0.0))[292:318, 240].astype(float).mean(axis=1)
    dark = np.flatnonzero(lips < 0.6 * np.median(lips))
    assert 1 <= len(dark) <= 3
    assert np.array_equal(dark, np.arange(dark[0], dark[-1] + 1))


def test_blur_softens_edges_and_keeps_the_light() -> None:
    sharp = FacePainter(FaceLook()).draw(REST).astype(float)
    soft = FacePainter(FaceLook(), blur_px=1.0).draw(REST).astype(float)
    assert np.abs(np.diff(soft, axis=0)).max() < 0.8 * np.abs(np.diff(sharp, axis=0)).max()
    assert soft.mean() == pytest.approx(sharp.mean(), abs=0.2)


@pytest.fixture(scope="module")
def detector() -> DlibDetector:
    """The 68 points, whose closed lips touch, as those of the drawing do."""
    return DlibDetector("dlib68")


def seen(detector: DlibDetector, shape: LipShape, look: FaceLook | None = None) -> tuple[float, float]:
    """Inner lip opening and mouth width that landmarks show through a soft lens, in inter-ocular distances."""
    picture = FacePainter(look or FaceLook(), blur_px=1.0).draw(shape)
    luma = (picture @ np.array([0.299, 0.587, 0.114])).round().astype(np.uint8)
    faces = detector.find_faces(luma)
    assert len(faces) == 1, "exactly one face is found"
    points = detector.fit(luma, faces[0])
    layout = detector.layout
    right, left = (points[list(eye)].mean(axis=0) for eye in (layout.right_eye, layout.left_eye))
    mouth, scale = points[list(layout.mouth)], np.linalg.norm(right - left)
    opening = np.mean([np.linalg.norm(mouth[a] - mouth[b]) for a, b in ((13, 19), (14, 18), (15, 17))])
    return float(opening / scale), float(np.linalg.norm(mouth[0] - mouth[6]) / scale)


def test_landmarks_see_the_drawn_opening(detector: DlibDetector) -> None:
    drawn = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.25])
    shown = np.array([seen(detector, LipShape(opening=o, jaw=0.55 * o, teeth=0.4))[0] for o in drawn])
    assert shown == pytest.approx(drawn, abs=0.04)
    assert (np.diff(shown) > 0.02).all()


def test_landmarks_see_the_drawn_width(detector: DlibDetector) -> None:
    shown = [seen(detector, LipShape(opening=0.05, width=w))[1] for w in (0.72, 0.80, 0.88)]
    assert shown == pytest.approx([0.72, 0.80, 0.88], abs=0.05)


def test_the_usual_landmarks_see_it_open_and_widen() -> None:
    """They learnt to have a little between closed lips."""
    usual, drawn = DlibDetector(), np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.25])
    shown = np.array([seen(usual, LipShape(opening=o, jaw=0.55 * o, teeth=0.4))[0] for o in drawn])
    assert shown == pytest.approx(drawn, abs=0.08)
    assert (np.diff(shown) > 0.01).all()
    widths = [seen(usual, LipShape(opening=0.05, width=w))[1] for w in (0.72, 0.80, 0.88)]
    assert widths == sorted(widths)


LOOKS = {
    "light": FaceLook(skin=(238, 203, 180), lips=(196, 104, 102), face_width=0.96),
    "dark": FaceLook(skin=(150, 104, 78), lips=(122, 62, 60), hair=(38, 32, 34), lip_fullness=1.1),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_closed_reads_lower_than_anything_open_on_light_and_dark_skin(detector: DlibDetector, look: FaceLook) -> None:
    closed = [seen(detector, LipShape(opening=o), look)[0] for o in (-0.08, -0.04, 0.0)]
    opened = [seen(detector, LipShape(opening=o, jaw=0.55 * o), look)[0] for o in (0.06, 0.1, 0.2)]
    assert max(closed) < 0.055
    assert min(opened) > max(closed) + 0.01
