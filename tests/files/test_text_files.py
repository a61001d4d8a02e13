"""Tables whose cells run nothing, and outputs that are checked before the work."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.errors import ConfigError, OutputError
from visalign.files.outputs import check_output
from visalign.files.text_files import format_table


def parsed(table: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table, newline="")))


@pytest.mark.parametrize("start", [*"=+-@\t\r\n＝＋－＠"])
def test_text_cells_can_not_act_as_formulas(start: str) -> None:
    assert parsed(format_table(("word",), [(f"{start}cmd",)])) == [["word"], [f"'{start}cmd"]]


def test_negative_numbers_stay_numbers() -> None:
    assert format_table(("lead_seconds",), [(-0.083,)]) == "lead_seconds\r\n-0.083\r\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1, max_size=4))
def test_any_text_survives_csv_but_for_the_apostrophe(cells: list[str]) -> None:
    _, row = parsed(format_table(["column"] * len(cells), [cells]))
    assert [cell.removeprefix("'") for cell in row] == [cell.removeprefix("'") for cell in cells]


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    clip, link, other = tmp_path / "words.csv", tmp_path / "same.csv", tmp_path / "new.csv"
    clip.write_text("precious")
    link.hardlink_to(clip)
    for output in (clip, link, tmp_path / "." / "words.csv"):
        with pytest.raises(OutputError, match="one of the inputs"):
            check_output(output, suffixes=(".csv",), overwrite=True, inputs=(clip,))
    assert check_output(other, suffixes=(".csv",), overwrite=True, inputs=(clip, tmp_path / "absent.wav")) == other


def test_outputs_are_checked_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ends in \.csv"):
        check_output(tmp_path / "out.pdf", suffixes=(".csv",), overwrite=True)
    with pytest.raises(OutputError, match="no folder"):
        check_output(tmp_path / "none" / "out.csv", suffixes=(".csv",), overwrite=True)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        check_output(tmp_path / "folder.csv", suffixes=(".csv",), overwrite=True)


@pytest.mark.skipif(os.access("/", os.W_OK), reason="root may write everywhere")
def test_a_folder_without_write_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(OutputError, match="may not write"):
        check_output(tmp_path / "out.csv", suffixes=(".csv",), overwrite=True)
