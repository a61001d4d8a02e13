"""The demo: what it writes, what it says of it, and the commands that it ends with."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

MADE = {"clip.mp4", "clip.wav", "clip.txt", "late.mp4", "dubbed.mp4", "clip.html"}


@pytest.mark.slow
def test_it_ends_with_commands_that_run(tmp_path: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(line: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(line)
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    done = run(f"{shlex.quote(sys.executable)} -m visalign demo")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "demo").iterdir()} == MADE
    told = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for clip, verdict in (("clip.mp4 +120 ms", "audio-early"), ("late.mp4 -160 ms", "audio-late")):
        assert any(line.startswith(clip) and line.endswith(verdict) for line in told)
    assert "dubbed.mp4 lips of another sentence - mismatched" in told
    commands = [line for line in told if line.startswith(f"{sys.executable} -m visalign")]
    assert [line.split()[3] for line in commands] == ["check", "explain", "fix", "check"]
    assert [run(line).returncode for line in commands[:3]] == [1, 0, 0]
    assert (tmp_path / "demo" / "clip.fixed.mp4").exists()


@pytest.mark.parametrize(
    ("started", "on_path", "told"),
    [
        ([".venv/bin/visalign"], None, ".venv/bin/visalign"),
        (["bin/visalign"], "bin/visalign", "visalign"),
        ([".venv/bin/python", "-m", "visalign"], None, ".venv/bin/python -m visalign"),
    ],
)
def test_the_program_is_called_as_it_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, started: list[str], on_path: str | None, told: str
) -> None:
    from visalign.commands import demo

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [started[0]])
    monkeypatch.setattr(sys, "orig_argv", started if len(started) > 1 else ["python", *started])
    found = None if on_path is None else str(tmp_path / on_path)
    monkeypatch.setattr(demo.shutil, "which", lambda _: found)
    assert demo._program() == told
