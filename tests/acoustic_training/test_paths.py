"""Alignments, and what they say under a tree."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.acoustic_training.paths import Path, evenly
from visalign.acoustic_training.tied_states import NOISES, TiedStates

TIED = TiedStates.monophones((*NOISES, "a", "b"))


def path_of(lengths: list[int]) -> Path:
    """Silence, a, b, silence."""
    return evenly(np.array([1, 3, 4, 1]), np.array([-1, 0, 0, -1]), np.array(lengths), TIED)


def test_states_are_gone_through_evenly() -> None:
    path = path_of([10, 5, 3, 5])
    assert path.states.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 0, 1, 1, 1, 2, 0, 1, 2, 0, 1, 2, 3, 4]
    assert path.n_frames == 23
    assert path.spoken.tolist() == [False] * 10 + [True] * 8 + [False] * 5


@pytest.mark.parametrize("phone_frames", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("pause_frames", [3, 4, 5, 6, 7, 11])
def test_even_paths_make_only_moves_that_there_are(phone_frames: int, pause_frames: int) -> None:
    path = path_of([pause_frames, phone_frames, phone_frames, pause_frames])
    moves = path.moves(TIED, path.pdfs(TIED))
    assert len(moves) == path.n_frames  # a move that the topology has not is a KeyError
    assert path.states[:pause_frames][-1] == 4


def test_contexts_are_neighbours_and_state() -> None:
    assert path_of([3, 1, 1, 3]).contexts().tolist() == [
        *([0, 1, 3, state] for state in (0, 2, 4)),
        [1, 3, 4, 0],
        [3, 4, 1, 0],
        *([4, 1, 0, state] for state in (0, 2, 4)),
    ]


def test_distributions_are_those_of_the_tree() -> None:
    assert path_of([3, 3, 1, 3]).pdfs(TIED).tolist() == [0, 2, 4, 10, 11, 12, 13, 0, 2, 4]
