"""Texts with choices: parts of them, what was said of them, and what is told."""

from __future__ import annotations

import pytest

from visalign.language.lexicon import embedded_lexicon
from visalign.language.spoken_text import Choice, Remark, SpokenText, joined_texts, remarks_in_words
from visalign.language.transcript import read_aloud

TEXT = read_aloud("in 1905 she paid 0.5", embedded_lexicon(), first_line=7)
OH, HUNDRED = ("nineteen", "oh", "five"), ("nineteen", "hundred", "and", "five")


def test_the_likeliest_way_stands_among_the_words() -> None:
    assert TEXT.words == ("in", *OH, "she", "paid", "zero", "point", "five")
    assert [(x.first, x.last, x.written, x.line) for x in TEXT.choices] == [(1, 4, "1905", 7), (6, 9, "0.5", 7)]
    assert TEXT.has_ways


def test_parts_keep_their_choices() -> None:
    part = TEXT.part(4, 9)
    assert (part.words, [(x.first, x.last) for x in part.choices]) == (TEXT.words[4:], [(2, 5)])
    assert not TEXT.part(2, 6).choices  # half of 1905 is no year


def test_words_that_are_left_out_move_the_choices() -> None:
    rest = TEXT.without({"in", "paid"})
    assert rest.words == (*OH, "she", "zero", "point", "five")
    assert [(x.first, x.last) for x in rest.choices] == [(0, 3), (4, 7)]


def test_an_alignment_shows_what_was_said() -> None:
    labels = ["in", *HUNDRED, "she", "paid", "point", "five"]
    said = TEXT.as_said(labels)
    assert list(said.words) == labels
    assert [said.words[x.first : x.last] for x in said.choices] == [HUNDRED, ("point", "five")]
    assert said.as_said(labels) == said


def test_words_may_be_missing_in_an_alignment() -> None:
    assert TEXT.as_said(["in", "she", "paid", "point", "five"]).words == ("in", *OH, "she", "paid", "point", "five")
    assert TEXT.as_said([]).words == TEXT.words


def test_texts_are_joined() -> None:
    both = joined_texts([TEXT, TEXT])
    assert both.words == TEXT.words * 2
    assert [x.first for x in both.choices] == [1, 6, 10, 15]
    assert TEXT.most_words == len(TEXT.words) + 3  # one thousand nine hundred and five


def test_one_warning_a_kind_with_the_first_places() -> None:
    remarks = [Remark("unread", f"{n}:{n}:{n}", n) for n in range(1, 9)] + [Remark("label", "Anna:", 0)]
    unread, label = remarks_in_words(remarks)
    assert unread.startswith("8 figure(s) can't be read aloud: line 1: '1:1:1'; ")
    assert "'5:5:5' and 3 more. Write them as they are said" in unread
    assert "speakers and are not aligned: 'Anna:'." in label


@pytest.mark.parametrize("ways", [(("a",),), (("a",), ("b", "c"))])
def test_doubtful_readings_are_told_as_they_were_said(ways: tuple[tuple[str, ...], ...]) -> None:
    text = SpokenText(("x", "a"), (Choice(1, 2, ways, "α", 3, is_doubtful=True),))
    assert "line 3: 'α' as \"a\"" in text.warnings()[0]
    if len(ways) > 1:
        assert "line 3: 'α' as \"b c\"" in text.as_said(["x", "b", "c"]).warnings()[0]
