"""One rule for all commands: what is there is replaced by its own content, or when the user says so."""

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


CHECKED = [("--json", "r.json"), ("--csv", "w.csv"), ("--textgrid", "t.TextGrid")]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A clip that nobody reads: `visalign.check` gives a hand-made report."""
    from sample_report import make_report

    (tmp_path / "clip.mpg").write_bytes(b"of no account")
    monkeypatch.setitem(vars(visalign), "check", lambda *_, **__: make_report())
    return tmp_path / "clip.mpg"


@pytest.mark.parametrize(("option", "name"), CHECKED)
def test_what_a_check_writes(
    checked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, name: str
) -> None:
    out = tmp_path / name
    holds(("check", checked, "--text", "x", "-q", option, out), out, capsys, code=1)


def test_one_file_that_is_kept_keeps_no_other_from_being_written(
    checked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _, name in CHECKED[1:]:
        (tmp_path / name).write_text("mine", encoding="utf-8")
    options = [part for option, name in CHECKED for part in (option, tmp_path / name)]
    assert run("check", checked, "--text", "x", *options) == 3
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "r.json").exists()
    assert [(tmp_path / name).read_text(encoding="utf-8") for _, name in CHECKED[1:]] == ["mine", "mine"]


def test_a_comparison_and_what_can_be_named(checked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "r.json"
    assert run("check", checked, "--text", "x", "-q", "--json", report) == 1
    out = tmp_path / "changes.csv"
    holds(("compare", report, report, "-q", "--csv", out), out, capsys)
    out = tmp_path / "languages.json"
    holds(("languages", "de", "--json", out), out, capsys)


FILMS = {
    "overlay": ("overlay", "{clip}", "--text", SAID, "-o", "{out}.mp4"),
    "preview": ("preview", "{clip}", "--text", SAID, "-o", "{out}.mp4"),
    "animate": ("animate", "{clip}", "{clip}", "--text", SAID, "-o", "{out}.mp4"),
    "fix": ("fix", "{clip}", "--text", SAID, "-o", "{out}.mp4"),
    "attach": ("attach", "{clip}", "{clip}", "-o", "{out}.mp4"),
    "enhance": ("enhance", "{clip}", "{out}.wav"),
}


@pytest.mark.parametrize("command", FILMS)
def test_what_takes_minutes_is_refused_before(
    generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    words = [x.format(clip=generated_clip.path, out=tmp_path / "mine") for x in FILMS[command]]
    out = Path(words[-1])
    out.write_bytes(b"mine")
    assert run(*words) == 3
    told = capsys.readouterr().err
    assert out.name in told
    assert "--overwrite" in told
    assert out.read_bytes() == b"mine"


@pytest.mark.parametrize("command", ["overlay", "preview", "fix", "attach", "enhance"])
def test_an_input_is_never_replaced(
    generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    clip = tmp_path / ("clip.wav" if command == "enhance" else "clip.mp4")
    clip.write_bytes(generated_clip.path.read_bytes())
    before = clip.read_bytes()
    words = [x.format(clip=clip, out=tmp_path / "clip") for x in FILMS[command]]
    assert run(*words, "--overwrite") == 3
    assert "input" in capsys.readouterr().err
    assert clip.read_bytes() == before


def test_a_rating_test_in_a_folder_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kit").mkdir()
    (tmp_path / "clips" / "a").mkdir(parents=True)
    code = run("ratings", "make", tmp_path / "clips", "--conditions", "a,b", "-o", tmp_path / "kit")
    assert code in (2, 3)
    assert not list((tmp_path / "kit").iterdir())
    assert capsys.readouterr().err


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
    assert run("demo", "-o", tmp_path) == 3
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
