"""What a clip is judged by reaches the check, from whichever command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sample_report import make_report
from test_cli import run  # type: ignore[import-not-found]

import visalign
from visalign.files.standard_output import is_for_stdout
from visalign.reports.clip_report import ClipReport

SETTINGS = [
    "--oov",
    "g2p",
    "--profile",
    "film",
    "--strict",
    "--max-lag",
    "1.5",
    "--map",
    "neti_2000",
    "--enhance",
    "auto",
]
STREAMS = ["--track", "1", "--channel", "left", "--video-track", "2", "--face", "3"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the check was asked; it goes no further."""
    seen: dict[str, Any] = {}

    def check(clip: object, *given: object, **options: Any) -> ClipReport:
        seen.update(options, clip=clip, given=given)
        raise visalign.VisalignError("no further")

    monkeypatch.chdir(tmp_path)
    for name in ("clip.mp4", "take.wav"):
        (tmp_path / name).write_bytes(b"of no account")
    (tmp_path / "a.TextGrid").write_text("", encoding="utf-8")
    monkeypatch.setitem(vars(visalign), "check", check)
    return seen


@pytest.mark.parametrize(
    "line",
    [
        ["check", "clip.mp4", *STREAMS],
        ["explain", "clip.mp4", *STREAMS],
        ["plot", "tracks", "clip.mp4", "-o", "a.png", *STREAMS],
        ["overlay", "clip.mp4", "-o", "a.mp4", *STREAMS],
        ["fix", "clip.mp4", *STREAMS],
    ],
)
def test_the_same_options_from_every_command(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, line: list[str]
) -> None:
    if line[0] == "explain":
        monkeypatch.setattr("visalign.explanation.check", vars(visalign)["check"])
        settings = [*SETTINGS[:7], *SETTINGS[9:]]  # its map is loaded before
    else:
        settings = SETTINGS
    assert run(*line, "--text", "bin blue", "--speaker", "anna", *settings) == 3
    config = asked["config"]
    assert (config.alignment.oov, config.alignment.enhancement) == ("g2p", "auto")
    assert (config.verdict.profile, config.verdict.strict, config.sync.max_lag_seconds) == ("film", True, 1.5)
    assert asked["speaker"] == "anna"
    assert [asked[name] for name in ("track", "channel", "video_track", "face")] == [1, "left", 2, 3]


@pytest.mark.parametrize("command", ["explain", "plot"])
def test_an_option_that_a_report_has_no_use_for_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    report = make_report().write(tmp_path / "r.json")
    line = ["explain", report] if command == "explain" else ["plot", "offset", report, "-o", tmp_path / "o.png"]
    assert run(*line, "--face", "2") == 2
    assert "--face" in capsys.readouterr().err


def test_alignments_move_with_the_sound_that_was_put_right(tmp_path: Path) -> None:
    from visalign.commands.fix import _delay_of
    from visalign.correct.correction import Correction, correction_name
    from visalign.media.remux import Piece

    fixed = tmp_path / "clip.fixed.mp4"
    Correction("clip.mp4", "0" * 64, "copy", (Piece(0.0, 0.12),), None, {}).write(correction_name(fixed))
    assert _delay_of(fixed) == pytest.approx(0.12, abs=1e-9)


def test_results_go_to_the_standard_output(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"of no account")
    monkeypatch.setitem(vars(visalign), "check", lambda *_, **__: make_report())
    assert run("check", tmp_path / "clip.mp4", "--text", "x", "--csv", "-") == 1
    out, err = capfd.readouterr()
    assert out.startswith("clip,word,")
    assert "early" in err
    assert run("check", tmp_path / "clip.mp4", "--text", "x", "--json") == 1
    assert capfd.readouterr().out.startswith("{")
    assert run("check", tmp_path / "clip.mp4", "--text", "x", "--csv", "-", "--max-lag", "9999") == 2
    assert capfd.readouterr().out == ""
    assert not is_for_stdout(), "what is not handed on is forgotten"
