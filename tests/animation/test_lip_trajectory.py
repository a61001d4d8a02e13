"""Lips that move like lips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.animation.lip_trajectory import LIP_CHANNELS, REST, LipShape, lip_trajectory
from visalign.errors import UnknownSymbol
from visalign.language.phones import ARPABET
from visalign.timeline import Tier

OPENING, WIDTH, ROUNDING, TUCK = (LIP_CHANNELS.index(name) for name in ("opening", "width", "rounding", "tuck"))


def said(*phones: str, each: float = 0.1, pause: float = 0.6) -> Tier:
    """Phones of equal length between two pauses."""
    steps = [pause, *([each] * len(phones)), pause]
    return Tier("phones", tuple(np.concatenate([[0.0], np.cumsum(steps)]).tolist()), ("SIL", *phones, "SIL"))


def within(tier: Tier, index: int) -> npt.NDArray[np.float64]:
    """Lip shapes at every millisecond of one phone; 0 is the first after the pause."""
    phone = tier[index + 1]
    return lip_trajectory(tier, np.arange(phone.start, phone.end, 0.001))


@pytest.mark.parametrize("phone", ["P", "B", "M"])
@pytest.mark.parametrize("vowel", ["AA", "IY", "UW", "AE"])
def test_lips_are_sealed_where_a_bilabial_is_closed(phone: str, vowel: str) -> None:
    tier = said(vowel, phone, vowel, each=0.08)
    shut = within(tier, 1)[:, OPENING] <= 0.0
    assert shut[:40].all(), "closed over the first half, which is the acoustic closure"
    assert within(tier, 0)[:, OPENING].max() > 0.03
    assert within(tier, 2)[:, OPENING].max() > 0.03


@pytest.mark.parametrize("phone", sorted(set(ARPABET) - {"P", "B", "M", "SIL"}))
def test_every_other_phone_leaves_the_lips_open_somewhere(phone: str) -> None:
    assert within(said("AA", phone, "AA"), 1)[:, OPENING].max() > 0.0


def test_lips_meet_at_the_acoustic_closure_and_press_after_it() -> None:
    tier = said("AA", "P", "AA")
    onset = tier[2].start
    times = np.arange(onset - 0.1, onset + 0.1, 0.001)
    opening = lip_trajectory(tier, times)[:, OPENING]
    contact = times[np.argmax(opening <= 0.0)]
    assert contact == pytest.approx(onset, abs=0.025)
    assert onset < times[np.argmin(opening)] < onset + 0.05
    speed = -np.gradient(opening, times)
    # Löfqvist and Gracco (1997): the lips are still fast when they touch.
    assert np.interp(contact, times, speed) > 0.5 * speed.max()


def test_closing_takes_as_long_as_in_speech() -> None:
    tier = said("AA", "P", "AA", each=0.15)
    times = np.arange(tier[1].start + 0.03, tier[2].start + 0.03, 0.001)
    opening = lip_trajectory(tier, times)[:, OPENING]
    top = int(np.argmax(opening))
    nearly_open = top + int(np.argmax(opening[top:] < 0.9 * opening[top]))
    shut = top + int(np.argmax(opening[top:] <= 0.0))
    assert 0.04 < times[shut] - times[nearly_open] < 0.12


def test_lower_lip_meets_the_teeth_in_labiodentals_only() -> None:
    assert within(said("AA", "F", "AA"), 1)[:, TUCK].max() > 0.6
    assert within(said("AA", "S", "AA"), 1)[:, TUCK].max() < 0.2


def test_rounded_vowels_are_narrow_and_spread_ones_wide() -> None:
    rounded, spread = within(said("B", "UW", "B"), 1), within(said("B", "IY", "B"), 1)
    assert rounded[:, WIDTH].min() < REST.width - 0.05
    assert spread[:, WIDTH].max() > REST.width + 0.03
    assert rounded[:, ROUNDING].max() > spread[:, ROUNDING].max() + 0.5


def test_neighbours_colour_a_phone() -> None:
    assert within(said("UW", "T", "UW"), 1)[:, WIDTH].mean() < within(said("IY", "T", "IY"), 1)[:, WIDTH].mean() - 0.05


def test_mouth_opens_before_the_voice_and_comes_to_rest_after_it() -> None:
    tier = said("AA", each=0.3)
    start, end = tier[1].start, tier[1].end
    times = [start - 0.4, start - 0.1, end - 0.05, end + 0.25]
    long_before, before, still_sounding, after = lip_trajectory(tier, times)[:, OPENING]
    assert long_before < 0.0
    assert before > 0.02
    assert still_sounding > 0.05
    assert after == pytest.approx(REST.opening, abs=0.005)


def test_jaw_follows_the_opening_more_slowly() -> None:
    tier = said("AA", "P", "AA", each=0.12)
    shapes = lip_trajectory(tier, np.arange(tier.start, tier.end, 0.002))
    jaw = shapes[:, LIP_CHANNELS.index("jaw")]
    assert jaw.min() >= 0.0
    sealed = shapes[:, OPENING] < 0.0
    assert jaw[sealed].max() > 0.01, "the lips meet while the jaw is still down"
    assert np.abs(np.diff(jaw)).max() < np.abs(np.diff(shapes[:, OPENING])).max()


def test_rest_outside_the_tier() -> None:
    far = lip_trajectory(said("AA"), [-100.0, 100.0])
    assert far == pytest.approx(np.array([[*vars_of(REST)]] * 2), abs=1e-3)


def vars_of(shape: LipShape) -> list[float]:
    return [getattr(shape, name) for name in LIP_CHANNELS]


def test_stress_digits_and_silence_spellings_do_not_matter() -> None:
    times = np.linspace(0.0, 1.6, 50)
    plain = said("AY", "B")
    spelled = replace(plain, labels=("", "AY1", "B", "sp"))
    assert np.array_equal(lip_trajectory(plain, times), lip_trajectory(spelled, times))


@pytest.mark.parametrize("phones", [("QQ",), ("AH", "QQ"), ("ɪ", "QQ")])
def test_unknown_phone_is_refused(phones: tuple[str, ...]) -> None:
    with pytest.raises(UnknownSymbol, match="QQ"):
        lip_trajectory(said(*phones), [0.0])


def test_phones_of_any_language_are_drawn_as_they_look() -> None:
    """English in IPA is English; IPA's y is rounded, where ARPABET's Y is spread; ɓ closes."""
    times = np.linspace(0.0, 1.6, 50)
    english = lip_trajectory(said("SH", "AY", "B"), times)
    assert np.array_equal(lip_trajectory(said("ʃ", "aɪ", "b"), times), english)
    assert within(said("a", "y", "a"), 1)[:, ROUNDING].max() > 0.4
    assert within(said("ɪ", "j", "ɪ"), 1)[:, ROUNDING].max() < 0.2
    assert within(said("a", "ɓ", "a"), 1)[:, OPENING].min() < 0.0


@given(
    st.lists(st.sampled_from(sorted(ARPABET)), min_size=1, max_size=12),
    st.floats(0.03, 0.4),
    st.floats(-2.0, 2.0, allow_subnormal=False),
)
def test_any_phones_give_smooth_finite_shapes_that_move_with_them(phones: list[str], each: float, shift: float) -> None:
    tier = said(*phones, each=each)
    times = np.arange(tier.start, tier.end, 0.005)
    shapes = lip_trajectory(tier, times)
    assert shapes.shape == (len(times), len(LIP_CHANNELS))
    assert np.isfinite(shapes).all()
    assert shapes[:, OPENING].min() > -0.11
    assert shapes[:, OPENING].max() < 0.28
    # Inter-ocular distances a second; closing 0.27 of one within 40 ms would be 7.
    assert np.abs(np.diff(shapes[:, OPENING])).max() / 0.005 < 8.0
    assert lip_trajectory(tier.shift(shift), times + shift) == pytest.approx(shapes, abs=0.02)
