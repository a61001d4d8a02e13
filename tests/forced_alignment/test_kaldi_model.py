"""Reading Kaldi's files: what is in them comes out, and what is wrong with them is said."""

from __future__ import annotations

import struct

import kaldi_writer as writer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.errors import ParseError
from visalign.forced_alignment.kaldi_files import KaldiStream
from visalign.forced_alignment.kaldi_model import read_matrix, read_model, read_tree

MODEL = writer.model_file(4, 5)
TREE = writer.tree_file(4)


def test_a_model_comes_back_as_it_was_written() -> None:
    model = read_model(MODEL, "final.mdl")
    assert sorted(model.topology) == [1, 2, 3, 4]
    assert [state.targets for state in model.topology[2]] == [(0, 1), (1, 2), (2, 3)]
    assert model.mixtures.n_mixtures == 12
    assert model.mixtures.n_dimensions == 5
    moves = model.transitions[2, 1, 4]
    assert [(move.target, move.id) for move in moves] == [(1, 9), (2, 10)]
    assert np.exp([move.log_probability for move in moves]).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_tree_finds_the_pdf_of_the_central_phone(width: int) -> None:
    tree = read_tree(writer.tree_file(4, width), "tree")
    window = [1] * width
    window[tree.position] = 3
    assert [tree.pdf(tuple(window), state) for state in range(3)] == [6, 7, 8]
    window[tree.position] = 0
    assert tree.pdf(tuple(window), 0) is None


def test_a_tree_splits_by_sets_of_phones() -> None:
    question = writer.token("SE") + writer.integer(0) + writer.integers([2, 4]) + writer.token("{")
    leaves = writer.token("CE") + writer.integer(7) + writer.token("CE") + writer.integer(8) + writer.token("}")
    head = b"\0B" + writer.token("ContextDependency") + writer.integer(1) + writer.integer(0) + writer.token("ToPdf")
    tree = read_tree(head + question + leaves + writer.token("EndContextDependency"), "tree")
    assert [tree.pdf((phone,), 0) for phone in (1, 2, 3, 4)] == [8, 7, 8, 7]


def test_a_matrix_of_doubles_is_read_too() -> None:
    values = np.arange(6.0).reshape(2, 3)
    data = b"\0B" + writer.token("DM") + writer.integer(2) + writer.integer(3) + values.astype("<f8").tobytes()
    np.testing.assert_array_equal(read_matrix(data, "lda.mat"), values)


@pytest.mark.parametrize("keep", [0, 1, 2, 17, 60, len(MODEL) // 2, len(MODEL) - 3])
def test_a_cut_model_is_refused(keep: int) -> None:
    with pytest.raises(ParseError, match=r"final\.mdl"):
        read_model(MODEL[:keep], "final.mdl")


def test_absurd_sizes_take_no_memory() -> None:
    huge = b"\0B" + writer.token("FM") + writer.integer(2**30) + writer.integer(2**30)
    with pytest.raises(ParseError, match="bytes are wanted"):
        read_matrix(huge, "lda.mat")
    negative = b"\0B" + writer.token("FM") + writer.integer(-1) + writer.integer(4)
    with pytest.raises(ParseError, match="matrix of -1"):
        read_matrix(negative, "lda.mat")


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ParseError, match="infinite"):
        read_matrix(writer.matrix_file(np.array([[1.0, np.nan]])), "lda.mat")


def test_a_tree_nested_without_end_is_refused() -> None:
    head = b"\0B" + writer.token("ContextDependency") + writer.integer(1) + writer.integer(0) + writer.token("ToPdf")
    level = writer.token("SE") + writer.integer(0) + writer.integers([1]) + writer.token("{")
    with pytest.raises(ParseError, match="levels"):
        read_tree(head + 100_000 * level, "tree")


def test_text_files_of_kaldi_are_refused() -> None:
    with pytest.raises(ParseError, match="no binary Kaldi file"):
        KaldiStream(b"<TransitionModel> 1 2 3", "final.mdl")


@settings(max_examples=150, deadline=None)
@given(place=st.integers(2, len(MODEL) - 5), value=st.integers(-(2**31), 2**31 - 1))
def test_a_damaged_model_is_refused_or_read(place: int, value: int) -> None:
    data = MODEL[:place] + struct.pack("<i", value) + MODEL[place + 4 :]
    try:
        model = read_model(data, "final.mdl")
    except ParseError:
        return
    assert model.mixtures.n_mixtures == 12


@settings(max_examples=100, deadline=None)
@given(place=st.integers(2, len(TREE) - 5), value=st.integers(-(2**31), 2**31 - 1))
def test_a_damaged_tree_is_refused_or_read(place: int, value: int) -> None:
    data = TREE[:place] + struct.pack("<i", value) + TREE[place + 4 :]
    try:
        tree = read_tree(data, "tree")
    except ParseError:
        return
    tree.pdf(tuple([1] * tree.width), 0)
