"""A result on the standard output in place of a file: ``-`` on the command line.

Whoever writes it writes a file as ever, whole or not at all; the command line hands its bytes on when the command has
ended well, and nothing at all where it has not.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from visalign.errors import AnyPath
from visalign.files.display import harmless, harmless_json

__all__ = ["STANDARD_STREAM", "hand_on", "is_for_stdout", "standard_output"]

STANDARD_STREAM = Path("-")
"""What stands on the command line for the standard input, or the standard output."""

_waiting = dict[Path, "tempfile.TemporaryDirectory[str]"]()


def standard_output(suffix: str) -> Path:
    """A file to write in place of the standard output, whose name ends in `suffix`; :func:`hand_on` prints it."""
    folder = tempfile.TemporaryDirectory(prefix="visalign-")
    path = Path(folder.name, f"stdout{suffix}")
    _waiting[path] = folder
    return path


def is_for_stdout(path: AnyPath | None = None) -> bool:
    """Whether :func:`standard_output` gave this path; without one, whether anything goes there."""
    return bool(_waiting) if path is None else Path(path) in _waiting


def hand_on(*, drop: bool = False) -> None:
    """Print what was made for the standard output, and forget it; `drop` it after an error.

    A pipe gets the bytes; on a terminal nothing is printed that it would obey. In JSON such characters are written as
    their numbers wherever it goes, which says the same.
    """
    for path in list(_waiting):
        with _waiting.pop(path):
            if not drop and path.exists():
                _print(path)


def _print(path: Path) -> None:
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if path.suffix.lower() == ".json":
        sys.stdout.write(harmless_json(path.read_text(encoding="utf-8")))
    elif binary is None or sys.stdout.isatty():
        sys.stdout.write(harmless(path.read_text(encoding="utf-8", errors="replace")))
    else:
        with path.open("rb") as file:
            shutil.copyfileobj(file, binary)
    sys.stdout.flush()
