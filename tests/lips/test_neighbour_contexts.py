"""What neighbours do to phones on the lips: shifts, and recursions against the sum over every path."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from sample_lips import NAMES, make_lips, random_decoder

from visalign.lips.neighbour_contexts import ContextStates, NeighbourContexts, lip_class
from visalign.lips.viseme_decoder import VisemeDecoder
from visalign.visemes.viseme_map import VisemeMap

RNG = np.random.default_rng(5)
PHONES = ("AA", "AA", "P", "UW")  # two states of AA; classes open, open, closed, round
CLASSES = np.array([0, 0, 1, 2])
N, K, DIMS = 4, 3, 2


def contexts(rng: np.random.Generator = RNG) -> NeighbourContexts:
    following = rng.dirichlet(np.ones(K), size=3)[[0, 0, 1, 2]]
    shifts = rng.normal(size=(2, K, N, DIMS))
    return NeighbourContexts(CLASSES, *shifts, following, np.array([[0, 2, 0], [1, 3, 1]]), rng.normal(size=(2, DIMS)))


def promises(given: NeighbourContexts) -> np.ndarray:
    """Each class has one phone here, which is never left for another of its class."""
    kept = given.following * [[0, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    return kept / kept.sum(axis=1, keepdims=True)


def by_paths(logs: np.ndarray, start: np.ndarray, transitions: np.ndarray, given: NeighbourContexts) -> np.ndarray:
    """Posteriors of (state, before, after): each path of states with each promise of classes that it keeps."""
    result = np.zeros((len(logs), N, K, K))
    following = promises(given)
    leaving = np.array([[PHONES[a] != PHONES[b] for b in range(N)] for a in range(N)])
    for path in product(product(range(N), range(K), range(K)), repeat=len(logs)):
        state, before, after = path[0]
        probability = start[state] * (before == 0) * following[state, after]
        for (a, l1, r1), (b, l2, r2) in pairwise(path):
            if not leaving[a, b]:
                probability *= transitions[a, b] * (l1 == l2) * (r1 == r2)
            else:
                ways = transitions[a] * leaving[a]
                ways_to_class = ways[r1 == CLASSES].sum()
                kept = (CLASSES[b] == r1) * (l2 == CLASSES[a])
                probability *= kept * ways[b] * ways.sum() / max(ways_to_class, 1e-300) * following[b, r2]
        for t, (s, before, after) in enumerate(path):
            probability *= np.exp(logs[t].reshape(N, K, K)[s, before, after])
        if probability:
            for t, (s, before, after) in enumerate(path):
                result[t, s, before, after] += probability
    return result.reshape(len(logs), -1) / result.sum(axis=(1, 2, 3))[:, None]


@pytest.mark.parametrize("n_times", [1, 2, 3])
def test_posteriors_are_the_sum_over_all_paths(n_times: int) -> None:
    rng = np.random.default_rng(n_times)
    start, transitions, given = rng.dirichlet(np.ones(N)), rng.dirichlet(np.ones(N), size=N), contexts(rng)
    logs = rng.normal(size=(n_times, N * K * K))
    states = ContextStates(PHONES, start, transitions, given, first=0)
    found = states.posteriors(logs, np.array([0.0, 0.0, 0.7, 0.0]))
    preferred = logs + np.repeat([0.0, 0.0, 0.7, 0.0], K * K)
    assert found == pytest.approx(by_paths(preferred, start, transitions, given), abs=1e-12)


def test_what_fits_hardly_is_believed_where_nothing_else_can_be() -> None:
    """The lips of the second moment fit P a thousand times worse (natural log) than UW, which AA is never left for."""
    transitions = np.array([[0.0, 0.5, 0.5, 0.0], [0.0, 0.5, 0.5, 0.0], [0.5, 0.0, 0.0, 0.5], [0.5, 0.0, 0.5, 0.0]])
    states = ContextStates(PHONES, np.array([1.0, 0.0, 0.0, 0.0]), transitions, contexts(), first=0)
    logs = np.zeros((3, N, K, K))
    logs[1:] -= 1000.0
    logs[1:, 3] = 0.0
    logs[0, 1:] -= 1000.0
    found = states.posteriors(logs.reshape(3, -1), np.zeros(N)).reshape(3, N, K, K).sum(axis=(2, 3))
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx([1.0, 0.0, 0.0, 0.0])
    assert found[1, 1] + found[1, 2] == pytest.approx(1.0)
    assert found[2, 3] == pytest.approx(1.0)


def test_nothing_to_decode() -> None:
    states = ContextStates(PHONES, np.full(N, 0.25), np.full((N, N), 0.25), contexts(), first=0)
    assert states.posteriors(np.empty((0, N * K * K)), np.zeros(N)).shape == (0, N * K * K)


def test_contexts_without_shifts_change_no_viseme() -> None:
    """What follows what is learnt no finer, so that only the means can tell."""
    rng = np.random.default_rng(1)
    columns, phones = NAMES[:2], ("AA", "B", "SIL", "UW")
    plain = random_decoder(rng, columns, phones)
    lips = make_lips(rng.normal(size=(12, 2)), columns)
    classes = np.array([lip_class(x) for x in phones])
    others = ~np.eye(len(phones), dtype=bool)
    following = np.stack([(plain.transitions * others)[:, classes == k].sum(axis=1) for k in range(K)], axis=1)
    # what follows a phone does not depend on when it was left, so the sum over promises is the plain model
    following /= following.sum(axis=1, keepdims=True)
    zero = np.zeros((K, len(phones), 2))
    none_met = (np.empty((0, 3), np.int64), np.empty((0, 2)))
    given = replace(plain, contexts=NeighbourContexts(classes, zero, zero, following, *none_met))
    viseme_map = VisemeMap.load("neti_2000")
    expected = plain.decode(lips, viseme_map)
    assert given.decode(lips, viseme_map).posteriors == pytest.approx(expected.posteriors, abs=1e-9)


def test_means_and_shifts() -> None:
    given, means = contexts(), RNG.normal(size=(N, DIMS))
    expanded = given.means(means).reshape(N, K, K, DIMS)
    assert expanded[3, 1, 2] == pytest.approx(means[3] + given.after[1, 3] + given.before[2, 3])
    # beside a phone that was met there its own shift counts, else that of its class, else none
    assert given.shift(0, 2, None) == pytest.approx(given.pair_shifts[0])
    assert given.shift(0, 3, 2) == pytest.approx(given.after[2, 0] + given.before[1, 0])
    assert given.shift(1, None, 3) == pytest.approx(given.pair_shifts[1])
    assert given.shift(2, None, None).tolist() == [0.0, 0.0]


def test_stored_and_read_again() -> None:
    given = contexts()
    again = NeighbourContexts.from_arrays(given.to_arrays())
    assert again.classes.tolist() == given.classes.tolist()
    assert again.after == pytest.approx(given.after, abs=1e-6)
    assert again.pairs.tolist() == given.pairs.tolist()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"classes": np.array([0, 0, 1, 3])}, "classes of neighbours"),
        ({"classes": np.array([0, 1])}, "classes of neighbours"),
        ({"after": np.zeros((K, N + 1, DIMS))}, "shifts by neighbours"),
        ({"before": np.full((K, N, DIMS), np.nan)}, "not finite"),
        ({"following": np.full((N, K), 0.2)}, "do not sum to 1"),
        ({"pairs": np.array([[0, 9, 0], [0, 0, 0]])}, "do not exist"),
        ({"pairs": np.zeros((1, 3), np.int64)}, "pairs of neighbours"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, np.ndarray], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        replace(contexts(), **change)


def test_probabilities_that_hold_keep_the_most_probable() -> None:
    decoder: VisemeDecoder = random_decoder(np.random.default_rng(2), NAMES[:2], ("AA", "B", "SIL"))
    lips = make_lips(np.random.default_rng(3).normal(size=(20, 2)), NAMES[:2])
    viseme_map = VisemeMap.load("neti_2000")
    raw, held = (replace(decoder, sharpness=x).decode(lips, viseme_map) for x in (1.0, 0.25))
    assert held.posteriors.tolist() == raw.posteriors.tolist()
    raised = raw.posteriors**0.25
    assert held.probabilities == pytest.approx(raised / raised.sum(axis=1, keepdims=True))
    assert held.tier.labels == raw.tier.labels
    p = raw.closed
    assert held.closed_probabilities == pytest.approx(p**0.25 / (p**0.25 + (1 - p) ** 0.25))
