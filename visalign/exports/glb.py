"""Binary glTF 2.0 files: read one, append data to it, write it. No more of glTF than the exporters need.

Conventions
-----------
A GLB is a JSON chunk and one binary chunk, each padded to four bytes; numbers are little-endian [1]_.

References
----------
.. [1] Khronos Group, glTF 2.0 specification, section 4.4 (GLB file format).
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.errors import BAD_DATA, AnyPath, ParseError
from visalign.files.data_files import parse_json, read_bytes

__all__ = ["FLOAT", "Glb", "read_glb"]

_MAGIC, _VERSION = 0x46546C67, 2
_JSON, _BIN = 0x4E4F534A, 0x004E4942
FLOAT = 5126
"""glTF's number for float32."""
_SHAPES = {1: "SCALAR", 3: "VEC3"}


@dataclass(slots=True)
class Glb:
    """A glTF document and its binary chunk; grows by :meth:`append`.

    Parameters
    ----------
    document : dict
        The JSON part.
    binary : bytearray
        Buffer 0.
    """

    document: dict[str, Any]
    binary: bytearray

    def append(self, values: npt.NDArray[np.float32], *, is_times: bool = False) -> int:
        """Add floats and return the number of their accessor.

        Parameters
        ----------
        values : ndarray of float32, shape (n,) or (n, 3)
            The data.
        is_times : bool
            Note minimum and maximum, as glTF wants of key times.
        """
        self.binary += b"\0" * (-len(self.binary) % 4)
        data = np.ascontiguousarray(values, dtype="<f4")
        views = self.document.setdefault("bufferViews", [])
        views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": data.nbytes})
        self.binary += data.tobytes()
        accessor: dict[str, Any] = {
            "bufferView": len(views) - 1,
            "componentType": FLOAT,
            "count": len(data),
            "type": _SHAPES[1 if data.ndim == 1 else data.shape[1]],
        }
        if is_times:
            columns = data if data.ndim == 2 else data[:, None]
            accessor |= {"min": columns.min(axis=0).tolist(), "max": columns.max(axis=0).tolist()}
        accessors: list[dict[str, Any]] = self.document.setdefault("accessors", [])
        accessors.append(accessor)
        return len(accessors) - 1

    def to_bytes(self) -> bytes:
        """The file."""
        binary = bytes(self.binary) + b"\0" * (-len(self.binary) % 4)
        buffers = self.document.setdefault("buffers", [{}])
        buffers[0]["byteLength"] = len(self.binary)
        text = json.dumps(self.document, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), _JSON) + text + struct.pack("<II", len(binary), _BIN) + binary
        return struct.pack("<III", _MAGIC, _VERSION, 12 + len(chunks)) + chunks


def read_glb(path: AnyPath) -> Glb:
    """Read a binary glTF file.

    Raises
    ------
    ParseError
        If it is no GLB, or its buffer lies in another file.
    """
    try:
        data = read_bytes(path)
        magic, version, _ = struct.unpack_from("<III", data)
        if (magic, version) != (_MAGIC, _VERSION):
            raise ParseError(path, None, "this is not a binary glTF 2.0 file; export the model as .glb")
        document, binary = _chunks(data)
    except OSError as error:
        raise ParseError(path, None, f"can't be read ({error.strerror})") from error
    except (struct.error, *BAD_DATA) as error:
        if isinstance(error, ParseError):
            raise
        raise ParseError(path, None, f"broken binary glTF ({error}); export the model again") from error
    if any("uri" in buffer for buffer in document.get("buffers", ())[:1]):
        raise ParseError(path, None, "its data lies in another file; export the model as one .glb")
    return Glb(document, bytearray(binary))


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    offset, found = 12, dict[int, bytes]()
    while offset + 8 <= len(data):
        size, kind = struct.unpack_from("<II", data, offset)
        found.setdefault(kind, data[offset + 8 : offset + 8 + size])
        offset += 8 + size
    document = parse_json("its JSON", found[_JSON].decode("utf-8"), strict=False)
    length = document.get("buffers", [{"byteLength": 0}])[0]["byteLength"] if document.get("buffers") else 0
    return document, found.get(_BIN, b"")[:length]
