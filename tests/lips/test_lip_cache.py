"""Lips that are kept: the same as read, and read again where anything that decides about them changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import visalign.lips.lip_cache
from visalign.errors import MediaError
from visalign.lips.lip_cache import cached_faces, lip_key

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip
    from visalign.lips.lip_features import LipFeatures


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


@pytest.fixture
def kept(generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path) -> Path:
    cached_faces(generated_clip.path, tmp_path)
    (found,) = tmp_path.rglob("*.npz")
    assert len(reads) == 1
    return found


def test_an_altered_file_is_made_anew_wherever_it_was_altered(
    generated_clip: GeneratedClip, reads: list[Path], kept: Path, tmp_path: Path
) -> None:
    """Byte for byte; also where the archive, its arrays and their check sums are as good as before."""
    whole = kept.read_bytes()
    places = np.linspace(0, len(whole) - 1, 60).astype(int)
    for n, place in enumerate((*places, 26, 30, len(whole) - 33), start=2):
        altered = bytearray(whole)
        altered[place] ^= 1 << n % 8
        kept.write_bytes(altered)
        cached_faces(generated_clip.path, tmp_path)
        assert len(reads) == n, place
        assert kept.read_bytes() == whole
    for damage in (whole[:-1], whole + b"\0", whole[:-32] + bytes(32), whole[-32:], b"x" * 32, b""):
        kept.write_bytes(damage)
        cached_faces(generated_clip.path, tmp_path)
        assert kept.read_bytes() == whole


def test_other_numbers_in_a_good_archive_are_noticed(
    generated_clip: GeneratedClip, reads: list[Path], kept: Path, tmp_path: Path
) -> None:
    with np.load(kept) as data:
        arrays = {name: data[name] for name in data.files}
    np.savez(kept, **{**arrays, "1/values": arrays["1/values"] * 2})
    cached_faces(generated_clip.path, tmp_path)
    assert len(reads) == 2


def test_the_lips_of_another_clip_under_this_name_are_noticed(
    generated_clip: GeneratedClip, reads: list[Path], kept: Path, tmp_path: Path
) -> None:
    cached_faces(generated_clip.path, tmp_path, detect_every=5)
    (other,) = set(tmp_path.rglob("*.npz")) - {kept}
    kept.write_bytes(other.read_bytes())
    cached_faces(generated_clip.path, tmp_path)
    assert len(reads) == 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_a_file_of_another_user_is_not_believed(
    generated_clip: GeneratedClip, reads: list[Path], kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(kept, 1234, 1234)
    cached_faces(generated_clip.path, tmp_path)
    assert len(reads) == 2
    assert kept.stat().st_uid == 0  # made anew
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    cached_faces(generated_clip.path, tmp_path)
    assert len(reads) == 2  # root's are believed by everybody


def test_a_place_that_can_not_be_written_costs_no_clip(
    generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    assert cached_faces(generated_clip.path, tmp_path / "cache").faces
    key = lip_key(generated_clip.path, 10)
    (tmp_path / "other" / key[:2] / f"{key}.npz").mkdir(parents=True)
    assert cached_faces(generated_clip.path, tmp_path / "other").faces
    assert len(reads) == 2


def test_other_code_is_another_key(generated_clip: GeneratedClip, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lip_key(generated_clip.path, 10)
    monkeypatch.setattr(visalign.lips.lip_cache, "_code_digest", lambda: "other")
    assert lip_key(generated_clip.path, 10) != before


def test_a_clip_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        cached_faces(tmp_path / "none.mp4", tmp_path)


def test_the_key_follows_the_code_that_reads_lips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each module named is there, and a changed one makes another key."""
    package = visalign.lips.lip_cache._PACKAGE
    copied = tmp_path / "visalign"
    for name in visalign.lips.lip_cache._CODE:
        place = copied.joinpath(*name.split(".")).with_suffix(".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(package.joinpath(*name.split(".")).with_suffix(".py").read_bytes())
    digest = visalign.lips.lip_cache._code_digest.__wrapped__
    before = digest()
    monkeypatch.setattr(visalign.lips.lip_cache, "_PACKAGE", copied)
    assert digest() == before
    (copied / "lips/mouth_geometry.py").write_text("# other measures")
    assert digest() != before
