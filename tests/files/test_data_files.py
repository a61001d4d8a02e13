"""Data of strangers: within limits, without surprises, with the line of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.files.data_files import parse_json, parse_toml, parse_xml, parse_yaml, read_bytes, read_json
from visalign.files.limits import allowed


def test_json_is_read_strictly_unless_told_otherwise() -> None:
    assert parse_json("a", '{"x": [1, 2.5]}') == {"x": [1, 2.5]}
    for odd in ('{"x": 1, "x": 2}', "[NaN]", "[Infinity]"):
        with pytest.raises(ParseError):
            parse_json("a", odd)
        parse_json("a", odd, strict=False)


def test_the_line_of_a_fault_is_told() -> None:
    with pytest.raises(ParseError) as caught:
        parse_json("report.json", '{\n "x": 1,\n "y" 2\n}')
    assert (caught.value.line, str(caught.value).split(":")[0]) == (3, "report.json")


def test_levels_are_counted_outside_of_texts() -> None:
    most = allowed("nesting")
    assert parse_json("a", "[" * most + "]" * most)
    with pytest.raises(ParseError, match="levels"):
        parse_json("a", "[" * (most + 1) + "]" * (most + 1))
    assert parse_json("a", f'["{"[" * (most + 1)}"]') == ["[" * (most + 1)]


def test_other_notations_give_plain_data() -> None:
    assert parse_toml("a", "x = 1") == {"x": 1}
    assert parse_yaml("a", "x: 1") == {"x": 1}
    assert parse_yaml("a", "x: 1", only_texts=True) == {"x": "1"}
    assert parse_xml("a", b"<a><b/></a>")[0].tag == "b"


@pytest.mark.parametrize("document", [b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<a>", b""])
def test_xml_declares_nothing_and_is_whole(document: bytes) -> None:
    with pytest.raises(ParseError):
        parse_xml("a", document)


def test_files_are_regular_there_and_not_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ParseError, match="can't be read"):
        read_bytes(path)
    with pytest.raises(ParseError, match="not a regular file"):
        read_bytes(tmp_path)
    path.write_bytes(b"[1]")
    assert read_json(path) == [1]
    monkeypatch.setenv("VISALIGN_MAX_DATA_BYTES", "2")
    with pytest.raises(ParseError, match="the limit is 2"):
        read_bytes(path)
