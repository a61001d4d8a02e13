"""Trees that say which contexts share a distribution, grown by likelihood from the sums of their frames.

Method
------
A *context* is a tuple of numbers, such as the phone before, the phone itself, the phone after, and the state in it. All
frames of a context count as one diagonal Gaussian; a set of contexts has the log-likelihood

    L = −½ n Σ over dimensions (log 2π + 1 + log variance)

of its pooled frames. A *question* asks whether one number of the context is in a set. From each root, the leaf and the
question whose answer gains most likelihood are split, the best of all leaves first, until there are as many leaves as
wanted, or the gain is too small [1]_. At last leaves of one root are merged again whose union loses little.

Conventions
-----------
Leaves count from 0: those of the first root first, then in the order in which they were split.

References
----------
.. [1] S. Young, J. Odell and P. Woodland, Tree-based state tying for high accuracy acoustic modelling, HLT 1994.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["ContextStatistics", "ContextTree", "Growth", "Node", "Question", "Split", "grow"]

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Question:
    """Whether number `place` of a context is one of `values`."""

    place: int
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class Split:
    """An inner node."""

    question: Question
    yes: Node
    no: Node


Node: TypeAlias = "int | Split"
"""A leaf's number, or a split."""


@dataclass(frozen=True, slots=True, eq=False)
class ContextStatistics:
    """Sums of the frames of each context.

    Parameters
    ----------
    contexts : ndarray of int, shape (n_contexts, n_places)
        Each once, in any order.
    counts : ndarray of float64, shape (n_contexts,)
    sums, squares : ndarray of float64, shape (n_contexts, n_dimensions)
    """

    contexts: Integers
    counts: Doubles
    sums: Doubles
    squares: Doubles

    @classmethod
    def of(cls, contexts: Integers, frames: npt.NDArray[np.floating]) -> ContextStatistics:
        """From the context of each frame, shape (n_frames, n_places), and the frames."""
        unique, rows = np.unique(contexts, axis=0, return_inverse=True)
        return cls._summed(unique, rows.reshape(-1), np.ones(len(frames)), frames.astype(np.float64), frames**2)

    @classmethod
    def _summed(
        cls, contexts: Integers, rows: Integers, counts: Doubles, sums: Doubles, squares: npt.NDArray[np.floating]
    ) -> ContextStatistics:
        total = np.zeros((len(contexts), 1 + 2 * sums.shape[1]))
        np.add.at(total, rows, np.concatenate([counts[:, None], sums, squares], axis=1))
        n = sums.shape[1]
        return cls(contexts, total[:, 0], total[:, 1 : 1 + n], total[:, 1 + n :])

    def __add__(self, other: ContextStatistics) -> ContextStatistics:
        both = np.concatenate([self.contexts, other.contexts])
        unique, rows = np.unique(both, axis=0, return_inverse=True)
        counts, sums, squares = (
            np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("counts", "sums", "squares")
        )
        return self._summed(unique, rows.reshape(-1), counts, sums, squares)


@dataclass(frozen=True, slots=True)
class Growth:
    """When a tree stops growing.

    Parameters
    ----------
    max_leaves : int
        Of all roots together.
    least_gain : float
        Log-likelihood that a split must bring.
    least_count : float
        Frames that each side of a split must have.
    merge_loss : float or None
        Leaves of one root whose union loses less are merged. None: less than the last split brought.
    least_variance : float
        Of pooled frames, in each dimension.
    """

    max_leaves: int
    least_gain: float = 0.0
    least_count: float = 0.0
    merge_loss: float | None = 0.0
    least_variance: float = 0.01


@dataclass(frozen=True, slots=True)
class ContextTree:
    """Roots and their leaves."""

    roots: tuple[Node, ...]
    n_leaves: int

    def leaf(self, root: int, context: Sequence[int]) -> int:
        """The leaf of a context, from its root down."""
        node = self.roots[root]
        while isinstance(node, Split):
            node = node.yes if context[node.question.place] in node.question.values else node.no
        return node


def grow(
    statistics: ContextStatistics, roots: Integers, n_roots: int, questions: Sequence[Question], growth: Growth
) -> ContextTree:
    """The tree that fits the statistics.

    Parameters
    ----------
    statistics : ContextStatistics
    roots : ndarray of int, shape (n_contexts,)
        The root of each context. A root without any is a leaf; a root given as −1: the context is not looked at.
    n_roots : int
    questions : sequence of Question
    growth : Growth
    """
    return _Grower(statistics, questions, growth).grow(roots, n_roots)


class _Leaf:
    """A growing leaf: its contexts, their sum, and the best split."""

    __slots__ = ("gain", "question", "root", "rows", "total", "yes")

    def __init__(self, root: int, rows: Integers, total: Doubles) -> None:
        self.root, self.rows, self.total = root, rows, total
        self.gain, self.question, self.yes = -np.inf, -1, np.zeros(len(rows), dtype=bool)


class _Grower:
    def __init__(self, statistics: ContextStatistics, questions: Sequence[Question], growth: Growth) -> None:
        order = np.lexsort(statistics.contexts.T[::-1])  # sums do not depend on the order of the contexts
        self.contexts = statistics.contexts[order]
        self.order, self.growth, self.questions = order, growth, questions
        table = np.concatenate([statistics.counts[:, None], statistics.sums, statistics.squares], axis=1)
        self.table = table[order]
        answers = [np.isin(self.contexts[:, q.place], np.array(sorted(q.values))) for q in questions]
        self.answers: Bools = np.array(answers, dtype=bool).reshape(len(questions), len(order))
        self.last_gain = 0.0

    def grow(self, roots: Integers, n_roots: int) -> ContextTree:
        of_root = roots[self.order]
        leaves = [self._leaf(root, np.flatnonzero(of_root == root)) for root in range(n_roots)]
        queue = [(-leaf.gain, number) for number, leaf in enumerate(leaves) if leaf.gain > -np.inf]
        heapq.heapify(queue)
        splits = dict[int, tuple[Question, int, int]]()
        n_leaves = n_roots
        while queue and n_leaves < self.growth.max_leaves:
            gain, number = heapq.heappop(queue)
            self.last_gain, leaf = -gain, leaves[number]
            for rows in (leaf.rows[leaf.yes], leaf.rows[~leaf.yes]):
                leaves.append(self._leaf(leaf.root, rows))
                if leaves[-1].gain > -np.inf:
                    heapq.heappush(queue, (-leaves[-1].gain, len(leaves) - 1))
            splits[number] = (self.questions[leaf.question], len(leaves) - 2, len(leaves) - 1)
            n_leaves += 1
        return self._tree(leaves, splits, n_roots)

    def _leaf(self, root: int, rows: Integers) -> _Leaf:
        leaf = _Leaf(root, rows, self.table[rows].sum(axis=0))
        if len(rows) < 2 or not len(self.questions):
            return leaf
        answers = self.answers[:, rows]
        yes = answers.astype(np.float64) @ self.table[rows]
        no = leaf.total - yes
        gains = self._likelihood(yes) + self._likelihood(no) - self._likelihood(leaf.total[None])
        divides = answers.any(axis=1) & ~answers.all(axis=1)
        enough = np.minimum(yes[:, 0], no[:, 0]) >= max(self.growth.least_count, 1e-9)
        gains[~(divides & enough)] = -np.inf
        best = int(gains.argmax())
        if gains[best] > self.growth.least_gain:
            leaf.gain, leaf.question, leaf.yes = float(gains[best]), best, answers[best]
        return leaf

    def _likelihood(self, rows: Doubles) -> Doubles:
        n = (rows.shape[1] - 1) // 2
        counts = np.maximum(rows[:, :1], 1e-300)
        means = rows[:, 1 : 1 + n] / counts
        variances = np.maximum(rows[:, 1 + n :] / counts - means**2, self.growth.least_variance)
        return np.asarray(-0.5 * rows[:, 0] * (n * (1.0 + np.log(2.0 * np.pi)) + np.log(variances).sum(axis=1)))

    def _tree(self, leaves: list[_Leaf], splits: dict[int, tuple[Question, int, int]], n_roots: int) -> ContextTree:
        final = [number for number in range(len(leaves)) if number not in splits]
        merged = self._merged(leaves, final)
        numbers = {name: i for i, name in enumerate(dict.fromkeys(merged[number] for number in final))}

        def node(number: int) -> Node:
            if number not in splits:
                return numbers[merged[number]]
            question, yes, no = splits[number]
            first, second = node(yes), node(no)
            return first if first == second else Split(question, first, second)

        return ContextTree(tuple(node(root) for root in range(n_roots)), len(numbers))

    def _merged(self, leaves: list[_Leaf], final: list[int]) -> dict[int, int]:
        """Of each final leaf the one that it became part of, perhaps itself."""
        loss = self.last_gain if self.growth.merge_loss is None else self.growth.merge_loss
        into = {number: number for number in final}
        if loss <= 0.0:
            return into
        by_root: dict[int, list[int]] = {}
        for number in final:
            by_root.setdefault(leaves[number].root, []).append(number)
        for group in by_root.values():
            totals = {number: leaves[number].total for number in group}
            while len(totals) > 1:
                cost, kept, gone = min(self._costs(totals))
                if cost >= loss:
                    break
                totals[kept] = totals[kept] + totals.pop(gone)
                into |= {number: kept for number in group if into[number] == gone}
        return into

    def _costs(self, totals: dict[int, Doubles]) -> list[tuple[float, int, int]]:
        names = sorted(totals)
        rows = np.stack([totals[name] for name in names])
        alone = self._likelihood(rows)
        first, second = np.triu_indices(len(names), 1)
        costs = alone[first] + alone[second] - self._likelihood(rows[first] + rows[second])
        pairs = zip(costs.tolist(), first.tolist(), second.tolist(), strict=True)
        return [(cost, names[a], names[b]) for cost, a, b in pairs]
