"""Boxes around faces, with a ruler; the detector that comes with visalign is dlib's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import dlib
import pytest

from visalign.errors import BackendUnavailable
from visalign.lips import face_detection
from visalign.lips.box import Box

BOX = Box(10, 20, 30, 60)


def test_measures() -> None:
    assert (BOX.width, BOX.area, BOX.centre) == (20, 800, (20, 40))


@pytest.mark.parametrize(
    ("other", "share"),
    [
        (BOX, 1.0),
        (Box(20, 20, 40, 60), 400 / 1200),  # half of each is shared
        (Box(10, 20, 20, 40), 200 / 800),  # one within the other
        (Box(30, 20, 50, 60), 0.0),  # side by side
        (Box(100, 100, 110, 110), 0.0),
    ],
)
def test_overlap_is_what_is_shared_of_both(other: Box, share: float) -> None:
    assert BOX.overlap(other) == other.overlap(BOX) == pytest.approx(share)


def test_a_box_is_scaled_and_then_moved() -> None:
    assert BOX.mapped(0.5, 100, 200) == Box(105, 210, 115, 230)


def test_the_shipped_detector_is_dlibs(tmp_path: Path) -> None:
    """Byte for byte what dlib itself saves; only the time to unpack it is spared."""
    own = tmp_path / "own.svm"
    dlib.get_frontal_face_detector().save(str(own))
    assert files("visalign.models").joinpath(face_detection._FINDER_FILE).read_bytes() == own.read_bytes()


def test_a_missing_detector_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_detection, "_FINDER_FILE", "gone.svm")
    with pytest.raises(BackendUnavailable, match=r"gone\.svm.*Install visalign anew"):
        face_detection._face_finder.__wrapped__()
