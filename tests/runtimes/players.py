"""Where the runtimes are, how they are asked, and what the mouth should do at the times that they are asked for."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rendering import ERROR, ROUNDING

from visalign.exports.channels import Channels

HERE = Path(__file__).parent
TIMES = (0.45, 0.9, 2.1)
"""Within M, AY and OW of the sample utterance, none of them on a frame of 24 or 30 a second but 0.9 and 2.1."""

LIMIT_SECONDS = 120
SINGLE = 2e-6  # of single precision, in which runtimes hold times and values


def node_modules() -> Path:
    """The folder of npm's packages, or the test is skipped."""
    folder = Path(os.environ.get("VISALIGN_NODE_MODULES") or HERE / "node_modules")
    if shutil.which("node") is None or not (folder / "three").is_dir():
        pytest.skip("no runtimes of npm: run `npm ci` in tests/runtimes, or set VISALIGN_NODE_MODULES")
    return folder


def ask_node(folder: Path, player: str, **question: Any) -> Any:
    """What ``players/<player>.mjs`` answers; `folder` is an empty one for it to run in."""
    modules = node_modules()
    for script in (HERE / "players").glob("*.mjs"):
        shutil.copy(script, folder / script.name)
    (folder / "node_modules").symlink_to(modules.resolve())
    return _last_line(["node", str(folder / f"{player}.mjs"), json.dumps(question)], folder)


@functools.cache
def _blender() -> list[str]:
    """How Blender is started, empty where it is missing: the module bpy, a Python that has it, or the program."""
    named = os.environ.get("VISALIGN_BLENDER") or shutil.which("blender")
    if named:
        is_program = Path(named).name.lower().startswith("blender")
        return [named, *(["--background", "--factory-startup", "--python-exit-code", "1", "--python"] * is_program)]
    return [sys.executable] if importlib.util.find_spec("bpy") else []


def ask_blender(script: str, folder: Path, **question: Any) -> Any:
    """What ``players/<script>.py`` prints last, run by Blender."""
    if not _blender():
        pytest.skip("no Blender: pip install bpy, or name a program or a Python that has bpy in VISALIGN_BLENDER")
    command = [*_blender(), str(HERE / "players" / f"{script}.py")]
    return _last_line(command, folder, VISALIGN_QUESTION=json.dumps(question))


def _last_line(command: Sequence[str], folder: Path, **variables: str) -> Any:
    # Blender's own libraries and those of an environment for tests are not always of one generation.
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS, cwd=folder,
        env=os.environ | variables,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    answers = [x for x in done.stdout.splitlines() if x.startswith(("{", "["))]
    return json.loads(answers[-1])


def meant(channels: Channels, seconds: float) -> dict[str, float]:
    """Every channel's value at a time: straight lines between frames."""
    times = np.arange(len(channels)) / float(channels.rate)
    values = [float(np.interp(seconds, times, x)) for x in channels.values.T]
    return dict(zip(channels.names, values, strict=True))


def assert_plays(
    channels: Channels,
    rows: Sequence[Mapping[str, float]],
    *,
    times: Sequence[float] = TIMES,
    scale: float = 1.0,
    error: float = ERROR + ROUNDING + SINGLE,
) -> None:
    """What a runtime shows at each time is what was meant, and the mouth does move."""
    assert len(rows) == len(times)
    for time, row in zip(times, rows, strict=True):
        wanted = meant(channels, time)
        assert set(wanted) <= set(row)
        for name, value in wanted.items():
            assert row[name] / scale == pytest.approx(value, abs=error), (time, name)
    shown = np.asarray([[row[name] / scale for name in channels.names] for row in rows])
    assert np.ptp(shown, axis=0).max() > 0.3
