"""The pages docs/faults.md and docs/security.md, and the tests that they promise, held together."""

from __future__ import annotations

import ast
import re
import zipfile
from pathlib import Path

from visalign.files.limits import LIMITS

HERE = Path(__file__).parent
TESTS = HERE.parent
DOCS = TESTS.parent / "docs"
PAGES = {name: (DOCS / name).read_text(encoding="utf-8") for name in ("faults.md", "security.md")}


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


HELD = set[str]().union(*(names_in(path) for path in HERE.glob("test_*.py") if path != Path(__file__)))


def test_every_row_has_its_test() -> None:
    for page, text in PAGES.items():
        for file, name in re.findall(r"`(?:(tests/[\w/]+\.py)(?:::)?)?(test_\w+)?`", text):
            known = names_in(TESTS.parent / file) if file else HELD
            assert not name or name in known or name == "test_tables", f"{page}: {file} {name}"
        for file in re.findall(r"`(tests/[\w/]+(?:\.py)?)(?:::\w+)?/?`", text):
            assert (TESTS.parent / file).exists(), f"{page}: {file}"


def test_every_test_has_its_row() -> None:
    text = "".join(PAGES.values())
    assert not [name for name in sorted(HELD) if f"`{name}`" not in text]


def test_limits_of_the_page_are_those_of_the_module() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d ]+) \| (.*) \| (.*) \|$", PAGES["security.md"], re.MULTILINE)
    assert rows == [(x.name, f"{x.default:,}".replace(",", " "), x.what, x.why) for x in LIMITS.values()]


def test_figures_of_the_limits_are_those_of_what_is_shipped() -> None:
    """The reasons for two limits, in thousands and in tenths of a million."""
    root = TESTS.parent
    largest = max(
        x.stat().st_size for folder in ("lexicons", "viseme_maps", "visalign") for x in (root / folder).rglob("*.toml")
    )
    assert f"has {largest // 1000} thousand" in LIMITS["settings-bytes"].why
    with zipfile.ZipFile(root / "visalign" / "models" / "grid.npz") as model:
        size = sum(x.file_size for x in model.infolist())
    assert f"has {size / 1e6:.1f} million" in LIMITS["model-bytes"].why
