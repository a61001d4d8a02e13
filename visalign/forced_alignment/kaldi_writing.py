"""Writing Kaldi's GMM acoustic models: what :mod:`~visalign.forced_alignment.kaldi_model` reads, as bytes.

Conventions
-----------
As in :mod:`visalign.forced_alignment.kaldi_files`. A topology that several phones have is written once, in the order of
the first of them; the chances with which a training would begin, which are part of it though nobody uses them
afterwards, are the same for all ways out of a state, but 3/4 for staying in a state that can only be stayed in or left
to the next one at the end of a phone of more than three states, as the Montreal Forced Aligner writes them.

References
----------
.. [1] D. Povey et al., The Kaldi speech recognition toolkit, ASRU 2011; its source, ``hmm/hmm-topology``,
   ``hmm/transition-model``, ``gmm/diag-gmm``, ``tree/event-map``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from visalign.forced_alignment.kaldi_model import ContextTree, KaldiModel, State
from visalign.hmm_training.gaussians import DiagonalMixtures

__all__ = ["format_matrix", "format_model", "format_tree"]

HEADER = b"\0B"

STAYING = 0.75
"""Chance of staying in the last state of a silence, before anything is learnt; MFA's own."""

Values = npt.NDArray[np.floating]


def format_model(model: KaldiModel) -> bytes:
    """The bytes of a file such as ``final.mdl``."""
    parts = [HEADER, _token("<TransitionModel>"), _topology(model), _tuples(model)]
    chances = [move.log_probability for moves in model.transitions.values() for move in moves]
    parts += [_token("<LogProbs>"), _vector(np.array([0.0, *chances])), _token("</LogProbs>")]
    return b"".join([*parts, _token("</TransitionModel>"), *_mixtures(model.mixtures)])


def format_tree(tree: ContextTree) -> bytes:
    """The bytes of the file ``tree``."""
    parts = [HEADER, _token("ContextDependency"), _integer(tree.width), _integer(tree.position), _token("ToPdf")]
    return b"".join([*parts, *_event_map(tree.root), _token("EndContextDependency")])


def format_matrix(values: Values) -> bytes:
    """The bytes of a file that holds one matrix, such as ``lda.mat``."""
    return HEADER + _matrix(values)


def _token(text: str) -> bytes:
    return text.encode("ascii") + b" "


def _integer(value: int) -> bytes:
    return b"\4" + struct.pack("<i", value)


def _real(value: float) -> bytes:
    return b"\4" + struct.pack("<f", value)


def _integers(values: Iterable[int]) -> bytes:
    numbers = list(values)
    return b"\4" + struct.pack(f"<i{len(numbers)}i", len(numbers), *numbers)


def _vector(values: Values) -> bytes:
    return _token("FV") + _integer(len(values)) + np.asarray(values, dtype="<f4").tobytes()


def _matrix(values: Values) -> bytes:
    rows = np.ascontiguousarray(values, dtype="<f4")
    return _token("FM") + _integer(rows.shape[0]) + _integer(rows.shape[1]) + rows.tobytes()


def _topology(model: KaldiModel) -> bytes:
    phones = sorted(model.topology)
    kinds = list(dict.fromkeys(model.topology[phone] for phone in phones))
    # Entries are numbered by phone, from 0; what stands for number 0, which is no phone, is −1.
    entry_of = [-1] * (max(phones) + 1)
    for phone in phones:
        entry_of[phone] = kinds.index(model.topology[phone])
    parts = [_token("<Topology>"), _integers(phones), _integers(entry_of), _integer(len(kinds))]
    for states in kinds:
        parts.append(_integer(len(states) + 1))
        for index, state in enumerate(states):
            parts += [_integer(state.pdf_class), _integer(len(state.targets))]
            chances = _starting_chances(state, index, len(states))
            for target, chance in zip(state.targets, chances, strict=True):
                parts += [_integer(target), _real(chance)]
        parts += [_integer(-1), _integer(0)]  # the state that is the way out
    return b"".join([*parts, _token("</Topology>")])


def _starting_chances(state: State, index: int, n_states: int) -> list[float]:
    if n_states > 3 and state.targets == (index, index + 1):
        return [STAYING, 1.0 - STAYING]
    return [1.0 / len(state.targets)] * len(state.targets)


def _tuples(model: KaldiModel) -> bytes:
    parts = [_token("<Triples>"), _integer(len(model.transitions))]
    parts += [_integer(number) for row in model.transitions for number in row]
    return b"".join([*parts, _token("</Triples>")])


def _mixtures(mixtures: DiagonalMixtures) -> Iterable[bytes]:
    yield _token("<DIMENSION>") + _integer(mixtures.n_dimensions)
    yield _token("<NUMPDFS>") + _integer(mixtures.n_mixtures)
    for begin, end in zip(mixtures.starts[:-1].tolist(), mixtures.starts[1:].tolist(), strict=True):
        yield _token("<DiagGMM>") + _token("<GCONSTS>") + _vector(mixtures.constants[begin:end])
        yield _token("<WEIGHTS>") + _vector(mixtures.weights[begin:end])
        yield _token("<MEANS_INVVARS>") + _matrix(mixtures.linear[begin:end])
        yield _token("<INV_VARS>") + _matrix(mixtures.precisions[begin:end]) + _token("</DiagGMM>")


def _event_map(node: object) -> Iterable[bytes]:
    if not isinstance(node, tuple):
        yield _token("NULL")
        return
    yield _token(node[0]) + _integer(node[1])
    if node[0] == "SE":
        yield _integers(sorted(node[2])) + _token("{")
        yield from _event_map(node[3])
        yield from _event_map(node[4])
        yield _token("}")
    elif node[0] == "TE":
        yield b"\xfc" + struct.pack("<I", len(node[2])) + _token("(")
        for child in node[2]:
            yield from _event_map(child)
        yield _token(")")
