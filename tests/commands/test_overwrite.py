"""What a person may have edited is replaced when he says so, and by its own content at any time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_cli import run  # type: ignore[import-not-found]

import visalign
from visalign.exports.exporter import EXPORTERS
from visalign.face.generated_clip import GeneratedClip
from visalign.files.text_files import write_textgrid
from visalign.timeline import Tier

SAID = "bin blue at f two now"


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    words, phones = (
        Tier("words", (0.0, 0.2, 0.5), ("", "bee")),
        Tier("phones", (0.0, 0.2, 0.3, 0.5), ("SIL", "B", "IY")),
    )
    return write_textgrid(tmp_path / "line.TextGrid", [words, phones])


def edited(path: Path) -> bytes:
    """Change a file as an editor does, and give what it is then."""
    data = path.read_bytes() + b"\n"
    path.write_bytes(data)
    return data


def holds(command: tuple[Any, ...], path: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> None:
    """First it writes, then it writes the same, then it leaves alone what was edited, then it replaces it."""
    assert run(*command) == code
    whole, before = path.read_bytes(), path.stat().st_mtime_ns
    assert run(*command) == code
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (whole, before)
    mine = edited(path)
    capsys.readouterr()
    assert run(*command) == 3
    told = capsys.readouterr().err
    assert path.name in told
    assert "--overwrite" in told
    assert "by hand" in told
    assert told.count("\n") == 1
    assert path.read_bytes() == mine
    assert run(*command, "--overwrite") == code
    assert path.read_bytes() == whole
    assert not list(path.parent.glob(".visalign-*"))


@pytest.mark.parametrize("suffix", [".TextGrid", ".eaf", ".csv", ".ctm", ".json"])
def test_an_alignment(
    generated_clip: GeneratedClip, grid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    out = tmp_path / f"new{suffix}"
    holds(("align", generated_clip.path, "--alignment", grid, "-q", "-o", out), out, capsys)


@pytest.mark.parametrize("name", ["rhubarb-json", "textgrid", "eaf", "csv", "srt"])
def test_an_export(grid: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert name in EXPORTERS
    out = tmp_path / "out.txt"
    holds(("export", grid, "--to", name, "-q", "-o", out), out, capsys)


def test_the_tiers_of_a_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sample_report import make_report

    (tmp_path / "clip.mpg").write_bytes(b"of no account")
    monkeypatch.setitem(vars(visalign), "check", lambda *_, **__: make_report())
    out = tmp_path / "tiers.TextGrid"
    holds(("check", tmp_path / "clip.mpg", "--text", "x", "-q", "--textgrid", out), out, capsys, code=1)


def test_voices(generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "speech.TextGrid"
    holds(("vad", generated_clip.path, "-q", "-o", out), out, capsys)


def test_a_manifest(generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").symlink_to(generated_clip.path)
    (tmp_path / "clips" / "a.txt").write_text(SAID, encoding="utf-8")
    out = tmp_path / "clips.csv"
    holds(("corpus", tmp_path / "clips", "--as", "folder", "-q", "-o", out), out, capsys)


@pytest.mark.parametrize("option", ["--lhotse", "--kaldi"])
def test_lists_of_other_programs(
    generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").symlink_to(generated_clip.path)
    (tmp_path / "clips" / "a.txt").write_text(SAID, encoding="utf-8")
    out = tmp_path / "lists" / ("recordings.jsonl" if option == "--lhotse" else "wav.scp")
    holds(("corpus", tmp_path / "clips", "--as", "folder", "-q", option, out.parent), out, capsys)


def test_labels_of_a_corpus(generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "grid" / "s1"
    place.mkdir(parents=True)
    (place / "bbaf2n.mpg").symlink_to(generated_clip.path)
    (place / "bbaf2n.align").write_text("0 23750 sil\n23750 29500 bin\n29500 74500 sil\n", encoding="utf-8")
    command = ("corpus", tmp_path / "grid", "--as", "grid", "-q", "--labels", tmp_path / "labels")
    assert run(*command) in (0, 1)
    (out,) = (tmp_path / "labels").rglob("*.TextGrid")
    mine = edited(out)
    assert run(*command) == 3
    assert out.read_bytes() == mine
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.slow
def test_a_demo_in_a_folder_that_holds_a_clip_of_that_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "clip.mp4"
    out.write_bytes(b"mine")
    assert run("demo", "--out", tmp_path) == 3
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_bytes() == b"mine"


def test_one_of_many_that_was_edited_does_not_keep_the_others_from_it(
    generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.mp4").symlink_to(generated_clip.path)
        (tmp_path / f"{name}.txt").write_text(generated_clip.transcript, encoding="utf-8")
    command = ("align", tmp_path, "-q", "-o", tmp_path / "out")
    assert run(*command) == 0
    mine = edited(tmp_path / "out" / "a.TextGrid")
    (tmp_path / "out" / "b.TextGrid").unlink()
    capsys.readouterr()
    assert run(*command) == 3
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "out" / "a.TextGrid").read_bytes() == mine
    whole = (tmp_path / "out" / "b.TextGrid").read_bytes()
    assert run(*command, "--overwrite") == 0
    assert (tmp_path / "out" / "a.TextGrid").read_bytes() == whole


def test_edits_by_hand_are_never_made_anew(grid: Path, tmp_path: Path) -> None:
    out, edits = tmp_path / "out.json", tmp_path / "out.json.edits.csv"
    command = ("export", grid, "--to", "rhubarb-json", "-q", "-o", out, "--make-edits", "--overwrite")
    assert run(*command) == 0
    edits.write_text(edits.read_text(encoding="utf-8") + "0.2,0.4,A,\n", encoding="utf-8")
    mine = edits.read_bytes()
    assert run(*command) == 0
    assert edits.read_bytes() == mine
