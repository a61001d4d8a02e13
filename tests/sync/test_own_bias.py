"""The bias of speaker and camera: what it does to an estimate, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from visalign.sync.estimate import LeadEstimate
from visalign.sync.lip_model import Calibration
from visalign.sync.own_bias import SCATTER_OF_A_SECOND, OwnBias

BIAS = OwnBias("reference.mp4", -0.012, 0.004, 20.0)
USUAL = Calibration(0.1, 0.012, 0.0, (0.0, 0.0))


def test_the_bias_is_taken_off_lead_interval_and_lags() -> None:
    raw = LeadEstimate(0.020, (0.010, 0.030), 0.9, lags=(-0.1, 0.0, 0.1))
    told = BIAS.taken_off(raw)
    assert told.lead_seconds == pytest.approx(0.032)
    assert told.lead_interval == pytest.approx((0.022, 0.042))
    assert told.lags == pytest.approx((-0.088, 0.012, 0.112))
    assert BIAS.taken_off(LeadEstimate(None, None, 0.0)).lead_seconds is None


def test_limits_move_with_the_bias_so_that_the_verdict_is_the_same() -> None:
    """A sound that is 28 ms early as measured is 40 ms early: at the limit, either way."""
    assert BIAS.raw((0.040, 0.060)) == pytest.approx((0.028, 0.072))


def test_the_scatter_is_that_of_both_measurements() -> None:
    own = SCATTER_OF_A_SECOND / np.sqrt(25.0)
    assert BIAS.calibration(USUAL, 25.0).lag_scatter == pytest.approx(np.hypot(own, 0.004))
    assert BIAS.calibration(USUAL, 25.0).temperature == USUAL.temperature


def test_a_reference_never_makes_a_clip_less_certain() -> None:
    assert BIAS.calibration(USUAL, 0.5).lag_scatter == USUAL.lag_scatter
    assert BIAS.calibration(USUAL, 0.0).lag_scatter == USUAL.lag_scatter
