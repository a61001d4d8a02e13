"""Weight curves: shares, hard rules, and grids of any frame rate."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_coarticulation import SYMBOLS, targets_of

from visalign.animation.weight_curves import (
    LIP_DYNAMICS,
    dominance,
    frame_grid,
    plateau,
    tongue_curves,
    weight_curves,
)
from visalign.errors import TimelineError, UnknownSymbol
from visalign.visemes.viseme_map import VisemeMap, available_maps

RATES = [Fraction(12), Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)]
FINE = Fraction(500)


@pytest.fixture
def oculus():
    return VisemeMap.load("oculus_15")


def curves_of(spoken, viseme_map, rate=FINE):
    targets = targets_of(spoken, viseme_map)
    return weight_curves(targets, viseme_map, frame_grid(targets[-1].interval.end, rate))


@pytest.mark.parametrize("rate", RATES)
def test_a_grid_is_exact(rate):
    times = frame_grid(7200.0, rate)
    for k in (0, 1, 1001, len(times) - 1):
        assert times[k] == float(Fraction(k) / rate)
    assert times[-1] < 7200.0 <= float(Fraction(len(times)) / rate) + 1e-6


def test_a_grid_of_whole_frames_has_no_frame_at_its_end():
    duration = float(72 / Fraction(24000, 1001))  # 72 frames, as a float
    assert len(frame_grid(duration, Fraction(24000, 1001))) == 72
    assert frame_grid(1.0, Fraction(2), start=0.25).tolist() == [0.25, 0.75]
    assert len(frame_grid(0.0, Fraction(25))) == 0


@pytest.mark.parametrize(("duration", "rate"), [(1.0, Fraction(0)), (1.0, Fraction(-25)), (float("nan"), Fraction(25))])
def test_an_impossible_grid_is_refused(duration, rate):
    with pytest.raises(TimelineError):
        frame_grid(duration, rate)


def test_dominance_by_its_formula():
    vowel = LIP_DYNAMICS["vowel"]
    times = np.array([0.9, 1.0, 1.1, 1.2, 1.3])
    expected = [np.exp(-0.1 / vowel.lead), 1.0, 1.0, 1.0, np.exp(-0.1 / vowel.lag)]
    assert dominance(times, 1.0, 1.2, vowel) == pytest.approx(expected)


def test_two_sounds_share_by_their_dominance(oculus):
    """Between two vowels the weights are those of the formula: a worked example, without clamps."""
    targets = targets_of("AA:0.2 IY:0.2", oculus)
    vowel, t = LIP_DYNAMICS["vowel"], 0.2
    (_, end, _), (start, _, _) = (plateau(x.interval, vowel) for x in targets)
    first, second = np.exp(-(t - end) / vowel.lag), np.exp(-(start - t) / vowel.lead)
    found = weight_curves(targets, oculus, [t])
    share = first / (first + second)
    assert found.column("aa")[0] == pytest.approx(share, abs=1e-3)  # but for the pull of rest
    assert found.column("ih")[0] == pytest.approx(1 - share, abs=1e-3)


@pytest.mark.parametrize(("phone", "viseme", "floor"), [("P", "PP", 0.9), ("M", "PP", 0.9), ("F", "FF", 0.8)])
@pytest.mark.parametrize("rate", RATES)
def test_a_closure_is_reached_at_any_frame_rate(oculus, phone, viseme, floor, rate):
    for before in (0.31, 0.33, 0.35, 0.37, 0.39):
        found = curves_of(f"AA:{before} {phone}:0.03 UW:0.3", oculus, rate)
        assert found.column(viseme).max() >= floor - 1e-9


def test_the_jaw_is_narrow_in_a_sibilant(oculus):
    found = curves_of("AA:0.3 S:0.05 AA:0.3", oculus)
    within = (found.times > 0.315) & (found.times < 0.335)
    assert found.column("aa")[within].max() <= 0.35 + 1e-9
    beside = curves_of("AA:0.3 K:0.05 AA:0.3", oculus)
    assert beside.column("aa")[within].min() > 0.35  # the tongue lets the vowel stay


def test_no_other_sound_shows_closed_lips(oculus):
    found = curves_of("M:0.3 T:0.1 M:0.3", oculus)
    within = (found.times > 0.36) & (found.times < 0.38)
    assert found.column("PP")[within].max() <= 0.3 + 1e-9


def test_the_mouth_rests_in_silence_and_outside(oculus):
    targets = targets_of("SIL:1 AA:0.3 SIL:1", oculus)
    found = weight_curves(targets, oculus, [-5.0, 0.3, 1.15, 2.0, 9.0])
    assert found.column("sil")[[0, 1, 3, 4]] == pytest.approx(1.0, abs=1e-3)
    assert found.dominant == ["sil", "sil", "aa", "sil", "sil"]


def test_nothing_said_is_rest(oculus):
    assert weight_curves([], oculus, [0.0, 1.0]).column("sil").tolist() == [1.0, 1.0]


def test_both_halves_of_a_diphthong_come_in_turn(oculus):
    found = curves_of("SIL:0.5 OW:0.4 SIL:0.5", oculus)
    first, second = oculus.sequences["OW"].visemes
    assert found.column(first).argmax() < found.column(second).argmax()


def test_a_tongue_only_sound_hardly_moves_the_lips(oculus):
    found = curves_of("IY:0.2 T:0.06 IY:0.2", oculus)
    assert found.column("ih").min() > 0.3


def test_times_must_increase(oculus):
    with pytest.raises(TimelineError):
        weight_curves([], oculus, [0.0, 0.0])


def test_phones_of_another_alphabet_are_refused_or_read():
    ipa = VisemeMap.load("oculus_15_ipa")
    targets = targets_of("ø:0.2 b:0.1", ipa, alphabet="ipa")
    assert weight_curves(targets, ipa, [0.24], alphabet="ipa").dominant == ["PP"]
    with pytest.raises(UnknownSymbol):
        weight_curves(targets, ipa, [0.24])


@settings(deadline=None)
@given(
    st.sampled_from(available_maps()),
    st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(1, 60)), min_size=1, max_size=20),
    st.sampled_from(RATES),
)
def test_weights_are_shares(name, spoken, rate):
    viseme_map = VisemeMap.load(name)
    found = curves_of(" ".join(f"{phone}:{n / 100}" for phone, n in spoken), viseme_map, rate)
    assert found.values.shape == (len(found.times), len(viseme_map.visemes))
    assert found.values.min() >= -1e-12
    assert found.values.sum(axis=1) == pytest.approx(np.ones(len(found)), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(3, 40)), min_size=1, max_size=12))
def test_curves_do_not_jump(spoken):
    """Hard rules fade in and out: in 2 ms no weight moves by more than the fastest closure does, with its floor."""
    found = curves_of(" ".join(f"{phone}:{n / 100}" for phone, n in spoken), VisemeMap.load("oculus_15"))
    assert np.abs(np.diff(found.values, axis=0)).max() < 0.2


@pytest.mark.parametrize(("phone", "viseme"), [("TH", "TH"), ("DH", "TH"), ("L", "nn"), ("N", "nn"), ("D", "DD")])
@pytest.mark.parametrize("rate", [Fraction(12), Fraction(24), FINE])
def test_the_tongue_gets_there_however_busy_the_lips_are(oculus, phone, viseme, rate):
    targets = targets_of(f"UW:0.1 {phone}:0.06 UW:0.1", oculus)
    times = frame_grid(targets[-1].interval.end, rate)
    lips, tongue = weight_curves(targets, oculus, times), tongue_curves(targets, oculus, times)
    assert tongue.column(viseme).max() == 1.0
    assert lips.column(viseme).max() < 0.6
    others = [x for x in oculus.visemes if oculus.classes[x].articulator not in ("dental", "tongue-only")]
    assert all(tongue.column(x).max() == 0.0 for x in others)


def test_a_tongue_without_sounds_of_its_own_stays(oculus):
    targets = targets_of("SIL:0.3 UW:0.1 P:0.06 SIL:0.3", oculus)
    assert not tongue_curves(targets, oculus, frame_grid(0.76, FINE)).values.any()
