"""A result is whole under its final name, or not there at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from visalign.errors import OutputError
from visalign.files.outputs import whole_file


def test_file_appears_only_when_complete(tmp_path: Path) -> None:
    target = tmp_path / "words.csv"
    with whole_file(target) as draft:
        draft.write_text("half")
        assert not target.exists()
        assert draft.parent == tmp_path
        assert draft.suffix == ".csv"
    assert target.read_text() == "half"
    assert list(tmp_path.iterdir()) == [target]


def test_failure_keeps_the_older_file_and_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "words.csv"
    target.write_text("old")
    with pytest.raises(ValueError, match="invalid literal"), whole_file(target) as draft:
        int(draft.write_text("new") * "x")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_file_has_the_usual_permissions(tmp_path: Path) -> None:
    plain, target = tmp_path / "plain", tmp_path / "whole"
    plain.touch()
    with whole_file(target):
        pass
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    with whole_file(link) as draft:
        draft.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_longest_possible_name(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 251 + ".csv")
    with whole_file(target) as draft:
        draft.write_text("x")
    assert target.read_text() == "x"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing/words.csv", "no folder"), ("folder", "a folder"), ("fifo", "regular file"), ("nul\0", "character")],
)
def test_impossible_places(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OutputError, match=reason), whole_file(f"{tmp_path}/{name}"):
        pytest.fail("the block must not run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_write_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied"), whole_file(tmp_path / "words.csv"):
            pytest.fail("the block must not run")
    finally:
        tmp_path.chmod(0o700)


def test_full_disk_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="free some space"), whole_file(tmp_path / "words.csv"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_other_system_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "words.csv"):
        (tmp_path / "another.txt").read_text()


def test_killed_writer_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    target = tmp_path / "words.csv"
    program = (
        "import os, sys\nfrom visalign.files.outputs import whole_file\n"
        "with whole_file(sys.argv[1]) as draft:\n    draft.write_text('half')\n    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, target], check=False, timeout=200).returncode == -9
    assert not target.exists()
