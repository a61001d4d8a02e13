"""Visemes decoded from the lips: grid, tier, what is not seen. Posteriors: oracles/test_viseme_posteriors.py."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from sample_lips import NAMES, frame_times, make_lips, random_decoder
from scipy.special import logit

from visalign.lips.viseme_decoder import MOMENTS, STEP, UNSEEN, VisemeDecoder, grid, stacked
from visalign.timeline import FrameTimes
from visalign.visemes.viseme_map import VisemeMap, available_maps

COLUMNS = NAMES[:2]
PHONES = ("AA", "B", "P", "SIL")
RNG = np.random.default_rng(0)
DECODER = random_decoder(RNG, COLUMNS, PHONES)
LIPS = make_lips(RNG.normal(size=(50, 2)), COLUMNS, faceless=[20, 21, 22, 49])
MAP = VisemeMap.load("neti_2000")


def test_posteriors_are_probabilities_and_the_tier_shows_the_likeliest() -> None:
    decoded = DECODER.decode(LIPS, MAP)
    seen = np.isfinite(decoded.posteriors).all(axis=1)
    assert np.flatnonzero(~seen).tolist() == [20, 21, 22, 49]
    assert decoded.posteriors[seen].sum(axis=1) == pytest.approx(np.ones(46), abs=1e-9)
    likeliest = [decoded.visemes[k] for k in decoded.posteriors[seen].argmax(axis=1)]
    assert decoded.tier.sample(decoded.times[seen]) == likeliest
    assert set(decoded.tier.sample(decoded.times[~seen])) == {UNSEEN}


def test_the_tier_covers_the_picture_without_equal_neighbours() -> None:
    tier = DECODER.decode(LIPS, MAP).tier
    assert (tier.start, tier.end) == (0.0, pytest.approx(2.0, abs=1e-9))
    assert all(a != b for a, b in zip(tier.labels[:-1], tier.labels[1:], strict=True))
    assert all((x.score is None) == (x.label == UNSEEN) for x in tier)
    assert all(x.score is None or 0 <= x.score <= 1 + 1e-9 for x in tier)


@pytest.mark.parametrize("name", available_maps())
def test_every_shipped_map_can_be_observed(name: str) -> None:
    viseme_map = VisemeMap.load(name)
    decoded = DECODER.decode(LIPS, viseme_map)
    places = {viseme_map.lookup(phone, "arpabet") for phone in PHONES}
    assert decoded.visemes == viseme_map.visemes
    assert set(decoded.tier.labels) <= places | {UNSEEN}


def test_time_does_not_depend_on_where_the_clip_begins() -> None:
    later = replace(LIPS, times=FrameTimes(LIPS.times.times + 7.0, LIPS.times.duration + 7.0, Fraction(25)))
    here, there = DECODER.decode(LIPS, MAP), DECODER.decode(later, MAP)
    assert there.tier.labels == here.tier.labels
    assert there.tier.shift(-7.0).boundaries == pytest.approx(here.tier.boundaries, abs=1e-9)


@pytest.mark.parametrize(("n_frames", "rate", "n_times"), [(1, 25, 1), (25, 25, 25), (50, 50, 25), (30, 30, 25)])
def test_the_grid_is_that_of_the_training_whatever_the_frame_rate(n_frames: int, rate: int, n_times: int) -> None:
    lips = make_lips(np.zeros((n_frames, 2)), COLUMNS, frame_times(n_frames, rate))
    times, seen = grid(lips)
    assert abs(len(times) - n_times) <= 1
    assert times[0] == pytest.approx(0.5 / rate, abs=1e-9)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, STEP), abs=1e-9)
    assert seen.all()


def test_features_between_frames_are_interpolated_and_held_at_the_ends() -> None:
    """A ramp of one a second, with a hole that is bridged; the slow index is the moment."""
    values = np.column_stack([frame_times(50).centres, np.ones(50)])
    lips = make_lips(values, COLUMNS, faceless=[10, 11])
    rows = stacked(lips, np.array([0.43, 1.005]), COLUMNS).reshape(2, len(MOMENTS), 2)
    assert rows[:, :, 0] == pytest.approx(np.array([[t + m for m in MOMENTS] for t in (0.43, 1.005)]), abs=1e-9)
    assert (rows[:, :, 1] == 1).all()
    ends = stacked(lips, np.array([-5.0, 9.0]), COLUMNS[:1])
    assert ends == pytest.approx(np.array([[0.02] * 5, [1.98] * 5]), abs=1e-9)


def test_a_decoder_survives_its_arrays() -> None:
    again = VisemeDecoder.from_arrays(DECODER.to_arrays())
    assert (again.columns, again.phones, again.evidence_scale) == (DECODER.columns, DECODER.phones, 0.5)
    assert again.decode(LIPS, MAP).tier == DECODER.decode(LIPS, MAP).tier


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"means": DECODER.means[:-1]}, "do not fit"),
        ({"means": DECODER.means.ravel()}, "matrix"),
        ({"centre": DECODER.centre[:-1]}, "do not fit"),
        ({"start": 2 * DECODER.start}, "sum to 1"),
        ({"start": np.array([2.0, -1.0, 0.0, 0.0])}, "negative"),
        ({"transitions": DECODER.transitions.T}, "sum to 1"),
        ({"means": np.nan * DECODER.means}, "finite"),
        ({"evidence_scale": 0.0}, "finite"),
        ({"closure_bias": -1.0}, "impossible"),
        ({"adaptation_frames": np.inf}, "impossible"),
        ({"moments": MOMENTS[:-1]}, "do not fit"),
    ],
)
def test_impossible_parameters_are_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(DECODER, **change)


def closing(bias: float) -> float:
    """How probable closed lips are on average."""
    decoded = replace(DECODER, closure_bias=bias).decode(LIPS, MAP)
    return float(np.nanmean(decoded.closed))


def test_closed_lips_are_preferred_by_the_bias() -> None:
    assert closing(0.0) < closing(1.0) < closing(3.0) < 1.0


@pytest.mark.parametrize("bias", [0.5, 2.0])
def test_the_bias_is_that_of_the_odds(bias: float) -> None:
    """At a single moment the log odds of closed lips move by the bias and by nothing else."""
    one = make_lips(np.array([[0.3, -0.2]]), COLUMNS)
    plain, preferred = (replace(DECODER, closure_bias=b).decode(one, MAP).closed[0] for b in (0.0, bias))
    assert logit(preferred) - logit(plain) == pytest.approx(bias, abs=1e-9)


def test_each_moment_is_preferred_by_the_bias() -> None:
    """Where each moment is independent of the one before, each one's log odds move by the bias."""
    alone = replace(DECODER, transitions=np.tile(DECODER.start, (len(PHONES), 1)))
    plain, preferred = (replace(alone, closure_bias=b).decode(LIPS, MAP).closed for b in (0.0, 1.5))
    moved = logit(preferred) - logit(plain)
    assert moved[np.isfinite(moved)] == pytest.approx(np.full(46, 1.5), abs=1e-9)


def posteriors_of(decoder: VisemeDecoder, sequences: list[np.ndarray]) -> list[np.ndarray]:
    """Posteriors of the states over stretches with a face, with the means that they draw together."""
    means = decoder._adapted_means(sequences)
    return [np.concatenate([x for _, x in decoder._pass(rows, means, decoder.closure_bias)]) for rows in sequences]


def test_what_is_preferred_does_not_draw_the_means() -> None:
    """The means come from a first pass without the bias; Gauvain and Lee's formula by hand."""
    tau, rows = 2.0, DECODER.rows(LIPS, LIPS.times.centres[:20])
    (met,) = posteriors_of(DECODER, [rows])
    means = (tau * DECODER.means + met.T @ rows) / (tau + met.sum(axis=0)[:, None])
    (expected,) = posteriors_of(replace(DECODER, means=means, closure_bias=3.0), [rows])
    (found,) = posteriors_of(replace(DECODER, adaptation_frames=tau, closure_bias=3.0), [rows])
    assert found == pytest.approx(expected, abs=1e-9)


def test_all_stretches_of_a_clip_draw_the_same_means() -> None:
    """Sums over both sequences, not over the last one."""
    tau, rows = 2.0, DECODER.rows(LIPS, LIPS.times.centres[:20])
    parts = [rows[:8], rows[8:]]
    met = posteriors_of(DECODER, parts)
    total = sum(m.T @ x for m, x in zip(met, parts, strict=True))
    means = (tau * DECODER.means + total) / (tau + sum(m.sum(axis=0) for m in met)[:, None])
    expected = posteriors_of(replace(DECODER, means=means), parts)
    found = posteriors_of(replace(DECODER, adaptation_frames=tau), parts)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, abs=1e-9)


def test_long_clips_are_decoded_as_if_at_once() -> None:
    """Over a minute, a block's length, decoding goes on as in a part of twelve seconds about that moment."""
    lips = make_lips(np.random.default_rng(4).normal(size=(1650, 2)), COLUMNS)
    whole, part = DECODER.decode(lips, MAP), DECODER.decode(lips.crop(54.0, 66.0), MAP)
    assert part.times[0] == pytest.approx(54.02, abs=1e-9)
    about = slice(1480, 1520)  # 5 s from the ends of the part
    assert whole.times[about] == pytest.approx(part.times[130:170], abs=1e-9)
    assert whole.posteriors[about] == pytest.approx(part.posteriors[130:170], abs=1e-9)
    assert np.isfinite(whole.posteriors).all()


@pytest.mark.parametrize("rate", [25, 30, 50])
def test_the_last_cell_ends_with_the_clip(rate: int) -> None:
    """At 50 frames a second the grid begins at 0.01 s, and its last cell would end at 0.99 s."""
    lips = make_lips(np.random.default_rng(0).normal(size=(rate, 2)), COLUMNS, frame_times(rate, rate))
    tier = DECODER.decode(lips, MAP).tier
    assert (tier.start, tier.end) == (0.0, pytest.approx(1.0, abs=1e-9))


def test_a_last_frame_that_stays_is_a_cell_longer_at_most() -> None:
    """Frames of 40 ms up to 0.4 s and one that stays until 1 s, its middle at 0.7 s: cells end at 0.72 and 0.76 s."""
    times = FrameTimes(STEP * np.arange(11), 1.0, Fraction(25))
    lips = make_lips(np.random.default_rng(0).normal(size=(11, 2)), COLUMNS, times)
    assert DECODER.decode(lips, MAP).tier.end == pytest.approx(0.76, abs=1e-9)


def test_closed_is_the_sum_over_p_b_and_m_whatever_the_map() -> None:
    """In this map P and B make a viseme with no other phone of the decoder."""
    decoded = DECODER.decode(LIPS, MAP)
    bilabial = decoded.posteriors[:, decoded.visemes.index(MAP["P"])]
    assert decoded.closed == pytest.approx(bilabial, abs=1e-12, nan_ok=True)
    other = DECODER.decode(LIPS, VisemeMap.load("franks_kimble_1972"))
    assert other.closed == pytest.approx(decoded.closed, abs=1e-12, nan_ok=True)


def test_means_are_drawn_towards_the_clip() -> None:
    """With a strong prior nothing changes; with a weak one, an offset of the whole clip is taken up."""
    far = make_lips(LIPS.values + 0.8, COLUMNS, faceless=[20, 21, 22, 49])
    plain = DECODER.decode(far, MAP).posteriors
    stiff = replace(DECODER, adaptation_frames=1e9).decode(far, MAP).posteriors
    loose = replace(DECODER, adaptation_frames=2.0).decode(far, MAP).posteriors
    assert stiff == pytest.approx(plain, abs=1e-6, nan_ok=True)
    assert np.nanmax(np.abs(loose - plain)) > 0.01


def test_several_states_of_one_phone_add_up() -> None:
    """A decoder whose states are doubled, each twin as likely to be entered, says what the single one says."""
    twice = np.repeat(np.arange(4), 2)
    doubled = replace(
        DECODER,
        phones=tuple(DECODER.phones[k] for k in twice),
        means=DECODER.means[twice],
        start=DECODER.start[twice] / 2,
        transitions=DECODER.transitions[np.ix_(twice, twice)] / 2,
    )
    assert doubled.decode(LIPS, MAP).posteriors == pytest.approx(
        DECODER.decode(LIPS, MAP).posteriors, abs=1e-9, nan_ok=True
    )


def test_numbers_of_a_decoder_come_back_from_its_arrays() -> None:
    given = replace(DECODER, adaptation_frames=2.5, closure_bias=1.5, evidence_scale=0.7)
    found = VisemeDecoder.from_arrays(given.to_arrays())
    assert (found.adaptation_frames, found.closure_bias, found.evidence_scale) == (2.5, 1.5, 0.7)
    assert (found.columns, found.phones, found.moments) == (given.columns, given.phones, given.moments)


def test_a_saturated_feature_counts_no_more_the_further_it_lies_from_its_mean() -> None:
    times, _ = grid(LIPS)
    plain, bounded = (stacked(LIPS, times, COLUMNS, MOMENTS, limit) for limit in (np.inf, 0.5))
    assert bounded == pytest.approx(0.5 * np.tanh(plain / 0.5), abs=1e-12)
    assert np.abs(plain).max() > 2.0
    assert np.abs(bounded).max() <= 0.5
    assert stacked(LIPS, times, COLUMNS) == pytest.approx(plain, abs=0)
    decoder = replace(DECODER, saturation=0.5)
    assert decoder.rows(LIPS, times) == pytest.approx((bounded - decoder.centre) @ decoder.projection, abs=1e-12)


@pytest.mark.parametrize("saturation", [0.0, -1.0, float("nan")])
def test_an_impossible_saturation_is_refused(saturation: float) -> None:
    with pytest.raises(ValueError, match="saturate"):
        replace(DECODER, saturation=saturation)


def test_the_saturation_is_kept_in_a_file_and_missed_without_it() -> None:
    arrays = replace(DECODER, saturation=1.25).to_arrays()
    assert VisemeDecoder.from_arrays(arrays).saturation == 1.25
    del arrays["saturation"]
    with pytest.raises(KeyError, match="saturation"):
        VisemeDecoder.from_arrays(arrays)


def test_probabilities_that_hold_keep_the_most_probable() -> None:
    raw, held = (replace(DECODER, sharpness=x).decode(LIPS, MAP) for x in (1.0, 0.25))
    assert held.posteriors == pytest.approx(raw.posteriors, nan_ok=True)
    raised = raw.posteriors**0.25
    assert held.probabilities == pytest.approx(raised / raised.sum(axis=1, keepdims=True), nan_ok=True)
    assert held.tier.labels == raw.tier.labels
    p = raw.closed
    closed = p**0.25 / (p**0.25 + (1 - p).clip(0) ** 0.25)
    assert held.closed_probabilities == pytest.approx(closed, nan_ok=True, abs=1e-9)


def test_a_power_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="have the power 0"):
        replace(DECODER, sharpness=0.0)
