"""Where syllables begin."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.errors import UnknownSymbol
from visalign.language.ipa import IPA_LETTERS
from visalign.language.lexicon import parse_lexicon
from visalign.language.syllables import sonority, syllable_starts


def parted(phones: list[str], marked: tuple[int, ...] = ()) -> str:
    starts = [*syllable_starts(phones, marked), len(phones)]
    return " ".join("".join(phones[a:b]) for a, b in itertools.pairwise(starts))


@pytest.mark.parametrize(
    ("phones", "syllables"),
    [
        ("K AH0 M P Y UW1 T ER0", "KAH0M PYUW1 TER0"),
        ("S T R EH1 NG K TH S", "STREH1NGKTHS"),
        ("S IH1 NG ER0", "SIH1NG ER0"),
        ("AE1 NG G R IY0", "AE1NG GRIY0"),
        ("AE1 T L AH0 S", "AE1T LAH0S"),
        ("f ɛ ɾ ˈa n t v ɔ ɾ t ˌʊ ŋ", "fɛ ɾˈant vɔɾ tˌʊŋ"),
        ("ʁ ɛ s t o ʁ ˈɑ̃", "ʁɛs to ʁˈɑ̃"),
        ("k ˌo n s t ɾ u k θ j ˈo n", "kˌons tɾuk θjˈon"),
        ("s ˈɔ ʎ a", "sˈɔ ʎa"),
        ("z m ˈr̩ z l i n a", "zmˈr̩ zli na"),
        ("s ä m p o̞", "säm po̞"),
        ("k k a l i", "kka li"),
        ("kʼ s tː", "kʼstː"),
        ("a ʔ a", "a ʔa"),
        ("ai̯ a u", "ai̯ a u"),
        ("m tɕ ˈi ⁿd a", "mtɕˈi ⁿda"),
    ],
)
def test_words_of_many_languages(phones: str, syllables: str) -> None:
    assert parted(phones.split()) == syllables


def test_stress_before_a_consonant_begins_a_syllable() -> None:
    assert parted(["m", "ɪ", "ˈs", "t", "eɪ", "k"]) == "mɪ ˈsteɪk"
    assert parted(["ˈm", "ɪ", "s", "t", "ə"]) == "ˈmɪs tə"


def test_dots_of_a_dictionary_count_in_all_its_forms() -> None:
    for text in ("pasta p a . s t a", "pasta p a .s t a", "pasta p a. s t a", '{"pasta": "p a . s t a"}'):
        (way,) = parse_lexicon(text)["pasta"]
        assert (way.phones, way.breaks) == (("p", "a", "s", "t", "a"), (2,))
        assert parted(list(way.phones), way.breaks) == "pa sta"


@given(st.lists(st.sampled_from([*IPA_LETTERS, "aɪ", "tʃ", "n̩", "ˈa"]), min_size=1, max_size=12))
def test_every_syllable_but_one_has_one_nucleus(phones: list[str]) -> None:
    starts = syllable_starts(phones)
    assert starts[0] == 0
    assert list(starts) == sorted(set(starts))
    nuclei = [
        sum(sonority(x) == 5 for x in phones[a:b]) for a, b in zip(starts, [*starts[1:], len(phones)], strict=True)
    ]
    assert nuclei == [1] * len(nuclei) or nuclei == [0]


def test_no_phones_and_no_phone() -> None:
    assert syllable_starts([]) == ()
    with pytest.raises(UnknownSymbol):
        syllable_starts(["a", "!!"])
