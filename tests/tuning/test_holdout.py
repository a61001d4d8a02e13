"""Gains on speakers that the search has not heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from visalign.config import Config
from visalign.errors import ConfigError
from visalign.evaluation.protocol import half_shifted, shifted
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures
from visalign.signals import Audio
from visalign.sync.judging import hear
from visalign.sync.lip_model import LipModel
from visalign.tuning import compare_outcomes
from visalign.tuning.holdout import choose_held_out
from visalign.tuning.material import TuningClip, with_foreign_sound
from visalign.tuning.outcome import ClipOutcome, Placement

TEXT, OTHER_TEXT = "bin blue at f two now", "set red in a six soon"


@pytest.fixture(scope="module")
def clips(generated_lips: LipFeatures, generated_audio: Audio) -> list[TuningClip]:
    """The generated clip in eight versions of different noise on the lips, said by four people."""
    own = hear(generated_audio, TEXT, Config())
    other = hear(shifted(generated_audio, -0.7), OTHER_TEXT, Config())
    cut = hear(half_shifted(generated_audio, own.words[3].start, 0.2), TEXT, Config())
    found = []
    for k in range(8):
        rng = np.random.default_rng(k)
        noise = rng.normal(0.0, 0.2 + 0.1 * k, generated_lips.values.shape) * generated_lips.scale
        lips = replace(generated_lips, values=generated_lips.values + noise)
        heard = own if k % 2 == 0 else other
        found.append(
            TuningClip(
                f"clip {k}", f"speaker {k // 2}", LipModel.load(), ClipFaces.of(lips), heard, ((3, cut),), None, 0.1
            )
        )
    return with_foreign_sound(found)


def outcome(name: str = "a", speaker: str = "s", **parts: object) -> ClipOutcome:
    return replace(ClipOutcome(name, speaker), **parts)  # type: ignore[arg-type]


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
