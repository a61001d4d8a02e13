"""Phones of any language as those of English whose lips they have."""

from __future__ import annotations

import pytest

from visalign.errors import UnknownSymbol
from visalign.language.phones import ARPABET
from visalign.language.seen_phones import english_lips


@pytest.mark.parametrize("symbol", ARPABET)
def test_english_is_itself(symbol: str) -> None:
    assert english_lips(symbol) == symbol
    assert english_lips(ARPABET[symbol].ipa) == symbol


@pytest.mark.parametrize(
    ("ipa", "seen"), [("ᵐb", "PBM"), ("ɓ", "PBM"), ("ˈyː", ("UW", "UH")), ("pf", "FV"), ("ɥ", "W")]
)
def test_lips_of_other_languages(ipa: str, seen: str) -> None:
    assert english_lips(ipa) in seen


def test_what_is_no_phone() -> None:
    assert english_lips("") == english_lips("SIL") == "SIL"
    assert english_lips("AXR") == "ER"
    with pytest.raises(UnknownSymbol):
        english_lips("!!")
