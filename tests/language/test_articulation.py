"""How phones of any language are made, and what they are like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.errors import UnknownSymbol
from visalign.language import ipa
from visalign.language.articulation import FEATURES, distance, targets_of, weights
from visalign.language.phones import ARPABET, BILABIALS, SILENCE

LETTERS = sorted(ipa._LETTERS)
MARKS = sorted(ipa._MARKS)


def features_of(phone: str) -> np.ndarray:
    """How a phone is made: the mean of its targets."""
    return np.asarray(targets_of(phone).mean(axis=0))


def feature(phone: str, name: str) -> float:
    return float(features_of(phone)[FEATURES.index(name)])


@given(st.sampled_from(LETTERS), st.lists(st.sampled_from(LETTERS + MARKS), max_size=4))
def test_everything_that_is_ipa_has_features_and_shares(first: str, more: list[str]) -> None:
    phone = first + "".join(more)
    assert features_of(phone).shape == (len(FEATURES),)
    assert np.all((features_of(phone) >= 0.0) & (features_of(phone) <= 1.0))
    shares = weights(phone)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert set(shares) <= set(ARPABET) - {SILENCE}
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


@pytest.mark.parametrize("symbol", [x for x in ARPABET if x != SILENCE])
def test_an_english_phone_is_itself_most_of_all(symbol: str) -> None:
    assert next(iter(weights(ARPABET[symbol].ipa))) == symbol


@pytest.mark.parametrize("letter", LETTERS)
def test_a_phone_of_the_inventory_has_the_largest_share(letter: str) -> None:
    shares = weights(letter, LETTERS)
    assert shares[letter] == max(shares.values())


@pytest.mark.parametrize(
    ("phone", "likest"),
    [
        *(("ɓ", "B"), ("ɱ", "M"), ("ɲ", "N"), ("ŋ͡m", "NG"), ("c", "K"), ("q", "K"), ("ɟ", "G"), ("ʈ", "T"), ("d̪", "D")),
        *(("ɸ", "F"), ("β", "V"), ("ɕ", "SH"), ("ʂ", "SH"), ("x", "HH"), ("ħ", "HH"), ("t͡s", "CH"), ("d͡z", "JH")),
        *(("r", "R"), ("ɾ", "D"), ("ʎ", "L"), ("a", "AE"), ("e", "EY"), ("o", "OW"), ("ɑ̃", "AA"), ("ɒː", "AO")),
    ],
)
def test_the_nearest_english_phone(phone: str, likest: str) -> None:
    assert next(iter(weights(phone))) == likest


@pytest.mark.parametrize(
    ("phone", "n_targets"),
    [("t͡ʃ", 2), ("aɪ", 2), ("ᵐb", 2), ("ⁿd", 2), ("nd", 2), ("k͡p", 1), ("ŋ͡m", 1), ("tː", 1), ("ss", 1), ("aɪ̯ə", 3)],
)
def test_targets_follow_each_other_or_are_reached_at_once(phone: str, n_targets: int) -> None:
    assert len(targets_of(phone)) == n_targets


def test_two_closures_at_once_keep_the_lips_closed() -> None:
    assert feature("k͡p", "labial") == feature("ɡ͡b", "labial") == feature("ŋ͡m", "labial") == 1.0


@pytest.mark.parametrize(
    ("marked", "plain", "name", "sign"),
    [
        *(("ã", "a", "nasal", 1), ("tʰ", "t", "breath", 1), ("kʷ", "k", "rounded", 1), ("tʲ", "t", "height", 1)),
        *(("k'", "k", "glottalised", 1), ("dˀ", "d", "glottalised", 1), ("n̩", "n", "vowel", 1)),
        *(("aː", "a", "long", 1), ("t̠", "t", "place", 1), ("t̟", "t", "place", -1), ("ɪ̱", "ɪ", "backness", 1)),
        *(("ɹ̩", "ɹ", "vowel", 1), ("b̤", "b", "breath", 1), ("dˤ", "d", "backness", 1), ("ŋ̊", "ŋ", "voiced", -1)),
    ],
)
def test_a_mark_says_what_it_says(marked: str, plain: str, name: str, sign: int) -> None:
    assert sign * (feature(marked, name) - feature(plain, name)) > 0.0


def test_tones_and_stress_say_nothing_of_how_a_phone_is_made() -> None:
    assert np.array_equal(features_of("á"), features_of("a"))
    assert np.array_equal(features_of("a˥˩"), features_of("a"))
    assert np.array_equal(features_of("'a"), features_of("ˈa"))


def test_the_eye_groups_what_the_ear_tells_apart() -> None:
    lips = {x for x, share in weights("b", sense="eye").items() if share > 0.2}
    assert lips == BILABIALS
    assert next(iter(weights("ʋ", sense="eye"))) in ("F", "V")


def test_distance_is_symmetric_and_zero_for_the_same() -> None:
    assert distance("y", "u") == distance("u", "y") > 0.0 == distance("tʃ", "t͡ʃ")


def test_what_is_no_ipa_is_named() -> None:
    with pytest.raises(UnknownSymbol, match="QX"):
        weights("QX")


def test_no_inventory_no_shares() -> None:
    with pytest.raises(ValueError, match="without a phone"):
        weights("a", [])
