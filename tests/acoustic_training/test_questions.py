"""What trees ask: how neighbours are made."""

from __future__ import annotations

from visalign.acoustic_training.questions import LEFT, RIGHT, STATE, questions_for
from visalign.acoustic_training.tied_states import NOISES

PHONES = (*NOISES, "m", "n", "a", "ts", "u", "q7")
M, N, A, TS, U, STRANGE = range(3, 9)


def sets(place: int) -> list[frozenset[int]]:
    return [question.values for question in questions_for(PHONES) if question.place == place]


def test_manner_and_place_of_neighbours_are_asked_for() -> None:
    assert frozenset({M, N}) in sets(LEFT)  # nasals
    assert frozenset({A, U}) in sets(RIGHT)  # vowels
    assert frozenset({M}) in sets(RIGHT)


def test_of_a_phone_of_two_targets_the_near_one_counts() -> None:
    # An affricate begins with a closure and ends with friction.
    before, after = sets(LEFT), sets(RIGHT)
    assert frozenset({TS}) in before
    assert any(TS in values and M in values and A not in values for values in after)  # closed at first, like m
    assert not any({TS, STRANGE} <= values for values in before)


def test_a_label_that_says_nothing_is_asked_for_by_name() -> None:
    assert [values for values in sets(LEFT) if STRANGE in values] == [frozenset({STRANGE})]


def test_pauses_and_edges_are_one_question_and_states_are_asked_in_order() -> None:
    assert frozenset({0, 1, 2}) in sets(LEFT)
    assert sets(STATE) == [frozenset({0}), frozenset({0, 1})]


def test_no_question_is_asked_twice() -> None:
    asked = questions_for(PHONES)
    assert len(set(asked)) == len(asked)
