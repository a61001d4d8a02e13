"""Reading Kaldi's binary files: tokens, numbers, vectors and matrices, one after the other.

Nothing in such a file is trusted: each size is compared with what is left of the data before memory is taken for it.

Conventions
-----------
A stream begins with ``\\0B``. Little-endian. A basic number is a byte with its size, then the number; a token ends at
a space; ``FM`` and ``DM`` are matrices of 4- and 8-byte floats by rows, ``FV`` and ``DV`` vectors.

References
----------
.. [1] D. Povey et al., The Kaldi speech recognition toolkit, ASRU 2011; its source, ``base/io-funcs`` and ``matrix``.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath, ParseError, quoted

__all__ = ["KaldiStream"]

MAX_TOKEN = 64
"""Bytes; no token of Kaldi's models is half as long."""

_FLOATS: dict[str, np.dtype[np.floating]] = {"F": np.dtype("<f4"), "D": np.dtype("<f8")}


class KaldiStream:
    """Bytes of a Kaldi file, read from the front.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : path-like
        For messages.

    Raises
    ------
    ParseError
        Here and from every method: if the data is not what is asked for, or ends early.
    """

    def __init__(self, data: bytes, name: AnyPath) -> None:
        self._data, self.name, self._at = data, name, 0
        if self._take(2) != b"\0B":
            raise self.error("no binary Kaldi file: it must begin with a zero byte and 'B'")

    def error(self, reason: str) -> ParseError:
        """A `ParseError` that names the file and the byte."""
        return ParseError(
            self.name, None, f"{reason} (at byte {self._at} of {len(self._data)}). Download the acoustic model again"
        )

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= len(self._data) - self._at:
            raise self.error(
                f"{size} bytes are wanted, {len(self._data) - self._at} are left; the file is cut or damaged"
            )
        chunk = self._data[self._at : self._at + size]
        self._at += size
        return chunk

    def token(self) -> str:
        """The next token."""
        end = self._data.find(b" ", self._at, self._at + MAX_TOKEN)
        if end < 0:
            raise self.error("no token where one must be; the file is damaged")
        text = self._take(end - self._at + 1)[:-1]
        return text.decode("ascii", "replace")

    def expect(self, *tokens: str) -> str:
        """The next token, which must be one of `tokens`."""
        found = self.token()
        if found not in tokens:
            raise self.error(f"{quoted(found)} where {' or '.join(tokens)} must be")
        return found

    def _sized(self, size: int, code: str) -> bytes:
        found = self._take(1)[0]
        if found != size:
            raise self.error(f"a number of {found} bytes where one of {size} must be ({code})")
        return self._take(size)

    def integer(self) -> int:
        """A signed 32-bit number."""
        return int(struct.unpack("<i", self._sized(4, "int32"))[0])

    def unsigned(self) -> int:
        """An unsigned 32-bit number, whose size Kaldi writes as a negative one."""
        if self._take(1)[0] not in (0xFC, 4):
            raise self.error("no unsigned number where one must be")
        return int(struct.unpack("<I", self._take(4))[0])

    def real(self) -> float:
        """A floating-point number of 4 or 8 bytes."""
        size = self._take(1)[0]
        if size not in (4, 8):
            raise self.error(f"a floating-point number of {size} bytes")
        return float(struct.unpack("<f" if size == 4 else "<d", self._take(size))[0])

    def count(self, limit: int, what: str) -> int:
        """A number between 0 and `limit`, of `what` there follow so many."""
        number = self.integer()
        if not 0 <= number <= limit:
            raise self.error(f"{number} {what}; between 0 and {limit} are possible")
        return number

    def integers(self) -> npt.NDArray[np.int32]:
        """A vector of 32-bit numbers."""
        if self._take(1)[0] != 4:
            raise self.error("no vector of 32-bit numbers where one must be")
        (n,) = struct.unpack("<i", self._take(4))
        return np.frombuffer(self._take(4 * n if n >= 0 else -1), dtype="<i4").astype(np.int32)

    def vector(self) -> npt.NDArray[np.float32]:
        """A vector of floating-point numbers, shape (n,)."""
        kind = self._float_kind("V")
        n = self.integer()
        return self._floats(kind, n)

    def matrix(self) -> npt.NDArray[np.float32]:
        """A matrix, shape (n_rows, n_columns)."""
        kind = self._float_kind("M")
        n_rows, n_columns = self.integer(), self.integer()
        if min(n_rows, n_columns) < 0:
            raise self.error(f"a matrix of {n_rows} × {n_columns}")
        return self._floats(kind, n_rows * n_columns).reshape(n_rows, n_columns)

    def _float_kind(self, shape: str) -> np.dtype[np.floating]:
        token = self.token()
        if token[1:] != shape or token[0] not in _FLOATS:
            raise self.error(f"{quoted(token)} where F{shape} or D{shape} must be")
        return _FLOATS[token[0]]

    def _floats(self, kind: np.dtype[np.floating], n: int) -> npt.NDArray[np.float32]:
        with np.errstate(over="ignore"):  # a double that no float can hold becomes infinite, which is refused below
            values = np.frombuffer(self._take(kind.itemsize * n), dtype=kind).astype(np.float32)
        if not np.isfinite(values).all():
            raise self.error("a number that is infinite or not a number")
        return values
