"""The rules of a rig: what a phone allows, what is near, what stands for what is lacking."""

from __future__ import annotations

import pytest

from visalign.animation.mouth_rules import KINDS, MouthRules, load_mouth_rules
from visalign.errors import ConfigError, UnknownSymbol
from visalign.visemes.viseme_map import VisemeMap

RHUBARB = load_mouth_rules()


def test_all_shapes_of_rhubarb_have_a_kind_and_an_order_of_effort() -> None:
    assert set(RHUBARB.shapes) == set("ABCDEFGHX")
    assert set(RHUBARB.kinds.values()) <= set(KINDS)
    assert all(set(order) == set(RHUBARB.shapes) for order in RHUBARB.effort.values())


def test_what_takes_the_least_effort_is_nearest() -> None:
    for shape in RHUBARB.effort:
        assert RHUBARB.nearest(shape, RHUBARB.shapes) == shape
        assert RHUBARB.nearest(shape, ("A",)) == "A"


def test_phones_of_another_language_go_by_their_viseme() -> None:
    assert RHUBARB.parts("b", 0.1, "ipa") == RHUBARB.parts("B", 0.1)
    (part,) = RHUBARB.parts("x", 0.1, "ipa")  # as in German "Bach": English has no such phone
    assert set(part.shapes) <= set(RHUBARB.shapes)
    assert (part.start, part.end) == (0.0, 1.0)


def test_a_map_gives_rules_in_which_each_phone_shows_its_viseme() -> None:
    azure = VisemeMap.load("azure_en_us")
    rules = MouthRules.of_map(azure)
    assert rules.shapes == azure.visemes
    assert rules.kinds[azure.silence] == "rest"
    first, second = rules.parts("OW", 0.2)  # a sequence of the map: 8, then 4
    assert (first.shapes, second.shapes) == (("8",), ("4",))
    assert first.end == second.start == azure.sequences["OW"].split


def test_a_rig_that_lacks_a_shape_shows_a_simpler_one() -> None:
    basic = frozenset("ABCDEFX")
    assert RHUBARB.reduce("D", basic) == "D"
    assert RHUBARB.reduce("G", basic) in basic
    assert RHUBARB.reduce("H", basic) in basic
    with pytest.raises(UnknownSymbol):
        MouthRules.of_map(VisemeMap.load("jeffers_1971")).reduce("C", frozenset({"S"}))


def test_an_unknown_rig_is_told() -> None:
    with pytest.raises(ConfigError, match="jeffers_1971"):
        load_mouth_rules("jeffers_1972")
