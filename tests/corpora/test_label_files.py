"""Files of labels, whole and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import put

from visalign.corpora.label_files import read_emu, read_label_lines, read_mlf, read_tiers
from visalign.errors import ParseError


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0 10 a\nb c d\n", ":2: 'b c d' is not a label"),
        ("0 10\n", ":1: '0 10' is not a label"),
        ("10 0 a\n", "must end after it starts"),
        ("0 nan a\n", ":1: '0 nan a' is not a label"),
    ],
)
def test_bad_label_lines(tmp_path: Path, text: str, complaint: str) -> None:
    put(tmp_path, "a.phn", text)
    with pytest.raises(ParseError, match=complaint):
        read_label_lines(tmp_path / "a.phn", 1000)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hello", ":1: not a master label file"),
        ('#!MLF!#\n"a"\n0 1 x\n', "does not end with a point"),
        ("#!MLF!#\n0 1 x\n", ":2: '0 1 x' is no entry"),
    ],
)
def test_bad_master_label_files(tmp_path: Path, text: str, complaint: str) -> None:
    put(tmp_path, "a.mlf", text)
    with pytest.raises(ParseError, match=complaint):
        read_mlf(tmp_path / "a.mlf")


def test_damaged_textgrid_and_annotation(tmp_path: Path) -> None:
    put(tmp_path, "a.TextGrid", "not a TextGrid")
    put(tmp_path, "a_annot.json", '{"levels": 3}')
    with pytest.raises(ParseError, match="TextGrid"):
        read_tiers(tmp_path / "a.TextGrid")
    with pytest.raises(ParseError, match="EMU"):
        read_emu(tmp_path / "a_annot.json")
