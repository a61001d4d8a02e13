"""Terms of the reward, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tuning_outcomes import outcome

from visalign.errors import ConfigError
from visalign.sync.scoring import SyncScore
from visalign.tuning import parse_metric
from visalign.tuning.outcome import ClipOutcome, Placement, WordScores
from visalign.tuning.reward import TERMS, format_metric, reward, roc_area, terms_of


def test_terms_by_hand() -> None:
    found = terms_of(
        [
            outcome(
                shifted=(Placement(0.02, 0.9), Placement(0.02, 0.9), Placement(0.07, 0.9)),
                windows=((Placement(0.01, 1.0), Placement(0.2, 0.0)), (Placement(0.04, 1.0),)),
                good=WordScores((0.9, 0.7), ("in-sync", "uncertain")),
                moved=WordScores((0.1, 0.8), ("audio-late", "in-sync")),
                dubbed=WordScores((0.7,), ("uncertain",)),
                own_visemes=SyncScore(10, 6, 0, 0),
                foreign_visemes=SyncScore(10, 2, 0, 0),
                passed=True,
                withheld=False,
                preparing_seconds=0.25,
            )
        ],
        TERMS,
    )
    assert found["offset"] == pytest.approx((1.0 + 1.0 + 0.5) / 3)
    assert found["windows"] == pytest.approx((0.5 + 1.0) / 2)
    assert found["separation"] == pytest.approx(((1.0 + 0.5) / 2 + 0.5 * (1.0 + 0.5)) / 2)
    assert found["segments"] == pytest.approx((0.75 + (1.0 + 0.0 + 0.5) / 3) / 2)
    assert found["matching"] == pytest.approx((0.6 - 0.2) / 0.8)
    assert found["clips"] == pytest.approx(0.5)
    assert found["time"] == pytest.approx(0.8)
    brier_words = ((0.1**2 + 0.3**2) / 2 + (0.1**2 + 0.8**2 + 0.7**2) / 3) / 2
    assert found["calibration"] == pytest.approx(1 - 2 * (0.0 + brier_words) / 2)
    assert all(0.0 <= value <= 1.0 for value in found.values())


def test_a_coarse_map_earns_nothing_by_agreeing_with_everything() -> None:
    always = outcome(own_visemes=SyncScore(10, 10, 0, 0), foreign_visemes=SyncScore(10, 10, 0, 0))
    assert terms_of([always], ["matching"]) == {"matching": 0.0}


def test_the_offset_of_a_speaker_is_theirs() -> None:
    steady = [outcome(shifted=(Placement(0.08, 1.0),) * 5), outcome("b", "t", shifted=(Placement(-0.05, 1.0),) * 5)]
    assert terms_of(steady, ["offset"])["offset"] == pytest.approx(1.0)


def test_the_reward_is_the_weighted_mean_of_what_is_known() -> None:
    clip = outcome(windows=((Placement(0.0, 1.0), Placement(1.0, 0.0)),), good=WordScores((1.0,), ("in-sync",)))
    metric = {"windows": 3.0, "segments": 1.0, "matching": 100.0}
    assert reward([clip], metric) == pytest.approx((3 * 0.5 + 1 * 1.0) / 4)
    assert np.isnan(reward([clip], {"matching": 1.0}))


def test_roc_area_counts_ties_half() -> None:
    rng = np.random.default_rng(0)
    bad, good = rng.integers(0, 5, 40) / 4, rng.integers(1, 6, 50) / 5
    pairs = [(b < g) + 0.5 * (b == g) for b in bad for g in good]
    assert roc_area(bad, good) == pytest.approx(np.mean(pairs), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "says"), [("speed", "metric.*matching, offset"), ("time=0", "above 0"), ("time=x", "above 0")]
)
def test_an_impossible_metric_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_metric(text)


def test_a_metric_survives_its_text() -> None:
    assert parse_metric(format_metric({"time": 0.5, "windows": 2.0})) == {"time": 0.5, "windows": 2.0}


def windows(name: str, speaker: str, right: int, of: int = 20) -> ClipOutcome:
    parts = tuple(Placement(0.0 if k < right else 1.0, 0.5) for k in range(of))
    return outcome(name, speaker, windows=(parts,))
