"""The package is whole: data, declared dependencies, entry point, version, licence."""

from __future__ import annotations

import ast
import configparser
import importlib
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
MAX_DATA_BYTES = 8_000_000  # what travels with every install; a larger model needs a decision record (the last: 160)


def listed(section: str, key: str) -> list[str]:
    """The lines of a multi-line setting."""
    return [line.strip() for line in SETUP[section][key].splitlines() if line.strip() and line.strip()[0] != "#"]


def distribution(requirement: str) -> str:
    """``dlib-bin>=19`` -> ``dlib-bin``, in the spelling that indexes compare by."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", requirement)[0]).lower()


def imported_roots(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


DECLARED = {distribution(r) for r in listed("options", "install_requires")}
EXTRAS = {distribution(r) for extra in SETUP["options.extras_require"] for r in listed("options.extras_require", extra)}


def test_every_import_is_declared() -> None:
    known = packages_distributions()
    foreign = {root for path in (ROOT / "visalign").rglob("*.py") for root in imported_roots(path)}
    foreign -= set(sys.stdlib_module_names) | {"visalign", "__future__"}
    undeclared = {
        root
        for root in foreign
        if not {distribution(name) for name in known.get(root, [root, f"{root}-wheels"])} & (DECLARED | EXTRAS)
    }
    assert not undeclared, f"imported but not in setup.cfg: {', '.join(sorted(undeclared))}"


def test_every_package_is_listed() -> None:
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "visalign").rglob("__init__.py")}
    assert found == {name for name in listed("options", "packages") if (ROOT / name.replace(".", "/")).is_dir()}


def test_requirements_have_lower_bounds_only() -> None:
    """An upper bound would break installs beside newer packages that work."""
    wrong = [r for r in listed("options", "install_requires") if not re.fullmatch(r"[\w.-]+>=[\d.]+", r)]
    assert not wrong


@pytest.mark.parametrize(
    ("package", "suffix"),
    [("visalign.viseme_maps", ".toml"), ("visalign.lexicons", ".dict"), ("visalign.models", ".npz")],
)
def test_data_is_importable_and_declared(package: str, suffix: str) -> None:
    names = [item.name for item in files(package).iterdir() if item.name.endswith(suffix)]
    assert names
    assert f"*{suffix}" in SETUP["options.package_data"][package]


def test_data_is_small() -> None:
    folders = [ROOT / "viseme_maps", ROOT / "lexicons", ROOT / "visalign" / "models"]
    sizes = {path.name: path.stat().st_size for folder in folders for path in folder.iterdir() if path.is_file()}
    assert sum(sizes.values()) < MAX_DATA_BYTES, sizes


def test_every_data_folder_tells_its_sources() -> None:
    for path in (ROOT / "viseme_maps").glob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8"))["source"], path


def test_entry_point_exists() -> None:
    (script,) = listed("options.entry_points", "console_scripts")
    module, function = re.fullmatch(r"visalign = ([\w.]+):(\w+)", script).groups()  # type: ignore[union-attr]
    assert callable(getattr(importlib.import_module(module), function))


def test_version_is_in_the_changelog_or_unreleased() -> None:
    from visalign import __version__

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert newest is not None
    assert newest[1] in {"Unreleased", __version__}


def test_public_names_exist() -> None:
    import visalign

    missing = [name for name in visalign.__all__ if not hasattr(visalign, name)]
    assert not missing
    assert {"check", "force_align", "read_audio", "read_lips", "ClipReport", "VisemeMap"} <= set(visalign.__all__)


def test_the_public_names_stand_in_the_stub_and_nothing_else_is_shown() -> None:
    import visalign

    stub = (ROOT / "visalign" / "__init__.pyi").read_text(encoding="utf-8")
    named = set(re.findall(r"^from [\w.]+ import (\w+) as \1$", stub, re.MULTILINE))
    assert named == set(visalign.__all__) == set(dir(visalign))
    for name in visalign.__all__:
        getattr(visalign, name)
    assert set(dir(visalign)) == named  # what was loaded meanwhile is not shown either


def test_licence_is_mit() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert SETUP["metadata"]["license"] == "MIT"


def test_make_targets_are_documented() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
