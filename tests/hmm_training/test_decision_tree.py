"""Trees of contexts, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from visalign.hmm_training.decision_tree import ContextStatistics, Growth, Question, Split, grow

# Contexts (left, phone); the frames of phone 7 lie at 0 after 1 and 2, at 10 after 3; those of phone 8 always at 5.
CONTEXTS = np.array([[1, 7], [2, 7], [3, 7], [1, 8], [3, 8]])
FRAMES = {(1, 7): [-1.0, 1.0], (2, 7): [-1.0, 1.0], (3, 7): [9.0, 11.0], (1, 8): [4.0, 6.0], (3, 8): [4.0, 6.0]}
CONTEXT_OF_FRAME = np.array([context for context, values in FRAMES.items() for _ in values])
VALUES = np.array([[value] for values in FRAMES.values() for value in values])
STATISTICS = ContextStatistics.of(CONTEXT_OF_FRAME, VALUES)
ROOTS = np.array([0 if phone == 7 else 1 for _, phone in STATISTICS.contexts.tolist()])
QUESTIONS = [Question(0, frozenset({1})), Question(0, frozenset({1, 2}))]


def likelihood(values: list[float]) -> float:
    variance = float(np.var(values))
    return -0.5 * len(values) * (math.log(2 * math.pi) + 1 + math.log(variance))


def test_statistics_are_sums_by_context() -> None:
    assert STATISTICS.contexts.tolist() == [[1, 7], [1, 8], [2, 7], [3, 7], [3, 8]]
    assert STATISTICS.counts.tolist() == [2.0] * 5
    assert STATISTICS.sums[:, 0].tolist() == [0.0, 10.0, 0.0, 20.0, 10.0]
    assert STATISTICS.squares[:, 0].tolist() == [2.0, 52.0, 2.0, 202.0, 52.0]


def test_the_best_question_is_asked_and_the_useless_ones_are_not() -> None:
    tree = grow(STATISTICS, ROOTS, 2, QUESTIONS, Growth(max_leaves=10))
    assert tree.roots[0] == Split(QUESTIONS[1], 1, 2) or tree.roots[0] == Split(QUESTIONS[1], 0, 1)
    assert tree.n_leaves == 3
    assert len({tree.leaf(0, (1, 7)), tree.leaf(0, (2, 7))}) == 1
    assert len({tree.leaf(0, (1, 7)), tree.leaf(0, (3, 7)), tree.leaf(1, (1, 8))}) == 3
    assert isinstance(tree.roots[1], int)  # phone 8 sounds the same everywhere: no question gains anything


@pytest.mark.parametrize(("offset", "n_leaves"), [(-0.01, 3), (0.01, 2)])
def test_a_split_must_gain_what_is_asked(offset: float, n_leaves: int) -> None:
    low, high = FRAMES[1, 7] + FRAMES[2, 7], FRAMES[3, 7]
    gain = likelihood(low) + likelihood(high) - likelihood(low + high)
    assert gain == pytest.approx(3 * math.log(1 + 2 / 9 * 100))  # pooled variance 1 + p (1 − p) 10²; each alone 1
    tree = grow(STATISTICS, ROOTS, 2, QUESTIONS, Growth(max_leaves=10, least_gain=gain + offset))
    assert tree.n_leaves == n_leaves


def test_each_side_must_have_frames_enough() -> None:
    tree = grow(STATISTICS, ROOTS, 2, QUESTIONS, Growth(max_leaves=10, least_count=3.0))
    assert tree.n_leaves == 2


def test_no_more_leaves_than_wanted_and_the_best_first() -> None:
    # Phone 7 parts by 10, phone 8 by 4: one split must be that of phone 7.
    frames = np.array([[-1.0], [1.0], [9.0], [11.0], [-1.0], [1.0], [3.0], [5.0]])
    contexts = np.array([[c, p] for p in (7, 8) for c in (1, 1, 2, 2)])
    statistics = ContextStatistics.of(contexts, frames)
    roots = np.array([0 if phone == 7 else 1 for _, phone in statistics.contexts.tolist()])
    tree = grow(statistics, roots, 2, QUESTIONS, Growth(max_leaves=3))
    assert tree.leaf(0, (1, 7)) != tree.leaf(0, (2, 7))
    assert tree.leaf(1, (1, 8)) == tree.leaf(1, (2, 8))


def test_leaves_that_differ_little_are_merged_within_their_root() -> None:
    # After 1 at 0, after 2 at 6, after 3 at 0 again: asking for 1, then for 2, leaves two leaves that are alike.
    frames = np.array([[-1.0], [1.0], [5.0], [7.0], [-1.0], [1.0]])
    contexts = np.array([[c, 7] for c in (1, 1, 2, 2, 3, 3)])
    statistics = ContextStatistics.of(contexts, frames)
    questions = [Question(0, frozenset({1})), Question(0, frozenset({2, 9})), Question(0, frozenset({1, 2}))]
    apart = grow(statistics, np.zeros(3, dtype=np.int64), 1, questions[:1] + questions[2:], Growth(max_leaves=9))
    assert apart.n_leaves == 3
    together = grow(
        statistics, np.zeros(3, dtype=np.int64), 1, questions[:1] + questions[2:], Growth(max_leaves=9, merge_loss=0.1)
    )
    assert together.n_leaves == 2
    assert together.leaf(0, (1, 7)) == together.leaf(0, (3, 7)) != together.leaf(0, (2, 7))


def test_a_root_that_was_never_seen_is_a_leaf() -> None:
    tree = grow(STATISTICS, ROOTS, 4, QUESTIONS, Growth(max_leaves=10))
    assert isinstance(tree.roots[2], int)
    assert isinstance(tree.roots[3], int)
    assert len({tree.leaf(2, (1, 9)), tree.leaf(3, (1, 9))}) == 2


def test_the_tree_does_not_depend_on_how_the_statistics_were_added() -> None:
    parts = [ContextStatistics.of(CONTEXT_OF_FRAME[i : i + 2], VALUES[i : i + 2]) for i in range(0, 10, 2)]
    total = parts[3] + parts[1] + parts[4] + parts[0] + parts[2]
    assert total.contexts.tolist() == STATISTICS.contexts.tolist()
    np.testing.assert_array_equal(total.sums, STATISTICS.sums)
    assert grow(total, ROOTS, 2, QUESTIONS, Growth(10)) == grow(STATISTICS, ROOTS, 2, QUESTIONS, Growth(10))
