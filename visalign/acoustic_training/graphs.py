"""All ways in which an utterance may be said, laid out once for all rounds of a stage.

The graph of an utterance depends on the tree; what changes from round to round are the chances of its moves, which are
looked up for all arcs at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training.paths import Path
from visalign.acoustic_training.tied_states import SILENCE, TiedStates
from visalign.acoustic_training.utterance import Pronunciations
from visalign.forced_alignment.decoding_graph import DecodingGraph, PhoneHmm, SilenceCosts, Variant, build_graph

__all__ = ["UtteranceGraph", "utterance_graph"]

PAUSE = float(np.log(0.5))
"""Log weight of a pause, and of none, at each edge of a word; MFA's own before it has learnt any."""

COSTS = SilenceCosts(PAUSE, PAUSE, 0.0, 0.0)

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class UtteranceGraph:
    """A graph whose moves have no chances yet.

    Parameters
    ----------
    graph : DecodingGraph
        Its weights are those of words and pauses alone.
    moves : ndarray of int, shape (n_arcs,)
        The move that each arc makes.
    end_moves : ndarray of int, shape (n_states,)
        The move with which the utterance ends in each state; 0 where it can't.
    phones : ndarray of int, shape (n_instances,)
        Number of each instance's phone.
    """

    graph: DecodingGraph
    moves: Integers
    end_moves: Integers
    phones: Integers

    def weighed(self, chances: Doubles) -> DecodingGraph:
        """The graph with the chances of all moves, as a search weighs them."""
        graph = self.graph
        return replace(graph, weights=graph.weights + chances[self.moves], end=graph.end + chances[self.end_moves])

    def path(self, states: Integers) -> Path:
        """The alignment that a path of states stands for."""
        graph = self.graph
        instances = graph.instances[states]
        begins = np.flatnonzero(np.diff(instances, prepend=-1))
        found = instances[begins]
        lengths = np.diff(np.append(begins, len(states)))
        return Path(self.phones[found], graph.words[found], lengths, graph.positions[states])


class _Unweighed:
    """Phones as a graph asks for them, without chances."""

    silence = SILENCE

    def __init__(self, tied: TiedStates) -> None:
        self.tied, self.uses_context = tied, tied.uses_context

    def neighbour(self, phone: str, position: str) -> str:
        return phone

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        number = self.tied.number
        before, own, after = number.get(left, 0), number[phone], number.get(right, 0)
        states = self.tied.topology(own)
        pdfs = tuple(self.tied.pdf(before, own, after, i) for i in range(len(states)))
        return PhoneHmm(pdfs, tuple((i, target, 0.0) for i, state in enumerate(states) for target in state.targets))


def utterance_graph(pronunciations: Sequence[Pronunciations], tied: TiedStates) -> UtteranceGraph:
    """The graph of an utterance of words with these pronunciations."""
    words = [[Variant(way, before_silence=PAUSE, before_speech=PAUSE) for way in ways] for ways in pronunciations]
    graph = build_graph(words, _Unweighed(tied), COSTS)
    phones = np.array([tied.number[phone] for phone in graph.phones], dtype=np.int64)
    own, pdfs = phones[graph.instances], graph.pdf_ids[graph.pdfs]
    n_states = np.array([len(tied.topology(number)) for number in phones.tolist()])
    inside = graph.instances[graph.sources] == graph.instances[graph.targets]
    targets = np.where(inside, graph.positions[graph.targets], n_states[graph.instances[graph.sources]])
    # A state that no arc leads to has one from itself that is never taken.
    real = np.isfinite(graph.weights)
    moves = np.zeros(len(targets), dtype=np.int64)
    at = graph.sources[real]
    moves[real] = tied.moves(own[at], graph.positions[at], pdfs[at], targets[real])
    ends = np.flatnonzero(np.isfinite(graph.end))
    end_moves = np.zeros(graph.n_states, dtype=np.int64)
    end_moves[ends] = tied.moves(own[ends], graph.positions[ends], pdfs[ends], n_states[graph.instances[ends]])
    return UtteranceGraph(graph, moves, end_moves, phones)
