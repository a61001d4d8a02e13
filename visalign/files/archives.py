"""Zip archives, and the NPZ files that are such, from files that anybody may have written.

Nothing is unpacked to the disk. Before anything is unpacked into memory, an archive is held to the limits: what all its
members unpack to, as each of them says, and how many there are (the list of them alone can fill the memory). Members
are stored or deflated; archives of visalign, numpy and MFA have no others, and the rest of what a zip may hold (LZMA,
bzip2) has dictionaries of gigabytes, and errors of its own.
"""

from __future__ import annotations

import contextlib
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from visalign.errors import BAD_DATA, AnyPath, ParseError
from visalign.files.inputs import opened_file
from visalign.files.limits import excess, refuse_costly

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["DAMAGED_ARCHIVE", "opened_archive", "read_arrays"]

DAMAGED_ARCHIVE = (
    *BAD_DATA,
    *(OSError, EOFError, MemoryError, RuntimeError),  # the last one for a password
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error),
    *(SyntaxError, tokenize.TokenError),  # numpy takes the header of an array for a piece of Python
)
"""What zipfile, zlib and numpy raise on damaged and hostile archives."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_END, _END_BYTES, _LONGEST_COMMENT = b"PK\5\6", 22, 1 << 16
_END_64, _END_64_BYTES = b"PK\6\6", 56
_ROW_BYTES = 46  # the least that a member has in the list
_MEMBER_COST = 1000  # bytes of memory that zipfile takes for one


@contextlib.contextmanager
def opened_archive(path: AnyPath, limit: str = "archive-bytes") -> Iterator[tuple[BinaryIO, zipfile.ZipFile]]:
    """The file and the archive in it, within limits.

    Parameters
    ----------
    limit : str
        What all members together may unpack to.

    Raises
    ------
    ParseError
        If it exceeds a limit, or has members that are packed in another way than here.
    Exception
        Any of :data:`DAMAGED_ARCHIVE`, for the caller to put into words.
    """
    with opened_file(path) as file:
        refuse_costly(path, _MEMBER_COST * (_list_bytes(file) // _ROW_BYTES))
        with zipfile.ZipFile(file) as archive:
            rows = archive.infolist()
            if (fault := excess(limit, sum(row.file_size for row in rows))) is not None:
                raise ParseError(path, None, fault)
            if any(row.compress_type not in _METHODS for row in rows):
                raise ParseError(path, None, "it is packed in a way that these files never are; pack it as a plain zip")
            yield file, archive


def read_arrays(path: AnyPath, limit: str = "archive-bytes") -> dict[str, npt.NDArray[Any]]:
    """All arrays of an NPZ file by name; no pickles.

    Raises
    ------
    ParseError, Exception
        As :func:`opened_archive`.
    """
    # Loads what only they need.
    import numpy as np

    with opened_archive(path, limit) as (file, _):
        file.seek(0)
        with np.load(file, allow_pickle=False) as data:
            return {name: data[name] for name in data.files}


def _list_bytes(file: BinaryIO) -> int:
    """How long the list of the members says it is; 0 where there is none, which zipfile then finds too."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _LONGEST_COMMENT - _END_BYTES - 20 - _END_64_BYTES))
    tail = file.read()
    sizes = [0]
    at = tail.rfind(_END)
    while at >= 0:
        if len(tail) >= at + _END_BYTES:
            sizes.append(int.from_bytes(tail[at + 12 : at + 16], "little"))
        at = tail.rfind(_END, 0, at)
    at = tail.rfind(_END_64)
    if at >= 0 and len(tail) >= at + _END_64_BYTES:
        sizes.append(int.from_bytes(tail[at + 40 : at + 48], "little"))
    # What a lie says beyond the file can't be read.
    return max(x for x in sizes if x <= size)
