"""Figures and abbreviations, written out as they are said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.language.lexicon import embedded_lexicon
from visalign.language.numerals import spell_out
from visalign.language.transcript import parse_transcript

LEXICON = embedded_lexicon()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("25 days", "twenty five days"),
        ("1,200", "one thousand two hundred"),
        ("3.14", "three point one four"),
        ("-5", "minus five"),
        ("007", "oh oh seven"),
        ("call 555-1234", "call five five five one two three four"),
        ("in 1984", "in nineteen eighty four"),
        ("2009 and 2024", "two thousand nine and twenty twenty four"),
        ("3000 men", "three thousand men"),
        ("the 22nd", "the twenty second"),
        ("the 1980s and '90s", "the nineteen eighties and nineties"),
        ("May 5", "may fifth"),
        ("Jan. 3rd", "january third"),
        ("10:05", "ten oh five"),
        ("10:30 p.m.", "ten thirty p m"),
        ("12:00", "twelve o'clock"),
        ("$5.50", "five dollars fifty cents"),
        ("$1", "one dollar"),
        ("£1.20", "one pound twenty pence"),
        ("€2 million", "two million euros"),
        ("$2,000", "two thousand dollars"),
        ("3/4 of it", "three quarters of it"),
        ("100%", "one hundred percent"),
        ("£5$5", "five pounds five dollars"),
    ],
)
def test_it_is_said_as_it_is_read(written: str, said: str) -> None:
    assert " ".join(parse_transcript(written, known=LEXICON)) == said


@pytest.mark.parametrize("text", ["1.2.3", "10:30:15", "12/31/1999", "25:99"])
def test_what_has_no_one_way_to_be_said_stays(text: str) -> None:
    assert spell_out(text, LEXICON) == text


def test_abbreviations_are_written_out_where_the_lexicon_has_only_the_whole_word() -> None:
    text = "Mr. Smith vs. Dr. Wu"
    assert spell_out(text, {"mister", "versus", "doctor"}) == "mister Smith versus doctor Wu"
    assert spell_out(text, {"mr.", "mister", "vs.", "doctor"}) == "Mr. Smith vs. doctor Wu"


def test_other_languages_are_left_alone() -> None:
    german = {"im", "jahr", "und"}
    assert spell_out("im Jahr 1984 und 25", german) == "im Jahr 1984 und 25"
    assert parse_transcript("im Jahr 1984", known=german) == ["im", "jahr", "1984"]


def test_words_of_the_users_own_dictionary_are_used() -> None:
    assert spell_out("at 42", {"forty", "two"}) == "at forty two"
    assert spell_out("at 42", {"forty"}) == "at 42"


@given(st.text(alphabet="0123456789.,:/-$£%s tndrhpam'", max_size=40))
def test_any_figures_become_known_words_or_stay(text: str) -> None:
    for word in parse_transcript(spell_out(text, LEXICON), known=LEXICON):
        assert word in LEXICON or any(not x.isalpha() for x in word) or word in text.lower()


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_whole_numbers_can_be_said(number: int) -> None:
    words = parse_transcript(f"{number:,}", known=LEXICON)
    assert all(word in LEXICON for word in words)
