"""Words in step with their clip, and words that stray."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.sync.in_step import LOG_ODDS, TYPICAL_MISFIT, WordsInStep, WordStep, probability

LAGS = np.linspace(-0.5, 0.5, 101)
LIMITS = (0.045, 0.125)


def curve(lead: float, *, sharp: float = 0.02) -> np.ndarray:
    return np.asarray(-0.5 * ((LAGS - lead) / sharp) ** 2)


def told(curves: list[np.ndarray], lead: float = 0.0) -> list[WordStep]:
    return WordsInStep.of(LAGS, curves, lead, 1.0, LIMITS).told(LIMITS)


def test_a_word_that_strays_is_told_whichever_way_and_the_others_are_not() -> None:
    for lead in (-0.12, -0.08, 0.08, 0.12):
        found = told([curve(0.0), curve(lead), *[curve(0.0)] * 4])
        assert found[1].log_ratio < -1.0
        assert found[1].own_lead == pytest.approx(lead, abs=1e-9)
        assert min(found[k].log_ratio for k in (0, 2, 3, 4, 5)) > 1.5


def test_a_clip_that_is_early_as_a_whole_is_in_step_and_beyond_the_limits() -> None:
    found = told([curve(0.3)] * 3, 0.28)
    assert min(one.log_ratio for one in found) > 1.5
    assert min(one.beyond for one in found) > 0.99
    assert found[0].run_lead == pytest.approx(0.3, abs=0.01)


def test_a_word_that_strays_far_does_not_draw_the_others() -> None:
    # the clip's estimate lies between: the mean of three words at 0 and one at 0.2
    found = told([curve(0.0), curve(0.0), curve(0.2), curve(0.0)], 0.05)
    assert found[2].log_ratio < -3
    assert min(found[k].log_ratio for k in (0, 1, 3)) > 1.5


def test_a_run_has_a_lead_of_its_own_and_a_stray_word_makes_none() -> None:
    run = told([*[curve(0.0)] * 5, *[curve(0.2)] * 5])
    assert max(one.beyond for one in run[:4]) < 0.05
    assert min(one.beyond for one in run[6:]) > 0.95
    assert run[8].run_lead == pytest.approx(0.2, abs=0.01)
    alone = told([*[curve(0.0)] * 5, curve(0.2), *[curve(0.0)] * 5])
    assert max(one.beyond for one in alone) < 0.3
    assert alone[5].log_ratio < -3


def test_a_word_that_tells_nothing_is_no_better_anywhere() -> None:
    found = told([curve(0.0), np.zeros(len(LAGS)), curve(0.0)])
    assert found[1].log_ratio == pytest.approx(0.0, abs=1e-9)
    low, high = found[1].own_interval
    assert high - low > 0.7


def test_where_the_clips_lead_changes_along_it_leads_are_told_on_its_clock() -> None:
    # Both words lie at the course, and the course lies 0.2 s early at the second.
    words = WordsInStep.of(LAGS, [curve(0.0), curve(0.0)], 0.0, 1.0, LIMITS)
    first, second = words.told(LIMITS, np.array([0.0, 0.2]))
    assert first.beyond < 0.01 < 0.99 < second.beyond
    assert (first.own_lead, second.own_lead) == (pytest.approx(0.0), pytest.approx(0.2))
    assert second.own_interval == pytest.approx([x + 0.2 for x in first.own_interval])


def test_the_odds_by_hand() -> None:
    alone, by_ratio, by_misfit = LOG_ODDS
    assert probability(1.0, 2.0) == pytest.approx(1 / (1 + np.exp(-(alone + by_ratio - 2 * by_misfit))))
    assert probability(1.0, float("nan")) == probability(1.0, TYPICAL_MISFIT)
    assert probability(-50.0, 1.0) == probability(-4.0, 1.0)
    assert np.isnan(probability(float("nan"), 1.0))


def test_the_ratio_by_hand() -> None:
    # Two words, three leads, so far apart that no word in step scatters from one to the next; the middle one alone
    # lies within the limits.
    lags = np.array([-0.15, 0.0, 0.15])
    own = np.array([[0.1, 1.0, 0.1], [1.0, 0.5, 0.1]])
    words = WordsInStep.of(lags, list(np.log(own)), 0.0, 1.0, LIMITS)
    anywhere = np.array([[0.4], [1.6 / 3]])
    both = 0.8 * own + 0.2 * anywhere
    before = np.array([np.exp(-0.5), 5.0, np.exp(-0.5)])
    base = before * both.prod(axis=0)
    expected = np.log(own / anywhere) @ (base / base.sum())
    assert [one.log_ratio for one in words.told(LIMITS)] == pytest.approx(expected, rel=1e-6)


def test_the_chain_by_hand() -> None:
    # Two words: the run about the first is its own likelihood times what the second says, through one step.
    lags = np.array([-0.15, 0.0, 0.15])
    own = np.array([[0.1, 1.0, 0.1], [1.0, 0.5, 0.1]])
    words = WordsInStep.of(lags, list(np.log(own)), 0.0, 1.0, LIMITS)
    before = np.array([np.exp(-0.5), 5.0, np.exp(-0.5)])
    before /= before.sum()
    step = 0.97 * np.eye(3) + 0.03 * np.tile(before, (3, 1))
    joint = before[:, None] * words.mixtures[0][:, None] * step * words.mixtures[1]
    joint /= joint.sum()
    assert words.runs() == pytest.approx(np.array([joint.sum(axis=1), joint.sum(axis=0)]), rel=1e-6)
