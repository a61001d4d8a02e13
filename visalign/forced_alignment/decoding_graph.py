"""All ways in which a transcript may be spoken, as one network of HMM states.

Method
------
Words follow each other, each in any of its pronunciations, with an optional silence before, between and after them,
and where that is asked for with a *filler*: speech, or anything else, that the words do not account for.
That network of phones is laid out once; where the acoustic model knows a phone by its neighbours, a phone at the edge
of a word is laid out once for each pair of neighbours that it may have. Each phone then becomes its HMM states. There
are no empty transitions, so that a search is one step a frame.

Conventions
-----------
Log probabilities, natural. A state's number grows with its word, so that states alive at one time lie together. An arc
that leaves a phone carries what the lexicon says about the next one (its pronunciation, the silence).

References
----------
.. [1] M. Mohri, F. Pereira and M. Riley, Weighted finite-state transducers in speech recognition, Computer Speech and
   Language 16 (2002): the composition of lexicon, context and HMMs that is done here by hand for a linear grammar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "FILLER",
    "DecodingGraph",
    "PhoneHmm",
    "PhoneModels",
    "SilenceCosts",
    "Variant",
    "build_graph",
    "chain_graph",
]

FILLER = "F"
"""The position of a filler; its phone is that of silence, so that its neighbours are those of a pause."""

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhoneHmm:
    """The HMM of one phone between two others; it begins in state 0.

    Parameters
    ----------
    pdfs : tuple of int
        The output distribution of each emitting state.
    arcs : tuple of (int, int, float)
        From a state to a state with a log probability; the state after the last one is the way out.
    """

    pdfs: tuple[int, ...]
    arcs: tuple[tuple[int, int, float], ...]


class PhoneModels(Protocol):
    """What a graph asks an acoustic model."""

    silence: str
    uses_context: bool

    def neighbour(self, phone: str, position: str) -> str:
        """How a phone is known to those beside it: by its name, or by that and its place in its own word."""
        ...

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        """The HMM of `phone` between two others, as `neighbour` names them (``""`` beyond the edges of the utterance).

        `position` in the word is one of ``B``, ``I``, ``E``, ``S`` (single), empty for silence, and `FILLER`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Variant:
    """A pronunciation, with log weights: of itself, of what stands before it and of what follows it.

    Parameters
    ----------
    phones : tuple of str
    weight : float
    after_silence, after_speech : float
        Added where silence, or a phone, precedes.
    before_silence, before_speech : float
        Added where silence, or a phone, follows.
    """

    phones: tuple[str, ...]
    weight: float = 0.0
    after_silence: float = 0.0
    after_speech: float = 0.0
    before_silence: float = 0.0
    before_speech: float = 0.0


@dataclass(frozen=True, slots=True)
class SilenceCosts:
    """Log weights at the edges of the utterance: beginning with silence or without, ending after one or without."""

    begin_silence: float = 0.0
    begin_speech: float = 0.0
    end_silence: float = 0.0
    end_speech: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class DecodingGraph:
    """States and arcs.

    Parameters
    ----------
    phones : tuple of str
        The phone of each instance: a phone in its place and between its neighbours.
    words : ndarray of int, shape (n_instances,)
        The word of each instance; −1 for silence.
    instances, pdfs, positions : ndarray of int, shape (n_states,)
        Of each state: its instance, its output distribution (an index into `pdf_ids`), its place in the phone.
    pdf_ids : ndarray of int, shape (n_pdfs,)
        The distributions that occur, in the model's numbering.
    sources, targets : ndarray of int, shape (n_arcs,)
        Sorted by target. Each state has at least one arc that leads to it.
    weights : ndarray of float64, shape (n_arcs,)
    first_arcs : ndarray of int, shape (n_states,)
        Where the arcs to each state begin.
    start, end : ndarray of float64, shape (n_states,)
        Log weight of beginning and of ending in a state; −inf where impossible.
    """

    phones: tuple[str, ...]
    words: Integers
    instances: Integers
    pdfs: Integers
    positions: Integers
    pdf_ids: Integers
    sources: Integers
    targets: Integers
    weights: Floats
    first_arcs: Integers
    start: Floats
    end: Floats

    @property
    def n_states(self) -> int:
        """States."""
        return len(self.pdfs)


@dataclass(slots=True)
class _Node:
    """A phone in its place in the network, before its neighbours are known."""

    phone: str
    word: int
    position: str


@dataclass(slots=True)
class _Network:
    nodes: list[_Node]
    arcs: list[tuple[int, int, float]]
    start: dict[int, float]
    end: dict[int, float]


def build_graph(
    words: Sequence[Sequence[Variant]],
    models: PhoneModels,
    silence: SilenceCosts = SilenceCosts(),
    *,
    filler: float | None = None,
) -> DecodingGraph:
    """The graph of a transcript.

    Parameters
    ----------
    words : sequence of sequences of Variant
        The pronunciations of each word, in order; at least one word.
    models : PhoneModels
        The acoustic model.
    silence : SilenceCosts
    filler : float, optional
        Log weight of a filler before, between or after the words; without it there is none.
    """
    return _Expansion(_network(words, models.silence, silence, filler), models).graph()


def chain_graph(phones: Sequence[tuple[str, int, PhoneHmm]]) -> DecodingGraph:
    """The graph of one sequence of phones: of each its name, its word (−1 for silence) and its HMM."""
    n = len(phones)
    builder = _Builder([(phone, word, hmm) for phone, word, hmm in phones])
    return builder.graph([(i, i + 1, 0.0) for i in range(n - 1)], {0: 0.0}, {n - 1: 0.0})


def _network(
    words: Sequence[Sequence[Variant]], silence_phone: str, silence: SilenceCosts, filler: float | None
) -> _Network:
    net = _Network([], [], {}, {})
    gap = _add_gap(net, silence_phone, filler)
    net.start |= dict(zip(gap.ways_in, (silence.begin_silence, silence.begin_silence + (filler or 0.0)), strict=False))
    speech_ends: list[tuple[int, float]] = []
    for index, variants in enumerate(words):
        chains = [_add_word(net, variant, index) for variant in variants]
        for variant, (first, _) in zip(variants, chains, strict=True):
            entry = variant.weight + variant.after_speech
            net.arcs += ((node, first, variant.weight + variant.after_silence) for node in gap.ways_out)
            net.arcs += ((node, first, cost + entry) for node, cost in speech_ends)
            if index == 0:
                net.start[first] = silence.begin_speech + entry
        gap = _add_gap(net, silence_phone, filler)
        speech_ends = []
        for variant, (_, last) in zip(variants, chains, strict=True):
            costs = (variant.before_silence, variant.before_silence + (filler or 0.0))
            net.arcs += ((last, node, cost) for node, cost in zip(gap.ways_in, costs, strict=False))
            speech_ends.append((last, variant.before_speech))
    net.end |= dict.fromkeys(gap.ways_out, silence.end_silence)
    net.end |= {node: cost + silence.end_speech for node, cost in speech_ends}
    return net


@dataclass(frozen=True, slots=True)
class _Gap:
    """What may stand between two words: the nodes by which it is entered (a pause, a filler), and those it ends in."""

    ways_in: tuple[int, ...]
    ways_out: tuple[int, ...]


def _add_gap(net: _Network, silence_phone: str, filler: float | None) -> _Gap:
    """A pause; with a filler also a filler, or a pause, a filler and a pause."""
    pause = _add(net, silence_phone, -1, "")
    if filler is None:
        return _Gap((pause,), (pause,))
    stretch, after = _add(net, silence_phone, -1, FILLER), _add(net, silence_phone, -1, "")
    net.arcs += ((pause, stretch, filler), (stretch, after, 0.0))
    return _Gap((pause, stretch), (pause, stretch, after))


def _add(net: _Network, phone: str, word: int, position: str) -> int:
    net.nodes.append(_Node(phone, word, position))
    return len(net.nodes) - 1


def _add_word(net: _Network, variant: Variant, word: int) -> tuple[int, int]:
    """The first and the last node of a new chain of the variant's phones."""
    n = len(variant.phones)
    positions = "S" if n == 1 else "B" + "I" * (n - 2) + "E"
    nodes = [_add(net, phone, word, position) for phone, position in zip(variant.phones, positions, strict=True)]
    net.arcs += ((a, b, 0.0) for a, b in pairwise(nodes))
    return nodes[0], nodes[-1]


class _Expansion:
    """Nodes with their neighbours: from the network to instances."""

    def __init__(self, net: _Network, models: PhoneModels) -> None:
        self.net, self.models = net, models
        self.known_as = [models.neighbour(node.phone, node.position) for node in net.nodes]
        lefts: list[set[str]] = [set() for _ in net.nodes]
        rights: list[set[str]] = [set() for _ in net.nodes]
        for a, b, _ in net.arcs:
            rights[a].add(self.known_as[b])
            lefts[b].add(self.known_as[a])
        for node in net.start:
            lefts[node].add("")
        for node in net.end:
            rights[node].add("")
        if not models.uses_context:
            lefts = rights = [{""} for _ in net.nodes]
        self.copies: list[tuple[int, str, str]] = [
            (node, left, right)
            for node in range(len(net.nodes))
            for left, right in product(sorted(lefts[node]), sorted(rights[node]))
        ]

    def graph(self) -> DecodingGraph:
        nodes = self.net.nodes
        hmm = self.models.phone_hmm
        builder = _Builder(
            [
                (nodes[i].phone, nodes[i].word, hmm(left, nodes[i].phone, right, nodes[i].position))
                for i, left, right in self.copies
            ]
        )
        of_node: list[list[int]] = [[] for _ in nodes]
        for copy, (node, _, _) in enumerate(self.copies):
            of_node[node].append(copy)
        arcs = [
            (a, b, weight)
            for source, target, weight in self.net.arcs
            for a in of_node[source]
            for b in of_node[target]
            if self._meet(a, b)
        ]
        context = self.models.uses_context
        start = {
            copy: self.net.start[node]
            for copy, (node, left, _) in enumerate(self.copies)
            if node in self.net.start and not (context and left)
        }
        end = {
            copy: self.net.end[node]
            for copy, (node, _, right) in enumerate(self.copies)
            if node in self.net.end and not (context and right)
        }
        return builder.graph(arcs, start, end)

    def _meet(self, a: int, b: int) -> bool:
        """True if copy `a` expects the phone of `b` to follow and `b` that of `a` to precede."""
        if not self.models.uses_context:
            return True
        (source, _, right), (target, left, _) = self.copies[a], self.copies[b]
        return right == self.known_as[target] and left == self.known_as[source]


class _Builder:
    """Instances become states."""

    def __init__(self, instances: Sequence[tuple[str, int, PhoneHmm]]) -> None:
        self.instances = instances
        counts = [len(hmm.pdfs) for _, _, hmm in instances]
        self.first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def graph(
        self, links: Sequence[tuple[int, int, float]], start: dict[int, float], end: dict[int, float]
    ) -> DecodingGraph:
        arcs, exits = self._inner_arcs()
        for a, b, weight in links:
            target = int(self.first[b])
            arcs += ((state, target, weight + leaving) for state, leaving in exits[a])
        n_states = int(self.first[-1])
        begin, finish = np.full(n_states, -np.inf), np.full(n_states, -np.inf)
        for i, weight in start.items():
            begin[self.first[i]] = weight
        for i, weight in end.items():
            for state, leaving in exits[i]:
                finish[state] = max(finish[state], weight + leaving)
        # A search takes the best over the arcs to each state: a state without any gets one that is never taken.
        lonely = set(range(n_states)).difference(target for _, target, _ in arcs)
        arcs += ((state, state, -np.inf) for state in lonely)
        return self._arrays(arcs, begin, finish)

    def _inner_arcs(self) -> tuple[list[tuple[int, int, float]], list[list[tuple[int, float]]]]:
        arcs: list[tuple[int, int, float]] = []
        exits: list[list[tuple[int, float]]] = []
        for (_, _, hmm), first in zip(self.instances, self.first.tolist(), strict=False):
            out = len(hmm.pdfs)
            arcs += ((first + a, first + b, weight) for a, b, weight in hmm.arcs if b < out)
            exits.append([(first + a, weight) for a, b, weight in hmm.arcs if b == out])
        return arcs, exits

    def _arrays(self, arcs: list[tuple[int, int, float]], start: Floats, end: Floats) -> DecodingGraph:
        n_states = len(start)
        sources, targets = (np.array([arc[k] for arc in arcs], dtype=np.int64) for k in (0, 1))
        order = np.lexsort((sources, targets))
        weights = np.array([arc[2] for arc in arcs])[order]
        counts = np.diff(self.first)
        states = np.array([pdf for _, _, hmm in self.instances for pdf in hmm.pdfs], dtype=np.int64)
        pdf_ids, pdfs = np.unique(states, return_inverse=True)
        instances = np.repeat(np.arange(len(counts)), counts)
        return DecodingGraph(
            phones=tuple(phone for phone, _, _ in self.instances),
            words=np.array([word for _, word, _ in self.instances], dtype=np.int64),
            instances=instances,
            pdfs=pdfs,
            positions=np.arange(n_states) - self.first[instances],
            pdf_ids=pdf_ids,
            sources=sources[order],
            targets=targets[order],
            weights=weights,
            first_arcs=np.searchsorted(targets[order], np.arange(n_states)),
            start=start,
            end=end,
        )
