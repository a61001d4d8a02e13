"""What can be said of an input before what reads it is loaded: whether it is there, is a file, and stays the same."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from visalign.errors import AnyPath, MediaError, ParseError
from visalign.files.outputs import spare

__all__ = ["FileStates", "check_file", "file_states", "opened_file", "read_at_most", "refuse_changed"]

_BLOCK_BYTES = 1 << 24


def check_file(path: AnyPath) -> str:
    """Check that `path` is a regular file with something in it, and spell it so that FFmpeg takes it literally.

    Raises
    ------
    MediaError
        If it is missing, empty, a folder, a pipe or a device.
    """
    try:
        status = Path(path).stat()
    except FileNotFoundError as error:
        reason = "a link to a file that does not exist" if Path(path).is_symlink() else "no such file"
        raise MediaError(path, reason, "Check the spelling of the path.") from error
    except ValueError as error:
        raise MediaError(repr(str(path)), "no file can have this name", "Take the NUL character out of it.") from error
    except OSError as error:
        raise MediaError(path, f"can't be reached ({error.strerror})", "Check the path and its permissions.") from error
    if stat.S_ISDIR(status.st_mode):
        raise MediaError(path, "this is a folder", "Give one clip; for a folder of clips use `visalign batch`.")
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(path, "not a regular file", "Pipes and devices can't be read twice; save the clip first.")
    if status.st_size == 0:
        raise MediaError(path, "this file is empty", "Copy or record it again.")
    spare(path)
    return f"file:{os.path.abspath(path)}"  # noqa: PTH100 - Path.absolute() would keep ".."


def opened_file(path: AnyPath) -> BinaryIO:
    """A regular file, open for its bytes: a pipe would be waited for, a device has no end.

    Raises
    ------
    ParseError
        If it is something else.
    OSError, ValueError
        If it can't be opened.
    """
    place = Path(path)
    if place.exists() and not place.is_file():
        raise ParseError(path, None, "not a regular file; give the name of one")
    spare(place)
    return place.open("rb")


def read_at_most(file: BinaryIO, n_bytes: int) -> bytes:
    """What a file holds, and no more than one byte beyond `n_bytes`: a device has no end, and no size before."""
    parts, left = list[bytes](), n_bytes + 1
    while left > 0 and (part := file.read(min(left, _BLOCK_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


FileStates = dict[Path, tuple[int, ...] | None]


def file_states(*paths: object) -> FileStates:
    """Size, time and inode of those of `paths` that are paths, for :func:`refuse_changed`."""
    return {Path(x): _state(x) for x in paths if isinstance(x, str | os.PathLike)}


def refuse_changed(before: FileStates) -> None:
    """Raise MediaError for the first file that is not in the state any more in which it was.

    A clip that is still being copied or recorded, or is replaced meanwhile, would give a result of which nobody can
    tell what it is about. A state may lack the inode, as one that was taken on another machine does: its file system
    may number the same files otherwise.
    """
    for path, state in before.items():
        now = _state(path)
        if (now if now is None or state is None else now[: len(state)]) != state:
            raise MediaError(path, "changed while it was read", "Run this again when nobody writes to it.")


def _state(path: AnyPath) -> tuple[int, ...] | None:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
