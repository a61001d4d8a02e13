"""Arrays that lie in memory or on disk, and are the same to whoever reads them."""

from __future__ import annotations

import errno
import resource
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from visalign.files import scratch
from visalign.files.scratch import GrowingArray, blocks_of, release, scratch_array

ROWS = np.arange(30_000, dtype=np.float32).reshape(-1, 3)


@pytest.fixture(params=["memory", "file", "no folder", "full disk"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the arrays of a test come to lie."""
    if request.param != "memory":
        monkeypatch.setattr(scratch, "MIN_BYTES", 10_000)
    if request.param == "no folder":
        monkeypatch.setattr(tempfile, "TemporaryFile", _refuse)
    if request.param == "full disk":
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: _FullAfter(50_000))
        monkeypatch.setattr(scratch, "_reserve", _refuse)
    return str(request.param)


def _refuse(*_args: object, **_kwargs: object) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


class _FullAfter:
    """A temporary file on a disk that has room for some bytes only."""

    def __init__(self, n_bytes: int) -> None:
        self._left, self._bytes = n_bytes, bytearray()

    def write(self, data: bytes) -> int:
        if not self._left:
            _refuse()
        n = min(len(data), self._left)
        self._bytes += data[:n]
        self._left -= n
        return n

    def seek(self, _to: int) -> None: ...

    def read(self, n: int) -> bytes:
        return bytes(self._bytes[:n])

    def __enter__(self) -> _FullAfter:
        return self

    def __exit__(self, *_: object) -> None: ...


def test_rows_come_back_wherever_they_lie(place: str) -> None:
    grown = GrowingArray((3,), np.float32)
    for k in range(0, 5000, 7):
        grown.extend(ROWS[k : min(k + 7, 5000)])
    for row in ROWS[5000:]:
        grown.append(row)
    assert len(grown) == len(ROWS)
    found = grown.array()
    assert (scratch._mapping(found) is not None) == (place == "file")
    np.testing.assert_array_equal(found, ROWS)


def test_an_array_of_zeros_can_be_written(place: str) -> None:
    made = scratch_array((1000, 30), np.float64)
    assert not made.any()
    assert (scratch._mapping(made) is not None) == (place == "file")
    made[:] = 7
    release(made[5:, ::2].T, None)
    assert made.sum() == 7 * 30_000


@pytest.mark.filterwarnings("error")
def test_rows_that_nobody_wants_leave_no_file_open(place: str) -> None:
    grown = GrowingArray((3,), np.float32)
    grown.extend(ROWS)
    before = len(list(Path("/proc/self/fd").iterdir()))
    del grown
    after = len(list(Path("/proc/self/fd").iterdir()))
    assert before - after == (place == "file")


def test_nothing_makes_an_empty_array(place: str) -> None:
    assert GrowingArray((3,), np.float32).array().shape == (0, 3)
    assert scratch_array((0, 3), np.float32).shape == (0, 3)


def test_blocks_cover_all_rows_once() -> None:
    covered = np.concatenate([np.arange(10)[part] for part in blocks_of(10, 4)])
    np.testing.assert_array_equal(covered, np.arange(10))
    assert list(blocks_of(0, 4)) == []


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


@pytest.fixture
def long_array() -> np.ndarray:
    made = scratch_array((100, 1 << 20), np.uint8)
    assert scratch._mapping(made) is not None
    return made


def test_what_was_worked_on_is_given_back(long_array: np.ndarray) -> None:
    release(long_array)
    before = resident_bytes()
    for part in blocks_of(100, 10, long_array):
        long_array[part] = 3
        assert resident_bytes() < before + 30e6
    assert resident_bytes() < before + 5e6
    assert int(long_array.sum(dtype=np.int64)) == 3 * long_array.size
