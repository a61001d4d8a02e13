"""Errors of what was read, counted by hand."""

from __future__ import annotations

import pytest

from visalign.language.lexicon import parse_lexicon
from visalign.lip_reading.error_rates import ErrorCount, chance, count_errors, viseme_forms
from visalign.lip_reading.grammar import read_grammar


def test_errors_by_hand() -> None:
    assert count_errors(["a", "b", "c"], ["a", "x", "c", "d"]) == ErrorCount(3, 1, 0, 1)
    assert count_errors(["a", "b"], []) == ErrorCount(2, 0, 2, 0)
    assert count_errors([], ["a"]) == ErrorCount(0, 0, 0, 1)
    assert ErrorCount().rate is None
    # labels of visemes may hold anything
    assert count_errors(["a b", "c"], ["a", "b", "c"]).n_errors == 2


def test_chance_of_grid_is_what_the_slots_say() -> None:
    grammar = read_grammar("grid")
    by_hand = 1 - (4 / 4 + 1 / 25 + 1 / 10) / 6
    rate = chance([["bin", "blue", "at", "f", "two", "now"]] * 5, grammar).rate
    assert rate == pytest.approx(by_hand, abs=0.02)


def test_forms_of_a_sentence() -> None:
    lexicon = parse_lexicon("a AH\na EY\nb B IY\n")
    assert viseme_forms(["a", "b"], None, lexicon=lexicon) == [("AH", "B", "IY"), ("EY", "B", "IY")]
    assert len(viseme_forms(["a"] * 12, None, lexicon=lexicon)) == 64
