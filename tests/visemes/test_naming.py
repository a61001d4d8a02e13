"""Visemes in words: from the map's own description, else from what the lips do."""

from __future__ import annotations

import pytest

from visalign.visemes.naming import MIXED, REST, known_names, named, names_of, series, short
from visalign.visemes.viseme_map import VisemeMap, available_maps


def a_map(**visemes: dict[str, object]) -> VisemeMap:
    document = {"id": "own", "name": "Own", "alphabet": "arpabet", "citation": "c", "confidence": "A", "silence": "S"}
    return VisemeMap.from_dict(document | {"visemes": visemes | {"S": {"phones": ["SIL"]}}})


def test_the_words_of_the_file_come_first():
    names = names_of(VisemeMap.load("jeffers_1971"))
    assert (names["A"], names["B"], names["C"]) == ("lip to teeth", "lips puckered", "lips together")


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("as in pea", "lips closed"),
        ("bilabial", "lips closed"),
        ("velar", "lips closed"),
        ("312 frames; taken for itself 80%", "lips closed"),
        ("Lippen geschlossen", "Lippen geschlossen"),
        ("", "lips closed"),
    ],
)
def test_what_tells_no_shape_gives_way_to_the_articulator(description, words):
    viseme = {"phones": ["P"], "articulator": "bilabial", "description": description}
    assert names_of(a_map(Q=viseme))["Q"] == words


def test_a_class_of_no_kind_is_called_by_most_of_its_phones():
    names = names_of(a_map(X={"phones": ["N", "D", "K", "AA"]}, Y={"phones": ["P", "AA"]}, Z={"phones": []}))
    assert names["X"] == "tongue inside"
    assert names["Y"] == MIXED
    assert "Z" not in names


def test_an_id_that_is_a_word_speaks_for_itself():
    names = names_of(a_map(closed={"phones": ["M"]}, half_open={"phones": ["AA"]}, rest_of={"phones": ["K"]}))
    assert named("closed", names) == "closed"
    assert named("half_open", names) == "half_open"
    assert names["half_open"] == "half open"


def test_silence_is_at_rest_in_every_shipped_map_and_every_class_with_phones_has_words():
    for name in available_maps():
        viseme_map = VisemeMap.load(name)
        names = names_of(viseme_map)
        assert names[viseme_map.silence] == REST
        assert [x for x, entry in viseme_map.classes.items() if entry.phones and x not in names] == []


def test_a_map_that_is_not_here_has_no_words():
    assert known_names("puppet") == {}
    assert known_names("oculus_15")["PP"] == "lips closed"


def test_several_in_turn():
    names = {"C": "lips together", "I": "lips relaxed, narrow opening"}
    assert series("C I Q", names) == "lips together; lips relaxed, narrow opening; Q"
    assert (series("", names), short("I", names), named("I", names)) == (
        "",
        "lips relaxed",
        "lips relaxed, narrow opening (I)",
    )
