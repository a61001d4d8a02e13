"""``visalign desk``: what can't be opened is told in one line, before anything is made or served."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from visalign.cli import main
from visalign.media.clips import write_wav
from visalign.signals import Audio

CASES = {
    "missing.mp4": "no such file",
    "clips.csv": "not a media file",
    "report.json": "not a report of `visalign check --json`",
    "sound.wav": "no video",
    "folder": "not what `visalign batch` wrote",
}


@pytest.mark.parametrize(("name", "why"), CASES.items())
def test_what_is_no_clip_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "clips.csv").write_text("clip,text\nclip.mp4,bin blue\n")
    (tmp_path / "report.json").write_text('{"a": 1}')
    (tmp_path / "folder").mkdir()
    write_wav(tmp_path / "sound.wav", Audio(np.zeros(16000, np.float32), 16000))
    with pytest.raises(SystemExit) as end:
        main(["desk", str(tmp_path / name), *([] if name == "report.json" else ["--text", "bin blue", "--no-browser"])])
    told = capsys.readouterr().err
    assert end.value.code == 3
    assert why in told
    assert told.startswith(f"visalign: {tmp_path / name}: ")
    assert told.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("who", ["", " ", "a\x1b[31m", "a" * 101])
def test_a_name_can_be_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str], who: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["desk", str(tmp_path), "--who", who, "--no-browser"])
    assert end.value.code == 2
    assert "--who is a name" in capsys.readouterr().err
