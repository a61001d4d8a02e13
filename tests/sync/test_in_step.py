"""Words in step with their clip, and words that stray."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.sync.in_step import STRAYS_BEFOREHAND, in_step

LAGS = np.linspace(-0.5, 0.5, 101)


def curve(lead: float, *, sharp: float = 0.02) -> np.ndarray:
    return np.asarray(-0.5 * ((LAGS - lead) / sharp) ** 2)


def test_a_word_that_strays_is_told_whichever_way_and_the_others_are_not() -> None:
    for lead in (-0.12, -0.08, 0.08, 0.12):
        told = in_step(LAGS, [curve(0.0), curve(lead), *[curve(0.0)] * 4], 0.0, 1.0)
        assert told[1] < 0.45
        assert min(told[0], *told[2:]) > 0.9


def test_a_clip_that_is_early_as_a_whole_is_in_step() -> None:
    told = in_step(LAGS, [curve(0.3)] * 3, 0.28, 1.0)
    assert min(told) > 0.95


def test_a_word_that_strays_far_does_not_draw_the_others() -> None:
    # the clip's estimate lies between: the mean of three words at 0 and one at 0.2
    told = in_step(LAGS, [curve(0.0), curve(0.0), curve(0.2), curve(0.0)], 0.05, 1.0)
    assert told[2] < 0.05
    assert min(told[0], told[1], told[3]) > 0.95


def test_a_word_that_tells_nothing_has_the_probability_of_every_word() -> None:
    told = in_step(LAGS, [curve(0.0), np.zeros(len(LAGS)), curve(0.0)], 0.0, 1.0)
    assert told[1] == pytest.approx(1 - STRAYS_BEFOREHAND, abs=1e-6)


def test_a_word_that_cannot_be_seen_is_not_told() -> None:
    told = in_step(LAGS, [curve(0.0), None], 0.0, 1.0)
    assert told[0] > 0.8
    assert np.isnan(told[1])
    assert in_step(LAGS, [], 0.0, 1.0) == []
    assert np.isnan(in_step(LAGS, [None], 0.0, 1.0)[0])


def test_by_hand() -> None:
    # Two words, three leads, so far apart that no word in step scatters from one to the next.
    lags = np.array([-0.15, 0.0, 0.15])
    own = np.array([[0.1, 1.0, 0.1], [1.0, 0.5, 0.1]])
    told = in_step(lags, list(np.log(own)), 0.0, 1.0)
    anywhere = np.array([[0.4], [1.6 / 3]])
    both = 0.8 * own + 0.2 * anywhere
    base = np.exp([-0.5, 0.0, -0.5]) * both.prod(axis=0)
    assert told == pytest.approx((0.8 * own / both) @ (base / base.sum()), rel=1e-6)
