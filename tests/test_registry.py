"""Faces of packages load their names when they are used, and list each in three places that agree."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import visalign
from visalign.registry import lazily

PACKAGE = Path(visalign.__file__).parent
FACES = {
    "visalign" + "".join(f".{part}" for part in path.parent.relative_to(PACKAGE).parts): path
    for path in sorted(PACKAGE.rglob("__init__.py"))
    if "lazily(" in path.read_text(encoding="utf-8")
}
EVERY_FACE = pytest.mark.parametrize("face", FACES)


def typed_names(path: Path) -> dict[str, str]:
    """Name -> module of what a type checker sees in a face."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_most_packages_with_names_load_them_lazily() -> None:
    assert len(FACES) >= 14


@EVERY_FACE
def test_a_face_lists_what_it_loads(face: str) -> None:
    module, typed = importlib.import_module(face), typed_names(FACES[face])
    assert set(module.__all__) - {"__version__"} == set(typed)
    for name, home in typed.items():
        assert getattr(module, name) is getattr(importlib.import_module(home), name)


@EVERY_FACE
def test_no_name_is_hidden_by_a_module(face: str) -> None:
    modules = {path.stem for path in FACES[face].parent.iterdir()}
    assert not modules.intersection(importlib.import_module(face).__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    load = lazily("visalign.exports", {"exporter": "EXPORTERS"})
    with pytest.raises(AttributeError, match=r"module 'visalign\.exports' has no attribute 'nonsense'"):
        load("nonsense")


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    package = importlib.import_module("visalign.exports")
    monkeypatch.delitem(package.__dict__, "Utterance", raising=False)
    value = package.Utterance
    assert package.__dict__["Utterance"] is value


def test_a_name_may_stand_in_another_package() -> None:
    package = importlib.import_module("visalign.batch")
    assert package.BatchClip.__module__ == "visalign.corpora.clip_list"
