"""Archives of strangers: nothing is unpacked before it is known how much."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from visalign.errors import ParseError
from visalign.files.archives import DAMAGED_ARCHIVE, opened_archive, read_arrays


def _npz(path: Path, method: int = zipfile.ZIP_DEFLATED, n: int = 1) -> Path:
    member = io.BytesIO()
    np.save(member, np.arange(3))
    with zipfile.ZipFile(path, "w", method) as archive:
        for number in range(n):
            archive.writestr(f"{'x' * bool(number)}{number or 'a'}.npy", member.getvalue())
    return path


def test_arrays_come_back(tmp_path: Path) -> None:
    assert read_arrays(_npz(tmp_path / "a.npz"))["a"].tolist() == [0, 1, 2]
    with opened_archive(_npz(tmp_path / "b.npz", n=3)) as (_, archive):
        assert archive.namelist() == ["a.npy", "x1.npy", "x2.npy"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_pack_are_refused(tmp_path: Path, method: int) -> None:
    with pytest.raises(ParseError, match="packed in a way"):
        read_arrays(_npz(tmp_path / "a.npz", method))


def test_a_list_of_members_that_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by the archive's end, and that before the list is read."""
    path = _npz(tmp_path / "a.npz", n=50)
    assert read_arrays(path)
    monkeypatch.setenv("VISALIGN_MAX_TREE_BYTES", "20k")
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the list was read"))
    with pytest.raises(ParseError, match="tree-bytes"):
        read_arrays(path)


def test_the_end_of_an_archive_that_is_larger_than_32_bits_can_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _npz(tmp_path / "a.npz", n=50)
    data = path.read_bytes()
    end = data.rfind(b"PK\5\6")
    size, offset = struct.unpack("<II", data[end + 12 : end + 20])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 50, 50, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    short = data[end : end + 8] + b"\xff" * 12 + data[end + 20 :]
    path.write_bytes(data[:end] + record + locator + short)
    assert len(read_arrays(path)) == 50
    monkeypatch.setenv("VISALIGN_MAX_TREE_BYTES", "20k")
    with pytest.raises(ParseError, match="tree-bytes"):
        read_arrays(path)


@pytest.mark.parametrize(
    "data", [b"", b"PK\5\6", b"PK\3\4" * 100, b"x" * 70_000, b"PK\5\6" + b"\xff" * 18, b"PK\6\6" * 30]
)
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(data)
    with pytest.raises(DAMAGED_ARCHIVE):
        read_arrays(path)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)",  # no end
        "(" * 5000,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': [('a', '<f8', 99999999999)], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<U99999999', 'fortran_order': False, 'shape': (9999999,)}",
        "'''",
        "1L 0777 \x00",
    ],
)
def test_headers_of_arrays_that_make_no_sense(tmp_path: Path, header: str) -> None:
    text = header.encode() + b"\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\0" * 24)
    with pytest.raises(DAMAGED_ARCHIVE):
        read_arrays(tmp_path / "a.npz")
