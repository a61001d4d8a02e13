"""Phones of Japanese as Julius's models call them."""

from __future__ import annotations

import pytest

from visalign.language.japanese_phones import julius_phones


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
