"""Gains on speakers that the search has not heard."""

from __future__ import annotations

import numpy as np
import pytest
from tuning_outcomes import outcome

from visalign.errors import ConfigError
from visalign.tuning import compare_outcomes
from visalign.tuning.holdout import choose_held_out
from visalign.tuning.outcome import ClipOutcome, Placement


def windows(name: str, speaker: str, right: int, of: int = 20) -> ClipOutcome:
    parts = tuple(Placement(0.0 if k < right else 1.0, 0.5) for k in range(of))
    return outcome(name, speaker, windows=(parts,))


def test_noise_is_no_gain_and_a_gain_is_no_noise() -> None:
    rng = np.random.default_rng(1)
    rates = rng.integers(8, 16, 40)
    default = [windows(f"{k}", f"s{k % 7}", n) for k, n in enumerate(rates)]
    noise = [windows(f"{k}", f"s{k % 7}", n) for k, n in enumerate(rates + rng.integers(-3, 4, 40))]
    better = [windows(f"{k}", f"s{k % 7}", n) for k, n in enumerate(rates + rng.integers(0, 4, 40))]
    assert not compare_outcomes(default, noise, {"windows": 1.0}).is_better
    found = compare_outcomes(default, better, {"windows": 1.0})
    assert found.is_better
    assert found.unit == "speakers"
    assert found.difference.low < found.difference.value < found.difference.high
    assert found.difference.value == pytest.approx(found.found.value - found.default.value, abs=1e-12)


@pytest.mark.slow
def test_the_interval_of_a_difference_holds_what_it_claims() -> None:
    """No configuration is better than itself measured anew: about one in forty is recommended by chance."""
    rng, wrong = np.random.default_rng(2), 0
    for run in range(60):
        default = [windows(f"{k}", "s", n) for k, n in enumerate(rng.integers(6, 15, 30))]
        again = [windows(f"{k}", "s", n) for k, n in enumerate(rng.integers(6, 15, 30))]
        wrong += compare_outcomes(default, again, {"windows": 1.0}, seed=run).is_better
    assert wrong <= 6


def test_few_speakers_have_their_clips_resampled() -> None:
    two = [windows(f"{k}", f"s{k % 2}", 10) for k in range(8)]
    found = compare_outcomes(two, two, {"windows": 1.0})
    assert found.unit == "clips"
    assert (found.difference.low, found.difference.high, found.is_better) == (0.0, 0.0, False)


def test_held_out_speakers() -> None:
    names = [f"s{k}" for k in range(9)]
    assert len(choose_held_out(names)) == 3
    assert choose_held_out(names, seed=1) != choose_held_out(names, seed=2)
    assert choose_held_out(["only"] * 4) == ()
    with pytest.raises(ConfigError, match="hold-out"):
        choose_held_out(names, ["s99"])
    with pytest.raises(ConfigError, match="somebody must be left"):
        choose_held_out(["a", "b"], ["a", "b"])
