"""The stand-in for the Montreal Forced Aligner as tests use it: the program, a user's home for it, what it replays."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np

from visalign.signals import Audio

SOUND = Audio(np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32), 16000)
"""Two seconds."""


class StandIn:
    """A stand-in for MFA; see ``fake_mfa.py``.

    `home` is the user's ``MFA_ROOT_DIR``, with the model and dictionary english_us_arpa in it; `folder` is what is
    replayed, nothing at first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.home = folder / "recorded", folder / "log", folder / "Documents/MFA"
        self.folder.mkdir()
        self.path = self.program(folder / "mfa")
        for kind, name, content in (
            ("acoustic", "english_us_arpa.zip", "no zip"),
            ("dictionary", "english_us_arpa.dict", "go G OW1\nnow N AW1\n"),
        ):
            path = self.home / "pretrained_models" / kind / name
            path.parent.mkdir(parents=True)
            path.write_text(content)

    @staticmethod
    def program(path: Path, *, home: Path | None = None) -> Path:
        """The program; one that sets its home itself, as some environments do, if `home` is given."""
        fake = Path(__file__).with_name("fake_mfa.py")
        own = "" if home is None else f'export MFA_ROOT_DIR="{home}"\n'
        path.write_text(f'#!/bin/sh\n{own}exec "{sys.executable}" "{fake}" "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def add(self, name: str, tiers: dict[str, list[list[object]]], end: float = 2.0) -> None:
        """Something to replay."""
        path = self.folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {key: {"type": "interval", "entries": rows} for key, rows in tiers.items()}
        path.write_text(json.dumps({"start": 0, "end": end, "tiers": content}), encoding="utf-8")

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Of each run the arguments, the home, and the texts it was given."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each run."""
        return [run["arguments"] for run in self.runs]

    @property
    def texts(self) -> list[str]:
        """What the last run was given to read."""
        return list(self.runs[-1]["texts"])
