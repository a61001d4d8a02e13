"""The phones of an alignment in the alphabet that is asked for."""

from __future__ import annotations

from dataclasses import replace

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


def syllables(found: Alignment, alphabet: str | None = None, lexicon: str = "") -> list[tuple[float, float, str]]:
    known = parse_lexicon(lexicon) if lexicon else LEXICON
    shown = with_labels(found, alphabet, known, syllables=True)
    assert shown.syllables is not None
    assert (shown.syllables.start, shown.syllables.end) == (found.words.start, found.words.end)
    return [(x.start, x.end, x.label) for x in shown.syllables if x.label]


@pytest.mark.parametrize(
    ("alphabet", "labels"),
    [
        (None, ["AH", "B AW T", "B AY"]),
        ("arpabet", ["AH0", "B AW1 T", "B AY"]),
        ("ipa", ["ʌ", "ˈbaʊt", "baɪ"]),
        ("xsampa", ["V", '"baUt', "baI"]),
    ],
)
def test_syllables_of_words(alphabet: str | None, labels: list[str]) -> None:
    found = syllables(FOUND, alphabet)
    assert found == [(a, b, x) for (a, b), x in zip([(0.1, 0.2), (0.2, 0.4), (0.4, 0.6)], labels, strict=True)]


def test_syllables_are_those_of_the_dictionary_where_it_has_dots() -> None:
    times = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    pasta = Alignment(Tier("words", (0.0, 0.5), ("pasta",)), Tier("phones", times, ("p", "ˈa", *"sta")), "")
    assert [x[2] for x in syllables(pasta)] == ["ˈpas", "ta"]
    assert [x[2] for x in syllables(pasta, lexicon="pasta p ˈa . s t a")] == ["ˈpa", "sta"]
    assert [x[2] for x in syllables(pasta, "xsampa", "pasta p a . s t a")] == ['"pa', "sta"]
    english = replace(
        pasta, phones=pasta.phones.relabel(lambda x: {"p": "P", "ˈa": "AA", "s": "S", "t": "T", "a": "AH"}[x])
    )
    assert [x[2] for x in syllables(english, lexicon="pasta P AA1 . S T AH0")] == ["P AA", "S T AH"]


def test_syllables_without_words_and_of_phones_that_are_none() -> None:
    times, labels = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), ("B", "AY", "SIL", "M", "IY", "T")
    heard = Alignment(Tier("words", (0.0, 0.6), ("",)), Tier("phones", times, labels), "")
    assert syllables(heard) == [(0.0, 0.2, "B AY"), (0.3, 0.6, "M IY T")]
    own = Alignment(Tier("words", (0.0, 0.6), ("x",)), Tier("phones", times, ("p!", "a", "t", "a", "t", "a")), "")
    assert syllables(own) == [(0.0, 0.6, "p!atata")]
