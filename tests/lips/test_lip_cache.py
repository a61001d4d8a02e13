"""Lips that are kept: the same as read, and read again where anything that decides about them changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import visalign.lips.lip_cache
from visalign.errors import MediaError
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_cache import cached_faces, lip_key

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip
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


def test_kept_lips_are_the_same_to_the_bit(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, reads: list[Path], tmp_path: Path
) -> None:
    cached_faces(generated_clip.path, tmp_path)
    (face,) = cached_faces(generated_clip.path, tmp_path).faces
    kept = face.lips
    assert len(reads) == 1
    assert (face.number, face.centre, face.width) == (1, (0.5, 0.5), 0.0)
    for name in ("values", "centre", "scale", "mouth"):
        assert np.array_equal(getattr(kept, name), getattr(generated_lips, name), equal_nan=True)
    assert np.array_equal(kept.times.times, generated_lips.times.times)
    assert (kept.times.duration, kept.times.rate) == (generated_lips.times.duration, generated_lips.times.rate)
    assert (kept.names, kept.source) == (generated_lips.names, generated_lips.source)


def test_content_decides_and_not_the_name(generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "other name.mp4"
    copy.write_bytes(generated_clip.path.read_bytes())
    cached_faces(generated_clip.path, tmp_path / "cache")
    assert cached_faces(copy, tmp_path / "cache").source == "other name.mp4"
    assert len(reads) == 1
    copy.write_bytes(generated_clip.path.read_bytes() + b"\0")
    cached_faces(copy, tmp_path / "cache")
    cached_faces(copy, tmp_path / "cache", detect_every=5)
    assert len(reads) == 3


def test_a_damaged_file_is_made_anew(generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path) -> None:
    cached_faces(generated_clip.path, tmp_path)
    (kept,) = tmp_path.rglob("*.npz")
    whole = kept.read_bytes()
    for damage in (b"", b"text", whole[: len(whole) // 2]):
        kept.write_bytes(damage)
        cached_faces(generated_clip.path, tmp_path)
        assert kept.read_bytes() == whole
    assert len(reads) == 4


def test_other_code_is_another_key(generated_clip: GeneratedClip, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lip_key(generated_clip.path, 10)
    monkeypatch.setattr(visalign.lips.lip_cache, "_code_digest", lambda: "other")
    assert lip_key(generated_clip.path, 10) != before


def test_a_clip_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="can't be read"):
        cached_faces(tmp_path / "none.mp4", tmp_path)
