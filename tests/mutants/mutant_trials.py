"""Puts a change into a copy of the checkout and asks the tests there whether they see it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Trial", "Workshop"]

# Neither environments nor what was built belongs into the copy.
_LEFT_BEHIND = (".*", "__pycache__", "build", "dist", "demo", "*.egg-info", "_build", "fuzz-findings")
_NOTHING_FAILED = 0
# A test that waits for ever is as good as one that fails; the slowest of them takes a tenth of this.
_OPTIONS = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-o", "timeout=90")
_NO_TESTS = (4, 5)  # pytest: no such file, or nothing in it


@dataclass(frozen=True, slots=True)
class Trial:
    """What the tests said.

    Parameters
    ----------
    is_killed : bool
        A test failed, or none came to an end in time.
    by : str
        The first test that failed; "time" where the limit stopped them.
    seconds : float
    """

    is_killed: bool
    by: str
    seconds: float


class Workshop:
    """A copy of the checkout that may be broken.

    Parameters
    ----------
    root : Path
        The checkout; it is only read.
    folder : Path
        Where the copy goes; it must not exist.
    package : str
        Name of the package's folder.
    """

    def __init__(self, root: Path, folder: Path, package: str) -> None:
        self.folder, self.package = folder, folder / package
        shutil.copytree(root, folder, ignore=shutil.ignore_patterns(*_LEFT_BEHIND))
        for name in _DATA_PACKAGES:
            if (folder / name).is_dir():
                (self.package / name).symlink_to(folder / name)
        # Compiled once, and checked by their content: a mutant may come within the second of the one before it.
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", package]
        subprocess.run(command, cwd=folder, check=True)

    def try_out(self, module: str, text: str, tests: Sequence[str], limit: float) -> Trial:
        """Run tests, up to the first one that fails, with another text of one module."""
        path = self.package / module
        kept = path.read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8")
        try:
            return self.run(tests, limit)
        finally:
            path.write_text(kept, encoding="utf-8")

    def run(self, tests: Sequence[str], limit: float) -> Trial:
        """Run tests as the copy stands.

        Raises
        ------
        FileNotFoundError
            If there are no such tests.
        """
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", *_OPTIONS, *tests]
        # its own session, so that what the tests have started can be ended with them
        process = subprocess.Popen(
            command, cwd=self.folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True,
        )  # fmt: skip
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Trial(True, "time", time.monotonic() - began)
        if process.returncode in _NO_TESTS:
            raise FileNotFoundError(f"no tests in {' '.join(tests)}:\n{said}")
        return Trial(process.returncode != _NOTHING_FAILED, _first_failure(said), time.monotonic() - began)


_DATA_PACKAGES = ("lexicons", "viseme_maps")  # setup.cfg lets them be imported from within the package


def _environment() -> dict[str, str]:
    """Nothing is written beside the sources, and properties do not look for the smallest example."""
    chosen = {"PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "mutants", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **chosen}


def _first_failure(said: str) -> str:
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    return found.group(1) if found else ""
