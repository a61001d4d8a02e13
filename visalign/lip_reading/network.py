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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lip_reading.grammar import WordGraph

__all__ = ["Chain", "Network", "Step", "spans"]

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


def spans(way: Sequence[Step]) -> list[tuple[Chain, int, int]]:
    """The chains of a way, each with its frames [first, last)."""
    firsts = [k for k, step in enumerate(way) if step.position == 0]
    return [(way[a].chain, way[a].first, way[b - 1].last) for a, b in zip(firsts, [*firsts[1:], len(way)], strict=True)]


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
        self.chains = tuple(chains)
        lengths = [len(chain.units) for chain in chains]
        self._unit: Indices = np.array([unit for chain in chains for unit in chain.units], np.int64)
        self._chain: Indices = np.repeat(np.arange(len(chains)), lengths)
        ends = np.cumsum(lengths)
        self._first: Indices = np.asarray(ends - lengths, np.int64)
        self._last: Indices = np.asarray(ends - 1, np.int64)
        self._stay = log_stay[self._unit]
        self._leave = np.log(-np.expm1(self._stay))
        self._entry = np.array([chain.start for chain in chains], np.int64)
        self._weight = np.array([chain.log_weight for chain in chains])
        self._exit = np.array([chain.end for chain in chains], np.int64)
        self._n_nodes, self.final = graph.n_nodes, graph.final
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
        nodes = self._begun()
        for t, (stays, nodes, winners) in enumerate(self._tokens(emissions)):  # noqa: B007 - those of the last frame count
            stayed[t], winner[t] = stays, winners
        return self._traced(stayed, winner), float(nodes[self.final])

    def best_scores(self, emissions: Floats) -> Floats:
        """Score of the best way to each node in the first t frames, shape (n_frames + 1, n_nodes); pauses included.

        Parameters
        ----------
        emissions : ndarray, shape (n_frames, n_units)
            Log-likelihoods.
        """
        return np.array([self._begun(), *(nodes for _, nodes, _ in self._tokens(emissions))])

    def _begun(self) -> Floats:
        """Score at each node before the first frame."""
        return self._closed(np.where(np.arange(self._n_nodes) == 0, 0.0, -np.inf), None)[0]

    def _tokens(self, emissions: Floats) -> Iterator[tuple[npt.NDArray[np.bool_], Floats, Indices]]:
        """Tokens passed frame by frame: which states are stayed in, the score at each node, the state it comes from."""
        score, nodes = np.full(len(self._unit), -np.inf), self._begun()
        for row in emissions:
            entered = np.roll(score + self._leave, 1)
            entered[self._first] = nodes[self._entry] + self._weight
            stay = score + self._stay
            stayed = stay >= entered
            score = np.where(stayed, stay, entered) + row[self._unit]
            nodes, winner = self._leaving(score)
            yield stayed, nodes, winner

    def ways_into(self, node: int) -> tuple[Indices, Indices]:
        """Numbers of the pauses and of the words that end in a node."""
        here = np.flatnonzero(self._exit == node)
        silent = np.array([self.chains[k].word is None for k in here], bool)
        return here[silent], here[~silent]

    def silent_sources(self, node: int) -> list[tuple[int, float]]:
        """Nodes from which a node is reached without a word, itself among them, with the weights."""
        source, target, weight = self._silent
        here = target == node
        return list(zip(source[here].tolist(), weight[here].tolist(), strict=True))

    def paused(self, node: int, emissions: Floats, ends: Floats) -> Floats:
        """Score of what begins in a node, where any number of pauses may come first, shape (n_frames + 1,)."""
        pauses, _ = self.ways_into(node)
        scores = self.chain_scores(pauses, emissions, ends, again=True)
        return np.asarray(np.maximum(ends, scores.max(axis=0, initial=-np.inf)))

    def chain_scores(self, numbers: Indices, emissions: Floats, ends: Floats, *, again: bool = False) -> Floats:
        """Score of each of some chains and of what comes after it, by where the chain begins.

        Parameters
        ----------
        numbers : ndarray of int, shape (n_chosen,)
            The chains.
        emissions : ndarray, shape (n_frames, n_units)
            Log-likelihoods.
        ends : ndarray, shape (n_frames + 1,)
            Score of what comes after them, by the frame with which it begins.
        again : bool
            Whether one of them may come after them as well, as a pause after a pause.

        Returns
        -------
        ndarray, shape (n_chosen, n_frames + 1)
        """
        if not len(numbers):
            return np.empty((0, len(ends)))
        states = np.concatenate([np.arange(self._first[k], self._last[k] + 1) for k in numbers])
        lasts = np.cumsum(self._last[numbers] - self._first[numbers] + 1) - 1
        firsts = np.concatenate([[0], lasts[:-1] + 1])
        stay, leave = self._stay[states], self._leave[states]
        shown = emissions[:, self._unit[states]]
        found = np.full((len(numbers), len(ends)), -np.inf)
        score, weight = np.full(len(states), -np.inf), self._weight[numbers]
        for t in range(len(emissions) - 1, -1, -1):
            after = np.roll(score, -1)
            after[lasts] = max(ends[t + 1], found[:, t + 1].max()) if again else ends[t + 1]
            score = shown[t] + np.maximum(stay + score, leave + after)
            found[:, t] = weight + score[firsts]
        return found

    def posteriors(self, emissions: Floats) -> Floats:
        """Probability of each chain at each frame, over all ways to the end, shape (n_frames, n_chains).

        Parameters
        ----------
        emissions : ndarray, shape (n_frames, n_units)
            Log-likelihoods.
        """
        likely = np.exp(emissions - emissions.max(axis=1, keepdims=True, initial=-np.inf))[:, self._unit]
        stay, leave, weight = np.exp(self._stay), np.exp(self._leave), np.exp(self._weight)
        forward, backward = np.empty_like(likely), np.empty_like(likely)
        nodes = self._reached(np.eye(self._n_nodes)[0])
        state = np.zeros(len(self._unit))
        for t, row in enumerate(likely):
            entered = np.roll(state * leave, 1)
            entered[self._first] = nodes[self._entry] * weight
            state = row * (state * stay + entered)
            total = state.sum()
            state = forward[t] = state / (total if total > 0 else 1.0)
            left = np.bincount(self._exit, state[self._last] * leave[self._last], self._n_nodes)
            nodes = self._reached(np.asarray(left, np.float64))
        ends = np.eye(self._n_nodes)[self.final]
        state = np.zeros(len(self._unit))
        for t in range(len(likely) - 1, -1, -1):
            following = np.roll(state, -1)
            following[self._last] = self._leading(ends)[self._exit]
            state = state * stay + leave * following
            backward[t] = state / max(state.max(), np.finfo(np.float64).tiny)
            state = likely[t] * backward[t]
            ends = np.bincount(self._entry, state[self._first] * weight, self._n_nodes)
        both = forward * backward
        both /= np.maximum(both.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        return np.asarray(np.add.reduceat(both, self._first, axis=1))

    def _reached(self, nodes: Floats) -> Floats:
        source, target, weight = self._silent
        return np.asarray(np.bincount(target, nodes[source] * np.exp(weight), self._n_nodes), np.float64)

    def _leading(self, nodes: Floats) -> Floats:
        source, target, weight = self._silent
        return np.asarray(np.bincount(source, nodes[target] * np.exp(weight), self._n_nodes), np.float64)

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
        state = int(winner[-1, self.final]) if last else -1
        way = list[Step]()
        firsts = set(self._first.tolist())
        for t in range(len(stayed) - 1, -1, -1):
            if state < 0:
                return []
            if stayed[t, state]:
                continue
            chain = int(self._chain[state])
            way.append(Step(self.chains[chain], state - int(self._first[chain]), t, last))
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
