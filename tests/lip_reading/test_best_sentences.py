"""The best sentences in order against each sentence by itself; confidences against the sum over every path."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from visalign.lip_reading.best_sentences import best_sentences, word_confidences
from visalign.lip_reading.grammar import WordGraph, parse_jsgf
from visalign.lip_reading.network import Chain, Network

UNITS = {"a": (0, 1), "b": (1, 2), "c": (2, 0), "": (3, 4)}
STAY = np.log([0.5, 0.4, 0.6, 0.5, 0.3])
GRAMMAR = "#JSGF V1.0; grammar g; public <s> = (a | /3/ b | c) [b | c] (a | b);"


def network_of(graph: WordGraph) -> Network:
    chains = [Chain(x.start, x.end, x.word, UNITS[x.word], x.log_weight) for x in graph.arcs if x.word is not None]
    nodes = sorted({x.start for x in chains} | {graph.final})
    return Network([*chains, *(Chain(n, n, None, UNITS[""], np.log(0.6)) for n in nodes)], graph, STAY)


GRAPH = parse_jsgf(GRAMMAR)
NETWORK = network_of(GRAPH)


def emissions(seed: int, n_frames: int = 9) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=1.5, size=(n_frames, 5))


def alone(words: tuple[str, ...], shown: np.ndarray) -> float:
    """Score of one sentence: of the best way through the grammar with other words made impossible."""
    best = -np.inf
    for way in _ways(words):
        kept = WordGraph(tuple(GRAPH.arcs[k] for k in way), GRAPH.final, "one")
        best = max(best, network_of(kept).best_way(shown)[1])
    return best


def _ways(words: tuple[str, ...], node: int = 0) -> list[tuple[int, ...]]:
    """The arcs of the graph, by number, that say these words from a node to the end."""
    found = [()] if node == GRAPH.final and not words else []
    for k, arc in enumerate(GRAPH.arcs):
        if arc.start == node and (arc.word is None or words[:1] == (arc.word,)):
            rest = words if arc.word is None else words[1:]
            found += [(k, *way) for way in _ways(rest, arc.end)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_each_sentence_once_in_the_order_of_its_score(seed: int) -> None:
    shown = emissions(seed)
    every = {w: alone(w, shown) for n in (2, 3) for w in product("abc", repeat=n) if _ways(w)}
    found = best_sentences(NETWORK, shown, 100)
    assert {x.words for x in found} == set(every)
    assert [x.score for x in found] == sorted((x.score for x in found), reverse=True)
    assert [x.score for x in found] == pytest.approx([every[x.words] for x in found], abs=1e-9)
    assert found[0].score == pytest.approx(NETWORK.best_way(shown)[1], abs=1e-9)
    assert best_sentences(NETWORK, shown, 3) == found[:3]


def test_nothing_fits() -> None:
    assert best_sentences(NETWORK, emissions(0, 2), 5) == []


def occupied_by_paths(shown: np.ndarray) -> np.ndarray:
    """Posterior of each chain at each frame, over every path of states."""
    n_frames = len(shown)
    states = [(k, p) for k, chain in enumerate(NETWORK.chains) for p in range(len(chain.units))]
    silent = {(a, b): np.exp(w) for a, b, w in zip(*NETWORK._silent, strict=True)}
    result = np.zeros((n_frames, len(NETWORK.chains)))

    def step(a: tuple[int, int], b: tuple[int, int]) -> float:
        one, other = NETWORK.chains[a[0]], NETWORK.chains[b[0]]
        stay = np.exp(STAY[one.units[a[1]]])
        value = stay if a == b else 0.0
        if a[0] == b[0] and b[1] == a[1] + 1:
            value += 1 - stay
        if a[1] == len(one.units) - 1 and b[1] == 0:
            value += (1 - stay) * silent.get((one.end, other.start), 0.0) * np.exp(other.log_weight)
        return value

    def walk(path: list[tuple[int, int]], probability: float) -> None:
        if not probability:
            return
        if len(path) == n_frames:
            last = NETWORK.chains[path[-1][0]]
            if path[-1][1] == len(last.units) - 1:
                leave = 1 - np.exp(STAY[last.units[-1]])
                probability *= leave * silent.get((last.end, GRAPH.final), 0.0)
                for t, (k, _) in enumerate(path):
                    result[t, k] += probability
            return
        for state in states:
            chain = NETWORK.chains[state[0]]
            moved = (
                step(path[-1], state)
                if path
                else (state[1] == 0) * silent.get((0, chain.start), 0.0) * np.exp(chain.log_weight)
            )
            walk([*path, state], probability * moved * np.exp(shown[len(path), chain.units[state[1]]]))

    walk([], 1.0)
    return result / result.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(2))
def test_posteriors_are_the_sum_over_all_paths(seed: int) -> None:
    shown = emissions(seed, 6)
    assert NETWORK.posteriors(shown) == pytest.approx(occupied_by_paths(shown), abs=1e-9)


def test_a_word_that_the_lips_show_clearly_is_sure_and_one_that_they_do_not_is_not() -> None:
    clear = np.full((8, 5), -30.0)
    clear[range(8), [2, 2, 0, 0, 1, 1, 2, 2]] = 0.0  # c b
    way, _ = NETWORK.best_way(clear)
    assert [x.chain.word for x in way if x.position == 0] == ["c", "b"]
    assert word_confidences(NETWORK, clear, way) == pytest.approx([1.0, 1.0], abs=0.01)
    blank = np.zeros((8, 5))
    unsure = word_confidences(NETWORK, blank, NETWORK.best_way(blank)[0])
    assert all(0 < x < 0.8 for x in unsure)
