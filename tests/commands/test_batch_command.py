"""`visalign batch` and `visalign status`: options, words, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from visalign.batch import BatchResult
from visalign.commands.batch import _failures, _reasons, _shard, default_out, exit_code, memory_bytes, settings_of
from visalign.commands.judging import Judging
from visalign.config import PROFILES

if TYPE_CHECKING:
    from visalign.face.generated_clip import GeneratedClip


def visalign(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "visalign", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_batch_and_status(generated_clip: GeneratedClip, tmp_path: Path) -> None:
    manifest = tmp_path / "clips.csv"
    manifest.write_text(
        f"clip,id,text,expected\n{generated_clip.path},one,bin blue at f two now,audio-early\nnone.mp4,two,hello,\n"
    )
    out = tmp_path / "out"
    dry = visalign("batch", manifest, "--out", out, "--dry-run")
    assert (dry.returncode, out.exists()) == (3, False)
    assert "2 clips would be checked" in dry.stdout
    assert "Measured here: one, " in dry.stdout
    assert "two: there is no file" in dry.stdout
    assert f"1 files lie outside {tmp_path.resolve()}: {generated_clip.path}" in dry.stdout

    first = visalign("batch", manifest, "--out", out, "--jobs", "1")
    assert first.returncode == 3, first.stderr
    assert "1 done, 1 of them with the expected verdict; 1 failed; 0 to do." in first.stdout
    assert "two: missing: " in first.stderr

    again = visalign("batch", manifest, "--out", out, "--json-lines", "--retry-failed", "missing")
    events = [json.loads(line) for line in again.stdout.splitlines()]
    assert [(event["kind"], event["clip"]) for event in events] == [("start", ""), ("clip", "two"), ("end", "")]
    assert events[1]["reason"] == "missing"

    quiet = visalign("batch", manifest, "--out", out, "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")

    told = visalign("status", out)
    assert told.returncode == 0
    assert "No run is at work. 1 done, 1 failed, 0 in flight, 0 to do." in told.stdout
    assert json.loads(visalign("status", out, "--json").stdout)["reasons"] == {"missing": 1}
    assert "audio-early" in visalign("status", out, "--clip", "one").stdout
    assert visalign("status", out, "--clip", "three").returncode == 2
    assert visalign("status", tmp_path / "nowhere").returncode == 3


def test_profile_and_strict_reach_the_checks(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[verdict]\nmax_lag_seconds = 0.3\n")
    plain = settings_of(Judging(config=tmp_path / "own.toml")).config.verdict
    assert (plain.limits, plain.strict) == ((0.04, 0.3), False)
    asked = settings_of(Judging(config=tmp_path / "own.toml", profile="film", strict=True)).config.verdict
    assert (asked.limits, asked.strict) == (PROFILES["film"], True)


def test_a_faulty_manifest_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text("clip,speaker,expected\n,s1,\na.mp4,s1,late\n")
    done = visalign("batch", tmp_path / "clips.csv", "--out", tmp_path / "out")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "clips.csv:2: there is no `clip` | line 3: `expected` can't be 'late'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_options() -> None:
    assert default_out(Path("lists/grid.csv")) == default_out(Path("somewhere/grid")) == Path("grid.results")
    assert (memory_bytes("3G"), memory_bytes("800M"), memory_bytes("1.5GiB"), memory_bytes("1000")) == (
        3 << 30,
        800 << 20,
        3 << 29,
        1000,
    )
    assert (_failures("20"), _failures("5%"), _failures(None)) == (20, 0.05, None)
    assert _shard("2/8") == (2, 8)
    assert (_reasons(None), _reasons("all"), _reasons("timeout, memory")) == (None, (), ("timeout", "memory"))


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (memory_bytes, "much"),
        (memory_bytes, ""),
        (_failures, "x%"),
        (_failures, "200%"),
        (_shard, "2"),
        (_shard, "a/b"),
    ],
)
def test_options_that_say_nothing(parse: object, text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse(text)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("counts", "stopped", "code"),
    [
        ((5, 0, 0, 5), "", 0),
        ((5, 0, 0, 4), "", 1),
        ((5, 1, 0, 5), "", 3),
        ((5, 0, 1, 5), "", 3),
        ((5, 0, 1, 5), "interrupted", 130),
        ((5, 0, 1, 5), "terminated", 143),
        ((5, 3, 1, 5), "max-failures", 3),
    ],
)
def test_exit_codes(counts: tuple[int, int, int, int], stopped: str, code: int) -> None:
    done, failed, pending, passed = counts
    assert exit_code(BatchResult(Path("out"), done, failed, pending, passed, 0, 0, 0, {}, stopped)) == code


def test_a_price_belongs_to_a_dry_run(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text("clip\na.mp4\n")
    told = visalign("batch", tmp_path / "clips.csv", "--out", tmp_path / "out", "--price", "0.04")
    assert told.returncode == 2
    assert "--dry-run" in told.stderr
    assert not (tmp_path / "out").exists()
