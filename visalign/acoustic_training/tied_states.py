"""Which states share a distribution, and the chances of going from one to another: Kaldi's tree and transitions.

Conventions
-----------
Phones are numbered from 1, noises first: silence is 1. A *context* is the number of the phone before (0: none), of the
phone itself and of the one after, and the state in it. Noises have a distribution for each state, whatever their
neighbours. A *triple* is a phone, a state and a distribution that it may have; a *move* is a way out of a triple.
Triples are sorted, and moves follow each other triple by triple, as Kaldi numbers its transition ids.

The topology is that of the Montreal Forced Aligner 3: a phone lasts a frame at least, noises three.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.kaldi_model import PDF_CLASS, KaldiModel, State, Transition
from visalign.forced_alignment.kaldi_model import ContextTree as KaldiTree
from visalign.forced_alignment.mfa_archive import rescaled
from visalign.hmm_training.decision_tree import ContextTree, Node, Split
from visalign.hmm_training.gaussians import DiagonalMixtures

__all__ = ["NOISES", "N_NOISE_STATES", "N_STATES", "SILENCE", "TiedStates"]

SILENCE, NOISES = "sil", ("sil", "spn")

N_NOISE_STATES, N_STATES = 5, 3

_INNER = (1, 2, 3, 4)
NOISE = (State(0, (0, 1, 2, 3)), *(State(i, _INNER) for i in (1, 2, 3)), State(4, (4, 5)))
SPEECH = (State(0, (1, 2, 3)), State(1, (1, 2)), State(2, (3,)))
"""States of noises and of phones. Only the middle state of a phone may be stayed in."""

STAYING = 0.75
"""In the last state of a noise, before anything is learnt."""

LEAST_CHANCE, LEAST_COUNT = 0.01, 5.0
"""No move becomes less likely than this; with fewer frames a triple keeps its chances. Kaldi's own numbers."""

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class TiedStates:
    """States of all phones, tied by a tree.

    Parameters
    ----------
    phones : tuple of str
        `NOISES`, then the others; their numbers count from 1.
    tree : ContextTree
        A root for each state of a noise; for the other phones a root for each, or for each state without context.
    uses_context : bool
    """

    def __init__(self, phones: tuple[str, ...], tree: ContextTree, *, uses_context: bool) -> None:
        self.phones, self.tree, self.uses_context = phones, tree, uses_context
        self.number = {phone: i for i, phone in enumerate(phones, start=1)}
        self.n_pdfs = tree.n_leaves
        self._pdfs: dict[tuple[int, int, int, int], int] = {}

    @classmethod
    def monophones(cls, phones: tuple[str, ...]) -> TiedStates:
        """A distribution for each state of each phone."""
        n = len(NOISES) * N_NOISE_STATES + (len(phones) - len(NOISES)) * N_STATES
        return cls(phones, ContextTree(tuple(range(n)), n), uses_context=False)

    @staticmethod
    def root(phone: int, state: int, *, uses_context: bool) -> int:
        """The root from which a state's distribution is found."""
        if phone <= len(NOISES):
            return (phone - 1) * N_NOISE_STATES + state
        beyond = phone - 1 - len(NOISES)
        return len(NOISES) * N_NOISE_STATES + (beyond if uses_context else beyond * N_STATES + state)

    @staticmethod
    def topology(phone: int) -> tuple[State, ...]:
        """The states of a phone."""
        return NOISE if phone <= len(NOISES) else SPEECH

    def pdf(self, left: int, phone: int, right: int, state: int) -> int:
        """The distribution of a state in a context."""
        key = (left, phone, right, state)
        found = self._pdfs.get(key)
        if found is None:
            found = self.tree.leaf(self.root(phone, state, uses_context=self.uses_context), key)
            self._pdfs[key] = found
        return found

    @cached_property
    def triples(self) -> Integers:
        """All triples, sorted; shape (n_triples, 3)."""
        rows = [
            (phone, state, pdf)
            for phone in range(1, len(self.phones) + 1)
            for state in range(len(self.topology(phone)))
            for pdf in sorted(self._reachable(phone, state))
        ]
        return np.array(rows, dtype=np.int64)

    def _reachable(self, phone: int, state: int) -> set[int]:
        def leaves(node: Node) -> Iterator[int]:
            if isinstance(node, int):
                yield node
                return
            known = {1: phone, 3: state}.get(node.question.place)
            if known is None or known in node.question.values:
                yield from leaves(node.yes)
            if known is None or known not in node.question.values:
                yield from leaves(node.no)

        return set(leaves(self.tree.roots[self.root(phone, state, uses_context=self.uses_context)]))

    @cached_property
    def first_moves(self) -> Integers:
        """Where the moves of each triple begin, with an end; shape (n_triples + 1,)."""
        return np.concatenate([[0], np.cumsum([len(self._targets(row)) for row in self.triples.tolist()])])

    def _targets(self, triple: list[int]) -> tuple[int, ...]:
        return self.topology(triple[0])[triple[1]].targets

    @cached_property
    def _move_at(self) -> Mapping[tuple[int, int, int, int], int]:
        firsts = self.first_moves.tolist()
        return {
            (*row, target): first + i
            for row, first in zip(self.triples.tolist(), firsts, strict=False)
            for i, target in enumerate(self._targets(row))
        }

    def moves(self, phones: Integers, states: Integers, pdfs: Integers, targets: Integers) -> Integers:
        """The move from each state to the state `targets` of the same phone, or beyond its last one."""
        rows = np.stack([phones, states, pdfs, targets], axis=1)
        unique, inverse = np.unique(rows, axis=0, return_inverse=True)
        found = np.array([self._move_at[tuple(row)] for row in unique.tolist()], dtype=np.int64)
        return np.asarray(found[inverse.reshape(-1)])

    def starting_chances(self) -> Doubles:
        """Log chances of all moves before anything is learnt."""
        chances: list[float] = []
        for row in self.triples.tolist():
            targets = self._targets(row)
            is_last_of_noise = row[0] <= len(NOISES) and row[1] == N_NOISE_STATES - 1
            chances += [STAYING, 1.0 - STAYING] if is_last_of_noise else [1.0 / len(targets)] * len(targets)
        return _as_written(np.log(np.array(chances)))

    def learnt_chances(self, chances: Doubles, counts: Doubles) -> Doubles:
        """Log chances from how often each move was made; triples that are too rare keep theirs."""
        learnt = chances.copy()
        for begin, end in zip(self.first_moves[:-1].tolist(), self.first_moves[1:].tolist(), strict=True):
            total = counts[begin:end].sum()
            if total < LEAST_COUNT or end - begin < 2:
                continue
            shares = counts[begin:end] / total
            for _ in range(3):  # bounded and brought to a sum of one in turns, as Kaldi does it
                shares = np.maximum(shares / shares.sum(), LEAST_CHANCE)
            learnt[begin:end] = np.log(shares)
        return _as_written(learnt)

    def carried_over(self, before: TiedStates, chances: Doubles) -> Doubles:
        """Chances for these states from those of others with the same phones: the mean over the triples of a state."""
        of_state: dict[tuple[int, int], list[Doubles]] = {}
        for (phone, state, _), begin, end in zip(
            before.triples.tolist(), before.first_moves[:-1].tolist(), before.first_moves[1:].tolist(), strict=True
        ):
            of_state.setdefault((phone, state), []).append(np.exp(chances[begin:end]))
        rows = [np.mean(of_state[phone, state], axis=0) for phone, state, _ in self.triples.tolist()]
        return _as_written(np.log(np.concatenate(rows)))

    def search_weights(self, chances: Doubles) -> Doubles:
        """Log chances as a search weighs them."""
        weights: list[float] = []
        firsts = self.first_moves.tolist()
        for row, begin in zip(self.triples.tolist(), firsts, strict=False):
            arcs = [(row[1], target, float(chances[begin + i])) for i, target in enumerate(self._targets(row))]
            weights += [weight for _, _, weight in rescaled(arcs)]
        return np.array(weights)

    # --- in Kaldi's form ---

    def kaldi_tree(self) -> KaldiTree:
        """The tree as Kaldi has it."""
        rows: list[object] = [None]
        for phone in range(1, len(self.phones) + 1):
            roots = [self.root(phone, i, uses_context=self.uses_context) for i in range(len(self.topology(phone)))]
            nodes = [_event_map(self.tree.roots[root]) for root in roots]
            rows.append(nodes[0] if len(set(roots)) == 1 else ("TE", PDF_CLASS, tuple(nodes)))
        width, position = (3, 1) if self.uses_context else (1, 0)
        return KaldiTree(width, position, ("TE", position, tuple(rows)))

    def kaldi_model(self, chances: Doubles, mixtures: DiagonalMixtures) -> KaldiModel:
        """Topology, transitions and mixtures as Kaldi has them."""
        topology = {phone: self.topology(phone) for phone in range(1, len(self.phones) + 1)}
        values = chances.astype(np.float32).tolist()
        moves: dict[tuple[int, int, int], tuple[Transition, ...]] = {}
        for row, first in zip(self.triples.tolist(), self.first_moves.tolist(), strict=False):
            phone, state, pdf = row
            moves[phone, state, pdf] = tuple(
                Transition(target, values[first + i], first + i + 1) for i, target in enumerate(self._targets(row))
            )
        return KaldiModel(topology, moves, mixtures)


def _as_written(chances: Doubles) -> Doubles:
    """Chances in the precision in which a model is written, so that a training and its model search alike."""
    return chances.astype(np.float32).astype(np.float64)


def _event_map(node: Node) -> object:
    if isinstance(node, Split):
        place = PDF_CLASS if node.question.place == 3 else node.question.place
        return ("SE", place, node.question.values, _event_map(node.yes), _event_map(node.no))
    return ("CE", node)
