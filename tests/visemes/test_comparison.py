"""Two maps side by side, and one described."""

from visalign.language.phones import ARPABET
from visalign.visemes.comparison import compare_maps, describe_map
from visalign.visemes.viseme_map import VisemeMap


def test_a_map_loses_nothing_against_itself(jeffers):
    same = compare_maps(jeffers, jeffers)
    assert same.lost == same.gained == {}
    assert all(first == second for first, second in same.cells)


def test_the_cross_table_holds_every_shared_phone_once(jeffers):
    found = compare_maps(jeffers, VisemeMap.load("woodward_barber_1960"))
    phones = [phone for cell in found.cells.values() for phone in cell]
    assert len(phones) == len(set(phones)) == 38 - 15 - 1 + 1 - 1  # 38 of Jeffers less 15 vowels and NG
    assert set(found.uncompared) == {symbol for symbol in ARPABET if ARPABET[symbol].is_vowel} | {"NG"}
    assert ("S", "Z") in found.lost["C4"]


def test_losses_mirror_gains(jeffers):
    cmu = VisemeMap.load("cmu39")
    gained, lost = compare_maps(jeffers, cmu).gained, compare_maps(cmu, jeffers).lost
    assert {key: set(groups) for key, groups in gained.items()} == {key: set(groups) for key, groups in lost.items()}
    assert "A" in gained


def test_the_description_is_plain_data(jeffers):
    described = describe_map(jeffers)
    assert described["n_visemes"] == 12
    assert described["unlisted"] == ["HH"]
    assert described["visemes"][2]["phones"] == ["B", "P", "M", "EM"]
