"""The phones of an alignment in the alphabet that is asked for."""

from __future__ import annotations

import pytest

from visalign.errors import ConfigError
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.phone_labels import with_labels
from visalign.language.lexicon import parse_lexicon
from visalign.timeline import Tier

WORDS = Tier("words", (0.0, 0.1, 0.4, 0.6), ("", "about", "by"))
PHONES = Tier("phones", (0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6), ("SIL", "AH", "B", "AW", "T", "B", "AY"))
FOUND = Alignment(WORDS, PHONES, "test")
LEXICON = parse_lexicon("about AH0 B AW1 T\nby B IY1")


@pytest.mark.parametrize(
    ("alphabet", "labels"),
    [
        ("arpabet", "SIL AH0 B AW1 T B AY"),
        ("ipa", "SIL ʌ b ˈaʊ t b aɪ"),
        ("xsampa", 'SIL V b "aU t b aI'),
    ],
)
def test_stress_is_that_of_the_pronunciation_that_was_heard(alphabet: str, labels: str) -> None:
    found = with_labels(FOUND, alphabet, LEXICON)
    assert found.phones.labels == tuple(labels.split())
    assert found.phones.boundaries == PHONES.boundaries


def test_without_a_lexicon_there_is_no_stress_but_that_of_the_phones() -> None:
    assert with_labels(FOUND, "ipa").phones.labels == ("SIL", "ʌ", "b", "aʊ", "t", "b", "aɪ")
    marked = Alignment(Tier("words", (0.0, 1.0), ("ja",)), Tier("phones", (0.0, 0.5, 1.0), ("j", "ˈaː")), "test")
    assert with_labels(marked, "xsampa").phones.labels == ("j", '"a:')


def test_an_alphabet_that_there_is_not() -> None:
    with pytest.raises(ConfigError, match="klingon"):
        with_labels(FOUND, "klingon")
