"""The best paths through many utterances at once.

Method
------
Viterbi, exact, as in :mod:`visalign.forced_alignment.viterbi`; but the graphs of a batch are one graph in pieces, so
that a step of all of them costs little more than a step of one. What an utterance's path is does not depend on what is
searched beside it. Recordings longer than `EXACT_SECONDS` are searched one by one, with beams that widen.

How far the path falls behind the best state at its worst frame is kept: a search with a beam narrower than that would
have lost it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.decoding_graph import DecodingGraph
from visalign.forced_alignment.viterbi import NoPath, best_path

__all__ = ["FoundPath", "best_paths"]

EXACT_FRAMES = 2500
"""Frames up to which an utterance is searched exactly, in a batch."""

BEAMS = (80.0, 320.0, 1280.0)
"""Of longer ones, in scaled nats; the next where one loses all paths."""

Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class FoundPath:
    """States of the best path, its score, and by how much it falls behind the best state at its worst frame."""

    states: Integers
    score: float
    behind: float


def best_paths(graphs: Sequence[DecodingGraph], scores: Sequence[Scores]) -> list[FoundPath | None]:
    """The best path of each utterance; None where none is as long as its frames.

    Parameters
    ----------
    graphs : sequence of DecodingGraph
    scores : sequence of ndarray, shape (n_frames, n_pdfs)
        Scaled log-likelihoods of each utterance, in the order of its ``graph.pdf_ids``.
    """
    found: list[FoundPath | None] = [None] * len(graphs)
    short = [i for i, rows in enumerate(scores) if 0 < len(rows) <= EXACT_FRAMES]
    if short:
        batch = _Batch([graphs[i] for i in short], [scores[i] for i in short])
        for i, path in zip(short, batch.paths(), strict=True):
            found[i] = path
    for i, rows in enumerate(scores):
        if len(rows) > EXACT_FRAMES:
            found[i] = _long_path(graphs[i], rows)
    return found


def _long_path(graph: DecodingGraph, scores: Scores) -> FoundPath | None:
    for beam in BEAMS:
        with suppress(NoPath):
            path = best_path(graph, scores, beam)
            return FoundPath(path.states, path.score, beam if beam > BEAMS[0] else 0.0)
    return None


class _Batch:
    """Utterances side by side: the states of one follow those of the other."""

    def __init__(self, graphs: Sequence[DecodingGraph], scores: Sequence[Scores]) -> None:
        self.lengths = np.array([len(rows) for rows in scores])
        firsts = np.cumsum([0, *(graph.n_states for graph in graphs)])
        self.firsts, self.bounds = firsts, firsts.tolist()
        self.sources = np.concatenate([g.sources + first for g, first in zip(graphs, firsts, strict=False)])
        self.weights = np.concatenate([graph.weights for graph in graphs])
        self.first_arcs = np.searchsorted(
            np.concatenate([g.targets + first for g, first in zip(graphs, firsts, strict=False)]), np.arange(firsts[-1])
        )
        self.start = np.concatenate([graph.start for graph in graphs])
        self.end = np.concatenate([graph.end for graph in graphs])
        self.emissions = np.zeros((int(self.lengths.max()), int(firsts[-1])), dtype=np.float32)
        for graph, rows, first in zip(graphs, scores, firsts, strict=False):
            self.emissions[: len(rows), first : first + graph.n_states] = rows[:, graph.pdfs]

    def paths(self) -> list[FoundPath | None]:
        """The best path of each."""
        rows = np.empty(self.emissions.shape)
        rows[0] = self.start + self.emissions[0]
        for frame in range(1, len(rows)):
            ways = rows[frame - 1][self.sources] + self.weights
            np.maximum.reduceat(ways, self.first_arcs, out=rows[frame])
            rows[frame] += self.emissions[frame]
        last, scores = self._ends(rows)
        states = self._back(rows, last)
        return [self._path(rows, i, states[:, i], score) for i, score in enumerate(scores)]

    def _ends(self, rows: Doubles) -> tuple[Integers, list[float]]:
        last, scores = [], []
        for i, length in enumerate(self.lengths.tolist()):
            own = slice(self.bounds[i], self.bounds[i + 1])
            final = rows[length - 1, own] + self.end[own]
            last.append(int(final.argmax()) + own.start)
            scores.append(float(final.max()))
        return np.array(last), scores

    def _back(self, rows: Doubles, last: Integers) -> Integers:
        """States of all utterances from the last frame to the first, shape (n_frames, n_utterances)."""
        counts = np.diff(np.append(self.first_arcs, len(self.sources)))
        columns = np.arange(int(counts.max()))
        arcs = np.minimum(self.first_arcs[:, None] + columns, len(self.sources) - 1)
        sources = self.sources[arcs]
        weights = np.where(columns < counts[:, None], self.weights[arcs], -np.inf)
        states = np.empty((len(rows), len(last)), dtype=np.int64)
        now = last
        for frame in range(len(rows) - 1, -1, -1):
            # An utterance that is over waits in its last state.
            if frame < len(rows) - 1:
                ways = rows[frame][sources[now]] + weights[now]
                before = sources[now, ways.argmax(axis=1)]
                now = np.where(frame < self.lengths - 1, before, last)
            states[frame] = now
        return states

    def _path(self, rows: Doubles, i: int, states: Integers, score: float) -> FoundPath | None:
        if score == -np.inf:
            return None
        length = int(self.lengths[i])
        own = rows[:length, self.bounds[i] : self.bounds[i + 1]]
        behind = own.max(axis=1) - rows[np.arange(length), states[:length]]
        return FoundPath(states[:length] - self.bounds[i], score, float(behind.max()))
