"""The best way through a grammar is the one that trying all finds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.lip_reading.grammar import parse_jsgf
from visalign.lip_reading.network import Chain, Network

GRAPH = parse_jsgf("#JSGF V1.0; grammar g; public <s> = (/2/ a | /1/ b) [c];")
UNITS = {"a": (0, 1), "b": (1,), "c": (2, 0)}
STAY = np.array([0.6, 0.3, 0.5])


def chains() -> list[Chain]:
    return [Chain(x.start, x.end, x.word, UNITS[x.word], x.log_weight) for x in GRAPH.arcs if x.word]


def by_brute_force(emissions: np.ndarray) -> tuple[float, tuple[int, ...]]:
    """The best score of all assignments of frames to states, and its units frame by frame."""
    best: tuple[float, tuple[int, ...]] = (-math.inf, ())
    for sentence, prior in (("a", 1 / 3), ("b", 1 / 6), ("a c", 1 / 3), ("b c", 1 / 6)):
        units = [unit for word in sentence.split() for unit in UNITS[word]]
        for cuts in itertools.combinations(range(1, len(emissions)), len(units) - 1):
            edges = (0, *cuts, len(emissions))
            score, frames = math.log(prior), []
            for unit, first, last in zip(units, edges, edges[1:], strict=False):
                score += (last - first - 1) * math.log(STAY[unit]) + math.log(1 - STAY[unit])
                score += emissions[first:last, unit].sum()
                frames += [unit] * (last - first)
            best = max(best, (score, tuple(frames)))
    return best


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_same_as_brute_force(n_frames: int, seed: int) -> None:
    emissions = np.random.default_rng(seed).normal(0, 2, (n_frames, 3))
    way, score = Network(chains(), GRAPH, np.log(STAY)).best_way(emissions)
    expected, frames = by_brute_force(emissions)
    # the last step of the brute force leaves its state too
    assert score == pytest.approx(expected)
    found = [x.chain.units[x.position] for x in way for _ in range(x.first, x.last)]
    assert tuple(found) == frames
    assert [x.first for x in way] == [0, *(x.last for x in way[:-1])]


def test_too_few_frames() -> None:
    graph = parse_jsgf("#JSGF V1.0; grammar g; public <s> = a a;")
    rows = [Chain(x.start, x.end, x.word, (0, 1), x.log_weight) for x in graph.arcs if x.word]
    network = Network(rows, graph, np.log(STAY))
    assert network.best_way(np.zeros((3, 3))) == ([], -math.inf)
    assert len(network.best_way(np.zeros((4, 3)))[0]) == 4
