"""Words that look alike, and maps that keep them apart."""

from __future__ import annotations

import math

import pytest

from visalign.errors import InputError, OutOfVocabulary
from visalign.language.lexicon import parse_lexicon
from visalign.visemes.homophenes import compare_separation, find_homophenes
from visalign.visemes.viseme_map import VisemeMap

JEFFERS = VisemeMap.load("jeffers_1971")
CMU39 = VisemeMap.load("cmu39")


def test_groups_largest_first() -> None:
    found = find_homophenes(["bat", "fat", "vat", "mat", "pat", "cat"], JEFFERS)
    assert [x.words for x in found] == [("bat", "mat", "pat"), ("fat", "vat")]
    assert found[0].form == tuple(JEFFERS[x] for x in ("B", "AE", "T"))


def test_any_pronunciation_counts() -> None:
    lexicon = parse_lexicon("read R EH D\nread R IY D\nred R EH D\nreed R IY D\n")
    assert [x.words for x in find_homophenes(["read", "red", "reed"], CMU39, lexicon=lexicon)] == [
        ("read", "red"),
        ("read", "reed"),
    ]


def test_bits_by_hand() -> None:
    [found] = compare_separation(["bat", "mat", "pat", "cat"], [JEFFERS])
    assert (found.n_words, found.n_forms, found.n_unique, found.largest) == (4, 2, 1, 3)
    assert found.bits == pytest.approx(0.75 * math.log2(3))


def test_homophenes_are_sorted_by_size_and_then_by_name() -> None:
    found = find_homophenes(["zap", "sap", "fat", "vat", "bat", "mat", "cat"], JEFFERS)
    assert [x.words for x in found] == [("bat", "mat"), ("fat", "vat"), ("sap", "zap")]


def test_separation_by_hand() -> None:
    """Of bat and mat, alike in this map, each leaves one bit open; with cat, two thirds of a bit a word."""
    [found] = compare_separation(["bat", "mat", "cat"], [JEFFERS])
    assert (found.name, found.n_words, found.n_forms, found.n_unique, found.largest) == ("jeffers_1971", 3, 2, 1, 2)
    assert found.n_visemes == len({JEFFERS[phone] for phone in ("B", "M", "K", "AE", "T")}) == 4
    assert found.bits == pytest.approx(2 / 3)
    assert 0 <= found.random_bits <= 2 / 3  # at random, other two of the five phones look alike, or the same two
    [apart] = compare_separation(["bat", "mat", "cat"], [CMU39])
    assert (apart.bits, apart.random_bits, apart.n_unique, apart.largest) == (0.0, 0.0, 3, 1)


def test_a_word_of_two_forms_counts_their_mean() -> None:
    """Read shares one of its two forms with red: half a bit for it, one for red, none for reed, here said with UW."""
    lexicon = parse_lexicon("read R EH D\nread R IY D\nred R EH D\nreed R UW D\n")
    [found] = compare_separation(["read", "red", "reed"], [CMU39], lexicon=lexicon)
    assert (found.n_words, found.n_forms, found.n_unique, found.largest) == (3, 3, 1, 2)
    assert found.bits == pytest.approx((0.5 + 1 + 0) / 3)


def test_a_map_of_all_phones_leaves_nothing_open() -> None:
    maps = [JEFFERS, CMU39]
    words = ["bat", "mat", "sun", "shun", "ran"]
    assert [x.name for x in compare_separation(words, maps)] == ["cmu39", "jeffers_1971"]
    assert compare_separation(words, maps)[0].bits == 0
    assert compare_separation(words, maps) == compare_separation(reversed(words), maps)


def test_words_that_are_missing() -> None:
    with pytest.raises(OutOfVocabulary, match="xyzzyx"):
        find_homophenes(["bat", "xyzzyx"], JEFFERS)
    with pytest.raises(InputError, match="no word to compare"):
        compare_separation([], [JEFFERS])
