"""The commands `export`, `preview` and `animate` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
from sample_utterance import UTTERANCE

from visalign.cli import main
from visalign.commands.export import parse_rate
from visalign.errors import ConfigError
from visalign.exports import EXPORTERS, write_export
from visalign.face.generated_clip import GeneratedClip
from visalign.media.clips import probe, read_audio, write_wav


def run(*arguments: object) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as end:
        main([str(x) for x in arguments])
    return int(end.value.code or 0)


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    return write_export(tmp_path / "line.TextGrid", UTTERANCE, "textgrid")


def test_export_from_a_textgrid(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = grid.with_name("line.json")
    assert run("export", grid, "--to", "rhubarb-json", "-o", out) == 0
    cues = json.loads(out.read_text(encoding="utf-8"))["mouthCues"]
    assert cues[1]["value"] == "A"
    printed = capsys.readouterr().out
    assert "line.json" in printed
    assert "the first is 0" in printed


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.json", "rhubarb-json"), ("a.srt", "srt"), ("a.TextGrid", "textgrid"), ("a.motion3.json", "live2d")],
)
def test_the_ending_names_the_format(grid: Path, capsys: pytest.CaptureFixture[str], name: str, form: str) -> None:
    told, by_name = grid.with_name(name), grid.with_name(f"b{name[1:]}")
    assert run("export", grid, "-o", told) == 0
    assert f"(--format {form})" in capsys.readouterr().out
    assert run("export", grid, "--format", form, "-o", by_name) == 0
    assert told.read_bytes() == by_name.read_bytes()


def test_where_several_formats_have_an_ending_they_are_named(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", grid, "-o", grid.with_name("a.csv")) == 2
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "livelink-csv" in told
    assert "--format" in told
    assert run("export", grid, "--format", "srt", "-o", grid.with_name("a.json")) == 0  # what is said goes first
    assert "-->" in grid.with_name("a.json").read_text(encoding="utf-8")


def test_an_export_on_the_standard_output(grid: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out = grid.with_name("a.srt")
    assert run("export", grid, "-o", out, "-q") == 0
    assert run("export", grid, "--format", "srt", "-o", "-") == 0
    assert capfdbinary.readouterr().out == out.read_bytes()


def test_an_annotation_has_no_frames(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", grid, "-o", grid.with_name("a.eaf")) == 0
    assert "frames" not in capsys.readouterr().out


def test_export_from_sound_with_its_text(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "a.wav", read_audio(generated_clip.path))
    out = tmp_path / "a.json"
    assert run("export", sound, "--text", generated_clip.transcript, "--to", "rhubarb-json", "-o", out, "-q") == 0
    cues = json.loads(out.read_text(encoding="utf-8"))["mouthCues"]
    closures = [x for x in cues if x["value"] == "A"]
    assert len(closures) == 2  # bin blue
    truth = [x.start for x in generated_clip.phones if x.label == "B"]
    assert [x["start"] for x in closures] == pytest.approx(truth, abs=0.06)


def test_export_from_a_clip_without_text(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    out = tmp_path / "a.ctm"
    assert run("export", generated_clip.path, "--to", "ctm", "-o", out, "-q") == 0
    assert out.read_text(encoding="utf-8")


def test_all_options_at_once(grid: Path) -> None:
    out = grid.with_name("a.dat")
    options = "--fps 29.97 --start-frame 0 --lead 1.5 --min-hold 2 --closure-hold 3 --no-tweens --early-closures"
    more = "--rest-after 0.2 --shapes ABCDEF --max-error 0"
    assert run("export", grid, "--to", "moho-dat", "-o", out, *options.split(), *more.split()) == 0
    assert out.read_text(encoding="utf-8").startswith("MohoSwitch1\n0 A\n")


def test_edits_beside_the_output_are_kept(grid: Path) -> None:
    out = grid.with_name("line.json")
    assert run("export", grid, "--to", "rhubarb-json", "-o", out, "--make-edits", "-q") == 0
    edits = grid.with_name("line.json.edits.csv")
    assert edits.read_text(encoding="utf-8") == "start_seconds,end_seconds,shape,note\n"
    edits.write_text("start_seconds,end_seconds,shape\n0.1,0.2,D\n", encoding="utf-8")
    for _ in range(2):
        assert run("export", grid, "--to", "rhubarb-json", "-o", out, "--make-edits", "--overwrite", "-q") == 0
        cues = json.loads(out.read_text(encoding="utf-8"))["mouthCues"]
        assert {"start": 0.1, "end": 0.2, "value": "D"} in cues
    assert edits.read_text(encoding="utf-8").count("\n") == 2


def test_the_list_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", "--list") == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in EXPORTERS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["export"],
        ["export", "GRID"],
        ["export", "GRID", "--to", "fbx", "-o", "OUT"],
        ["export", "GRID", "--to", "ctm", "-o", "OUT", "--fps", "fast"],
        ["export", "GRID", "--to", "ctm", "-o", "OUT", "--fps", "0"],
        ["preview", "GRID", "-o", "OUT.mp4", "--style", "oil"],
    ],
)
def test_wrong_usage(arguments: list[str], grid: Path) -> None:
    names = {"GRID": str(grid), "OUT": str(grid.with_name("x.ctm")), "OUT.mp4": str(grid.with_name("x.mp4"))}
    assert run(*(names.get(x, x) for x in arguments)) == 2
    assert {x.name for x in grid.parent.iterdir()} == {"line.TextGrid"}


def test_an_unusable_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.TextGrid").write_text("nonsense", encoding="utf-8")
    assert run("export", tmp_path / "a.TextGrid", "--to", "ctm", "-o", tmp_path / "a.ctm") == 3
    assert "a.TextGrid" in capsys.readouterr().err
    assert not (tmp_path / "a.ctm").exists()


def test_an_input_is_never_overwritten(grid: Path) -> None:
    assert run("export", grid, "--to", "textgrid", "-o", grid) == 3


def test_preview(grid: Path) -> None:
    out = grid.with_name("look.mp4")
    assert run("preview", grid, "--style", "cues", "--size", "96", "--fps", "24", "-o", out, "-q") == 0
    info = probe(out)
    assert (info.video[0].rate, info.audio) == (24, ())


def test_animate(generated_clip: GeneratedClip, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from visalign.animation.lip_trajectory import LipShape
    from visalign.face.avatar import FaceLook, FacePainter
    from visalign.media.images import write_png

    photo = write_png(tmp_path / "me.png", FacePainter(FaceLook(), 320, blur_px=1.0).draw(LipShape()))
    out = tmp_path / "a.mp4"
    assert run("animate", photo, generated_clip.path, "--text", generated_clip.transcript, "-o", out) == 0
    assert "SYNTHETIC" in capsys.readouterr().out
    with av.open(str(out)) as container:
        assert "SYNTHETIC" in container.metadata["comment"]


@pytest.mark.parametrize("text", ["", "fast", "1/0", "24/x"])
def test_no_rate(text: str) -> None:
    with pytest.raises(ConfigError, match="30000/1001"):
        parse_rate(text)


def test_an_audit_beside_the_export(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = grid.with_name("line.dat")
    assert run("export", grid, "--format", "moho-dat", "-o", out, "--audit") == 0
    told = capsys.readouterr().out
    assert "2/2" in told
    assert "3/3" in told
    found = json.loads(out.with_name("line.dat.audit.json").read_text(encoding="utf-8"))
    asked = {"closures_asked": 2, "closures_met": 2, "bites_asked": 3, "bites_met": 3}
    assert asked.items() <= found.items()
    assert run("export", grid, "--format", "livelink-csv", "-o", grid.with_name("a.csv"), "--audit", "-q") == 0
    curves = json.loads(grid.with_name("a.csv.audit.json").read_text(encoding="utf-8"))
    assert asked.items() <= curves.items()


def test_a_closure_that_somebody_opened_is_found_and_closes_the_gate(
    grid: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edits = grid.with_name("edits.csv")
    edits.write_text("start_seconds,end_seconds,shape\n1.0,1.3,D\n", encoding="utf-8")
    opened = ("--format", "rhubarb-json", "--edits", edits)
    assert run("export", grid, *opened, "-o", grid.with_name("a.json"), "--audit") == 0
    assert "line.TextGrid, 1.08 s: the lips do not close for B" in capsys.readouterr().out
    assert run("export", grid, *opened, "-o", grid.with_name("a.json"), "--gate", "-q") == 1
    assert run("export", grid, *opened[:2], "-o", grid.with_name("b.json"), "--gate", "-q") == 0
    many = ("--format", "rhubarb-json", "-o", grid.with_name("many"), "--gate", "-q")
    assert run("export", grid, grid.with_name("b.json.audit.json"), *many) == 3
    assert run("export", grid.parent / grid.name, grid.parent / "line.TextGrid", *many) == 0


def test_an_audit_that_was_edited_is_kept(grid: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit = grid.with_name("a.dat.audit.json")
    audit.write_text("mine", encoding="utf-8")
    command = ("export", grid, "--format", "moho-dat", "-o", grid.with_name("a.dat"), "--audit")
    assert run(*command) == 3
    assert "--overwrite" in capsys.readouterr().err
    assert audit.read_text(encoding="utf-8") == "mine"
    assert run(*command, "--overwrite") == 0


@pytest.mark.parametrize("more", [("--format", "srt", "-o", "a.srt"), ("--format", "moho-dat", "-o", "-")])
def test_no_audit_without_a_mouth_or_a_place(
    grid: Path, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", grid, *more, "--audit") == 2
    assert "a format of mouth cues or weight curves" in " ".join(capsys.readouterr().err.replace("│", " ").split())
