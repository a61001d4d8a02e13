"""Phones of Japanese as Julius's models call them."""

from __future__ import annotations

import pytest

from visalign.language.japanese_phones import ipa_of_julius, julius_phones
from visalign.language.phones import is_phone
from visalign.language.syllables import syllable_starts


@pytest.mark.parametrize(
    ("ipa", "julius"),
    [
        ("b e̞ ŋ kʲ ˈo̞ ɯ", "b e N ky o u"),
        ("k ˌo̞ ɯ e̞ ɴ o̞", "k o u e N o"),
        ("ˈo̞ n n ä", "o N n a"),
        ("ɕ i m b ɯ ɴ", "sh i N b u N"),
        ("nʲ ˈäː", "ny a:"),
        ("ɲ i ç i", "n i h i"),
        ("k j a ɲ a", "ky a ny a"),
        ("m ˈi t ts ɯ", "m i q ts u"),
        ("k iː kː i", "k i: q k i"),
        ("dʑ ä ʑ i", "j a j i"),
        ("ɸ ɯ v a", "f u b a"),
    ],
)
def test_words(ipa: str, julius: str) -> None:
    assert julius_phones(ipa.split()) == tuple(julius.split())


@pytest.mark.parametrize("foreign", ["y", "θ", "!!"])
def test_phones_that_are_none_of_japanese(foreign: str) -> None:
    assert julius_phones(["k", foreign]) is None


def test_what_comes_out_is_ipa_that_leads_back() -> None:
    for phone in [
        "a",
        "i:",
        "u",
        "e:",
        "o:",
        "k",
        "ky",
        "g",
        "gy",
        "s",
        "sh",
        "z",
        "j",
        "t",
        "ts",
        "ch",
        "d",
        "n",
        "ny",
        "h",
        "hy",
        "f",
        "b",
        "by",
        "p",
        "py",
        "m",
        "my",
        "y",
        "r",
        "ry",
        "w",
        "N",
    ]:
        ipa = ipa_of_julius(phone)
        assert is_phone(ipa, "ipa")
        assert (julius_phones([ipa, "a"]) or ("",))[0] == phone
    assert is_phone(ipa_of_julius("q"), "ipa")


def test_a_word_is_parted_into_its_syllables() -> None:
    word = [ipa_of_julius(x) for x in ["ky", "o:", "w", "a", "t", "e", "N", "k", "i"]]
    assert syllable_starts(word) == (0, 2, 4, 7)
