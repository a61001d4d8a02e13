"""A result is whole under its final name, or not there at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from visalign.cli import main
from visalign.errors import KeptFile, MediaError, OutputError
from visalign.files.data_files import read_bytes
from visalign.files.outputs import (
    check_output,
    draft_name,
    is_draft,
    keep_edited,
    kept_files,
    remove_drafts,
    spare,
    whole_file,
)
from visalign.files.text_files import write_text
from visalign.language.transcript import read_transcript
from visalign.media.clips import probe, write_wav
from visalign.signals import Audio


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


# --- what may be removed -----------------------------------------------------------------------------------------


def write_something_into(folder: Path) -> None:
    with whole_file(folder / "words.csv") as draft:
        draft.write_text("x", encoding="utf-8")


CLEANERS = pytest.mark.parametrize("clean", [write_something_into, remove_drafts])


@CLEANERS
@pytest.mark.parametrize("suffix", [".mp4", "", ".ü", ".json", ".a b"])
def test_what_a_killed_run_left_is_removed(tmp_path: Path, clean: Callable[[Path], None], suffix: str) -> None:
    left = tmp_path / draft_name(suffix)
    left.write_bytes(b"half")
    clean(tmp_path)
    assert not left.exists()


# From the name of a draft that ends in ".mp4".
OTHER_NAMES: dict[str, Callable[[str], str]] = {
    "begins like one": lambda _: ".visalign-clip.mp4",
    "begins quite like one": lambda _: ".visalign-draft-clip.mp4",
    "has the form of one, without the proof": lambda _: f".visalign-draft-{'0' * 32}.mp4",
    "has no ending": lambda _: ".visalign-draft-0123456789abcdef0123456789abcdef",
    "longer in front": lambda name: f"x{name}",
    "longer behind": lambda name: f"{name}~",
    "a copy": lambda name: f"{name} (copy)",
    "in capitals": str.upper,
    "with another ending": lambda name: name.replace(".mp4", ".mkv"),
    "with a long ending": lambda name: name.replace(".mp4", ".an-ending-that-is-none"),
}


@CLEANERS
@pytest.mark.parametrize("how", OTHER_NAMES)
def test_nothing_else_is(tmp_path: Path, clean: Callable[[Path], None], how: str) -> None:
    """A name that begins or looks like a draft's is no proof."""
    mine = tmp_path / OTHER_NAMES[how](draft_name(".mp4"))
    mine.write_bytes(b"mine")
    clean(tmp_path)
    assert mine.read_bytes() == b"mine"


def test_names_of_drafts() -> None:
    names = {draft_name(".mp4") for _ in range(100)}
    assert len(names) == 100
    assert all(is_draft(name) for name in names)
    assert is_draft(draft_name("." + "ü" * 15))
    assert not is_draft("clip.mp4")
    for place in (len(".visalign-draft-"), -5):  # a digit of either half
        digits = list(draft_name(".mp4"))
        digits[place] = "0" if digits[place] != "0" else "1"
        assert not is_draft("".join(digits))


@CLEANERS
def test_folders_and_links_of_that_name_stay(tmp_path: Path, clean: Callable[[Path], None]) -> None:
    target = tmp_path / "target.mp4"
    target.write_bytes(b"mine")
    link, folder = tmp_path / draft_name(".mp4"), tmp_path / draft_name("")
    link.symlink_to(target)
    folder.mkdir()
    clean(tmp_path)
    assert link.is_symlink()
    assert folder.is_dir()
    assert target.read_bytes() == b"mine"


def test_drafts_in_folders_below(tmp_path: Path) -> None:
    (tmp_path / "s1").mkdir()
    left, mine = tmp_path / "s1" / draft_name(".json"), tmp_path / "s1" / ".visalign-mine.json"
    for path in (left, mine):
        path.touch()
    with whole_file(tmp_path / "s1" / "r.json"):
        remove_drafts(tmp_path)
        assert len([x for x in (tmp_path / "s1").iterdir() if is_draft(x.name)]) == 1  # the living one
    assert mine.exists()
    assert not left.exists()


def probes(path: Path) -> None:
    with pytest.raises(MediaError):
        probe(path)


@pytest.mark.parametrize("read", [probes, read_bytes, read_transcript, spare], ids=lambda read: read.__name__)
@CLEANERS
def test_what_is_read_stays(tmp_path: Path, read: Callable[[Path], object], clean: Callable[[Path], None]) -> None:
    """Somebody looks how far a killed run had come."""
    left, other = tmp_path / draft_name(".txt"), tmp_path / draft_name(".txt")
    for path in (left, other):
        path.write_text("half", encoding="utf-8")
    read(left)
    clean(tmp_path)
    assert left.read_text(encoding="utf-8") == "half"
    assert not other.exists()


@pytest.mark.parametrize(
    "make_name", [lambda: ".visalign-clip.wav", lambda: draft_name(".wav")], ids=["like a draft", "a draft"]
)
def test_a_command_keeps_its_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_name: Callable[[], str]
) -> None:
    name = make_name()
    write_wav(tmp_path / name, Audio(np.sin(np.arange(16000, dtype=np.float32)), 16000))
    monkeypatch.chdir(tmp_path)
    text = draft_name(".txt")
    Path(text).write_text("bin blue", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["align", name, f"--transcript={text}", "-q", "-o", "w.TextGrid"])
    assert ended.value.code == 0
    assert sorted(x.name for x in tmp_path.iterdir()) == sorted(["w.TextGrid", name, text])


def test_what_was_edited_is_kept_until_somebody_says_so(tmp_path: Path) -> None:
    place, link = tmp_path / "a.txt", tmp_path / "link.txt"
    link.symlink_to(place)
    for name in (place, link):  # by whatever name
        keep_edited(name, overwrite=False)
        write_text(name, "first")  # there was nothing to keep
        keep_edited(name, overwrite=False)
        write_text(name, "first")
        with pytest.raises(KeptFile, match=rf"{name.name}: .*--overwrite"):
            write_text(name, "second")
        assert place.read_text() == "first"
        assert sorted(x.name for x in tmp_path.iterdir()) == ["a.txt", "link.txt"]
        keep_edited(name, overwrite=True)
        write_text(name, "second")
        assert place.read_text() == "second"
        place.unlink()


def test_a_check_of_an_output_says_what_may_be_replaced(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_text("mine")
    check_output(place, suffixes=[".txt"], overwrite=False)
    assert place.resolve() in kept_files()
    with pytest.raises(KeptFile):
        write_text(place, "other")
    check_output(place, suffixes=[".txt"], overwrite=True)
    assert write_text(place, "other").read_text() == "other"
