"""Data of strangers: within limits, without surprises, with the line of what is wrong."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from visalign.errors import ParseError
from visalign.files.data_files import parse_json, parse_toml, parse_xml, parse_yaml, read_bytes, read_json, read_toml
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


# ---- what values cost, and not the bytes that they are written in ----


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 50_000 + " = 1",  # 100 kB that were 9.6 GB
        "a" + ".a" * 50_000,  # not even a value
        "[a" + ".a" * 50_000 + "]",
        "[[a" + " . a" * 50_000 + "]]",
        '"a"' + '."a"' * 50_000 + " = 1",
        "x = {a" + ".a" * 50_000 + " = 1}",
        "[" + "a." * 60 + "a]\n" + "b." * 60 + "b = 1",  # the two together
        "[" + "a." * 60 + "a]\nx = " + "[" * 50 + "]" * 50,
        "x = {a = {" * 51 + "}}" * 51,
    ],
)
def test_levels_of_toml_are_made_by_dots_too(text: str) -> None:
    began = time.process_time()
    with pytest.raises(ParseError, match=r"\d+ levels of data within data"):
        parse_toml("a.toml", text)
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    "text",
    [
        'a = "x.y.z = [[[ {"\n' * 1,
        "a = '''\n" + "x.y" * 300 + "\n[[[['''\n",
        'a = """' + "x." * 300 + '\\"""""\n',
        "# " + "a." * 300 + "\na = 1.5\n",
        "[" + "a." * 90 + "a]\nb = [[1.5, 2.5], [3.5]]\n",
        "[a]\n" + "".join(f"b{n}.c.d = 1.5\n" for n in range(300)),
        "x = [" + "{a.b = 1}, " * 300 + "]",
        "[[a]]\n" * 300,
    ],
)
def test_what_is_no_level_of_toml_is_read(text: str) -> None:
    assert parse_toml("a.toml", text)["x" if text.startswith("x") else "a"]


@pytest.mark.parametrize(
    "digits", ["0x" + "f" * 5000, "0o" + "7" * 5000, "0b" + "1" * 20_000, "9" * 400, "0x1" + "0" * 17]
)
@pytest.mark.parametrize("where", ["a = {}", "[b]\nc = [1, {{d = {}}}]"])
def test_whole_numbers_of_toml_have_64_bits(digits: str, where: str) -> None:
    with pytest.raises(ParseError, match=r"(a|b\.c\.1\.d) is .*; a whole number has 64 bits at most"):
        parse_toml("a.toml", where.format(digits))
    assert parse_toml("a.toml", where.format("0xffff_ffff_ffff_ffff"))


@pytest.mark.parametrize(
    "number", ["1" + "0" * 400, "-1" + "0" * 400, "1e999", "-1.5E+400", "9" * 309 + ".5", "1e100000"]
)
@pytest.mark.parametrize("strict", [True, False])
def test_numbers_of_json_can_be_computed_with(number: str, strict: bool) -> None:
    with pytest.raises(ParseError, match="larger than any") as caught:
        parse_json("a.json", f'{{"x":\n[1, {number}]}}', strict=strict)
    assert caught.value.line == 2


@pytest.mark.parametrize("number", ["1e100", "0." + "1" * 400, "1e-999", "1" * 300, "1.5e+300", '"1e999"'])
def test_long_numbers_of_json_that_are_none_too_large(number: str) -> None:
    assert float(parse_json("a.json", f"[{number}]")[0]) >= 0


def test_long_numbers_that_are_none() -> None:
    for text in ("9" * 309 + ".0.1", "9" * 309 + ".", "1.2.3e999", "9" * 309 + "e", "-" * 400 + "9" * 400):
        with pytest.raises(ParseError):
            parse_json("a.json", f"[{text}]")


def test_long_numbers_cost_no_time() -> None:
    began = time.process_time()
    for text in ("1" * 1_000_000, "1." * 500_000, "1e" * 500_000, "[" + "1e1234," * 200_000 + "1]"):
        with pytest.raises(ParseError):
            parse_json("a.json", text)
    assert time.process_time() - began < 3.0


@pytest.mark.parametrize(
    "text",
    [
        "x: !!bool x",
        "x: !!int ''",
        "x: !!float ''",
        "x: !!timestamp x",
        "!!timestamp 2020-99-99",
        "x: 2020-02-31",
        'x: "\\U99999999"',
        "x: !!binary é",
        "x: !!set [a]",
        "x: !!omap {a: b}",
        "? [a, {b: c}]\n: d",
        "x: 0x" + "f" * 5000,
        "x: " + ":".join(["1"] * 100_000),  # to the base of 60
        "x: &a [*a]",
        "&a {x: *a}",
    ],
)
def test_yaml_that_is_no_data(text: str) -> None:
    began = time.process_time()
    with pytest.raises(ParseError):
        parse_yaml("a.yaml", text)
    assert time.process_time() - began < 3.0


def test_aliases_of_yaml_are_counted_as_often_as_they_are_met() -> None:
    lists = "a0: &a0 [x, y]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    with pytest.raises(ParseError, match="tree-bytes"):
        parse_yaml("a.yaml", lists)
    assert parse_yaml("a.yaml", "a: &a [x, y]\nb: *a\nc: *a\n")["c"] == ["x", "y"]


@pytest.mark.parametrize("unit", ["{},", "[],", '{"":0},', "[[]],", "9.1,"])
def test_json_is_refused_for_what_its_values_cost(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"[{unit * 100_000}0]"
    began = peak = 0
    tracemalloc.start()
    try:
        began = tracemalloc.get_traced_memory()[0]
        parse_json("a.json", text)
        peak = tracemalloc.get_traced_memory()[1] - began
        monkeypatch.setenv("VISALIGN_MAX_TREE_BYTES", str(peak // 2))
        tracemalloc.reset_peak()
        began = tracemalloc.get_traced_memory()[0]
        with pytest.raises(ParseError, match="bytes of memory for the values of a data file; the limit is"):
            parse_json("a.json", text)
        assert tracemalloc.get_traced_memory()[1] - began < peak // 2
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "document",
    [
        "<a>" + "<b/>" * 20_000 + "</a>",
        "<a>" + '<b c=""/>' * 20_000 + "</a>",
        f'<a xmlns="{"x" * 10_000}">' + "".join(f"<b{n}/>" for n in range(2000)) + "</a>",  # each with its address
    ],
)
def test_xml_is_refused_for_what_its_elements_cost(document: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_xml("a.xml", document.encode()).tag
    monkeypatch.setenv("VISALIGN_MAX_TREE_BYTES", "1M")
    with pytest.raises(ParseError, match="tree-bytes"):
        parse_xml("a.xml", document.encode())


def test_settings_are_short(tmp_path: Path) -> None:
    long = "a = 1 # " + "x" * allowed("settings-bytes")
    (tmp_path / "a.toml").write_text(long, encoding="utf-8")
    for read in (lambda: read_toml(tmp_path / "a.toml"), lambda: parse_toml("a", long), lambda: parse_yaml("a", long)):
        with pytest.raises(ParseError, match="--max settings-bytes=N"):
            read()


def test_names_that_stand_twice_cost_no_time() -> None:
    names = ",".join(f'"{n}": 0' for n in range(50_000))
    began = time.process_time()
    with pytest.raises(ParseError, match="'49999' stands twice"):
        parse_json("a.json", f'{{{names}, "49999": 1}}')
    assert time.process_time() - began < 2.0
