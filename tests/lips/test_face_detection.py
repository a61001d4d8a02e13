"""The detector of faces that comes with visalign is dlib's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import dlib
import pytest

from visalign.errors import BackendUnavailable
from visalign.lips import face_detection


def test_the_shipped_detector_is_dlibs(tmp_path: Path) -> None:
    """Byte for byte what dlib itself saves; only the time to unpack it is spared."""
    own = tmp_path / "own.svm"
    dlib.get_frontal_face_detector().save(str(own))
    assert files("visalign.models").joinpath(face_detection._FINDER_FILE).read_bytes() == own.read_bytes()


def test_a_missing_detector_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_detection, "_FINDER_FILE", "gone.svm")
    with pytest.raises(BackendUnavailable, match=r"gone\.svm.*Install visalign anew"):
        face_detection._face_finder.__wrapped__()
