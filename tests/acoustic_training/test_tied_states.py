"""States tied by a tree, and the chances of their moves, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.acoustic_training.tied_states import NOISES, TiedStates
from visalign.forced_alignment.kaldi_model import read_model, read_tree
from visalign.forced_alignment.kaldi_writing import format_model, format_tree
from visalign.hmm_training.decision_tree import ContextTree, Question, Split
from visalign.hmm_training.mixtures import Mixtures

PHONES = (*NOISES, "a", "b")
# Phone a (number 3): after b its own pdf; else its middle state has one, and its edges share one. Phone b: one for all.
A = Split(Question(0, frozenset({4})), 10, Split(Question(3, frozenset({1})), 11, 12))
TIED = TiedStates(PHONES, ContextTree((*range(10), A, 13), 14), uses_context=True)


def test_monophones_have_a_distribution_for_each_state() -> None:
    tied = TiedStates.monophones(PHONES)
    assert tied.n_pdfs == 2 * 5 + 2 * 3
    assert [tied.pdf(0, 3, 4, state) for state in range(3)] == [10, 11, 12]
    assert [tied.pdf(3, 1, 4, state) for state in range(5)] == [0, 1, 2, 3, 4]


def test_the_tree_says_which_distribution_a_context_has() -> None:
    assert [TIED.pdf(4, 3, 0, state) for state in range(3)] == [10, 10, 10]
    assert [TIED.pdf(1, 3, 4, state) for state in range(3)] == [12, 11, 12]
    assert TIED.pdf(3, 4, 3, 1) == 13


def test_triples_are_all_that_can_be_reached_and_sorted() -> None:
    rows = [row for row in TIED.triples.tolist() if row[0] > 2]
    assert rows == [
        [3, 0, 10],
        [3, 0, 12],
        [3, 1, 10],
        [3, 1, 11],
        [3, 2, 10],
        [3, 2, 12],
        *([4, i, 13] for i in range(3)),
    ]


def test_moves_are_numbered_as_kaldi_numbers_transitions() -> None:
    n_noise = 2 * (4 * 4 + 2)
    columns = [np.array(x) for x in ([3, 3, 3, 1], [0, 0, 1, 4], [10, 12, 11, 4], [1, 3, 2, 4])]
    # State 0 of a: moves to 1, 2, 3 with pdf 10, then with pdf 12; of state 1 to 1 and 2. The last of silence: to 4, 5.
    assert TIED.moves(*columns).tolist() == [n_noise, n_noise + 5, n_noise + 6 + 2 + 1, 16]


def test_chances_are_shares_of_moves_within_bounds() -> None:
    chances = TIED.starting_chances()
    first = int(TIED.first_moves[TIED.triples.tolist().index([3, 0, 10])])
    np.testing.assert_allclose(np.exp(chances[first : first + 3]), 1 / 3, rtol=1e-6)
    counts = np.zeros(len(chances))
    counts[first : first + 3] = [60.0, 40.0, 0.0]
    learnt = np.exp(TIED.learnt_chances(chances, counts))[first : first + 3]
    np.testing.assert_allclose(learnt, [0.594, 0.396, 0.01], rtol=0, atol=2e-3)
    assert learnt.sum() == pytest.approx(1.0, abs=1e-3)


def test_a_triple_that_is_rarely_heard_keeps_its_chances() -> None:
    chances, counts = TIED.starting_chances(), np.zeros(int(TIED.first_moves[-1]))
    counts[:4] = [4.0, 0.0, 0.0, 0.9]
    assert np.array_equal(TIED.learnt_chances(chances, counts), chances)


def test_searches_count_staying_for_a_tenth() -> None:
    tied = TiedStates.monophones(PHONES)
    chances = tied.starting_chances()
    first = int(tied.first_moves[tied.triples.tolist().index([3, 1, 11])])
    weights = tied.search_weights(chances)[first : first + 2]
    assert weights == pytest.approx([0.1 * np.log(0.5), 0.1 * np.log(0.5)], abs=1e-6)


def test_a_new_tree_takes_over_the_chances_of_each_state() -> None:
    before = TiedStates.monophones(PHONES)
    counts = np.zeros(int(before.first_moves[-1]))
    first = int(before.first_moves[before.triples.tolist().index([3, 1, 11])])
    counts[first : first + 2] = [75.0, 25.0]
    carried = TIED.carried_over(before, before.learnt_chances(before.starting_chances(), counts))
    for pdf in (10, 11):
        at = int(TIED.first_moves[TIED.triples.tolist().index([3, 1, pdf])])
        np.testing.assert_allclose(np.exp(carried[at : at + 2]), [0.75, 0.25], rtol=1e-5)


def test_what_kaldi_reads_ties_the_same_states() -> None:
    tree = read_tree(format_tree(TIED.kaldi_tree()), "tree")
    for left in range(5):
        for phone in range(1, 5):
            for state in range(len(TIED.topology(phone))):
                assert tree.pdf((left, phone, 0), state) == TIED.pdf(left, phone, 0, state)
    mixtures = Mixtures.alike(np.zeros(2), np.ones(2), 14).evaluated()
    model = read_model(format_model(TIED.kaldi_model(TIED.starting_chances(), mixtures)), "final.mdl")
    assert [list(key) for key in model.transitions] == TIED.triples.tolist()
    ids = [move.id for moves in model.transitions.values() for move in moves]
    assert ids == list(range(1, int(TIED.first_moves[-1]) + 1))
