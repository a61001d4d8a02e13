"""Models written as Kaldi writes them."""

from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from visalign.forced_alignment.kaldi_model import (
    ContextTree,
    KaldiModel,
    State,
    Transition,
    read_matrix,
    read_model,
    read_tree,
)
from visalign.forced_alignment.kaldi_writing import format_matrix, format_model, format_tree
from visalign.hmm_training.gaussians import DiagonalMixtures

SPEECH = (State(0, (0, 1)), State(1, (1, 2)))
MODEL = KaldiModel(
    {1: (State(0, (0, 1)),), 2: SPEECH, 3: SPEECH},
    {
        (1, 0, 0): (Transition(0, -0.25, 1), Transition(1, -1.5, 2)),
        (2, 0, 1): (Transition(0, -0.5, 3), Transition(1, -1.0, 4)),
        (2, 1, 1): (Transition(1, -0.5, 5), Transition(2, -1.0, 6)),
        (3, 0, 0): (Transition(0, -0.5, 7), Transition(1, -1.0, 8)),
        (3, 1, 1): (Transition(1, -0.5, 9), Transition(2, -1.0, 10)),
    },
    DiagonalMixtures.from_precisions(
        np.array([1.0, 0.25, 0.75], np.float32),
        np.arange(6, dtype=np.float32).reshape(3, 2),
        np.array([[1.0, 2.0], [0.5, 1.0], [4.0, 1.0]], np.float32),
        np.array([0, 1, 3]),
    ),
)


TWO = (("CE", 2), ("CE", 3))


def test_a_model_comes_back_as_it_was_written() -> None:
    back = read_model(format_model(MODEL), "final.mdl")
    assert (back.topology, back.transitions) == (MODEL.topology, MODEL.transitions)
    for name in ("constants", "linear", "precisions", "starts", "weights"):
        np.testing.assert_array_equal(getattr(back.mixtures, name), getattr(MODEL.mixtures, name))


def test_trees_come_back_as_they_were_written() -> None:
    root = ("TE", 1, (None, ("CE", 0), ("SE", 0, frozenset({1, 3}), ("CE", 1), ("SE", -1, frozenset({0}), *TWO))))
    tree = ContextTree(3, 1, root)
    back = read_tree(format_tree(tree), "tree")
    assert (back.width, back.position, back.root) == (3, 1, root)


def test_a_matrix_is_written_by_rows() -> None:
    rows = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    data = format_matrix(rows)
    assert data == b"\0BFM \4" + struct.pack("<i", 2) + b"\4" + struct.pack("<i", 3) + struct.pack("<6f", *range(1, 7))
    np.testing.assert_array_equal(read_matrix(data, "lda.mat"), rows)


def without_constants(data: bytes) -> bytes:
    """A model's bytes but for the normalising constants, which follow from the rest, up to rounding."""
    found = re.compile(rb"<GCONSTS> FV \x04(.{4})", re.DOTALL)
    parts, at = [], 0
    while (match := found.search(data, at)) is not None:
        parts.append(data[at : match.end()])
        at = match.end() + 4 * struct.unpack("<i", match[1])[0]
    return b"".join([*parts, data[at:]])


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["mfa_oracle/trained/gt_sat/gt_sat", "mfa_oracle/trained/gt20_mono/gt20_mono"])
def test_what_mfa_wrote_is_written_alike_to_the_byte(corpus: Path, name: str) -> None:
    path = corpus / f"{name}.zip"
    if not path.is_file():
        pytest.skip(f"no {name} among the development clips")
    n_files = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            data, kind = archive.read(member), PurePosixPath(member).name
            if kind in ("final.mdl", "final.alimdl"):
                assert without_constants(format_model(read_model(data, kind))) == without_constants(data)
            elif kind == "tree":
                assert format_tree(read_tree(data, kind)) == data
            elif kind == "lda.mat":
                assert format_matrix(read_matrix(data, kind)) == data
            else:
                continue
            n_files += 1
    assert n_files >= 2
