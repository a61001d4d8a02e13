"""The best path through a decoding graph, and how sure each of its boundaries is.

Method
------
Viterbi, with ``a(t, j)`` the log score of the best path that is in state ``j`` at frame ``t``:

    a(0, j) = start(j) + s · L(0, j),
    a(t, j) = max over arcs i → j of (a(t − 1, i) + w(i, j)) + s · L(t, j),

``L`` the acoustic log-likelihoods and ``s`` their scale. Exact unless a beam is given: then states that fall behind
the best by more than the beam are given up, and only the stretch of states that holds the others is looked at, so
that a long recording costs no more a second than a short one. Only scores are kept, and the path is found backwards
by asking again which arc was the best; what all living paths share is settled as the search goes on.

Forward–backward along the phones of the best path gives, for each boundary, the probability of every frame.

References
----------
.. [1] L. Rabiner, A tutorial on hidden Markov models and selected applications in speech recognition, Proc. IEEE 77
   (1989).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.decoding_graph import DecodingGraph

__all__ = ["BestPath", "BlockScores", "NoPath", "best_path", "boundary_posteriors"]

BLOCK = 256
"""Frames that `BlockScores` holds at a time."""

SETTLE = 2048
"""Frames after which a search with a beam looks how far back its paths agree, and forgets the scores before."""

LOOK_AHEAD = 200
"""States beyond the living ones whose scores are computed along with theirs."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class NoPath(Exception):
    """No path through the graph has as many frames as the audio."""


@dataclass(frozen=True, slots=True, eq=False)
class BestPath:
    """States of the best path, shape (n_frames,), and its log score."""

    states: Integers
    score: float


class BlockScores:
    """Scores that are computed as a search comes to them, for the states it looks at only.

    Parameters
    ----------
    graph : DecodingGraph
    n_frames : int
    compute : callable
        From the first frame, the frame after the last, and pdf ids to scores, shape (n_frames, n_pdfs).
    """

    def __init__(
        self, graph: DecodingGraph, n_frames: int, compute: Callable[[int, int, Integers], npt.NDArray[np.floating]]
    ) -> None:
        self.graph, self.n_frames, self.compute = graph, n_frames, compute
        self.first = -BLOCK
        self.low = self.high = 0
        self.block: npt.NDArray[np.floating] = np.zeros((0, 0))
        self.columns = np.zeros(0, dtype=np.int64)

    def row(self, frame: int, low: int, high: int) -> npt.NDArray[np.floating]:
        """Scores of the states `low` to `high` at `frame`."""
        graph = self.graph
        if not (self.first <= frame < self.first + BLOCK and self.low <= low and high <= self.high):
            self.first = frame - frame % BLOCK
            self.low, self.high = low, min(graph.n_states, high + LOOK_AHEAD)
            pdfs, self.columns = np.unique(graph.pdfs[self.low : self.high], return_inverse=True)
            self.block = self.compute(self.first, min(self.n_frames, self.first + BLOCK), graph.pdf_ids[pdfs])
        return np.asarray(self.block[frame - self.first][self.columns[low - self.low : high - self.low]])


def best_path(
    graph: DecodingGraph, scores: npt.NDArray[np.floating] | BlockScores, beam: float | None = None
) -> BestPath:
    """The best path.

    Parameters
    ----------
    graph : DecodingGraph
    scores : ndarray of float, shape (n_frames, n_pdfs), or BlockScores
        Scaled log-likelihoods, in the order of ``graph.pdf_ids``.
    beam : float, optional
        How far a state may fall behind the best one. None: exact.

    Raises
    ------
    NoPath
        If no path fits, or the beam lost all of them.
    """
    search, trellis = _Search(graph, scores), _Trellis(graph)
    n_frames = scores.n_frames if isinstance(scores, BlockScores) else len(scores)
    for frame in range(n_frames):
        trellis.add(search.step(frame, beam), search.low)
        if beam is not None and frame % SETTLE == SETTLE - 1:
            trellis.settle()
    last = search.alive + graph.end[search.low : search.high]
    best = int(np.argmax(last)) if len(last) else 0
    if not len(last) or last[best] == -np.inf:
        raise NoPath
    return BestPath(trellis.path(best + search.low), float(last[best]))


class _Search:
    """One frame after the other."""

    def __init__(self, graph: DecodingGraph, scores: npt.NDArray[np.floating] | BlockScores) -> None:
        self.graph, self.scores = graph, scores
        self.low, self.high = 0, graph.n_states
        self.alive = graph.start
        # The furthest state that an arc from this state, or an earlier one, leads to, and the nearest one from this
        # state or a later one; where the arcs of a state end.
        reach = np.zeros(graph.n_states, dtype=np.int64)
        np.maximum.at(reach, graph.sources, graph.targets)
        self.reach = np.maximum.accumulate(reach) + 1
        nearest = np.full(graph.n_states, graph.n_states, dtype=np.int64)
        np.minimum.at(nearest, graph.sources, graph.targets)
        self.nearest = np.minimum.accumulate(nearest[::-1])[::-1]
        self.arcs = np.append(graph.first_arcs, len(graph.sources))

    def step(self, frame: int, beam: float | None) -> npt.NDArray[np.floating]:
        """Scores of the states from `low` to `high` after one more frame, up to a constant of the frame."""
        if frame:
            self._advance(beam is not None)
        elif beam is not None:
            self._prune(np.inf)  # leaves the states in which an utterance may begin
        self.alive = self.alive + self._emissions(frame)
        if beam is None:
            return self.alive
        self._prune(beam)
        return np.asarray(self.alive - self.alive.max(), dtype=np.float32)

    def _emissions(self, frame: int) -> npt.NDArray[np.floating]:
        if isinstance(self.scores, BlockScores):
            return self.scores.row(frame, self.low, self.high)
        return np.asarray(self.scores[frame][self.graph.pdfs[self.low : self.high]])

    def _advance(self, windowed: bool) -> None:
        graph = self.graph
        low, high, alive, shift = 0, graph.n_states, self.alive, 0
        if windowed:
            low, high = int(self.nearest[self.low]), int(self.reach[self.high - 1])
            # Arcs into the window may come from states that were given up, before the window or behind it.
            arcs = slice(self.arcs[low], self.arcs[high])
            first = min(low, int(graph.sources[arcs].min()), self.low)
            last = max(high, int(graph.sources[arcs].max()) + 1, self.high)
            alive, shift = np.full(last - first, -np.inf), first
            alive[self.low - first : self.high - first] = self.alive
        arcs = slice(self.arcs[low], self.arcs[high])
        candidates = alive[graph.sources[arcs] - shift] + graph.weights[arcs]
        self.alive = np.maximum.reduceat(candidates, graph.first_arcs[low:high] - self.arcs[low])
        self.low, self.high = low, high

    def _prune(self, beam: float) -> None:
        best = self.alive.max(initial=-np.inf)
        if best == -np.inf:
            raise NoPath
        kept = (self.alive >= best - beam) & (self.alive > -np.inf)
        inside = np.flatnonzero(kept)
        first, last = int(inside[0]), int(inside[-1]) + 1
        self.alive = np.where(kept, self.alive, -np.inf)[first:last]
        self.low, self.high = self.low + first, self.low + last


class _Trellis:
    """Scores of the frames so far, from which the path is found backwards."""

    def __init__(self, graph: DecodingGraph) -> None:
        self.graph = graph
        self.settled: list[Integers] = []
        self.rows: list[npt.NDArray[np.floating]] = []
        self.firsts: list[int] = []
        self.bounds = np.append(graph.first_arcs, len(graph.sources)).tolist()

    def add(self, row: npt.NDArray[np.floating], first: int) -> None:
        """One more frame: the scores of the states from `first` on."""
        self.rows.append(row)
        self.firsts.append(first)

    def path(self, state: int) -> Integers:
        """States of all frames, up to `state` at the last one."""
        return np.concatenate([*self.settled, self._back(len(self.rows) - 1, state)])

    def settle(self) -> None:
        """Keep of the frames over which all living paths agree only the path."""
        alive = set((np.flatnonzero(self.rows[-1] > -np.inf) + self.firsts[-1]).tolist())
        frame = len(self.rows) - 1
        while len(alive) > 1 and frame > 0:
            alive = {self._before(frame, state) for state in alive}
            frame -= 1
        if len(alive) == 1 and frame > 0:
            # The frame itself stays, since the next ones look back at its scores.
            self.settled.append(self._back(frame, alive.pop())[:-1])
            del self.rows[:frame], self.firsts[:frame]

    def _back(self, frame: int, state: int) -> Integers:
        states = np.empty(frame + 1, dtype=np.int64)
        states[frame] = state
        for at in range(frame, 0, -1):
            state = self._before(at, state)
            states[at - 1] = state
        return states

    def _before(self, frame: int, state: int) -> int:
        """The state from which the best path comes to `state` at `frame`."""
        begin, end = self.bounds[state], self.bounds[state + 1]
        row, first = self.rows[frame - 1], self.firsts[frame - 1]
        at = self.graph.sources[begin:end] - first
        inside = (at >= 0) & (at < len(row))
        values = np.where(inside, row[np.where(inside, at, 0)] + self.graph.weights[begin:end], -np.inf)
        return int(self.graph.sources[begin + int(np.argmax(values))])


def boundary_posteriors(graph: DecodingGraph, scores: npt.NDArray[np.floating], bonus: Floats | None = None) -> Floats:
    """For a chain of phones, the probability that each begins at each frame.

    Parameters
    ----------
    graph : DecodingGraph
        From :func:`~visalign.forced_alignment.decoding_graph.chain_graph`.
    scores : ndarray of float, shape (n_frames, n_pdfs)
        Scaled log-likelihoods.
    bonus : ndarray of float64, shape (n_frames,), optional
        Log weight of a phone's beginning at each frame.

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
    crossing = graph.instances[graph.sources] != graph.instances[graph.targets]
    extra = np.zeros(len(scores)) if bonus is None else bonus
    arcs = _Arcs(graph.sources, graph.targets, graph.weights, crossing * 1.0)
    forward = arcs.sums(graph.start, emissions, extra)
    back = arcs.reversed()
    backward = back.sums(graph.end, emissions[::-1], np.append(0.0, extra[:0:-1]))[::-1] - emissions
    total = np.logaddexp.reduce(forward[-1] + graph.end)
    if total == -np.inf:
        raise NoPath
    sources, targets = graph.sources[crossing], graph.targets[crossing]
    flow = forward[:-1, sources] + graph.weights[crossing] + emissions[1:, targets] + backward[1:, targets]
    posterior = np.zeros((len(graph.phones) - 1, len(scores)))
    np.add.at(posterior[:, 1:], graph.instances[targets] - 1, np.exp(flow + extra[1:, None] - total).T)
    return posterior


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """Arcs in any order; `crossing` is 1 where an arc leads to another phone."""

    sources: Integers
    targets: Integers
    weights: Floats
    crossing: Floats

    def reversed(self) -> _Arcs:
        """The same arcs from their ends to their beginnings."""
        return _Arcs(self.targets, self.sources, self.weights, self.crossing)

    def sums(self, start: Floats, emissions: Floats, bonus: Floats) -> Floats:
        """Log of the summed probability of all ways to each state at each frame, shape (n_frames, n_states)."""
        order = np.argsort(self.targets, kind="stable")
        sources, weights, crossing = self.sources[order], self.weights[order], self.crossing[order]
        leading = np.flatnonzero(np.diff(self.targets[order], prepend=-1))
        reached = self.targets[order][leading]
        total = np.full_like(emissions, -np.inf)
        total[0] = start + emissions[0]
        for frame in range(1, len(emissions)):
            ways = total[frame - 1][sources] + weights + bonus[frame] * crossing
            total[frame, reached] = np.logaddexp.reduceat(ways, leading)
            total[frame] += emissions[frame]
        return total
