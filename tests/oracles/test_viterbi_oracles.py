"""Graph, search, posteriors and likelihoods against every path, one by one, and against other people's code."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.forced_alignment import viterbi
from visalign.forced_alignment.decoding_graph import (
    DecodingGraph,
    PhoneHmm,
    SilenceCosts,
    Variant,
    build_graph,
    chain_graph,
)
from visalign.forced_alignment.viterbi import BlockScores, NoPath, best_path, boundary_posteriors
from visalign.hmm_training.gaussians import DiagonalMixtures

TOLERANCE = 1e-9


class Models:
    """Two states a phone with skips; pdfs that depend on the neighbours where `uses_context` is set.

    With `uses_places` also on the place that each neighbour has in its own word.
    """

    silence = "SIL"

    def __init__(self, uses_context: bool, uses_places: bool = False) -> None:
        self.uses_context, self.uses_places = uses_context, uses_places
        self.names: list[str] = []

    def pdf(self, name: str) -> int:
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)

    def neighbour(self, phone: str, position: str) -> str:
        return f"{phone}_{position}" if self.uses_places and position else phone

    def phone_hmm(self, left: str, phone: str, right: str, position: str) -> PhoneHmm:
        context = f"{left}-{phone}+{right}" if self.uses_context else phone
        arcs = ((0, 0, -0.5), (0, 1, -1.2), (0, 2, -2.0), (1, 1, -0.3), (1, 2, -1.4))
        return PhoneHmm((self.pdf(f"{context}/0"), self.pdf(f"{context}/1")), arcs)


WORDS = [
    [Variant(("a", "b"), -0.1, after_silence=0.2, before_silence=-0.7, before_speech=-0.6), Variant(("a",), -1.0)],
    [Variant(("b",), 0.0, -0.3, 0.4, -0.2, -1.5), Variant(("c", "b"), -0.4)],
]
COSTS = SilenceCosts(-0.4, -1.1, -0.2, -0.9)


def scores_for(graph: DecodingGraph, n_frames: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 2, (n_frames, len(graph.pdf_ids)))


def all_paths(graph: DecodingGraph, n_frames: int) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Each path through the graph with its weight, found by walking the arcs; likelihoods not counted."""
    onward: dict[int, list[tuple[int, float]]] = {}
    for source, target, weight in zip(graph.sources.tolist(), graph.targets.tolist(), graph.weights, strict=True):
        if weight > -np.inf:
            onward.setdefault(source, []).append((target, weight))

    def walk(path: tuple[int, ...], weight: float) -> Iterator[tuple[float, tuple[int, ...]]]:
        if len(path) == n_frames:
            if graph.end[path[-1]] > -np.inf:
                yield weight + graph.end[path[-1]], path
            return
        for state, more in onward.get(path[-1], []):
            yield from walk((*path, state), weight + more)

    for state in np.flatnonzero(graph.start > -np.inf).tolist():
        yield from walk((state,), float(graph.start[state]))


def total(graph: DecodingGraph, scores: np.ndarray, weight: float, path: tuple[int, ...]) -> float:
    return weight + sum(scores[t, graph.pdfs[state]] for t, state in enumerate(path))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n_frames=st.integers(3, 6), uses_context=st.booleans(), uses_places=st.booleans())
def test_the_best_path_is_the_best_of_all(seed: int, n_frames: int, uses_context: bool, uses_places: bool) -> None:
    graph = build_graph(WORDS, Models(uses_context, uses_places), COSTS)
    scores = scores_for(graph, n_frames, seed)
    every = [total(graph, scores, weight, path) for weight, path in all_paths(graph, n_frames)]
    found = best_path(graph, scores)
    assert found.score == pytest.approx(max(every), abs=TOLERANCE)
    again = [w for w, path in all_paths(graph, n_frames) if path == tuple(found.states.tolist())]
    assert total(graph, scores, again[0], tuple(found.states.tolist())) == pytest.approx(found.score, abs=TOLERANCE)


def spoken_ways() -> Iterator[tuple[tuple[str, ...], float]]:
    """Each way to say `WORDS`, with the weight that lexicon and silence give it, straight from their definition."""
    for variants in product(*WORDS):
        for pauses in product((True, False), repeat=len(WORDS) + 1):
            weight = COSTS.begin_silence if pauses[0] else COSTS.begin_speech
            phones: list[str] = ["SIL"] if pauses[0] else []
            for variant, before, after in zip(variants, pauses, pauses[1:], strict=False):
                weight += variant.weight + (variant.after_silence if before else variant.after_speech)
                weight += variant.before_silence if after else variant.before_speech
                phones += [*variant.phones, *(["SIL"] if after else [])]
            weight += COSTS.end_silence if pauses[-1] else COSTS.end_speech
            yield tuple(phones), weight


@pytest.mark.parametrize(("uses_context", "uses_places"), [(False, False), (True, False), (True, True)])
def test_the_graph_holds_every_way_to_speak_and_no_other(uses_context: bool, uses_places: bool) -> None:
    graph = build_graph(WORDS, Models(uses_context, uses_places), COSTS)
    ways: dict[tuple[str, ...], float] = {}
    n_frames = 7  # the longest way has seven phones, and each phone may last one frame
    for weight, path in all_paths(graph, n_frames):
        instances = [graph.instances[s] for s in path]
        changes = [i for i in range(n_frames) if i == 0 or instances[i] != instances[i - 1]]
        phones = tuple(graph.phones[instances[i]] for i in changes)
        ways[phones] = max(ways.get(phones, -np.inf), weight)
    assert set(ways) == {phones for phones, _ in spoken_ways()}
    longest = max(ways, key=len)
    # One frame a phone: each leaves its first state at once, which costs 2.
    assert ways[longest] == pytest.approx(dict(spoken_ways())[longest] - 2.0 * len(longest), abs=TOLERANCE)


def test_context_is_that_of_the_neighbours() -> None:
    models = Models(True)
    graph = build_graph([[Variant(("a", "b"))], [Variant(("c",))]], models)
    present = {models.names[i] for i in graph.pdf_ids.tolist()}
    assert {"-a+b/0", "SIL-a+b/0", "a-b+c/0", "a-b+SIL/0", "b-c+/0", "SIL-c+SIL/0"} <= present
    assert not any(name.startswith(("c-", "a-c")) and "SIL" not in name for name in present)


def test_neighbours_stand_in_their_own_place_of_their_own_word() -> None:
    """Before an edge of a word a last phone or a whole word, within it a first or an inner one."""
    models = Models(True, uses_places=True)
    graph = build_graph([[Variant(("a", "b", "c")), Variant(("d",))], [Variant(("e", "f"))]], models)
    present = {models.names[i].split("/")[0] for i in graph.pdf_ids.tolist()}
    assert {x for x in present if "-b+" in x} == {"a_B-b+c_E"}
    assert {x for x in present if "-c+" in x} == {"b_I-c+e_B", "b_I-c+SIL"}
    assert {x for x in present if "-d+" in x} == {f"{x}-d+{y}" for x in ("", "SIL") for y in ("e_B", "SIL")}
    assert {x for x in present if "-e+" in x} == {"c_E-e+f_E", "d_S-e+f_E", "SIL-e+f_E"}
    assert {x for x in present if "-f+" in x} == {"e_B-f+", "e_B-f+SIL"}


@pytest.mark.parametrize("beam", [5.0, 20.0, 1000.0])
def test_a_beam_finds_the_same_or_a_worse_path(beam: float) -> None:
    graph = build_graph(WORDS * 6, Models(True), COSTS)
    scores = scores_for(graph, 80, 3)
    exact = best_path(graph, scores)
    found = best_path(graph, scores, beam)
    assert found.score <= exact.score + TOLERANCE
    if beam == 1000.0:
        np.testing.assert_array_equal(found.states, exact.states)
    lazy = best_path(
        graph, BlockScores(graph, 80, lambda a, b, pdfs: scores[a:b, np.searchsorted(graph.pdf_ids, pdfs)]), beam
    )
    np.testing.assert_array_equal(lazy.states, found.states)


@pytest.mark.parametrize("settle", [2, 7, 50])
def test_settling_as_the_search_goes_on_changes_nothing(settle: int, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = build_graph(WORDS * 6, Models(True), COSTS)
    scores = scores_for(graph, 120, 5)
    exact = best_path(graph, scores)
    monkeypatch.setattr(viterbi, "SETTLE", settle)
    found = best_path(graph, scores, 1000.0)
    np.testing.assert_array_equal(found.states, exact.states)


def test_too_few_frames_have_no_path() -> None:
    graph = build_graph(WORDS, Models(False), COSTS)
    with pytest.raises(NoPath):
        best_path(graph, scores_for(graph, 1, 0))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n_frames=st.integers(3, 8))
def test_boundary_posteriors_are_sums_over_all_paths(seed: int, n_frames: int) -> None:
    hmm = Models(False).phone_hmm
    graph = chain_graph([(phone, 0, hmm("", phone, "", "")) for phone in ("a", "b", "c")])
    scores = scores_for(graph, n_frames, seed)
    bonus = np.random.default_rng(seed + 1).normal(0, 1, n_frames)
    wanted, everything = np.zeros((2, n_frames)), 0.0
    for weight, path in all_paths(graph, n_frames):
        instances = graph.instances[list(path)]
        begins = [int(np.argmax(instances >= k)) for k in (1, 2)]
        probability = np.exp(total(graph, scores, weight, path) + bonus[begins].sum())
        everything += probability
        for k, frame in enumerate(begins):
            wanted[k, frame] += probability
    found = boundary_posteriors(graph, scores, bonus)
    np.testing.assert_allclose(found, wanted / everything, rtol=0, atol=1e-9)


def random_mixtures(seed: int) -> tuple[DiagonalMixtures, list[tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    rng = np.random.default_rng(seed)
    parts = []
    for n in (1, 3, 2):
        parts.append((rng.dirichlet(np.ones(n)), rng.normal(0, 3, (n, 4)), rng.uniform(0.5, 4, (n, 4))))
    weights, means, variances = (np.concatenate([part[k] for part in parts]).astype(np.float32) for k in range(3))
    starts = np.array([0, 1, 4, 6])
    return DiagonalMixtures.from_precisions(weights, means / variances, 1 / variances, starts), parts


def test_likelihoods_are_those_of_the_plain_formula() -> None:
    mixtures, parts = random_mixtures(0)
    frames = np.random.default_rng(1).normal(0, 3, (20, 4)).astype(np.float32)
    found = mixtures.log_likelihoods(frames, np.array([2, 0, 1]))
    for column, mixture in enumerate((2, 0, 1)):
        weights, means, variances = parts[mixture]
        for frame, value in zip(frames, found[:, column], strict=True):
            density = np.exp(-0.5 * ((frame - means) ** 2 / variances).sum(axis=1)) / np.sqrt(
                (2 * np.pi * variances).prod(axis=1)
            )
            assert value == pytest.approx(np.log((weights * density).sum()), abs=1e-4)


def test_likelihoods_are_those_of_kaldi() -> None:
    kaldi = pytest.importorskip("kaldi_hmm_gmm")
    mixtures, parts = random_mixtures(4)
    frames = np.random.default_rng(5).normal(0, 3, (20, 4)).astype(np.float32)
    found = mixtures.log_likelihoods(frames, np.arange(3))
    for mixture, (weights, means, variances) in enumerate(parts):
        theirs = kaldi.DiagGmm(len(weights), 4)
        theirs.set_weights(weights.astype(np.float32))
        theirs.set_invvars_and_means((1 / variances).astype(np.float32), means.astype(np.float32))
        theirs.compute_gconsts()
        wanted = [theirs.log_likelihood(frame) for frame in frames]
        np.testing.assert_allclose(found[:, mixture], wanted, rtol=1e-4, atol=1e-4)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), n_frames=st.integers(6, 14), beam=st.sampled_from([30.0, 1000.0]))
def test_a_window_reaches_as_far_as_any_state_in_it(seed: int, n_frames: int, beam: float) -> None:
    """A short way to say a word leads farther than the first states of a long one that stands behind it."""
    ways = [Variant(("a",)), Variant(("b", "c", "b", "c"))]
    graph = build_graph([ways, ways[::-1], [Variant(("c",)), Variant(("a", "b", "a"))]], Models(False), COSTS)
    scores = scores_for(graph, n_frames, seed)
    exact, found = best_path(graph, scores), best_path(graph, scores, beam)
    if beam == 1000.0:
        assert found.score == pytest.approx(exact.score, abs=1e-4)
        np.testing.assert_array_equal(found.states, exact.states)
    assert found.score <= exact.score + 1e-4
