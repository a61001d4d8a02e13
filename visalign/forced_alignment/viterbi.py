"""The best path through a decoding graph, and how sure each of its boundaries is.

Method
------
Viterbi, with ``a(t, j)`` the log score of the best path that is in state ``j`` at frame ``t``:

    a(0, j) = start(j) + s · L(0, j),
    a(t, j) = max over arcs i → j of (a(t − 1, i) + w(i, j)) + s · L(t, j),

``L`` the acoustic log-likelihoods and ``s`` their scale. Exact unless a beam is given: then states that fall behind
the best by more than the beam are given up, and only the stretch of states that holds the others is looked at, so
that a long recording costs no more a second than a short one. Only scores are kept, and the path is found backwards
by asking again which arc was the best.

Forward–backward along the phones of the best path gives, for each boundary, the probability of every frame.

References
----------
.. [1] L. Rabiner, A tutorial on hidden Markov models and selected applications in speech recognition, Proc. IEEE 77
   (1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.decoding_graph import DecodingGraph

__all__ = ["BestPath", "NoPath", "best_path", "boundary_posteriors"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class NoPath(Exception):
    """No path through the graph has as many frames as the audio."""


@dataclass(frozen=True, slots=True, eq=False)
class BestPath:
    """States of the best path, shape (n_frames,), and its log score."""

    states: Integers
    score: float


def best_path(graph: DecodingGraph, scores: npt.NDArray[np.floating], beam: float | None = None) -> BestPath:
    """The best path.

    Parameters
    ----------
    graph : DecodingGraph
    scores : ndarray of float, shape (n_frames, n_pdfs)
        Scaled log-likelihoods, in the order of ``graph.pdf_ids``.
    beam : float, optional
        How far a state may fall behind the best one. None: exact.

    Raises
    ------
    NoPath
        If no path fits, or the beam lost all of them.
    """
    rows: list[Floats] = []
    firsts: list[int] = []
    search = _Search(graph)
    for frame, row in enumerate(scores):
        alive, first = search.step(row.astype(np.float64), frame, beam)
        rows.append(alive)
        firsts.append(first)
    last = rows[-1] + graph.end[firsts[-1] : firsts[-1] + len(rows[-1])]
    best = int(np.argmax(last)) if len(last) else 0
    if not len(last) or last[best] == -np.inf:
        raise NoPath
    return BestPath(_backwards(graph, rows, firsts, best + firsts[-1]), float(last[best]))


class _Search:
    """One frame after the other."""

    def __init__(self, graph: DecodingGraph) -> None:
        self.graph = graph
        self.low, self.high = 0, graph.n_states
        self.alive = graph.start
        # The furthest state that an arc from this state, or an earlier one, leads to; where the arcs of a state end.
        reach = np.zeros(graph.n_states, dtype=np.int64)
        np.maximum.at(reach, graph.sources, graph.targets)
        self.reach = np.maximum.accumulate(reach) + 1
        self.arcs = np.append(graph.first_arcs, len(graph.sources))
        back = np.full(graph.n_states, graph.n_states, dtype=np.int64)
        np.minimum.at(back, graph.sources, graph.targets)
        self.back = np.minimum.accumulate(back[::-1])[::-1]

    def step(self, row: Floats, frame: int, beam: float | None) -> tuple[Floats, int]:
        """Scores of the states from the second value on, after one more frame."""
        graph = self.graph
        if frame:
            self._advance(beam is not None)
        self.alive = self.alive + row[graph.pdfs[self.low : self.high]]
        if beam is not None:
            self._prune(beam)
        return self.alive, self.low

    def _advance(self, windowed: bool) -> None:
        graph = self.graph
        low, high, alive = 0, graph.n_states, self.alive
        if windowed:
            low, high = int(self.back[self.low]), int(self.reach[self.high - 1])
            alive = np.full(graph.n_states + 1, -np.inf)
            alive[self.low : self.high] = self.alive
        arcs = slice(self.arcs[low], self.arcs[high])
        candidates = alive[graph.sources[arcs]] + graph.weights[arcs]
        self.alive = np.maximum.reduceat(candidates, graph.first_arcs[low:high] - self.arcs[low])
        self.low, self.high = low, high

    def _prune(self, beam: float) -> None:
        best = self.alive.max(initial=-np.inf)
        if best == -np.inf:
            raise NoPath
        kept = self.alive >= best - beam
        inside = np.flatnonzero(kept)
        first, last = int(inside[0]), int(inside[-1]) + 1
        self.alive = np.where(kept, self.alive, -np.inf)[first:last]
        self.low, self.high = self.low + first, self.low + last


def _backwards(graph: DecodingGraph, rows: list[Floats], firsts: list[int], state: int) -> Integers:
    states = np.empty(len(rows), dtype=np.int64)
    states[-1] = state
    bounds = np.append(graph.first_arcs, len(graph.sources)).tolist()
    sources, weights = graph.sources, graph.weights
    for frame in range(len(rows) - 2, -1, -1):
        arcs = slice(bounds[state], bounds[state + 1])
        row, first = rows[frame], firsts[frame]
        at = sources[arcs] - first
        inside = (at >= 0) & (at < len(row))
        values = np.where(inside, row[np.where(inside, at, 0)] + weights[arcs], -np.inf)
        state = int(sources[bounds[state] + int(np.argmax(values))])
        states[frame] = state
    return states


def boundary_posteriors(graph: DecodingGraph, scores: npt.NDArray[np.floating]) -> Floats:
    """For a chain of phones, the probability that each begins at each frame.

    Parameters
    ----------
    graph : DecodingGraph
        From :func:`~visalign.forced_alignment.decoding_graph.chain_graph`.
    scores : ndarray of float, shape (n_frames, n_pdfs)
        Scaled log-likelihoods.

    Returns
    -------
    ndarray of float64, shape (n_phones − 1, n_frames)
        Row ``k``, column ``t``: the chance that phone ``k + 1`` begins at frame ``t``. Rows add up to 1.

    Raises
    ------
    NoPath
        If the chain does not fit into the frames.
    """
    emissions = scores.astype(np.float64)[:, graph.pdfs]
    forward = _sums(graph.start, emissions, graph.sources, graph.weights, graph.first_arcs)
    order = np.lexsort((graph.targets, graph.sources))
    # Backwards, each arc is taken from its target to its source. The last state has no arc to another one than the end.
    sources = graph.sources[order]
    leading = np.flatnonzero(np.diff(sources, prepend=-1))
    has_arcs = sources[leading]
    backward = np.full_like(emissions, -np.inf)
    backward[-1] = graph.end
    for frame in range(len(emissions) - 2, -1, -1):
        ahead = emissions[frame + 1] + backward[frame + 1]
        backward[frame, has_arcs] = np.logaddexp.reduceat(ahead[graph.targets[order]] + graph.weights[order], leading)
    crossing = np.flatnonzero(graph.instances[graph.sources] != graph.instances[graph.targets])
    sources, targets = graph.sources[crossing], graph.targets[crossing]
    flow = forward[:-1, sources] + graph.weights[crossing] + emissions[1:, targets] + backward[1:, targets]
    total = np.logaddexp.reduce(forward[-1] + graph.end)
    if total == -np.inf:
        raise NoPath
    posterior = np.zeros((len(graph.phones) - 1, len(scores)))
    np.add.at(posterior[:, 1:], graph.instances[targets] - 1, np.exp(flow - total).T)
    return posterior


def _sums(start: Floats, emissions: Floats, sources: Integers, weights: Floats, first_arcs: Integers) -> Floats:
    """Log of the summed probability of all ways to each state at each frame, shape (n_frames, n_states)."""
    total = np.empty_like(emissions)
    total[0] = start + emissions[0]
    for frame in range(1, len(emissions)):
        total[frame] = np.logaddexp.reduceat(total[frame - 1][sources] + weights, first_arcs) + emissions[frame]
    return total
