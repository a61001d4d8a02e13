"""IPA and X-SAMPA, letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.errors import UnknownSymbol
from visalign.language import ipa
from visalign.language.ipa import LIP_LETTERS, VOWEL_LETTERS, ipa_to_xsampa, tidy_ipa, without_marks, xsampa_to_ipa


@given(st.lists(st.sampled_from(sorted(ipa._LETTERS)), min_size=1, max_size=3).map("".join))
def test_letters_survive_xsampa_in_any_language(letters: str) -> None:
    tidy = tidy_ipa(letters)
    # X-SAMPA is not a prefix code: two letters in a row can spell a third (s + _h is one letter and a mark).
    xsampa = ipa_to_xsampa(tidy)
    if len(ipa._XSAMPA_TOKEN.findall(xsampa)) == len(tidy):
        assert xsampa_to_ipa(xsampa) == tidy


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *(("ˈɑː", "ɑː"), ("t͡ʃ", "tʃ"), ("ʧ", "tʃ"), ("g", "ɡ"), ("ə˞", "ɚ"), ("ç", "ç"), (" i: ", "iː")),
        *(("k'", "kʼ"), ("'a", "a"), ("dˀ", "d\u0330"), ("ᵐb", "mb"), ("ⁿd", "nd"), ("tⁿ", "tⁿ"), ("ŋ̊", "ŋ\u0325")),
        *(("á", "a"), ("ma˥˩", "ma"), ("i\u0331", "i\u0320"), ("bʱ", "b\u0324")),
    ],
)
def test_ipa_is_written_in_one_way(written: str, expected: str) -> None:
    assert tidy_ipa(written) == expected


@pytest.mark.parametrize("symbol", ["", "ː", "ж", "a1"])
def test_what_is_no_ipa_is_refused(symbol: str) -> None:
    with pytest.raises(UnknownSymbol):
        tidy_ipa(symbol)


def test_letters_stand_alone_without_their_marks() -> None:
    assert [without_marks(x) for x in ("tʰ", tidy_ipa("ɑ̃ː"), "n̩")] == ["t", "ɑ", "n"]


def test_every_vowel_needs_the_lips_and_is_a_letter() -> None:
    assert VOWEL_LETTERS < LIP_LETTERS
    assert VOWEL_LETTERS <= ipa._LETTERS
    assert "ᵻ" in VOWEL_LETTERS
    assert VOWEL_LETTERS.isdisjoint("pbmfvjw")
