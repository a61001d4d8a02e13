"""Whatever is typed after ``visalign``: an exit code of the documented ones, and never a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import typer.main
from hostile_texts import HOSTILE_TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visalign import cli

# They serve, wait, start processes, or make their own input: not to be run with arguments at random.
NOT_RUN = frozenset({"live", "watch", "demo", "doctor", "tune", "mfa", "batch", "merge"})

NUMBERS = ("0", "1", "-1", "0.5", "nan", "inf", "1e999", "9" * 30, "1/0", "25", "30000/1001", "\u0661")
FILES = ("speech.wav", "empty.wav", "text.txt", "words.TextGrid", "notes.json", "table.csv", "map.toml", "missing.mp4")
PLACES = (
    *FILES,
    "folder",
    ".",
    "",
    "-",
    "out.json",
    "out.csv",
    "out.TextGrid",
    "out.srt",
    "out.html",
    "no/such/out.json",
)
TEXTS = (*(text for text in HOSTILE_TEXTS if "\0" not in text), "bin blue", "--help", "-q", "--")
WORDS = ("error", "g2p", "skip", "phones", "jeffers_1971", "auto", "textgrid", "rhubarb-tsv", "gmm_hmm", "grid", "srt")


def commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Every command with its parameters, those of groups too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        elif name not in NOT_RUN:
            yield (*before, name), list(command.params)


COMMANDS = tuple(commands(typer.main.get_command(cli.app)))
VALUES = st.sampled_from((*PLACES, *NUMBERS, *TEXTS, *WORDS))


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A command with some of its own options, and values that may suit them."""
    names, parameters = draw(st.sampled_from(COMMANDS))
    line = list(names)
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            line += draw(st.lists(VALUES, min_size=0 if draw(st.booleans()) else 1, max_size=2))
    options = [p for p in parameters if p.param_type_name == "option"]
    for option in draw(st.lists(st.sampled_from(options), max_size=3)) if options else []:
        line.append(draw(st.sampled_from(option.opts)))
        if not option.is_flag or draw(st.integers(0, 9)) == 0:
            line.append(draw(VALUES))
    return line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to work in, with a few files."""
    path = tmp_path_factory.mktemp("typed")
    soundfile.write(path / "speech.wav", 0.1 * np.random.default_rng(0).normal(size=4000), 16000)
    (path / "empty.wav").touch()
    (path / "text.txt").write_text("bin blue")
    (path / "words.TextGrid").write_text('File type = "ooTextFile"\n')
    (path / "notes.json").write_text("{}")
    (path / "table.csv").write_text("clip,text\na.mp4,bin\n")
    (path / "map.toml").write_text('id = "map"\n')
    (path / "folder").mkdir()
    here = Path.cwd()
    os.chdir(path)
    yield path
    os.chdir(here)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(line=command_lines())
def test_any_command_line_ends_with_a_code(line: list[str], folder: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    before = sys.stdout, sys.stderr
    try:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
            cli.main(line)
    finally:
        sys.stdout, sys.stderr = before
    assert end.value.code in {None, 0, 1, 2, 3}, line
    assert "Traceback" not in err.getvalue()
    if end.value.code == 3:
        assert err.getvalue().strip(), line
    assert (folder / "speech.wav").stat().st_size == 8044
