"""Inputs before anything reads them: there, readable, the same as before."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from visalign.corpora.lhotse import LhotseManifests
from visalign.corpora.sphere import read_sphere
from visalign.errors import MediaError, ParseError
from visalign.files.archives import read_arrays
from visalign.files.data_files import read_bytes
from visalign.files.inputs import check_file, file_states, read_at_most, refuse_changed
from visalign.language.lexicon import read_lexicon
from visalign.language.transcript import read_text, read_transcript
from visalign.lip_reading.grammar import read_grammar
from visalign.lips.landmark_files import read_landmark_rows
from visalign.lips.landmark_models import is_landmark_model
from visalign.ratings.results import read_design


def test_a_file_is_spelt_so_that_nothing_of_its_name_is_an_option(tmp_path: Path) -> None:
    (tmp_path / "-i.mp4").write_bytes(b"x")
    assert check_file(tmp_path / "-i.mp4") == f"file:{tmp_path / '-i.mp4'}"


@pytest.mark.parametrize(("name", "says"), [("none", "no such file"), ("empty", "empty"), ("folder", "a folder")])
def test_what_can_not_be_read_is_named(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(MediaError, match=says):
        check_file(tmp_path / name)


def test_a_link_to_nothing_and_a_name_that_no_file_has(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(MediaError, match="a link to a file that does not exist"):
        check_file(tmp_path / "link")
    with pytest.raises(MediaError, match="no file can have this name"):
        check_file("a\0b")


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MediaError, match="not a regular file"):
        check_file(tmp_path / "pipe")


def test_changes_are_noticed_and_what_is_no_path_is_not_looked_at(tmp_path: Path) -> None:
    clip, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    clip.write_bytes(b"one")
    other.write_bytes(b"two")
    before = file_states(clip, str(other), None, 7)
    assert set(before) == {clip, other}
    refuse_changed(before)
    other.write_bytes(b"longer")
    with pytest.raises(MediaError, match=r"b\.mp4.*changed while it was read"):
        refuse_changed(before)


def test_a_file_that_went_has_changed(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"one")
    before = file_states(clip)
    clip.unlink()
    with pytest.raises(MediaError, match="changed while it was read"):
        refuse_changed(before)


def test_a_file_that_came_meanwhile_has_changed(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    before = file_states(clip)
    refuse_changed(before)
    clip.write_bytes(b"one")
    with pytest.raises(MediaError, match="changed while it was read"):
        refuse_changed(before)


def test_a_file_of_the_same_size_and_time_in_its_place_is_refused_where_the_inode_is_known(tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"picture")
    os.utime(clip, ns=(5, 5))
    here, elsewhere = file_states(clip), {clip: (7, 5)}
    other = clip.with_name("other.mp4")
    other.write_bytes(b"another")
    os.utime(other, ns=(5, 5))
    other.replace(clip)
    refuse_changed(elsewhere)  # as a state that was taken on another machine, which numbers its files otherwise
    with pytest.raises(MediaError, match="changed while it was read"):
        refuse_changed(here)


_READERS: dict[str, Callable[[Path], object]] = {
    "data.json": read_bytes,
    "arrays.npz": read_arrays,
    "transcript.txt": read_transcript,
    "said.jsgf": read_grammar,
    "points.csv": read_landmark_rows,
    "points.npz": read_landmark_rows,
    "recordings.jsonl": lambda path: list(LhotseManifests(path.parent).clips()),
    "recordings.jsonl.gz": lambda path: list(LhotseManifests(path.parent).clips()),
    "a.dict": read_lexicon,
    "design.json": read_design,
}


@pytest.mark.parametrize("name", _READERS)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_pipes_and_devices_are_refused(tmp_path: Path, name: str, kind: str) -> None:
    """A pipe would be waited for, and a device has no end."""
    if kind == "pipe":
        os.mkfifo(tmp_path / name)
    else:
        (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(ParseError, match="not a regular file"):
        _READERS[name](tmp_path / name)


def test_pipes_are_passed_over(tmp_path: Path) -> None:
    for name in ("a.sph", "a.npz"):
        os.mkfifo(tmp_path / name)
    assert read_sphere(tmp_path / "a.sph") is None
    assert not is_landmark_model(tmp_path / "a.npz")


def test_a_transcript_without_end_is_read_to_its_limit() -> None:
    with pytest.raises(ParseError, match="the limit is 5000000"):
        read_text("/dev/zero")
    with Path("/dev/zero").open("rb") as file:
        assert len(read_at_most(file, 40_000_000)) == 40_000_001
