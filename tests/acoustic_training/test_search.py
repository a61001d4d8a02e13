"""Many utterances at once find the paths that each would find alone."""

from __future__ import annotations

import numpy as np

from visalign.acoustic_training import search
from visalign.acoustic_training.graphs import utterance_graph
from visalign.acoustic_training.search import best_paths
from visalign.acoustic_training.tied_states import NOISES, TiedStates
from visalign.forced_alignment.decoding_graph import DecodingGraph
from visalign.forced_alignment.viterbi import best_path

TIED = TiedStates.monophones((*NOISES, "a", "b", "c"))
WEIGHTS = TIED.search_weights(TIED.starting_chances())


def graph_of(*words: tuple[str, ...]) -> DecodingGraph:
    return utterance_graph([tuple(tuple(way) for way in ways) for ways in words], TIED).weighed(WEIGHTS)


GRAPHS = [graph_of(("ab",)), graph_of(("a", "abc"), ("c",), ("bb", "ca")), graph_of(("c",), ("cab",))]
LENGTHS = [30, 55, 30]


def scores_of(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 3, (n, len(g.pdf_ids))).astype(np.float32) for n, g in zip(LENGTHS, GRAPHS, strict=True)]


def test_paths_and_scores_are_those_of_a_search_alone() -> None:
    for seed in range(5):
        scores = scores_of(seed)
        for found, graph, rows in zip(best_paths(GRAPHS, scores), GRAPHS, scores, strict=True):
            alone = best_path(graph, rows)
            assert found is not None
            assert found.states.tolist() == alone.states.tolist()
            assert found.score == alone.score


def test_a_path_that_is_behind_is_lost_by_a_narrower_beam() -> None:
    graph, rows = GRAPHS[1], scores_of(3)[1]
    (found,) = best_paths([graph], [rows])
    assert found is not None
    assert best_path(graph, rows, found.behind + 1e-3).states.tolist() == found.states.tolist()
    narrow = best_path(graph, rows, 0.6 * found.behind)
    assert narrow.states.tolist() != found.states.tolist()


def test_too_few_frames_have_no_path() -> None:
    rows = np.zeros((2, len(GRAPHS[1].pdf_ids)), dtype=np.float32)
    full = scores_of(0)[0]
    assert [found is None for found in best_paths([GRAPHS[1], GRAPHS[0]], [rows, full])] == [True, False]


def test_long_recordings_are_searched_with_beams(monkeypatch: object) -> None:
    scores = scores_of(1)
    exact = best_paths(GRAPHS, scores)
    limit, search.EXACT_FRAMES = search.EXACT_FRAMES, 40
    try:
        found = best_paths(GRAPHS, scores)
    finally:
        search.EXACT_FRAMES = limit
    assert found[1] is not None
    assert exact[1] is not None
    assert found[1].states.tolist() == exact[1].states.tolist()
