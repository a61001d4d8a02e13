"""Arrays that may outgrow memory: short ones are ordinary, long ones lie in an unnamed temporary file.

Of an hour of material the sound alone takes 230 MB, and what is computed for each moment of it several times as much.
Arrays from here look like any other; beyond :data:`MIN_BYTES` the system keeps them on disk and holds in memory what
is worked on. Whoever walks through one calls :func:`release` on the way: what was read is then given back, and the
memory that a clip takes does not grow with its length.

The files have no name, so nothing is left behind however the program ends. Where the disk is full or cannot be written
to, memory is used after all. Another folder is chosen by the environment variable ``TMPDIR``.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Generic, TypeVar, cast

import numpy as np
import numpy.typing as npt

__all__ = ["MIN_BYTES", "GrowingArray", "blocks_of", "release", "scratch_array"]

Number = TypeVar("Number", bound=np.generic)

MIN_BYTES = 1 << 22
"""Arrays below this size (4 MB: a minute of sound) stay in memory; a clip has some ten of them."""

# What is collected in memory before it goes to the file.
_CHUNK_BYTES = 1 << 20


def scratch_array(shape: tuple[int, ...], dtype: type[Number]) -> npt.NDArray[Number]:
    """An array of zeros, shape `shape`."""
    kind = np.dtype(dtype)
    n_bytes = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    if n_bytes < MIN_BYTES:
        return np.zeros(shape, kind)
    try:
        with tempfile.TemporaryFile() as file:
            _reserve(file, n_bytes)
            return cast("npt.NDArray[Number]", np.frombuffer(mmap.mmap(file.fileno(), n_bytes), kind).reshape(shape))
    except OSError:  # no room on the disk, or no folder for temporary files
        return np.zeros(shape, kind)


def _reserve(file: BinaryIO, n_bytes: int) -> None:
    """Make the file so long, on disk too: a mapped page that finds no room later would end the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, n_bytes)
    else:
        file.truncate(n_bytes)


class GrowingArray(Generic[Number]):
    """An array of as many rows as come.

    Parameters
    ----------
    row_shape : tuple of int
        Shape of one row; ``()`` for plain numbers.
    dtype : type
        Of the numbers.

    Examples
    --------
    >>> grown = GrowingArray((2,), np.float64)
    >>> grown.append([1.0, 2.0])
    >>> grown.extend(np.zeros((3, 2)))
    >>> len(grown), grown.array().shape
    (4, (4, 2))
    """

    def __init__(self, row_shape: tuple[int, ...], dtype: type[Number]) -> None:
        self._row_shape, self._dtype = row_shape, np.dtype(dtype)
        self._row_bytes = int(np.prod(row_shape, dtype=np.int64)) * self._dtype.itemsize
        self._pending = bytearray()
        self._file: BinaryIO | None = None
        self._n_written = 0
        self._may_write = True

    def __del__(self) -> None:
        # Whatever was read may be refused half-way; nobody asks for the array then.
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        return (self._n_written + len(self._pending)) // self._row_bytes

    def append(self, row: npt.ArrayLike) -> None:
        """Add one row."""
        self._add(np.asarray(row, self._dtype).reshape(self._row_shape))

    def extend(self, rows: npt.ArrayLike) -> None:
        """Add rows, shape (n, ...)."""
        self._add(np.asarray(rows, self._dtype).reshape(-1, *self._row_shape))

    def array(self) -> npt.NDArray[Number]:
        """All rows, shape (n, ...). Nothing can be added from now on."""
        n_rows = len(self)
        if self._file is not None:
            self._flush()
        if self._file is None:  # at last there may have been no room on the disk
            whole = np.frombuffer(self._pending, self._dtype)
        else:
            with self._file as file:
                whole = np.frombuffer(mmap.mmap(file.fileno(), self._n_written), self._dtype)
        return cast("npt.NDArray[Number]", whole.reshape(n_rows, *self._row_shape))

    def _add(self, rows: npt.NDArray[Any]) -> None:
        self._pending += rows.tobytes()
        if len(self._pending) >= (MIN_BYTES if self._file is None else _CHUNK_BYTES) and self._may_write:
            self._flush()

    def _flush(self) -> None:
        try:
            if self._file is None:
                self._file = cast(BinaryIO, tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - closed by array()
            while self._pending:
                n = self._file.write(self._pending[:_CHUNK_BYTES])
                del self._pending[:n]
                self._n_written += n
        except OSError:
            self._back_to_memory()

    def _back_to_memory(self) -> None:
        """The disk is full: what was written is read again, and all stays in memory."""
        self._may_write = False
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                self._pending = bytearray(file.read(self._n_written)) + self._pending
        self._file, self._n_written = None, 0


def release(*arrays: npt.NDArray[Any] | None) -> None:
    """Give back the memory of arrays that lie in files; they keep their numbers, and are read again when needed.

    Arrays in memory stay as they are, and so does everything where the system cannot do this.
    """
    for array in arrays:
        if (file := _mapping(array)) is not None and hasattr(mmap, "MADV_DONTNEED"):
            with contextlib.suppress(OSError):
                file.madvise(mmap.MADV_DONTNEED)


def blocks_of(n_rows: int, n_block: int, *arrays: npt.NDArray[Any] | None) -> Iterator[slice]:
    """Slices of at most `n_block` rows, one after the other; after each, `arrays` are released."""
    for first in range(0, n_rows, n_block):
        yield slice(first, min(first + n_block, n_rows))
        release(*arrays)


def _mapping(array: object) -> mmap.mmap | None:
    """The file behind an array or a view of one."""
    while isinstance(array, (np.ndarray, memoryview)):
        array = array.base if isinstance(array, np.ndarray) else array.obj
    return array if isinstance(array, mmap.mmap) else None
