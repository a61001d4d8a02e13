"""Kaldi's GMM acoustic models: topology, transitions, Gaussian mixtures and the tree that ties them.

Conventions
-----------
Phones, states and pdfs are numbered as in the file: phones from 1, states and pdfs from 0. Transition ids count from 1
through the states of all phones, in the file's order. Log probabilities are natural.

References
----------
.. [1] Kaldi documentation, "HMM topology and transition modelling" and "How decision trees are used in Kaldi".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from visalign.errors import AnyPath
from visalign.forced_alignment.kaldi_files import KaldiStream
from visalign.hmm_training.gaussians import DiagonalMixtures

__all__ = ["ContextTree", "KaldiModel", "State", "Transition", "read_matrix", "read_model", "read_tree"]

MAX_PHONES = 20_000
MAX_STATES = 1_000_000
MAX_DIMENSION = 1000
MAX_TREE_DEPTH = 500
"""Beyond what any published model has, by ten times or more; a larger number means a damaged file."""

MAX_PRECISION = 1e9
"""Largest inverse variance; features have variances around 1 to 100."""

PDF_CLASS = -1
"""The key under which the tree asks for the state within the phone."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Transition:
    """One way out of a state: where it leads, its probability and its id."""

    target: int
    log_probability: float
    id: int


@dataclass(frozen=True, slots=True)
class State:
    """An emitting state of a phone's HMM, with its class of pdf."""

    pdf_class: int
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ContextTree:
    """Which pdf a phone's state has, by its neighbours.

    Parameters
    ----------
    width, position : int
        Phones in the window, and the index of the central one in it.
    root : nested tuples
        ``("CE", pdf)``, ``("SE", key, yes_set, yes, no)``, ``("TE", key, children)``, or None.
    """

    width: int
    position: int
    root: object

    def pdf(self, window: tuple[int, ...], pdf_class: int) -> int | None:
        """The pdf for a window of phones (0 beyond the edges), or None where the tree has none."""
        node = self.root
        while isinstance(node, tuple):
            if node[0] == "CE":
                return int(node[1])
            value = pdf_class if node[1] == PDF_CLASS else window[node[1]]
            if node[0] == "SE":
                node = node[3] if value in node[2] else node[4]
            else:
                node = node[2][value] if 0 <= value < len(node[2]) else None
        return None


@dataclass(frozen=True, slots=True, eq=False)
class KaldiModel:
    """Transitions and mixtures of one ``.mdl`` file.

    Parameters
    ----------
    topology : mapping of int to tuple of State
        By phone: its emitting states. A target equal to their number leaves the phone.
    transitions : mapping of (phone, state, pdf) to tuple of Transition
        In the order of the topology.
    mixtures : DiagonalMixtures
        One a pdf.
    """

    topology: Mapping[int, tuple[State, ...]]
    transitions: Mapping[tuple[int, int, int], tuple[Transition, ...]]
    mixtures: DiagonalMixtures


def read_tree(data: bytes, name: AnyPath) -> ContextTree:
    """Read the file ``tree``.

    Raises
    ------
    ParseError
        If it is none, or damaged.
    """
    stream = KaldiStream(data, name)
    stream.expect("ContextDependency")
    width, position = stream.count(9, "phones of context"), stream.count(8, "phones of left context")
    if position >= max(width, 1):
        raise stream.error(f"phone {position} of {width} as the central one")
    stream.expect("ToPdf")
    root = _event_map(stream, width, 0)
    stream.expect("EndContextDependency")
    return ContextTree(width, position, root)


def _event_map(stream: KaldiStream, width: int, depth: int) -> object:
    if depth > MAX_TREE_DEPTH:
        raise stream.error("a tree with more levels than any model has")
    kind = stream.expect("NULL", "CE", "SE", "TE")
    if kind == "NULL":
        return None
    number = stream.integer()
    if kind == "CE":
        return kind, number
    if not PDF_CLASS <= number < width:
        raise stream.error(f"a question about phone {number} of {width}")
    if kind == "SE":
        yes_set = frozenset(stream.integers().tolist())
        stream.expect("{")
        branches = (_event_map(stream, width, depth + 1), _event_map(stream, width, depth + 1))
        stream.expect("}")
        return kind, number, yes_set, *branches
    size = stream.unsigned()
    if size > MAX_PHONES:
        raise stream.error(f"a table of {size} phones")
    stream.expect("(")
    children = tuple(_event_map(stream, width, depth + 1) for _ in range(size))
    stream.expect(")")
    return kind, number, children


def read_matrix(data: bytes, name: AnyPath) -> Floats:
    """Read a file that holds one matrix, such as ``lda.mat``; shape (n_rows, n_columns)."""
    return KaldiStream(data, name).matrix()


def read_model(data: bytes, name: AnyPath) -> KaldiModel:
    """Read a file such as ``final.mdl``.

    Raises
    ------
    ParseError
        If it is no GMM model of Kaldi, or damaged.
    """
    stream = KaldiStream(data, name)
    stream.expect("<TransitionModel>")
    topology = _topology(stream)
    tuples = _tuples(stream)
    stream.expect("<LogProbs>")
    log_probabilities = stream.vector()
    stream.expect("</LogProbs>")
    stream.expect("</TransitionModel>")
    transitions = _transitions(stream, topology, tuples, log_probabilities)
    mixtures = _mixtures(stream)
    highest = max((pdf for _, _, pdf in transitions), default=-1)
    if highest >= mixtures.n_mixtures:
        raise stream.error(f"a state with pdf {highest}, of {mixtures.n_mixtures}")
    return KaldiModel(topology, transitions, mixtures)


def _topology(stream: KaldiStream) -> dict[int, tuple[State, ...]]:
    stream.expect("<Topology>")
    phones, entry_of = stream.integers(), stream.integers()
    n_entries = stream.integer()
    two_pdfs = n_entries == -1
    if two_pdfs:
        n_entries = stream.count(MAX_PHONES, "topologies")
    entries = [_topology_entry(stream, two_pdfs) for _ in range(n_entries)]
    stream.expect("</Topology>")
    try:
        return {int(phone): entries[entry_of[phone]] for phone in phones}
    except IndexError as error:
        raise stream.error("a phone without a topology") from error


def _topology_entry(stream: KaldiStream, two_pdfs: bool) -> tuple[State, ...]:
    states: list[State] = []
    n_states = stream.count(100, "states of a phone")
    for _ in range(n_states):
        pdf_class = stream.integer()
        loop_class = stream.integer() if two_pdfs else pdf_class
        if pdf_class != loop_class:
            raise stream.error("states with a pdf of their own for the loop; only one pdf a state is supported")
        targets = []
        for _ in range(stream.count(100, "transitions of a state")):
            targets.append(stream.integer())
            stream.real()
        states.append(State(pdf_class, tuple(targets)))
    emitting = states[:-1]
    if not emitting or any(state.pdf_class < 0 or not state.targets for state in emitting):
        raise stream.error("a topology whose states do not emit, one by one, up to the last")
    if any(not 0 <= target < n_states for state in emitting for target in state.targets):
        raise stream.error("a topology with a transition to a state that it has not")
    return tuple(emitting)


def _tuples(stream: KaldiStream) -> list[tuple[int, int, int]]:
    kind = stream.expect("<Tuples>", "<Triples>")
    rows = []
    for _ in range(stream.count(MAX_STATES, "states")):
        phone, state, pdf = stream.integer(), stream.integer(), stream.integer()
        if kind == "<Tuples>" and stream.integer() != pdf:
            raise stream.error("states with a pdf of their own for the loop; only one pdf a state is supported")
        rows.append((phone, state, pdf))
    stream.expect(kind.replace("<", "</"))
    return rows


def _transitions(
    stream: KaldiStream,
    topology: Mapping[int, tuple[State, ...]],
    tuples: list[tuple[int, int, int]],
    log_probabilities: Floats,
) -> dict[tuple[int, int, int], tuple[Transition, ...]]:
    found: dict[tuple[int, int, int], tuple[Transition, ...]] = {}
    number = 1
    for phone, state, pdf in tuples:
        if phone not in topology or not 0 <= state < len(topology[phone]) or pdf < 0:
            raise stream.error(f"state {state} of phone {phone}, which the topology has not")
        targets = topology[phone][state].targets
        values = log_probabilities[number : number + len(targets)].tolist()
        if len(values) != len(targets):
            raise stream.error("fewer transition probabilities than transitions")
        ids = range(number, number + len(targets))
        found[phone, state, pdf] = tuple(map(Transition, targets, values, ids))
        number += len(targets)
    if number != len(log_probabilities):
        raise stream.error(f"{len(log_probabilities)} transition probabilities for {number - 1} transitions")
    return found


def _mixtures(stream: KaldiStream) -> DiagonalMixtures:
    stream.expect("<DIMENSION>")
    dimension = stream.count(MAX_DIMENSION, "dimensions")
    stream.expect("<NUMPDFS>")
    rows = [_mixture(stream, dimension) for _ in range(stream.count(MAX_STATES, "pdfs"))]
    if not rows:
        raise stream.error("a model without a pdf")
    weights, linear, precisions = zip(*rows, strict=True)
    starts = np.cumsum([0, *(len(row) for row in weights)])
    if any(start == end for start, end in pairwise(starts.tolist())):
        raise stream.error("a pdf without a Gaussian")
    return DiagonalMixtures.from_precisions(
        np.concatenate(weights), np.concatenate(linear), np.concatenate(precisions), starts
    )


def _mixture(stream: KaldiStream, dimension: int) -> tuple[Floats, Floats, Floats]:
    stream.expect("<DiagGMM>", "<DiagGMMBegin>")
    if stream.expect("<GCONSTS>", "<WEIGHTS>") == "<GCONSTS>":
        stream.vector()  # normalising constants: computed anew from the rest
        stream.expect("<WEIGHTS>")
    weights = stream.vector()
    stream.expect("<MEANS_INVVARS>")
    linear = stream.matrix()
    stream.expect("<INV_VARS>")
    precisions = stream.matrix()
    stream.expect("</DiagGMM>", "<DiagGMMEnd>")
    if not linear.shape == precisions.shape == (len(weights), dimension):
        raise stream.error(f"a mixture of {len(weights)} Gaussians with arrays of {linear.shape}, {precisions.shape}")
    if (
        not (precisions > 1 / MAX_PRECISION).all()
        or max(float(precisions.max()), float(abs(linear).max())) > MAX_PRECISION
    ):
        raise stream.error("a Gaussian whose variance or mean is impossible")
    if not (weights >= 0).all() or abs(float(weights.sum()) - 1.0) > 0.01:
        raise stream.error("weights of a mixture that do not add up to one")
    return weights, linear, precisions
