"""The text of tables, lists and other files of lines, within limits.

A row of one character can become a record of a kilobyte. So whoever keeps what the lines say tells what one takes, and
the file is refused where all of them would take more than is allowed, before the first is read.
"""

from __future__ import annotations

from visalign.errors import AnyPath, ParseError
from visalign.files.data_files import read_bytes
from visalign.files.limits import refuse_costly

__all__ = ["read_table_text"]

_CELL = 64  # bytes of memory for a short text and its place in a row
_SEPARATORS = (b",", b";", b"\t")


def read_table_text(path: AnyPath, *, row_bytes: int, is_dense: bool = False) -> str:
    """The text of a file of lines; its mark of UTF-8, where it has one, is left out.

    Parameters
    ----------
    path : path-like
    row_bytes : int
        Bytes of memory that become of a row, beside its cells.
    is_dense : bool
        A row becomes a record with all columns of the heading, however few cells it has itself.

    Raises
    ------
    ParseError
        If it can't be read, is not UTF-8, is too large or would take too much memory.
    """
    data = read_bytes(path)
    n_rows = data.count(b"\n") + data.count(b"\r") + 1
    n_cells = sum(data.count(mark) for mark in _SEPARATORS)
    heading = data[: data.find(b"\n") + 1] or data
    n_filled = n_rows * sum(heading.count(mark) for mark in _SEPARATORS) if is_dense else 0
    refuse_costly(path, row_bytes * n_rows + _CELL * max(n_cells, n_filled) + 2 * len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ParseError(path, line, f"not UTF-8 text ({error.reason}); save it as UTF-8") from error
