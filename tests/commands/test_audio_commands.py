"""The commands fix, attach, enhance and vad: exit codes, files, words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from clips_with_clicks import make_clip, sound_delay
from test_attach import RATE_HZ, camera, scene
from test_enhancement import syllables
from test_fix import measure

import visalign
from visalign.cli import main
from visalign.face.generated_clip import GeneratedClip
from visalign.reports.clip_report import ClipReport
from visalign.signals import Audio


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def click_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that listens for the click in place of looking for lips."""
    monkeypatch.setattr(visalign, "check", lambda path, *_, **__: measure(path), raising=False)


@pytest.mark.usefixtures("click_check")
def test_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = make_clip(tmp_path / "a.mp4", click_at=0.88)
    assert run("fix", source) == 0
    shown = capsys.readouterr().out
    assert "Sound delayed by 120.0 ms (copy)." in shown
    assert "audio-early" in shown
    assert "in-sync" in shown
    assert sound_delay(tmp_path / "a.fixed.mp4") == pytest.approx(0, abs=0.001)
    data = json.loads((tmp_path / "a.fixed.visalign.json").read_text())
    assert data["pieces"][0]["delay_seconds"] == pytest.approx(0.12, abs=0.001)
    # again: never over it
    assert run("fix", source) == 3
    assert "exists" in capsys.readouterr().err


@pytest.mark.usefixtures("click_check")
def test_fix_refuses_what_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fix", make_clip(tmp_path / "a.mp4")) == 0
    assert "in sync already" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_fix_refuses_what_is_uncertain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def uncertain(path: Path, *_: object, **__: object) -> ClipReport:
        made = measure(path)
        return replace(made, sync=replace(made.sync, verdict="uncertain"))

    monkeypatch.setattr(visalign, "check", uncertain, raising=False)
    source = make_clip(tmp_path / "a.mp4", click_at=0.9)
    assert run("fix", source) == 1
    assert "uncertain" in capsys.readouterr().err
    assert run("fix", source, "--force", "-o", tmp_path / "b.mkv") == 1  # written, but not known to be right
    assert sound_delay(tmp_path / "b.mkv") == pytest.approx(0, abs=0.0011)


@pytest.mark.usefixtures("click_check")
def test_correction_is_applied_again_and_undone(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", click_at=1.2)
    assert run("fix", source, "--quiet") == 0
    correction = tmp_path / "a.fixed.visalign.json"
    assert run("fix", source, "--apply", correction, "-o", tmp_path / "b.mkv") == 0
    assert sound_delay(tmp_path / "b.mkv") == pytest.approx(0, abs=0.0011)
    assert run("fix", tmp_path / "b.mkv", "--apply", correction, "--undo", "-o", tmp_path / "c.mkv") == 0
    assert sound_delay(tmp_path / "c.mkv") == pytest.approx(0.2, abs=0.0011)
    assert run("fix", source, "--undo") == 2


def test_attach(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = scene()
    video = camera(tmp_path / "camera.mp4", events)
    soundfile.write(tmp_path / "lapel.wav", events[9600:], RATE_HZ)
    soundfile.write(tmp_path / "other.wav", scene(seed=2), RATE_HZ)
    assert run("attach", video, tmp_path / "lapel.wav", "-o", tmp_path / "a.mp4") == 0
    assert "starts at +0.2000 s" in capsys.readouterr().out
    assert run("attach", video, tmp_path / "other.wav", "-o", tmp_path / "b.mp4", "--by", "sound") == 1
    assert "not certain" in capsys.readouterr().err
    assert run("attach", video, tmp_path / "lapel.wav", "-o", tmp_path / "b.mp4", "--by", "magic") == 2


def test_enhance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = syllables(3.0)
    noisy = clean + 0.01 * np.random.default_rng(0).normal(size=len(clean))
    soundfile.write(tmp_path / "clean.wav", clean, 16000)
    soundfile.write(tmp_path / "noisy.wav", noisy, 16000)
    out = tmp_path / "out.wav"
    assert run("enhance", tmp_path / "noisy.wav", out, "--chain", "wiener", "--clean", tmp_path / "clean.wav") == 0
    shown = capsys.readouterr().out
    before, after = (float(x) for x in next(line for line in shown.splitlines() if "SI-SDR" in line).split()[-2:])
    assert after > before + 3
    assert soundfile.info(out).frames == len(clean)
    assert run("enhance", tmp_path / "noisy.wav", out) == 3  # it exists
    assert run("enhance", tmp_path / "noisy.wav", tmp_path / "b.wav", "--chain", "magic") == 2
    assert run("enhance", tmp_path / "noisy.wav", tmp_path / "b.mp4") == 2  # no picture


def test_check_clears_noisy_sound(
    tmp_path: Path, generated_clip: GeneratedClip, generated_audio: Audio, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check --enhance auto` does so, and says what it did; a chain of the user's own is named as it was given."""
    samples = generated_audio.samples
    noise = np.random.default_rng(0).normal(size=len(samples)) * 0.4 * np.sqrt(np.mean(samples**2))
    soundfile.write(tmp_path / "noisy.wav", samples + noise, generated_audio.rate_hz)
    inputs = ("check", generated_clip.path, "--text", generated_clip.transcript, "--audio", tmp_path / "noisy.wav")
    assert run(*inputs, "--enhance", "auto", "--json", tmp_path / "a.json") == 1  # the clip is early
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Sound:"))
    clip = json.loads((tmp_path / "a.json").read_text())["clip"]
    assert clip["audio"] == "noisy.wav"
    assert clip["sound"]["enhancement"] == "align"
    assert clip["sound"]["snr_db"] > clip["sound"]["before"]["snr_db"] + 5
    assert f'enhanced by "align": speech {clip["sound"]["snr_db"]:.0f} dB above the pauses' in line
    assert run(*inputs, "--enhance", "highpass:80", "--json", tmp_path / "b.json", "--quiet") == 1
    assert json.loads((tmp_path / "b.json").read_text())["clip"]["sound"]["enhancement"] == "highpass:80"
    assert run(*inputs, "--enhance", "magic") == 2


def test_enhance_a_clip(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "a.mkv", "flac", n_tracks=2, rich=True)
    assert run("enhance", source, tmp_path / "b.mkv", "--chain", "loudness:-30", "--track", "2", "--quiet") == 0
    assert [sound_delay(tmp_path / "b.mkv", i) for i in (1, 2)] == [pytest.approx(0, abs=0.0011)] * 2


def test_vad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = np.concatenate([np.zeros(16000), syllables(3.0)]) + 1e-4 * np.random.default_rng(0).normal(size=64000)
    soundfile.write(tmp_path / "a.wav", samples, 16000)
    for name in ("a.csv", "a.json", "a.TextGrid"):
        assert run("vad", tmp_path / "a.wav", "-o", tmp_path / name) == 0
    assert "s of speech in 4.00 s" in capsys.readouterr().out
    first = json.loads((tmp_path / "a.json").read_text())["speech"][0]
    assert first["start"] == pytest.approx(1.0, abs=0.15)
    assert (tmp_path / "a.csv").read_text().startswith("label,start_seconds,end_seconds,probability")
    assert run("vad", tmp_path / "a.wav", "--threshold", "2") == 2
    assert run("vad", tmp_path / "a.wav", "--detector", "magic") == 2
