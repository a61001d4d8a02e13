"""Mouth shapes from phones: Rhubarb's rules, one by one, and what is promised beyond them."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.animation.mouth_cues import CueTiming, mouth_cues, widened_tweens
from visalign.animation.mouth_rules import KINDS, load_mouth_rules
from visalign.errors import UnknownSymbol
from visalign.language.phones import ARPABET
from visalign.timeline import Tier
from visalign.visemes.viseme_map import available_maps

RULES = load_mouth_rules()


def said(*phones: tuple[str, float]) -> Tier:
    """Phones with their durations after half a second of silence, and half a second after them."""
    rows = [("SIL", 0.5), *phones, ("SIL", 0.5)]
    edges = [0.0, *itertools.accumulate(duration for _, duration in rows)]
    return Tier("phones", tuple(round(x, 6) for x in edges), tuple(label for label, _ in rows))


def shapes(*phones: tuple[str, float], **timing: Any) -> str:
    return "".join(x.label for x in mouth_cues(said(*phones), RULES, CueTiming(**timing)))


phone_tiers = st.lists(st.tuples(st.sampled_from(sorted(ARPABET)), st.floats(0.01, 0.4)), min_size=1, max_size=40).map(
    lambda rows: said(*rows)
)


@given(phone_tiers)
def test_cues_span_the_phones_and_differ_from_their_neighbours(phones: Tier) -> None:
    cues = mouth_cues(phones, RULES)
    assert (cues.start, cues.end) == (phones.start, phones.end)
    assert all(a != b for a, b in itertools.pairwise(cues.labels))
    assert set(cues.labels) <= set(RULES.shapes)


@given(phone_tiers)
def test_every_closure_and_every_lip_on_teeth_is_seen(phones: Tier) -> None:
    cues = mouth_cues(phones, RULES)
    for phone in phones:
        wanted = {"P": "A", "B": "A", "M": "A", "F": "G", "V": "G"}.get(phone.label)
        if wanted and phone.duration >= 0.05:
            assert any(x.label == wanted and x.start < phone.end + 0.04 and phone.start < x.end + 0.04 for x in cues)


@given(phone_tiers)
def test_closed_and_bitten_mouths_are_never_shown_elsewhere(phones: Tier) -> None:
    for cue in mouth_cues(phones, RULES):
        sounds = {"A": {"P", "B", "M"}, "G": {"F", "V"}}.get(cue.label)
        if sounds:
            assert any(x.label in sounds and cue.start < x.end + 0.11 and x.start < cue.end + 0.11 for x in phones)


@pytest.mark.parametrize("closure", ["P", "B", "M", "F", "V"])
@pytest.mark.parametrize("before", ["AA", "K", "T", "S", "N", "HH", "SIL"])
def test_a_closure_begins_with_its_phone_whatever_stands_before_it(before: str, closure: str) -> None:
    """The release of a K does not close the lips, and a P of 50 ms, closed for 35, gets its hold from the vowel."""
    phones = said(("IY", 0.15), (before, 0.1), (closure, 0.05), ("AE", 0.15), ("S", 0.1))
    cue = next(x for x in mouth_cues(phones, RULES) if x.label in "AG")
    assert cue.start == pytest.approx(0.75, abs=1e-9)
    assert cue.duration >= 0.07 - 1e-9


def test_shapes_of_the_rules() -> None:
    assert shapes(("M", 0.12), ("AA", 0.2)) == "XADCX"
    assert shapes(("M", 0.12), ("AA", 0.2), tweens=False) == "XADX"
    assert shapes(("F", 0.12), ("UW", 0.2)) == "XGFX"
    assert shapes(("L", 0.25)) == "XHX"


def test_diphthongs_split_at_sixty_percent() -> None:
    cues = mouth_cues(said(("OW", 0.4)), RULES)
    assert cues.labels == ("X", "E", "F", "X")
    assert cues.boundaries[2] == pytest.approx(0.5 + 0.6 * 0.4, abs=0.0101)


def test_short_vowels_open_less() -> None:
    assert "D" not in shapes(("AH", 0.1))
    assert "D" in shapes(("AH", 0.3))


def test_a_vowel_reaches_back_over_what_allows_it() -> None:
    assert shapes(("S", 0.1), ("UW", 0.2)) == "XFX"
    # Too early: 0.2 s is the limit.
    assert shapes(("S", 0.3), ("UW", 0.2)) == "XBFX"
    # B is a closure and does not take it.
    assert shapes(("B", 0.1), ("UW", 0.2)) == "XAFX"


def test_a_reduced_vowel_reaches_back_as_others_do() -> None:
    """AX is a vowel of ARPABET, though none of the 39 phones: N, which allows its mouth, takes it."""
    assert shapes(("SH", 0.2), ("N", 0.1), ("AX", 0.2)) == "XBCX"
    cues = mouth_cues(said(("SH", 0.2), ("N", 0.1), ("AX", 0.2)), RULES)
    assert cues.boundaries[2] == pytest.approx(0.7)


@pytest.mark.parametrize("vowel", ["ɪ", "ᵻ"])
def test_reduced_vowels_open_a_mouth_that_stands_still(vowel: str) -> None:
    """ᵻ is the second vowel of "roses"; six syllables of one mouth open it as they do with ɪ."""
    phones = ("", *("s", vowel) * 6, "")
    edges = [0.0, *(0.5 + 0.1 * k for k in range(13)), 2.2]
    cues = mouth_cues(Tier("phones", tuple(edges), phones), RULES, alphabet="ipa")
    assert cues.labels == ("X", "B", "C", "B", "C", "B", "X")


def test_breath_takes_the_vowel_that_follows() -> None:
    assert shapes(("HH", 0.1), ("UW", 0.2)) == "XFX"


@pytest.mark.parametrize(("pause", "rests"), [(0.08, False), (0.3, False), (0.4, True)])
def test_rest_only_in_long_pauses(pause: float, rests: bool) -> None:
    found = shapes(("AA", 0.2), ("SIL", pause), ("AA", 0.2))
    assert ("X" in found[1:-1]) == rests


def test_rest_after_is_an_option() -> None:
    assert "X" in shapes(("AA", 0.2), ("SIL", 0.3), ("AA", 0.2), rest_after=0.2)[1:-1]


def test_pauses_in_pieces_are_one_pause() -> None:
    assert "X" in shapes(("AA", 0.2), ("SIL", 0.2), ("sp", 0.2), ("AA", 0.2))[1:-1]


def test_closures_begin_with_the_phone_or_early_if_asked() -> None:
    phones = said(("AA", 0.2), ("B", 0.1), ("AA", 0.2))
    on_time = next(x for x in mouth_cues(phones, RULES) if x.label == "A")
    early = next(x for x in mouth_cues(phones, RULES, CueTiming(early_closures=True)) if x.label == "A")
    assert on_time.start == pytest.approx(0.7, abs=0.0101)
    assert 0.04 - 0.0101 <= 0.7 - early.start <= 0.12 + 0.0101


def test_a_frozen_mouth_opens_now_and_then() -> None:
    phones = [("S", 0.1), ("IH", 0.1)] * 6
    assert shapes(*phones).count("C") in (2, 3)


def test_a_rig_with_fewer_shapes() -> None:
    found = shapes(("F", 0.12), ("L", 0.25), ("AA", 0.2), shapes=frozenset("ABCDEF"))
    assert not set(found) & set("GHX")
    assert found[0] == "A"


def test_tweens_take_nothing_from_closures() -> None:
    cues = Tier("mouth", (0.0, 0.3, 0.36, 0.6), ("D", "A", "D"))
    found = widened_tweens(cues, RULES)
    assert found.labels == ("D", "C", "A", "D")
    assert [(round(x.start, 2), round(x.end, 2)) for x in found if x.label == "A"] == [(0.3, 0.36)]


@pytest.mark.parametrize("name", available_maps())
def test_any_map_gives_cues(name: str) -> None:
    rules = load_mouth_rules(name)
    assert set(rules.kinds.values()) <= set(KINDS)
    if rules.viseme_map.alphabet != "arpabet":
        return
    phones = said(*((x, 0.1) for x in ARPABET if x == "SIL" or rules.viseme_map.places(x) or rules.viseme_map.fallback))
    assert set(mouth_cues(phones, rules).labels) <= set(rules.shapes)


def test_another_language() -> None:
    edges = (0.0, 0.4, 0.5, 0.65, 0.8, 1.0, 1.4)
    phones = Tier("phones", edges, ("", "p", "y", "ɕ", "ø", ""))
    assert "".join(mouth_cues(phones, RULES, CueTiming(tweens=False), alphabet="ipa").labels) == "XAFBEX"


def test_unknown_phone() -> None:
    with pytest.raises(UnknownSymbol):
        mouth_cues(said(("QQ", 0.1)), RULES)


def test_every_phone_has_a_rule_and_every_order_is_whole() -> None:
    assert RULES.phones is not None
    assert set(RULES.phones) == set(ARPABET) - {"SIL"}
    for shape, order in RULES.effort.items():
        assert sorted(order) == sorted(RULES.shapes)
        assert order[0] == shape
    assert set(RULES.relaxed) == set(RULES.shapes)
    for (first, second), tween in RULES.tweens.items():
        assert {first, second, tween.shape} <= set(RULES.shapes)
    assert set(RULES.names["preston_blair"]) == set(RULES.shapes)
