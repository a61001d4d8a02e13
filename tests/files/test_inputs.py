"""Whether an input is there, and stays the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from visalign.errors import MediaError
from visalign.files.inputs import check_file, file_states, refuse_changed


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "12:30.mp4"
    path.write_bytes(b"picture")
    os.utime(path, ns=(5, 5))
    return path


def test_a_path_is_spelt_so_that_it_is_no_protocol(clip: Path) -> None:
    assert check_file(clip) == f"file:{clip}"


def test_states_are_kept_of_paths_alone(clip: Path) -> None:
    assert file_states(clip, None, 7) == {clip: (7, 5, clip.stat().st_ino)}


def test_a_file_that_nobody_touched_passes(clip: Path) -> None:
    refuse_changed(file_states(clip, clip.with_name("none.wav")))


def test_a_file_that_changed_is_refused(clip: Path) -> None:
    before = file_states(clip)
    clip.write_bytes(b"pictures")
    with pytest.raises(MediaError, match="changed while it was read"):
        refuse_changed(before)


@pytest.mark.parametrize("was_there", [True, False])
def test_a_file_that_came_or_went_is_refused(clip: Path, was_there: bool) -> None:
    before = file_states(clip) if was_there else {clip: None}
    if was_there:
        clip.unlink()
    with pytest.raises(MediaError, match="changed while it was read"):
        refuse_changed(before)


def test_a_file_of_the_same_size_and_time_in_its_place_is_refused_where_the_inode_is_known(clip: Path) -> None:
    here, elsewhere = file_states(clip), {clip: (7, 5)}
    other = clip.with_name("other.mp4")
    other.write_bytes(b"another")
    os.utime(other, ns=(5, 5))
    other.replace(clip)
    refuse_changed(elsewhere)  # as a state that was taken on another machine, which numbers its files otherwise
    with pytest.raises(MediaError, match="changed while it was read"):
        refuse_changed(here)
