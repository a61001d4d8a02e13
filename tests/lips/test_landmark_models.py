"""Landmark models: found by name, by file and by the environment; what can't be used says why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visalign.errors import BackendUnavailable
from visalign.lips import landmark_models
from visalign.lips.box import Box
from visalign.lips.face_detection import DlibDetector
from visalign.lips.landmark_models import (
    LANDMARK_MODELS,
    MODEL_LICENCE,
    find_model,
    is_landmark_model,
    landmark_notice,
    open_landmark_model,
    verify_model,
)
from visalign.lips.point_layouts import DLIB68, LAYOUTS, VISALIGN76
from visalign.media.clips import read_frames


def test_known_model_is_recognised() -> None:
    assert verify_model("dlib68")
    assert not verify_model()  # visalign's own, which its reader checks


def test_model_is_found_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.dat"
    own.write_bytes(b"x")
    monkeypatch.setenv("VISALIGN_LANDMARK_MODEL", str(own))
    assert find_model() == own
    assert not verify_model()
    with pytest.raises(BackendUnavailable, match="dlib can't read it"):
        DlibDetector()


def test_missing_model_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendUnavailable, match=r"no such file.*VISALIGN_LANDMARK_MODEL"):
        DlibDetector(tmp_path / "missing.dat")
    monkeypatch.setattr(landmark_models.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendUnavailable, match=r"pip install visalign\[dlib68\]"):
        DlibDetector("dlib68")


def test_model_with_another_number_of_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = find_model("dlib68").with_name("shape_predictor_5_face_landmarks.dat")
    if not path.is_file():
        pytest.skip("the package no longer holds the 5-point model")
    with pytest.raises(BackendUnavailable, match="5 points, not 68"):
        DlibDetector(path)


def test_damaged_package_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landmark_models, "_MODEL_BYTES", 1)
    with pytest.raises(BackendUnavailable, match="damaged"):
        find_model("dlib68")


# ---- visalign's own ----


def test_models_are_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(LANDMARK_MODELS) == set(LAYOUTS)
    assert open_landmark_model("visalign").layout is VISALIGN76
    assert open_landmark_model("dlib68").layout is DLIB68
    assert open_landmark_model().layout is VISALIGN76
    monkeypatch.setenv("VISALIGN_LANDMARK_MODEL", "dlib68")
    assert open_landmark_model().layout is DLIB68
    assert open_landmark_model("visalign").layout is VISALIGN76


def test_the_own_model_is_small_and_says_what_taught_it() -> None:
    path = find_model("visalign")
    assert path.stat().st_size <= 8_000_000
    called, notice = landmark_notice("visalign")
    assert "76 points" in called
    for taught in ("GRID", "CC BY 4.0", "MediaPipe", "Apache", "ICT-FaceKit", "MIT"):
        assert taught in notice
    assert "300-W" not in notice
    assert landmark_notice("dlib68") == ("68-point landmark model of dlib", MODEL_LICENCE)


def test_a_model_of_the_users_own_has_terms_that_nobody_else_knows(tmp_path: Path) -> None:
    (tmp_path / "own.dat").write_bytes(b"x")
    called, notice = landmark_notice(tmp_path / "own.dat")
    assert "own.dat" in called
    assert "300-W" not in notice


def test_what_names_a_model(tmp_path: Path) -> None:
    np.savez(tmp_path / "points.npz", points=np.zeros((2, 68, 2), np.float32))
    (tmp_path / "own.dat").write_bytes(b"x")
    (tmp_path / "open.csv").write_text("frame,x_0\n")
    assert is_landmark_model("visalign")
    assert is_landmark_model("dlib68")
    assert is_landmark_model(find_model("visalign"))
    assert is_landmark_model(tmp_path / "own.dat")
    assert not is_landmark_model(tmp_path / "points.npz")
    assert not is_landmark_model(tmp_path / "open.csv")
    assert not is_landmark_model(tmp_path / "missing.npz")


def test_an_npz_that_is_no_model_is_told_so(tmp_path: Path) -> None:
    np.savez(tmp_path / "points.npz", points=np.zeros((2, 68, 2), np.float32))
    with pytest.raises(BackendUnavailable, match=r"points\.npz.*no landmark model of visalign"):
        open_landmark_model(tmp_path / "points.npz")


def test_a_layout_of_another_version_is_told(tmp_path: Path) -> None:
    arrays = dict(np.load(find_model("visalign")))
    np.savez(tmp_path / "later.npz", **{**arrays, "layout": np.array("visalign99")})
    with pytest.raises(BackendUnavailable, match="76 points of the layout 'visalign99', which is unknown"):
        open_landmark_model(tmp_path / "later.npz")


@pytest.mark.parametrize("name", LANDMARK_MODELS)
def test_a_box_outside_the_picture_has_no_landmarks(name: str) -> None:
    model = open_landmark_model(name)
    points = model.fit(np.full((50, 60), 90, np.uint8), Box(100, 100, 180, 180))
    assert points.shape == (model.layout.n_points, 2)
    assert np.isnan(points).all()


@pytest.mark.corpus
def test_large_faces_are_shrunk_to_what_was_taught(corpus: Path) -> None:
    """Enlarged by whole pixels, a face has its points where it had them."""
    image = next(read_frames(min((corpus / "grid/speakers").glob("*.mpg")))).image
    detector, model = DlibDetector("visalign"), open_landmark_model("visalign")
    box = detector.find_faces(image)[0]
    box = Box(round(box.left), round(box.top), round(box.left) + 144, round(box.top) + 144)
    plain = model.fit(image, box)
    large = model.fit(np.kron(image, np.ones((3, 3), np.uint8)), box.mapped(3.0, 1.0, 1.0))
    # The centre of the middle one of three pixels is 3 x + 1.
    apart = (large - 1) / 3 - plain
    assert np.abs(apart).mean() < 0.4
    np.testing.assert_allclose(apart.mean(axis=0), 0, atol=0.3)


@pytest.mark.corpus
@pytest.mark.parametrize("degrees", [-20, 20])
def test_a_head_that_is_inclined_is_found_with_a_turned_box(corpus: Path, degrees: float) -> None:
    cv2 = pytest.importorskip("cv2")
    image = next(read_frames(min((corpus / "grid/speakers").glob("*.mpg")))).image
    detector = DlibDetector("visalign")
    box = detector.find_faces(image)[0]
    upright = detector.fit(image, box)
    turn = cv2.getRotationMatrix2D(box.centre, -degrees, 1.0)
    turned = cv2.warpAffine(image, turn, image.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    tilted = Box(box.left, box.top, box.right, box.bottom, np.radians(degrees))
    found = detector.fit(turned, tilted)
    expected = upright @ turn[:, :2].T + turn[:, 2]
    assert np.linalg.norm(found - expected, axis=1).mean() < 0.02 * box.width


@pytest.mark.parametrize(("shape", "factor"), [((31, 45), 2), ((40, 40), 5), ((3, 50), 4), ((50, 3), 4), ((300, 9), 3)])
def test_shrunk_pictures_are_means_of_blocks(shape: tuple[int, int], factor: int) -> None:
    image = np.random.default_rng(factor).integers(0, 256, shape).astype(np.uint8)
    height, width = (max(1, n // factor) for n in shape)
    rows, columns = (min(factor, n) for n in shape)
    blocks = image[: height * rows, : width * columns].reshape(height, rows, width, columns)
    expected = np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)
    assert (landmark_models._shrunk(image, factor) == expected).all()


def test_notice_of_a_model_that_is_in_use_reads_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    open_landmark_model()
    monkeypatch.setattr(landmark_models, "read_trees", lambda path: pytest.fail("read again"))
    assert "visalign" in landmark_notice()[0]
