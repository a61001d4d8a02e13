"""What a command loads before it knows that it can do what is asked: next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "pandas", "av", "dlib", "soundfile", "praatio", "pocketsphinx", "sklearn", "matplotlib"}

PROGRAM = """
import sys
from visalign.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    print(end.code, *sys.modules)
"""


def ended(*arguments: str) -> tuple[int, set[str]]:
    """Exit code of a command in a process of its own, and what it has loaded by then."""
    program = PROGRAM.format(arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=200)
    code, *modules = done.stdout.splitlines()[-1].split()
    return int(code), set(modules)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("check", 2),
        ("check clip.mp4 --nonsense", 2),
        ("check clip.mp4 --text a --transcript b.txt", 2),
        ("check clip.mp4 --text a --csv words.xls", 2),
        ("check clip.mp4 --text a --profile nobody", 2),
        ("check clip.mp4 --text a --oov foo", 2),
        ("check clip.mp4 --text a --max-lag 9000", 2),
        ("check missing.mp4 --text a", 3),
        ("overlay missing.mp4 --text a -o out.mp4", 3),
        ("plot tracks missing.mp4 --text a -o out.png", 3),
        ("plot tracks", 2),
        ("enhance missing.wav out.wav", 3),
        ("vad missing.wav", 3),
        ("observe missing.mp4", 3),
        ("status missing", 3),
        ("check clip.mp4 --transcript missing.txt", 3),
        ("check . --text a", 3),
        ("explain missing.mp4 --text a", 3),
        ("fix missing.mp4 --text a", 3),
        ("attach missing.mp4 missing.wav -o out.mp4", 3),
        ("nonsense", 2),
        ("cache show", 0),
    ],
)
def test_what_is_wrong_is_refused_before_anything_heavy_is_loaded(line: str, code: int) -> None:
    found, modules = ended(*line.split())
    assert found == code
    assert not modules & HEAVY


def test_a_missing_file_is_told_as_the_reader_tells_it() -> None:
    command = [sys.executable, "-m", "visalign", "check", "missing.mp4", "--text", "a"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert (done.returncode, done.stderr) == (
        3,
        "visalign: missing.mp4: no such file. Check the spelling of the path.\n",
    )


@pytest.mark.parametrize("line", ["--version", "version"])
def test_the_version_needs_no_parser(line: str) -> None:
    code, modules = ended(line)
    assert code == 0
    assert not modules & (HEAVY | {"typer", "click", "rich"})


@pytest.mark.parametrize("line", ["maps list", "--max seconds=9 maps list", "--max=seconds=9 maps list"])
def test_only_the_command_that_is_asked_for_is_loaded(line: str) -> None:
    code, modules = ended(*line.split())
    assert code == 0
    others = {name for name in modules if name.startswith("visalign.commands.")}
    shared = ("choices", "command_lines", "console", "exit_codes", "given", "options", "root", "version")
    assert others <= {f"visalign.commands.{x}" for x in (*shared, "maps")}
