"""The states of a grammar's words, and the best way through them.

Method
------
Each step of a grammar becomes, for each pronunciation of its word, a chain of states, one a phone; a state is stayed
in or left towards the next. Pauses may lie between words. The best way is found by passing tokens [1]_, that is by
Viterbi's algorithm with the grammar's nodes between the chains:

.. math::

   \\delta_t(s) = b_t(s) + \\max\\{\\delta_{t-1}(s) + a_s,\\; \\delta_{t-1}(s - 1) + \\bar a_{s-1},\\;
   \\nu_{t-1}(n_s) + w_s\\}

with the last term for the first state of a chain alone, which is entered from the node :math:`n_s`;
:math:`\\nu_t(n)` is the best :math:`\\delta_t(s) + \\bar a_s` of the chains that end in n, or in a node from which n is
reached in silence.

References
----------
.. [1] S. J. Young, N. H. Russell and J. H. S. Thornton, Token passing: a simple conceptual model for connected speech
   recognition systems, Cambridge University, CUED/F-INFENG/TR.38, 1989.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lip_reading.grammar import WordGraph

__all__ = ["Chain", "Network", "Step"]

Floats: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chain:
    """A word, or a pause, as it stands between two nodes.

    Parameters
    ----------
    start, end : int
        Nodes.
    word : str or None
        None for a pause.
    units : tuple of int
        Columns of the emissions, one a state.
    log_weight : float
        What entering it costs.
    """

    start: int
    end: int
    word: str | None
    units: tuple[int, ...]
    log_weight: float


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the best way: the chain, which of its states, and the frames [first, last)."""

    chain: Chain
    position: int
    first: int
    last: int


class Network:
    """The states of all chains, ready for decoding.

    Parameters
    ----------
    chains : sequence of Chain
    graph : WordGraph
        Its silent arcs join the chains.
    log_stay : ndarray, shape (n_units,)
        Logarithm of the probability to stay in a state of each unit for another frame.
    """

    def __init__(self, chains: Sequence[Chain], graph: WordGraph, log_stay: Floats) -> None:
        self._chains = tuple(chains)
        lengths = [len(chain.units) for chain in chains]
        self._unit: Indices = np.array([unit for chain in chains for unit in chain.units], np.int64)
        self._chain: Indices = np.repeat(np.arange(len(chains)), lengths)
        ends = np.cumsum(lengths)
        self._first, self._last = ends - lengths, ends - 1
        self._stay = log_stay[self._unit]
        self._leave = np.log(-np.expm1(self._stay))
        self._entry = np.array([chain.start for chain in chains], np.int64)
        self._weight = np.array([chain.log_weight for chain in chains])
        self._exit = np.array([chain.end for chain in chains], np.int64)
        self._n_nodes, self._final = graph.n_nodes, graph.final
        self._silent = _silent_ways(graph)

    def best_way(self, emissions: Floats) -> tuple[list[Step], float]:
        """The most probable way to the end of the grammar in exactly all frames.

        Parameters
        ----------
        emissions : ndarray, shape (n_frames, n_units)
            Log-likelihoods.

        Returns
        -------
        way : list of Step
            Empty if no sentence fits into so few frames.
        score : float
            Its log-probability; -inf without a way.
        """
        n_frames = len(emissions)
        stayed = np.zeros((n_frames, len(self._unit)), bool)
        winner = np.full((n_frames, self._n_nodes), -1, np.int64)
        score = np.full(len(self._unit), -np.inf)
        nodes, _ = self._closed(np.where(np.arange(self._n_nodes) == 0, 0.0, -np.inf), None)
        for t in range(n_frames):
            entered = np.roll(score + self._leave, 1)
            entered[self._first] = nodes[self._entry] + self._weight
            stay = score + self._stay
            stayed[t] = stay >= entered
            score = np.where(stayed[t], stay, entered) + emissions[t, self._unit]
            nodes, winner[t] = self._leaving(score)
        return self._traced(stayed, winner), float(nodes[self._final])

    def _leaving(self, score: Floats) -> tuple[Floats, Indices]:
        """Best score at each node after this frame, and the state that it comes from."""
        out = score[self._last] + self._leave[self._last]
        order = np.argsort(out, kind="stable")
        nodes, states = np.full(self._n_nodes, -np.inf), np.full(self._n_nodes, -1, np.int64)
        nodes[self._exit[order]], states[self._exit[order]] = out[order], self._last[order]  # the best is written last
        return self._closed(nodes, states)

    def _closed(self, nodes: Floats, states: Indices | None) -> tuple[Floats, Indices]:
        source, target, weight = self._silent
        value = nodes[source] + weight
        order = np.argsort(value, kind="stable")
        closed, origin = np.full(self._n_nodes, -np.inf), np.full(self._n_nodes, -1, np.int64)
        closed[target[order]] = value[order]
        if states is not None:
            origin[target[order]] = states[source[order]]
        return closed, origin

    def _traced(self, stayed: npt.NDArray[np.bool_], winner: Indices) -> list[Step]:
        last = len(stayed)
        state = int(winner[-1, self._final]) if last else -1
        way = list[Step]()
        firsts = set(self._first.tolist())
        for t in range(len(stayed) - 1, -1, -1):
            if state < 0:
                return []
            if stayed[t, state]:
                continue
            chain = int(self._chain[state])
            way.append(Step(self._chains[chain], state - int(self._first[chain]), t, last))
            last = t
            if state not in firsts:
                state -= 1
            elif t:
                state = int(winner[t - 1, self._entry[chain]])
        return way[::-1]


def _silent_ways(graph: WordGraph) -> tuple[Indices, Indices, Floats]:
    """All pairs of nodes of which the second is reached from the first without a word, with the best weight."""
    leaving: dict[int, list[tuple[int, float]]] = {}
    for arc in graph.arcs:
        if arc.word is None:
            leaving.setdefault(arc.start, []).append((arc.end, -arc.log_weight))
    rows = [(a, b, -cost) for a in range(graph.n_nodes) for b, cost in _cheapest(a, leaving)]
    source, target, weight = zip(*rows, strict=True)
    return np.array(source, np.int64), np.array(target, np.int64), np.array(weight)


def _cheapest(start: int, leaving: dict[int, list[tuple[int, float]]]) -> Iterable[tuple[int, float]]:
    # Dijkstra: weights are logarithms of probabilities, so costs are not negative
    found: dict[int, float] = {}
    waiting = [(0.0, start)]
    while waiting:
        cost, node = heapq.heappop(waiting)
        if cost < found.get(node, math.inf):
            found[node] = cost
            for following, more in leaving.get(node, ()):
                heapq.heappush(waiting, (cost + more, following))
    return found.items()
