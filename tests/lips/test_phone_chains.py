"""Phones as chains of states: which of the decoder's states each part emits, and how long the parts last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sample_lips import NAMES, random_decoder

from visalign.lips.phone_chains import PARTS, common_share, log_stay, members_of
from visalign.lips.viseme_decoder import STEP

PHONES = ("AA", "AA", "AA", "B", "SIL")
# each state is left with probability 0.2, to the next one
DECODER = replace(
    random_decoder(np.random.default_rng(0), NAMES[:2], PHONES),
    transitions=0.8 * np.eye(5) + 0.2 * np.roll(np.eye(5), 1, axis=1),
)
COMMON = common_share(DECODER.transitions)


def test_states_that_follow_one_another_in_a_ring_are_equally_common() -> None:
    assert pytest.approx(np.full(5, 0.2)) == COMMON
    uneven = np.array([[0.9, 0.1], [0.3, 0.7]])
    assert common_share(uneven) == pytest.approx([0.75, 0.25])


def test_each_part_of_a_phone_is_its_own_state() -> None:
    shares = members_of(["AA"], DECODER, COMMON)
    assert [row.tolist() for row in np.exp(shares)] == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0]]


def test_what_may_be_several_phones_is_their_mean_by_how_common_they_are() -> None:
    shares = np.exp(members_of(["AA", "B", "ZH"], DECODER, COMMON))
    assert shares[:, :3].sum(axis=1) == pytest.approx(np.full(PARTS, 0.75))  # three of its states against one of B
    assert shares[:, 3] == pytest.approx(np.full(PARTS, 0.25))


def test_a_phone_that_was_never_met_may_be_any_but_silence() -> None:
    shares = np.exp(members_of(["ZH"], DECODER, COMMON))
    assert shares[0].tolist() == pytest.approx([0.75, 0, 0, 0.25, 0])


def test_parts_last_as_long_as_the_phone_together() -> None:
    """AA is left from its last state: every fifteenth moment, so after 0.6 s; B after five moments."""
    stay = np.exp(log_stay(["AA"], DECODER, COMMON, 0.01))
    assert PARTS * 0.01 / (1 - stay) == pytest.approx(15 * STEP)
    assert PARTS * 0.01 / (1 - np.exp(log_stay(["B"], DECODER, COMMON, 0.01))) == pytest.approx(5 * STEP)
