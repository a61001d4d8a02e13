"""A state comes back as it was kept."""

from __future__ import annotations

from pathlib import Path as FilePath

import numpy as np
import pytest

from visalign.acoustic_training.paths import evenly
from visalign.acoustic_training.tied_states import NOISES, TiedStates
from visalign.acoustic_training.training_state import LearntModel, TrainingState, read_state, write_state
from visalign.acoustic_training.utterance import NotAligned, Progress
from visalign.errors import InputError, ParseError
from visalign.hmm_training.decision_tree import ContextTree, Question, Split
from visalign.hmm_training.mixtures import Mixtures

PHONES = (*NOISES, "a")
TREE = ContextTree((*range(10), Split(Question(2, frozenset({1, 3})), 10, 11)), 12)
TIED = TiedStates(PHONES, TREE, uses_context=True)
MIXTURES = Mixtures.alike(np.array([1.0, 2.0]), np.array([0.1, 1 / 3]), 12)
MODEL = LearntModel("sat", TIED, TIED.starting_chances(), MIXTURES, np.eye(2), {"ann": np.eye(2, 3)}, MIXTURES)
MONO = LearntModel("monophone", TiedStates.monophones(PHONES), np.zeros(3), MIXTURES)
PATH = evenly(np.array([1, 3, 1]), np.array([-1, 0, -1]), np.array([5, 4, 3]), TiedStates.monophones(PHONES))
STATE = TrainingState(
    stage=3,
    round=2,
    model=MODEL,
    accepted=MONO,
    best=MODEL,
    best_held_out=-50.25,
    paths=(PATH, None, PATH),
    rounds=(Progress("monophone", 1, 2, -100.5, float("nan"), 12, 12, 3),),
    left_out=(NotAligned("b", "bob", "lda", "no reason"),),
)


def test_everything_comes_back(tmp_path: FilePath) -> None:
    write_state(tmp_path, STATE, "x")
    back = read_state(tmp_path, "x")
    assert back is not None
    assert (back.stage, back.round, back.best_held_out, back.accepted_held_out) == (3, 2, -50.25, -np.inf)
    assert (repr(back.rounds), back.left_out, back.is_finished) == (repr(STATE.rounds), STATE.left_out, False)
    assert back.best is back.model
    for found, kept in ((back.model, MODEL), (back.accepted, MONO)):
        assert found is not None
        assert (found.kind, found.tied.phones, found.tied.tree) == (kept.kind, kept.tied.phones, kept.tied.tree)
        assert found.tied.uses_context == kept.tied.uses_context
        np.testing.assert_array_equal(found.chances, kept.chances)
        np.testing.assert_array_equal(found.mixtures.variances, kept.mixtures.variances)
        assert found.transforms.keys() == kept.transforms.keys()
        assert (found.lda is None, found.unadapted is None) == (kept.lda is None, kept.unadapted is None)


def test_paths_come_back(tmp_path: FilePath) -> None:
    write_state(tmp_path, STATE, "x")
    back = read_state(tmp_path, "x")
    assert back is not None
    assert back.paths[1] is None
    for found in (back.paths[0], back.paths[2]):
        assert found is not None
        for part in ("phones", "words", "lengths", "states"):
            np.testing.assert_array_equal(getattr(found, part), getattr(PATH, part))


def test_where_nothing_is_kept_there_is_nothing(tmp_path: FilePath) -> None:
    assert read_state(tmp_path, "x") is None


def test_the_state_of_another_training_is_refused(tmp_path: FilePath) -> None:
    write_state(tmp_path, STATE, "x")
    with pytest.raises(InputError, match="Delete it to begin anew"):
        read_state(tmp_path, "y")


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"no zip at all"])
def test_a_damaged_state_is_named(tmp_path: FilePath, damage: object) -> None:
    write_state(tmp_path, STATE, "x")
    path = tmp_path / "training.npz"
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(ParseError, match=r"training\.npz"):
        read_state(tmp_path, "x")
