"""Training of the viseme decoder on lips made of numbers: each phone has a place of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from sample_lips import NAMES, make_lips

from visalign.lips.lip_features import LipFeatures
from visalign.lips.viseme_decoder import grid
from visalign.timeline import Tier
from visalign.training.decoder_training import SATURATION, STATES_PER_PHONE, fit_decoder, speaker_weights
from visalign.visemes.viseme_map import VisemeMap

PHONES = ("B", "AA", "F", "UW", "SIL")
RNG = np.random.default_rng(0)
PLACES = {phone: RNG.normal(0, 2.0, len(NAMES)) for phone in PHONES}
MAP = VisemeMap.load("neti_2000")


@dataclass(frozen=True)
class Clip:
    """Lips that follow their phones exactly, but for noise."""

    lips: LipFeatures
    phones: Tier
    speaker: str


def make_clip(speaker: str, seed: int, n_phones: int = 15) -> Clip:
    rng = np.random.default_rng(seed)
    labels = ["SIL", *rng.choice(PHONES[:-1], n_phones), "SIL"]
    ends = np.cumsum(rng.choice([0.12, 0.2], len(labels)))
    phones = Tier("phones", (0.0, *ends.tolist()), tuple(labels))
    n_frames = round(ends[-1] * 25)
    spoken = phones.sample((np.arange(n_frames) + 0.5) / 25, outside="SIL")
    values = np.array([PLACES[phone] for phone in spoken]) + rng.normal(0, 1.0, (n_frames, len(NAMES)))
    return Clip(make_lips(values), phones, speaker)


CLIPS = [make_clip(f"speaker {k % 2}", k) for k in range(12)]


def test_what_was_trained_is_decoded_on_another_clip() -> None:
    decoder = fit_decoder(CLIPS)
    other = make_clip("somebody", 99)
    decoded = decoder.decode(other.lips, MAP)
    expected = [MAP[phone] for phone in other.phones.sample(decoded.times, outside="SIL")]
    right = np.mean([a == b for a, b in zip(decoded.tier.sample(decoded.times), expected, strict=True)])
    assert right > 0.9


def test_each_phone_has_its_states_and_transitions_go_on() -> None:
    decoder = fit_decoder(CLIPS)
    assert decoder.phones == tuple(phone for phone in sorted(PHONES) for _ in range(STATES_PER_PHONE))
    # the second part of a phone follows the first, and hardly ever the other way round
    first, second = 0, 1
    assert decoder.phones[first] == decoder.phones[second]
    assert decoder.transitions[first, second] > 5 * decoder.transitions[second, first]


def test_training_is_the_same_each_time() -> None:
    one, two = fit_decoder(CLIPS).to_arrays(), fit_decoder(CLIPS).to_arrays()
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_speaker_counts_by_the_root_of_their_frames() -> None:
    clips = [make_clip("often", k) for k in range(4)] + [make_clip("seldom", 9)]
    weights = speaker_weights(clips)
    frames = {s: sum(len(c.lips) for c in clips if c.speaker == s) for s in weights}
    assert weights["seldom"] / weights["often"] == pytest.approx((frames["often"] / frames["seldom"]) ** 0.5)
    assert sum(weights[s] * frames[s] for s in weights) == pytest.approx(sum(frames.values()))


def test_what_is_learnt_is_bounded_as_what_is_read() -> None:
    decoder = fit_decoder(CLIPS)
    assert decoder.saturation == SATURATION
    weights = speaker_weights(CLIPS)
    rows, shares = [], []
    for clip in CLIPS:
        times, seen = grid(clip.lips)
        rows.append(decoder.rows(clip.lips, times[seen]))
        shares.append(np.full(int(seen.sum()), weights[clip.speaker]))
    middle = np.average(np.vstack(rows), axis=0, weights=np.concatenate(shares))
    assert middle == pytest.approx(np.zeros(decoder.means.shape[1]), abs=1e-9)
