"""``visalign cache``, and the commands that share what it keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

import visalign.lips.lip_cache
from visalign.cli import app, main
from visalign.lips.kept_lips import CACHE_VARIABLE, OFF, LipCache
from visalign.lips.lip_cache import cached_faces

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip

TEXT = "bin blue at f two now"


def run(*arguments: str | Path) -> Any:
    """Run a command; give its exit code."""
    with pytest.raises(SystemExit) as end:
        main([str(x) for x in arguments])
    return end.value.code or 0


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LipCache:
    """The user's cache, in a folder of its own."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "kept"))
    monkeypatch.chdir(tmp_path)
    return LipCache(tmp_path / "kept")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Clips whose lips were read, and not found in a cache."""
    found: list[Path] = []
    real: Callable[..., Any] = visalign.lips.lip_cache.read_faces

    def read(path: Path, **settings: Any) -> Any:
        found.append(path)
        return real(path, **settings)

    monkeypatch.setattr(visalign.lips.lip_cache, "read_faces", read)
    return found


def test_what_is_kept_is_shown_and_removed(
    generated_clip: GeneratedClip, cache: LipCache, capsys: pytest.CaptureFixture[str]
) -> None:
    cached_faces(generated_clip.path, LipCache(cache.folder, is_private=True))
    (entry,) = cache.contents()
    note = cache.folder / "note.txt"
    note.write_text("mine", encoding="utf-8")
    assert run("cache", "show", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["folder"] == str(cache.folder)
    assert (shown["used"], shown["clips"], shown["bytes"]) == (True, 1, entry.n_bytes)
    assert run("cache", "show") == 0
    assert str(cache.folder) in capsys.readouterr().out.replace("\n", "")
    assert run("cache", "clear") == 0
    assert "the lips of 1 clip," in capsys.readouterr().out
    assert cache.contents() == []
    assert note.read_text(encoding="utf-8") == "mine"
    assert run("cache", "clear") == 0  # nothing is there any more, and that is no fault


def test_without_a_cache_there_is_nothing_to_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, OFF)
    assert run("cache", "show") == 0
    assert OFF in capsys.readouterr().out
    assert run("cache", "show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["folder"] is None
    assert run("cache", "clear") == 0


def test_a_folder_that_is_not_safe_is_told_and_left_alone(
    generated_clip: GeneratedClip, cache: LipCache, capsys: pytest.CaptureFixture[str]
) -> None:
    cached_faces(generated_clip.path, cache)
    cache.folder.chmod(0o777)
    assert run("cache", "show") == 0
    assert "not used" in capsys.readouterr().out
    assert run("cache", "clear") == 3
    assert str(cache.folder) in capsys.readouterr().err
    assert len(cache.contents()) == 1


def test_a_report_is_the_same_with_and_without_kept_lips(
    generated_clip: GeneratedClip, cache: LipCache, reads: list[Path], tmp_path: Path
) -> None:
    """To the byte: read without a cache, read into it, found in it, and found damaged."""
    made = []
    for name, *options in (("without", "--no-cache"), ("into",), ("from",), ("damaged",)):
        if name == "damaged":
            (entry,) = cache.contents()
            entry.path.write_bytes(entry.path.read_bytes()[:-3000] + bytes(3000))
        out = tmp_path / f"{name}.json"
        assert run("check", generated_clip.path, "--text", TEXT, "--json", out, "--quiet", *options) == 1
        made.append(out.read_bytes())
    assert made[0] == made[1] == made[2] == made[3]
    assert len(reads) == 2  # into it, and anew where it was damaged
    assert len(cache.contents()) == 1


def test_no_cache_leaves_nothing(generated_clip: GeneratedClip, cache: LipCache) -> None:
    assert run("observe", generated_clip.path, "--quiet", "--no-cache") == 0
    assert not cache.folder.exists()


@pytest.mark.slow
def test_commands_share_the_lips_of_a_clip(
    generated_clip: GeneratedClip, cache: LipCache, reads: list[Path], tmp_path: Path
) -> None:
    """The clip is read once, by whichever command is first; `fix` reads the copy that it has made, too."""
    pytest.importorskip("matplotlib")
    clip, said = generated_clip.path, ("--text", TEXT)
    assert run("explain", clip, *said) in (0, 1)
    assert run("check", clip, *said, "--quiet") == 1
    assert run("plot", "offset", clip, *said, "-o", tmp_path / "offset.png", "--quiet") == 0
    assert run("overlay", clip, *said, "-o", tmp_path / "overlay.mp4", "--quiet") == 0
    assert run("observe", clip, "--quiet") == 0
    assert reads == [clip]
    assert run("fix", clip, *said, "-o", tmp_path / "fixed.mp4", "--quiet") == 0
    assert reads == [clip, tmp_path / "fixed.mp4"]
    assert len(cache.contents()) == 2


def test_every_command_that_judges_one_clip_can_do_without() -> None:
    command: Any = typer.main.get_command(app)
    for name in ("check", "explain", "plot", "overlay", "fix", "attach", "observe"):
        options = {option for parameter in command.commands[name].params for option in parameter.opts}
        assert "--no-cache" in options, name
