"""Where a training stands after a round: all that the next one needs, written so that it can go on after a stop.

Conventions
-----------
A state is one NPZ file of arrays; what is no array is JSON in one of them. It is written whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import numpy.typing as npt

from visalign.acoustic_training.paths import Path
from visalign.acoustic_training.tied_states import TiedStates
from visalign.acoustic_training.utterance import NotAligned, Progress
from visalign.errors import BAD_DATA, InputError, ParseError
from visalign.files.archives import DAMAGED_ARCHIVE, read_arrays
from visalign.files.outputs import whole_file
from visalign.hmm_training.decision_tree import ContextTree, Node, Question, Split
from visalign.hmm_training.mixtures import Mixtures

__all__ = ["LearntModel", "TrainingState", "read_state", "write_state"]

FILE = "training.npz"

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LearntModel:
    """What has been learnt.

    Parameters
    ----------
    kind : str
        The stage that it comes from.
    tied : TiedStates
    chances : ndarray of float64, shape (n_moves,)
    mixtures : Mixtures
    lda : ndarray of float64, optional
    transforms : mapping of str to ndarray
        By speaker; empty before speakers are adapted to.
    unadapted : Mixtures, optional
        For speech that is not adapted to.
    """

    kind: str
    tied: TiedStates
    chances: Doubles
    mixtures: Mixtures
    lda: Doubles | None = None
    transforms: Mapping[str, Doubles] = field(default_factory=dict)
    unadapted: Mixtures | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """A training after a round.

    Parameters
    ----------
    stage, round : int
        Stages count from 0; of `stage` so many rounds are done. Round 0: the stage has not begun.
    model : LearntModel or None
        Of the round.
    accepted : LearntModel or None
        Of the stages before.
    best : LearntModel or None
        Of the round of this stage under which the held-out part is likeliest.
    best_held_out, accepted_held_out : float
        Log-likelihood of that part a frame under `best` and `accepted`; −inf where none was measured.
    paths : tuple of Path or None
        Of each utterance, in the order of the training.
    rounds : tuple of Progress
    left_out : tuple of NotAligned
    is_finished : bool
    """

    stage: int = 0
    round: int = 0
    model: LearntModel | None = None
    accepted: LearntModel | None = None
    best: LearntModel | None = None
    best_held_out: float = -np.inf
    accepted_held_out: float = -np.inf
    paths: tuple[Path | None, ...] = ()
    rounds: tuple[Progress, ...] = ()
    left_out: tuple[NotAligned, ...] = ()
    is_finished: bool = False

    def with_round(self, progress: Progress) -> TrainingState:
        """The state with one more row of its log."""
        return replace(self, rounds=(*self.rounds, progress))


_NUMBERS = ("stage", "round", "best_held_out", "accepted_held_out", "is_finished")
_MODELS = ("model", "accepted", "best")
_PATH_PARTS = ("phones", "words", "lengths", "states")


def write_state(folder: FilePath, state: TrainingState, fingerprint: str) -> None:
    """Keep the state in `folder`."""
    facts: dict[str, Any] = {"fingerprint": fingerprint} | {name: getattr(state, name) for name in _NUMBERS}
    facts["rounds"] = [asdict(row) for row in state.rounds]
    facts["left_out"] = [asdict(row) for row in state.left_out]
    facts["has_path"] = [path is not None for path in state.paths]
    arrays: dict[str, npt.NDArray[Any]] = {}
    kept = [path for path in state.paths if path is not None]
    for part in _PATH_PARTS:
        rows = [getattr(path, part) for path in kept]
        arrays[f"paths.{part}"] = np.concatenate(rows).astype(np.int32) if rows else np.zeros(0, dtype=np.int32)
    arrays["paths.sizes"] = np.array([[len(path.phones), len(path.states)] for path in kept]).reshape(-1, 2)
    written: dict[int, str] = {}
    for name in _MODELS:
        model = getattr(state, name)
        if model is not None and id(model) in written:
            facts[name] = written[id(model)]  # the same as another
        elif model is not None:
            facts[name], written[id(model)] = _model_facts(name, model, arrays), name
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
    with whole_file(folder / FILE) as draft, draft.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _model_facts(name: str, model: LearntModel, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    arrays[f"{name}.chances"] = model.chances
    for kind in ("mixtures", "unadapted"):
        mixtures = getattr(model, kind)
        if mixtures is not None:
            arrays |= {f"{name}.{kind}.{x}": getattr(mixtures, x) for x in Mixtures.__slots__}
    if model.lda is not None:
        arrays[f"{name}.lda"] = model.lda
    speakers = sorted(model.transforms)
    arrays |= {f"{name}.transform.{i}": model.transforms[speaker] for i, speaker in enumerate(speakers)}
    tree = model.tied.tree
    roots = [_node_facts(root) for root in tree.roots]
    return {
        "kind": model.kind,
        "phones": model.tied.phones,
        "uses_context": model.tied.uses_context,
        "roots": roots,
        "n_leaves": tree.n_leaves,
        "speakers": speakers,
    }


def _node_facts(node: Node) -> Any:
    if isinstance(node, int):
        return node
    return [node.question.place, sorted(node.question.values), _node_facts(node.yes), _node_facts(node.no)]


def _node(facts: Any) -> Node:
    if isinstance(facts, int):
        return facts
    place, values, yes, no = facts
    return Split(Question(place, frozenset(values)), _node(yes), _node(no))


def read_state(folder: FilePath, fingerprint: str) -> TrainingState | None:
    """The state that is kept in `folder`, or None where there is none.

    Raises
    ------
    InputError
        If it is that of another training.
    ParseError
        If it can't be read.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return _state(path, read_arrays(path), fingerprint)
    except InputError:  # which says what is wrong
        raise
    except (*DAMAGED_ARCHIVE, *BAD_DATA) as error:
        reason = f"no state of a training can be read from it ({error}). Delete it to begin anew"
        raise ParseError(path, None, reason) from error


def _state(path: FilePath, arrays: Mapping[str, npt.NDArray[Any]], fingerprint: str) -> TrainingState:
    facts = json.loads(arrays["facts"].tobytes())
    if facts["fingerprint"] != fingerprint:
        raise InputError(
            f"{path}: the state of a training with other utterances or settings. Delete it to begin anew, or choose "
            "another folder"
        )
    models: dict[str, LearntModel | None] = {}
    for name in _MODELS:
        found = facts.get(name)
        models[name] = models[found] if isinstance(found, str) else found and _model(name, found, arrays)
    return TrainingState(
        **{name: facts[name] for name in _NUMBERS},
        model=models["model"],
        accepted=models["accepted"],
        best=models["best"],
        paths=tuple(_paths(facts["has_path"], arrays)),
        rounds=tuple(Progress(**row) for row in facts["rounds"]),
        left_out=tuple(NotAligned(**row) for row in facts["left_out"]),
    )


def _model(name: str, facts: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> LearntModel:
    def mixtures(kind: str) -> Mixtures | None:
        parts = [arrays.get(f"{name}.{kind}.{x}") for x in Mixtures.__slots__]
        return None if parts[0] is None else Mixtures(*parts)  # type: ignore[arg-type]

    tree = ContextTree(tuple(map(_node, facts["roots"])), facts["n_leaves"])
    learnt = mixtures("mixtures")
    assert learnt is not None
    return LearntModel(
        facts["kind"],
        TiedStates(tuple(facts["phones"]), tree, uses_context=facts["uses_context"]),
        arrays[f"{name}.chances"],
        learnt,
        arrays.get(f"{name}.lda"),
        {speaker: arrays[f"{name}.transform.{i}"] for i, speaker in enumerate(facts["speakers"])},
        mixtures("unadapted"),
    )


def _paths(has_path: Sequence[bool], arrays: Mapping[str, npt.NDArray[Any]]) -> list[Path | None]:
    sizes = arrays["paths.sizes"]
    bounds = {part: np.cumsum([0, *sizes[:, int(part == "states")]]).tolist() for part in _PATH_PARTS}
    columns = {part: arrays[f"paths.{part}"].astype(np.int64) for part in _PATH_PARTS}
    found: list[Path | None] = []
    k = 0
    for known in has_path:
        if not known:
            found.append(None)
            continue
        found.append(Path(*(columns[part][bounds[part][k] : bounds[part][k + 1]] for part in _PATH_PARTS)))
        k += 1
    return found
