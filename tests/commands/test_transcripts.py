"""What is said, as users give it to the commands: files of others' tools, piped in, with figures and doubts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

from visalign import cli
from visalign.errors import OutOfVocabulary
from visalign.face.generated_clip import synthesise_speech

TEXT = "bin blue at f two now"
SRT = (
    "1\n00:00:00,000 --> 00:00:03,000\n>> Anna: bin blue &lt;i&gt;at&lt;/i&gt;\n\nF 2 now\n\n"
    "2\n00:00:00,0 --> 00:00:00,0\n\n"
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "speech.wav"
    audio = synthesise_speech(TEXT, seed=0).audio
    soundfile.write(path, audio.samples, audio.rate_hz)
    return path


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(x) for x in arguments])
    return int(end.value.code or 0)


def aligned(sound: Path, tmp_path: Path, *arguments: str | Path) -> dict[str, Any]:
    output = tmp_path / "out.json"
    assert run("align", sound, *arguments, "-o", output, "-q") == 0
    data: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return data


def words(data: dict[str, Any]) -> str:
    return " ".join(x["label"] for x in data["words"] if x["label"])


def test_subtitles_of_others_tell_what_was_left_out(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "speech.srt"
    path.write_text(SRT, encoding="utf-8")
    data = aligned(sound, tmp_path, "--transcript", path)
    assert words(data) == TEXT
    assert {x["speaker"] for x in data["words"] if x["label"]} == {"Anna"}
    assert data["warnings"][0] == (
        "1 place(s) of the cues were left out: line 8: the cue ends at 0 s, not after its start at 0 s"
    )


@pytest.mark.parametrize("piped", [TEXT, SRT, f"[Events]\nDialogue: 0,0:00:00.00,0:00:03.00,D,A,0,0,0,,{TEXT}\n"])
def test_transcripts_are_piped_in(sound: Path, tmp_path: Path, piped: str) -> None:
    output = tmp_path / "out.json"
    command = [sys.executable, "-m", "visalign", "align", sound, "-t", "-", "-o", output]
    done = subprocess.run(command, input=piped.encode(), capture_output=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    assert words(json.loads(output.read_text(encoding="utf-8"))) == TEXT


def test_what_is_piped_in_is_named(sound: Path) -> None:
    command = [sys.executable, "-m", "visalign", "align", sound, "-t", "-"]
    done = subprocess.run(command, input=b"a\n\0b", capture_output=True, check=False, timeout=200)
    assert (done.returncode, done.stderr) == (
        3,
        b"visalign: <standard input>:2: holds zero bytes, so it is no text\n",
    )


@pytest.mark.parametrize("oov", ["error", "g2p"])
def test_figures_that_nobody_can_read_are_named(sound: Path, capsys: pytest.CaptureFixture[str], oov: str) -> None:
    assert run("align", sound, "--text", "bin blue\nat 5:5:5 now", "--oov", oov) == 3
    told = capsys.readouterr().err
    assert "1 figure(s) can't be read aloud: line 2: '5:5:5'. Write them as they are said" in told
    assert "--oov" not in told


def test_advice_that_was_followed_is_not_given_again(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("align", sound, "--text", "bin бин now", "--oov", "g2p") == 3
    told = capsys.readouterr().err
    assert "бин" in told
    assert "--oov g2p" not in told


def test_doubts_stand_in_the_file_and_on_the_screen(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.json"
    assert run("align", sound, "--text", f"Anna: {TEXT}", "-o", output) == 0
    assert "Warning: 1 name(s) before a colon were taken for speakers" in " ".join(capsys.readouterr().out.split())
    assert "line 1: 'Anna:'" in json.loads(output.read_text(encoding="utf-8"))["warnings"][0]


def test_lips_take_subtitles_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import visalign

    path = tmp_path / "a.srt"
    path.write_text(SRT, encoding="utf-8")
    (tmp_path / "clip.mp4").write_bytes(b"x")
    asked: dict[str, Any] = {}

    class Asked(BaseException):
        pass

    def observe(_video: Path, **options: Any) -> None:
        asked.update(options)
        raise Asked

    monkeypatch.setitem(vars(visalign), "observe", observe)
    with pytest.raises(Asked):
        cli.main(["observe", str(tmp_path / "clip.mp4"), "--transcript", str(path)])
    assert asked["transcript"] == "bin blue <i>at</i> F 2 now"


@pytest.mark.parametrize(("command", "options"), [("align", {"--lexicon", "--oov"}), ("export", {"--lexicon"})])
def test_advice_is_what_the_command_can_follow(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, options: set[str]
) -> None:
    form = ["--to", "srt"] if command == "export" else []
    assert (
        run(command, sound, "--text", "zorblax", *form, "-o", tmp_path / "a.srt" if form else tmp_path / "a.csv") == 3
    )
    told = capsys.readouterr().err
    assert {x for x in ("--lexicon", "--oov") if x in told} == options


def test_advice_of_a_command_in_a_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing = pytest.importorskip("visalign.plots.maps", reason="matplotlib draws")

    def unknown(*_: object) -> None:
        raise OutOfVocabulary(["zorblax"])

    monkeypatch.setattr(drawing, "plot_clip_mouth", unknown)
    (tmp_path / "clip.mp4").write_bytes(b"of no account")
    assert run("maps", "draw", tmp_path / "clip.mp4", "--text", "zorblax", "-o", tmp_path / "a.png") == 3
    told = capsys.readouterr().err
    assert told.endswith("zorblax. Correct the spelling.\n")
