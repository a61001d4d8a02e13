"""Lines and cells become records, which take more memory than they are long."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.files.tables import read_table_text


def test_the_text_without_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n\xc3\xa9,1\r\n")
    assert read_table_text(path, row_bytes=1) == "a,b\r\né,1\r\n"
    path.write_bytes(b"a,b\nc\xff,d\n")
    with pytest.raises(ParseError, match="not UTF-8 text") as caught:
        read_table_text(path, row_bytes=1)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("text", "is_dense"),
    [("a\n" * 100, False), ("a\r" * 100, False), ("a" + "," * 300, False), ("a" + ";" * 50 + "\n" + "a\n" * 10, True)],
)
def test_rows_and_cells_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, is_dense: bool) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    monkeypatch.setenv("VISALIGN_MAX_TREE_BYTES", "10k")
    with pytest.raises(ParseError, match="tree-bytes"):
        read_table_text(path, row_bytes=100, is_dense=is_dense)
    monkeypatch.setenv("VISALIGN_MAX_TREE_BYTES", "100k")
    assert read_table_text(path, row_bytes=100, is_dense=is_dense) == text
