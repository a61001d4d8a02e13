"""Parts by name: what is found, what is refused, what is not loaded before."""

from __future__ import annotations

import importlib
import re
from fractions import Fraction
from pathlib import Path

import pytest

import visalign
from visalign.errors import ConfigError
from visalign.registry import deferred_imports, find_class, lazily

PACKAGE = Path(visalign.__file__).parent
FACES = {
    "visalign" + "".join(f".{part}" for part in path.parent.relative_to(PACKAGE).parts): path
    for path in sorted(PACKAGE.rglob("__init__.py"))
    if "lazily(" in path.read_text(encoding="utf-8")
}
STUB_LINE = re.compile(r"^from (?P<module>[\w.]+) import (?P<name>\w+) as (?P=name)$", re.MULTILINE)
EVERY_FACE = pytest.mark.parametrize("face", FACES)
TABLE = {"exact": "fractions:Fraction", "fast": "math:hypot"}


def homes_of(face: Path) -> dict[str, str]:
    """What a face lists, by its stub where it has one: name -> "module:name"."""
    stub = face.with_suffix(".pyi")
    if not stub.exists():
        return dict(deferred_imports(face.read_text(encoding="utf-8")))
    lines = STUB_LINE.finditer(stub.read_text(encoding="utf-8"))
    return {x["name"]: f"{x['module']}:{x['name']}" for x in lines if x["name"] != "__version__"}


def test_a_part_is_found_by_its_name() -> None:
    assert find_class(TABLE, "exact", "number") is Fraction
    assert find_class(TABLE, "fast", "number")(3, 4) == 5


def test_an_unknown_part_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"number = 'slow'.*exact.*fast"):
        find_class(TABLE, "slow", "number")


def test_deferred_imports_are_those_for_type_checkers_alone() -> None:
    source = """
from typing import TYPE_CHECKING
from now import loaded
if TYPE_CHECKING:
    import later
    from a.b import One as One, two as second
elif True:
    from c import three
"""
    assert deferred_imports(source) == {"One": "a.b:One", "second": "a.b:two"}


def test_most_packages_with_names_load_them_lazily() -> None:
    assert len(FACES) >= 14


@EVERY_FACE
def test_a_face_lists_what_it_loads(face: str) -> None:
    module = importlib.import_module(face)
    homes = homes_of(FACES[face])
    assert set(module.__all__) - {"__version__"} == set(homes)
    for name, home in homes.items():
        place, _, attribute = home.partition(":")
        assert getattr(module, name) is getattr(importlib.import_module(place), attribute)


@EVERY_FACE
def test_no_name_is_hidden_by_a_module(face: str) -> None:
    modules = {path.stem for path in FACES[face].parent.iterdir()}
    assert not modules.intersection(importlib.import_module(face).__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'visalign\.exports' has no attribute 'nonsense'"):
        lazily("visalign.exports")("nonsense")


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    package = importlib.import_module("visalign.exports")
    monkeypatch.delitem(package.__dict__, "Utterance", raising=False)
    value = package.Utterance
    assert package.__dict__["Utterance"] is value


def test_a_name_may_stand_in_another_package() -> None:
    package = importlib.import_module("visalign.batch")
    assert package.BatchClip.__module__ == "visalign.corpora.clip_list"
