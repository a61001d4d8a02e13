"""Terminals, pipes, locales and names: whatever is around the process, it ends with its own code and words."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fault_runs import Warm, cold

from visalign.corpora.clip_list import read_manifest
from visalign.errors import ParseError
from visalign.face.generated_clip import GeneratedClip
from visalign.files.text_files import format_json, format_table, write_text

NOT_UTF8 = "caf\udce9"  # é of Latin-1, as Python shows such a file name


# --- standard streams ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("maps", "list"), ("doctor",), ("--help",), ("version",)])
def test_a_reader_that_leaves_is_no_fault(command: tuple[str, ...]) -> None:
    """``visalign … | head -1``, the reader gone before the first word."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = cold(*command, stdout=writing)
    finally:
        os.close(writing)
    assert (ended.code, ended.err) in ((0, ""), (1, ""))


def test_a_report_for_a_reader_that_leaves(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["head", "-c", "1", str(pipe)], stdout=subprocess.DEVNULL) as head:
        try:
            ended = warm.run("check", *spoken, "--json", "-", "-q", cwd=tmp_path, out=str(pipe))
        finally:
            head.kill()
    assert (ended.code, ended.err) == (1, "")


@pytest.mark.parametrize("command", [("version",), ("maps", "list"), ("--help",)])
def test_a_full_disk_behind_stdout_is_said(warm: Warm, tmp_path: Path, command: tuple[str, ...]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    ended = warm.run(*command, cwd=tmp_path, out="/dev/full")
    assert ended.code == 3
    assert "No space left" in ended.complaint


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_closed_streams(warm: Warm, spoken: tuple[str, ...], tmp_path: Path, closed: list[int]) -> None:
    ended = warm.run("check", *spoken, "--json", "r.json", "--csv", "w.csv", cwd=tmp_path, closed=closed)
    assert ended.code == 1  # the clip is out of sync
    assert "Traceback" not in ended.err
    # Nothing that a library prints has got into a file that took the stream's place.
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["sync"]["verdict"] == "audio-early"
    words = (tmp_path / "w.csv").read_text(encoding="utf-8").splitlines()
    assert len(words) == 1 + len(spoken[2].split())


@pytest.mark.parametrize(
    "terminal", [{"TERM": "dumb", "COLUMNS": "20"}, {"TERM": "", "COLUMNS": "1"}, {"NO_COLOR": "1"}]
)
def test_terminals_of_any_kind(warm: Warm, tmp_path: Path, terminal: dict[str, str]) -> None:
    ended = warm.run("maps", "list", cwd=tmp_path, env=terminal)
    assert (ended.code, ended.err) == (0, "")
    assert "jeffers" in ended.out


def test_a_narrow_terminal(tmp_path: Path) -> None:
    """On a terminal of 20 columns, in which rich has to fold everything."""
    script = shutil.which("script")
    if script is None:
        pytest.skip("no program `script` that makes a terminal")
    command = f"stty cols 20; TERM=dumb {shlex.quote(sys.executable)} -m visalign maps list"
    done = subprocess.run(
        [script, "-qec", command, "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stdout


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "tr_TR.UTF-8"}]
)
def test_locales(tmp_path: Path, locale: dict[str, str]) -> None:
    """Files are UTF-8 whatever the locale says; what a terminal can't show becomes a question mark."""
    if locale["LC_ALL"] == "C" and not sys.prefix.isascii():
        pytest.skip(f"without UTF-8 soundfile can't load its library from {sys.prefix}, which is not ASCII")
    text = tmp_path / "text.txt"
    text.write_text("naïve – “café”", encoding="utf-8")
    ended = cold("align", tmp_path / "no.wav", "-t", text, env={**os.environ, **locale})
    assert ended.code == 3
    assert "no such file" in ended.complaint
    assert cold("maps", "show", "jeffers_1971", env={**os.environ, **locale}).code == 0


# --- names that are no UTF-8 -----------------------------------------------------------------------------------


def named(folder: Path, clip: GeneratedClip) -> Path:
    place = folder / f"{NOT_UTF8}.mp4"
    try:
        shutil.copy(clip.path, place)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    return place


@pytest.mark.slow
def test_every_output_of_a_clip_whose_name_is_no_utf8(
    warm: Warm, generated_clip: GeneratedClip, tmp_path: Path
) -> None:
    clip = named(tmp_path, generated_clip)
    files = {f"--{kind}": tmp_path / f"{NOT_UTF8}.{kind}" for kind in ("json", "csv", "html")}
    files |= {"--textgrid": tmp_path / f"{NOT_UTF8}.TextGrid", "--segments": tmp_path / f"{NOT_UTF8}.s.csv"}
    options = [str(x) for pair in files.items() for x in pair]
    ended = warm.run("check", clip, "--text", generated_clip.transcript, *options, cwd=tmp_path)
    assert (ended.code, ended.err) == (1, "")
    report = json.loads(files["--json"].read_text(encoding="utf-8"))
    assert report["clip"]["name"] == r"caf\xe9.mp4"
    for path in files.values():
        path.read_text(encoding="utf-8")
    ended = warm.run("fix", clip, "--text", generated_clip.transcript, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert (tmp_path / f"{NOT_UTF8}.fixed.mp4").is_file()


@pytest.mark.slow
def test_a_batch_of_clips_whose_names_are_no_utf8(warm: Warm, generated_clip: GeneratedClip, tmp_path: Path) -> None:
    folder = tmp_path / "sp\udcffeaker"
    folder.mkdir()
    clip = named(folder, generated_clip)
    clip.with_suffix(".txt").write_text(generated_clip.transcript, encoding="utf-8")
    for _ in range(2):
        ended = warm.run("batch", folder, "--out", tmp_path / "out", "--jobs", "1", cwd=tmp_path)
        assert ended.code == 1, ended.err
    assert "1 done (1 from before)" in ended.out
    summary = (tmp_path / "out" / "summary.csv").read_text(encoding="utf-8")
    assert r"caf\xe9,caf\xe9.mp4" in summary
    assert r"sp\xffeaker" in summary


def test_half_characters_are_written_as_their_numbers(tmp_path: Path) -> None:
    assert json.loads(format_json({"name": f"{NOT_UTF8} \ud800"})) == {"name": r"caf\xe9 \ud800"}
    assert format_table(("name",), [(NOT_UTF8,)]).splitlines()[1] == r"caf\xe9"
    assert write_text(tmp_path / "a.txt", NOT_UTF8).read_text(encoding="utf-8") == r"caf\xe9"


def test_a_manifest_with_half_a_character_is_refused(tmp_path: Path) -> None:
    manifest = tmp_path / "clips.jsonl"
    manifest.write_text('{"clip": "a.mp4", "speaker": "\\ud800"}\n', encoding="utf-8")
    with pytest.raises(ParseError, match=r"jsonl:1: speaker holds half a character"):
        read_manifest(manifest)
