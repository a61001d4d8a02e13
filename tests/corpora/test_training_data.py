"""Folders of clips with transcripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.corpora.training_data import CLIP_SUFFIXES, TrainingClip, training_clips
from visalign.errors import InputError, ParseError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_transcripts_beside_the_clips(tmp_path: Path) -> None:
    touch(tmp_path, "anna/a.mp4", "anna/b.MOV", "ben/c.mpg", "ben/readme.md")
    (tmp_path / "anna/a.txt").write_text("bin blue\n")
    (tmp_path / "anna/b.lab").write_text("lay green")
    (tmp_path / "ben/c.align").write_text(
        "0 13000 sil\n13000 20000 set\n20000 22000 sp\n22000 30000 white\n30000 75000 sil\n"
    )
    clips, missing = training_clips(tmp_path)
    assert clips == [
        TrainingClip(tmp_path / "anna/a.mp4", "bin blue\n", "anna"),
        TrainingClip(tmp_path / "anna/b.MOV", "lay green", "anna"),
        TrainingClip(tmp_path / "ben/c.mpg", "set white", "ben"),
    ]
    assert missing == []


def test_a_table_tells_transcripts_and_speakers(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "sub/b.mp4", "c.mp4")
    table = '\ufefffile,transcript,speaker\na.mp4,"well, bin blue",anna\nsub/b.mp4,lay green,\n,,\n'
    (tmp_path / "transcripts.csv").write_text(table, encoding="utf-8")
    clips, missing = training_clips(tmp_path)
    assert [(c.path.name, c.transcript, c.speaker) for c in clips] == [
        ("a.mp4", "well, bin blue", "anna"),
        ("b.mp4", "lay green", "sub"),
    ]
    assert missing == [tmp_path / "c.mp4"]


def test_a_table_without_speakers_names_the_folder(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    (tmp_path / "transcripts.csv").write_text("transcript,file\nNA null,a.mp4\n")
    clips, _ = training_clips(tmp_path)
    assert clips == [TrainingClip(tmp_path / "a.mp4", "NA null", tmp_path.name)]


def test_clips_nobody_knows_the_words_of_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "a.txt").write_text("bin blue")
    clips, missing = training_clips(tmp_path)
    assert [c.path.name for c in clips] == ["a.mp4"]
    assert missing == [tmp_path / "b.mp4"]


def test_every_known_ending_is_found_in_a_fixed_order(tmp_path: Path) -> None:
    touch(tmp_path, *(f"clip{suffix}" for suffix in reversed(CLIP_SUFFIXES)))
    (tmp_path / "clip.txt").write_text("bin blue")
    clips, _ = training_clips(tmp_path)
    assert [c.path.name for c in clips] == sorted(f"clip{suffix}" for suffix in CLIP_SUFFIXES)


@pytest.mark.parametrize("name", ["nowhere", "file.mp4"])
def test_what_is_no_folder_is_an_error(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "file.mp4")
    with pytest.raises(InputError, match=r"not a folder\. Give the folder"):
        training_clips(tmp_path / name)


def test_a_folder_without_clips_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "folder.mp4/inner.txt")
    with pytest.raises(InputError, match=r"no clip in it\. Clips end in \.mp4"):
        training_clips(tmp_path)


@pytest.mark.parametrize(
    ("name", "data", "line", "says"),
    [
        ("transcripts.csv", b"name,transcript\na.mp4,bin\n", 1, "no column file"),
        ("transcripts.csv", b"", 1, "no column file and transcript"),
        ("transcripts.csv", b"file,transcript\na.mp4,\xff\xfe\n", 2, "UTF-8"),
        ("a.txt", b"bin\nbl\0ue\n", 2, "zero bytes"),
        ("a.align", b"0 100 sil\n100 200\n", 2, "start end word"),
        ("a.align", b"0 100 sil\n100 200 two words\n", 2, "start end word"),
    ],
)
def test_damaged_transcripts_tell_the_line(tmp_path: Path, name: str, data: bytes, line: int | None, says: str) -> None:
    touch(tmp_path, "a.mp4")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ParseError, match=says) as damaged:
        training_clips(tmp_path)
    assert (damaged.value.path, damaged.value.line) == (str(tmp_path / name), line)
