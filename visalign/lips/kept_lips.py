"""Where lips are kept: the folder of a batch, or the user's own one, which commands share.

The user's own folder is private and bounded. What is in it tells how the lips of persons moved (no pictures, no sound,
no names of files or persons, but the clip that it came from can be recognised by it), so nobody else may read it; it
holds :data:`MAX_BYTES` at most, and nothing that was not used for :data:`MAX_DAYS` days. Which folder it is,
:func:`own_cache` tells; ``visalign cache`` shows and empties it.

Conventions
-----------
A file a clip, ``<first two digits>/<key>.npz`` (:mod:`visalign.lips.lip_cache`); its time is when it was last used.
Nothing else in the folder is ever looked at, and so nothing else is removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from visalign.files.outputs import made_folder, remove_drafts

__all__ = [
    "CACHE_VARIABLE",
    "MAX_BYTES",
    "MAX_DAYS",
    "OFF",
    "KeptLips",
    "LipCache",
    "is_safe",
    "own_cache",
    "own_folder",
]

CACHE_VARIABLE = "VISALIGN_CACHE"
"""The environment variable that names another folder than the system's for caches, or is :data:`OFF`."""

OFF = "off"
"""Value of :data:`CACHE_VARIABLE`: keep no lips."""

MAX_BYTES = 1 << 30
"""What the user's own folder holds at most: the lips of eleven hours of one face, at 27 kB a second."""

MAX_DAYS = 90
"""Days after which lips that were not used are removed from the user's own folder."""

_KEY = re.compile("[0-9a-f]{64}")
_SECONDS_OF_A_DAY = 86_400
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class KeptLips:
    """What is kept of one clip.

    Parameters
    ----------
    path : Path
        Its file.
    n_bytes : int
        How large that is.
    used : float
        When it was last used, seconds since 1970.
    """

    path: Path
    n_bytes: int
    used: float


@dataclass(frozen=True, slots=True)
class LipCache:
    """A folder that keeps lips.

    Parameters
    ----------
    folder : Path
        It need not exist.
    is_private : bool
        Nobody but its owner may read or write it. Otherwise files and folders get the permissions that others get.
    max_bytes : int, optional
        The most that it holds: what was not used for longest goes first.
    max_days : float, optional
        For how long lips are kept that nobody uses.
    """

    folder: Path
    is_private: bool = False
    max_bytes: int | None = None
    max_days: float | None = None

    def place(self, key: str) -> Path:
        """The file of a key."""
        return self.folder / key[:2] / f"{key}.npz"

    def make(self, key: str) -> Path:
        """The file of a key, its folder made.

        Raises
        ------
        OutputError
            If that can't be done.
        """
        place = self.place(key)
        if self.is_private:
            made_folder(self.folder.parent)
            with contextlib.suppress(OSError):  # it is there; where it can't be made, the next line says so
                self.folder.mkdir(mode=0o700)
        made_folder(place.parent)
        return place

    def mark_used(self, place: Path) -> None:
        """Note that lips are used now, where that decides for how long they are kept."""
        if self.max_bytes is not None or self.max_days is not None:
            with contextlib.suppress(OSError):  # another process has removed them
                os.utime(place)

    def contents(self) -> list[KeptLips]:
        """What is kept, the longest unused first."""
        return sorted(self._found(), key=lambda x: (x.used, x.path.name))

    def trim(self) -> list[KeptLips]:
        """Remove what is too old or too much; give what was removed."""
        if self.max_bytes is None and self.max_days is None:
            return []
        kept = self.contents()
        oldest = -float("inf") if self.max_days is None else time.time() - self.max_days * _SECONDS_OF_A_DAY
        n_bytes, gone = sum(x.n_bytes for x in kept), list[KeptLips]()
        for entry in kept:
            if entry.used < oldest or (self.max_bytes is not None and n_bytes > self.max_bytes):
                n_bytes -= entry.n_bytes
                gone.append(entry)
        return [entry for entry in gone if _is_removed(entry.path)]

    def clear(self) -> list[KeptLips]:
        """Remove all lips, and the folders that are empty then; give what was removed."""
        gone = [entry for entry in self.contents() if _is_removed(entry.path)]
        for part in self._parts():
            remove_drafts(part)
            with contextlib.suppress(OSError):  # there is something else in it
                part.rmdir()
        return gone

    def _parts(self) -> Iterator[Path]:
        with contextlib.suppress(OSError):
            yield from (x for x in self.folder.iterdir() if re.fullmatch("[0-9a-f]{2}", x.name) and _is_folder(x))

    def _found(self) -> Iterator[KeptLips]:
        for part in self._parts():
            with contextlib.suppress(OSError), os.scandir(part) as entries:
                for entry in entries:
                    name, _, ending = entry.name.partition(".")
                    if ending == "npz" and _KEY.fullmatch(name) and name.startswith(part.name):
                        with contextlib.suppress(OSError):  # another process has removed it
                            state = entry.stat(follow_symlinks=False)
                            if stat.S_ISREG(state.st_mode):
                                yield KeptLips(Path(entry.path), state.st_size, state.st_mtime)


def own_folder() -> Path | None:
    """The folder of the user who runs this, whether or not it exists; None where he wants none or has no home.

    It is what :data:`CACHE_VARIABLE` names, else the one for caches on this system (on Linux
    ``$XDG_CACHE_HOME/visalign/lips`` or ``~/.cache/visalign/lips``).
    """
    named = os.environ.get(CACHE_VARIABLE, "")
    if named == OFF:
        return None
    if named:
        return Path(named).absolute()
    # Knows the systems' folders; needed by no one else.
    from platformdirs import user_cache_path

    found = user_cache_path("visalign", appauthor=False) / "lips"
    return found if found.is_absolute() else None


def own_cache() -> LipCache | None:
    """The user's own cache: private, bounded; None where there is none, or its folder is not safe.

    A folder is safe where it belongs to who runs this and nobody else may write to it.
    """
    folder = own_folder()
    if folder is None or not is_safe(folder):
        return None
    return LipCache(folder, is_private=True, max_bytes=MAX_BYTES, max_days=MAX_DAYS)


def is_safe(folder: Path) -> bool:
    """Whether a folder is this user's alone, or the one that it would be made in is his."""
    if not hasattr(os, "geteuid"):
        return True
    try:
        state = folder.stat()
    except FileNotFoundError:
        # `sudo` with the home of somebody else would leave files there that he can't remove.
        above = next((x for x in folder.parents if x.exists()), None)
        return above is not None and above.stat().st_uid in {os.geteuid(), 0} and os.access(above, os.W_OK)
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & _OTHERS_MAY_WRITE


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:  # another process was faster, or it is not allowed
        return False
    return True
