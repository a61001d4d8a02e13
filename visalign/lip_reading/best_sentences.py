r"""The best sentences of a grammar, in order, and how sure each word of the best one is.

Method
------
*Sentences.* A first pass forwards finds for each node of the grammar and each moment the best score of what comes
before. Sentences are then built from their ends, best first: a partial sentence is known by the score :math:`f(t)` of
its words where they begin at moment t, for all t at once, and is promised :math:`\max_t \{\alpha_t(n) + f(t)\}` from
what comes before. As the promise is what the best completion really has, sentences are completed in order of their
scores, each once, whatever times and pauses it could have had [1]_.

*Words.* The forward-backward algorithm over the states of the grammar says for each moment how probable each word is,
over all ways through the grammar [2]_. Neighbouring moments repeat each other, so the evidence is scaled down, by what
made the probabilities hold on speakers left out of the training (docs/decisions/0183-what-strangers-share.md). A
word's confidence is the mean over its moments.

References
----------
.. [1] F. K. Soong and E.-F. Huang, A tree-trellis based fast search for finding the N best sentence hypotheses in
   continuous speech recognition, ICASSP 1991.
.. [2] F. Wessel, R. Schlüter, K. Macherey and H. Ney, Confidence measures for large vocabulary continuous speech
   recognition, IEEE Transactions on Speech and Audio Processing 9(3), 2001.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.lip_reading.network import Network, Step, spans

__all__ = ["Sentence", "best_sentences", "word_confidences"]

Floats: TypeAlias = npt.NDArray[np.float64]

CONFIDENCE_SCALE = 0.15
"""Of the emissions, so that words are right as often as their confidence says."""

_MAX_EXPANSIONS = 3000  # of partial sentences: grammars in which hardly anything is told apart end there


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the grammar and its log-probability with the lips."""

    words: tuple[str, ...]
    score: float


def best_sentences(network: Network, emissions: Floats, n: int) -> list[Sentence]:
    """The `n` most probable sentences, the best first; fewer where the grammar, or the search, has no more.

    Parameters
    ----------
    network : Network
    emissions : ndarray, shape (n_frames, n_units)
        Log-likelihoods.
    n : int
    """
    search = _Search(network, emissions)
    found: dict[tuple[str, ...], float] = {}
    for words, score in search.sentences():
        if words not in found:
            found[words] = score
        if len(found) == n:
            break
    return [Sentence(words, score) for words, score in found.items()]


class _Search:
    """Partial sentences by their ends, the most promising first."""

    def __init__(self, network: Network, emissions: Floats) -> None:
        self._network, self._emissions = network, emissions
        self._before = network.best_scores(emissions)  # shape (n_frames + 1, n_nodes)
        self._order = count()  # of equals the one that was found first
        self._waiting = list[tuple[float, int, bool, tuple[str, ...], int, Floats]]()

    def sentences(self) -> Iterator[tuple[tuple[str, ...], float]]:
        nothing = np.full(len(self._emissions) + 1, -np.inf)
        nothing[-1] = 0.0
        self._wait((), self._network.final, nothing)
        for _ in range(_MAX_EXPANSIONS):
            if not self._waiting:
                return
            promise, _, complete, words, node, ends = heapq.heappop(self._waiting)
            if complete:
                yield words, -promise
            else:
                self._expand(words, node, ends)

    def _expand(self, words: tuple[str, ...], node: int, ends: Floats) -> None:
        longer: dict[tuple[int, str], Floats] = {}
        paused = self._network.paused(node, self._emissions, ends)
        for source, weight in self._network.silent_sources(node):
            here = paused if source == node else self._network.paused(source, self._emissions, paused + weight)
            spoken = self._network.ways_into(source)[1]
            begun = float(self._before[0, source] + here[0])
            if np.isfinite(begun):
                heapq.heappush(self._waiting, (-begun, next(self._order), True, words, source, here))
            if len(spoken):
                scores = self._network.chain_scores(spoken, self._emissions, here)
                for k, row in zip(spoken.tolist(), scores, strict=True):
                    chain = self._network.chains[k]
                    key = (chain.start, chain.word or "")
                    longer[key] = np.maximum(longer[key], row) if key in longer else row
        for (start, word), row in longer.items():
            self._wait((word, *words), start, row)

    def _wait(self, words: tuple[str, ...], node: int, ends: Floats) -> None:
        promise = float((self._before[:, node] + ends).max())
        if np.isfinite(promise):
            heapq.heappush(self._waiting, (-promise, next(self._order), False, words, node, ends))


def word_confidences(network: Network, emissions: Floats, way: Sequence[Step]) -> list[float]:
    """How probable each word of a way is, 0..1, in its order; pauses have none.

    Parameters
    ----------
    network : Network
    emissions : ndarray, shape (n_frames, n_units)
        Log-likelihoods.
    way : sequence of Step
        Of :meth:`~visalign.lip_reading.network.Network.best_way`.
    """
    occupied = network.posteriors(CONFIDENCE_SCALE * emissions)  # shape (n_frames, n_chains)
    columns: dict[str, list[int]] = {}
    for k, chain in enumerate(network.chains):
        columns.setdefault(chain.word or "", []).append(k)
    return [
        float(occupied[first:last, columns[chain.word]].sum(axis=1).mean())
        for chain, first, last in spans(way)
        if chain.word is not None
    ]
