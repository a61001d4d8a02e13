"""A map written as a file is the same map when it is read."""

import tomllib

import pytest

from visalign.visemes.map_files import format_viseme_map
from visalign.visemes.viseme_map import VisemeClass, VisemeMap, available_maps


@pytest.mark.parametrize("name", available_maps())
def test_every_shipped_map_survives_being_written(name):
    viseme_map = VisemeMap.load(name)
    assert VisemeMap.from_dict(tomllib.loads(format_viseme_map(viseme_map))) == viseme_map


def test_odd_names_survive_being_written():
    classes = {"v0": VisemeClass(("P", "B")), "rest": VisemeClass(("SIL",), "silence")}
    name = 'quo"te \\ \x7f ʃ'
    odd = VisemeMap(name, name, "arpabet", "made for the tests", "A", "rest", classes, fallback="rest")
    assert VisemeMap.from_dict(tomllib.loads(format_viseme_map(odd))) == odd
