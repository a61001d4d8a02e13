"""What tests of the lips have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

import visalign.lips.lip_cache
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch, generated_lips: LipFeatures) -> list[Path]:
    """Clips whose lips were read, with the reading itself left out."""
    found: list[Path] = []

    def read(path: Path, **_: object) -> ClipFaces:
        found.append(path)
        return ClipFaces.of(generated_lips)

    monkeypatch.setattr(visalign.lips.lip_cache, "read_faces", read)
    return found
