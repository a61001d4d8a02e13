"""Every exporter writes what it wrote before, keeps to the contract, and has a read-back test."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from plain_curves import plain_curves
from sample_utterance import CHECKED, UTTERANCE

from visalign.errors import ConfigError
from visalign.exports import EXPORTERS, Exporter, ExportOptions, channels, load_exporter, write_export
from visalign.exports.exporter import FAMILIES

GOLDENS = Path(__file__).parents[1] / "goldens"
EVERY_FORMAT = pytest.mark.parametrize("name", list(EXPORTERS))


@EVERY_FORMAT
def test_golden(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "weight_curves", plain_curves)
    exporter = load_exporter(name)
    golden = GOLDENS / f"{name}{exporter.suffix}"
    assert golden.is_file(), "run tests/exports/write_goldens.py, and look at what it writes"
    assert exporter.render(CHECKED, ExportOptions()) == golden.read_bytes()


def test_no_golden_is_left_over() -> None:
    expected = {f"{name}{load_exporter(name).suffix}" for name in EXPORTERS}
    assert {x.name for x in GOLDENS.iterdir()} == expected


@EVERY_FORMAT
def test_contract(name: str) -> None:
    exporter = load_exporter(name)
    assert isinstance(exporter, Exporter)
    assert exporter.name == name
    assert exporter.family in FAMILIES
    assert exporter.suffix.startswith(".")
    assert exporter.rate > 0
    assert exporter.title
    assert exporter.verified


@EVERY_FORMAT
def test_has_a_read_back_test(name: str) -> None:
    sources = "".join(x.read_text(encoding="utf-8") for x in Path(__file__).parent.glob("test_read_*.py"))
    assert re.search(rf'render\(\s*"{re.escape(name)}"', sources), f"no test reads {name} back"


@EVERY_FORMAT
def test_same_input_gives_same_bytes_and_nothing_is_written_twice(name: str, tmp_path: Path) -> None:
    exporter = load_exporter(name)
    first = exporter.render(UTTERANCE, ExportOptions())
    path = write_export(tmp_path / f"out{exporter.suffix}", UTTERANCE, name)
    assert path.read_bytes() == first
    assert [x.name for x in tmp_path.iterdir()] == [path.name]


def test_unknown_format() -> None:
    with pytest.raises(ConfigError, match="rhubarb-json"):
        load_exporter("fbx")


@pytest.mark.parametrize(
    "wrong",
    [{"rate": Fraction(0)}, {"hold_frames": 0}, {"closure_frames": -1}, {"max_error": 1.0}, {"max_error": -0.1}],
)
def test_impossible_options(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        ExportOptions(**wrong)  # type: ignore[arg-type]


@EVERY_FORMAT
def test_the_documentation_says_how_it_was_verified(name: str) -> None:
    exporter = load_exporter(name)
    page = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    row = next((x for x in page.splitlines() if x.startswith(f"| `{name}` |")), "")
    assert f"| {exporter.title} | `{exporter.suffix}` |" in row
    assert f"| {exporter.verified} |" in row
