"""The audit of a mouth: each fault is found where it was made, and a mouth without one has none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visalign.animation.mouth_audit import JAW_LIMIT, audit_mouth, shown_shapes, shown_weights
from visalign.animation.mouth_cues import mouth_cues
from visalign.animation.mouth_rules import load_mouth_rules
from visalign.language.phones import ARPABET
from visalign.timeline import Tier

KINDS = load_mouth_rules().kinds
PHONES = Tier("phones", (0.0, 0.5, 0.62, 0.8, 0.9, 1.1, 1.2, 2.0), ("SIL", "M", "AA", "P", "EH", "F", "SIL"))
GOOD = ((0.0, 0.5, 0.62, 0.8, 0.9, 1.1, 1.2, 2.0), "XADACGX")


def audit(edges, shapes, step=0.01, **options):
    return audit_mouth(shown_shapes(Tier("mouth", edges, tuple(shapes)), KINDS, step), PHONES, **options)


def test_a_mouth_that_does_all_is_clean():
    found = audit(*GOOD)
    assert found.findings == ()
    assert (found.closures_met, found.closures_asked, found.bites_met, found.bites_asked) == (2, 2, 1, 1)
    assert found.closures_begin_seconds == pytest.approx(0.0, abs=1e-9)
    assert found.fastest_jaw == pytest.approx(1.0 / 0.14)  # from wide to closed: half of 0.18 and 0.10 s


@pytest.mark.parametrize(
    ("edges", "shapes", "kind", "start", "told"),
    [
        ((0.0, 0.5, 0.62, 1.1, 1.2, 2.0), "XADGX", "closure", 0.8, "do not close for P"),
        ((0.0, 0.62, 0.8, 0.9, 1.2, 2.0), "XDACX", "closure", 0.5, "do not close for M"),
        ((0.0, 0.5, 0.62, 0.8, 0.9, 1.2, 2.0), "XADACX", "lips on teeth", 1.1, "teeth for F"),
        ((0.0, 0.5, 0.62, 0.7, 0.73, 0.8, 0.9, 1.1, 1.2, 2.0), "XADBDACGX", "flicker", 0.7, "0.03 s only"),
        ((0.0, 0.5, 0.62, 0.8, 0.9, 1.1, 1.2, 1.5, 1.8, 2.0), "XADACGXCX", "silence", 1.5, "0.30 s of a pause"),
        ((0.0, 0.5, 0.62, 0.64, 0.66, 0.68, 0.8, 0.9, 1.1, 1.2, 2.0), "XADXDXACGX", "jaw", 0.64, "at 50 openings"),
    ],
)
def test_each_fault_is_found_where_it_is(edges, shapes, kind, start, told):
    found = audit(edges, shapes)
    mine = [x for x in found.findings if x.kind == kind]
    assert mine[0].start == pytest.approx(start, abs=0.011)
    assert told in mine[0].told
    assert found.to_dict()["findings"]


def test_late_and_early_closures_are_measured_with_their_sign():
    late = audit((0.0, 0.53, 0.62, 0.82, 0.9, 1.1, 1.2, 2.0), "XADACGX")
    assert late.closures_begin_seconds == pytest.approx(0.025, abs=0.006)
    shown = shown_shapes(Tier("mouth", *GOOD), KINDS, 0.01, lead=-0.04)
    assert audit_mouth(shown, PHONES).closures_begin_seconds == pytest.approx(-0.04, abs=1e-6)


def test_pauses_that_are_too_short_to_rest_in_may_be_open():
    edges, shapes = (0.0, 0.5, 0.62, 0.8, 0.9, 1.1, 1.2, 1.5, 1.8, 2.0), "XADACGXCX"
    assert audit(edges, shapes, rest_after=1.0).open_in_silence_seconds == 0.0
    assert audit(edges, shapes).open_in_silence_seconds == pytest.approx(0.3, abs=0.011)


def test_closures_of_other_languages_are_asked_for():
    phones = Tier("phones", (0.0, 0.5, 0.6, 0.8, 0.9, 1.5), ("", "ɓ", "a", "v", ""))
    shown = Tier("mouth", (0.0, 0.5, 0.6, 1.5), ("X", "A", "X"))
    found = audit_mouth(shown_shapes(shown, KINDS, 0.01), phones, alphabet="ipa")
    assert (found.closures_asked, found.closures_met, found.bites_asked, found.bites_met) == (1, 1, 1, 0)


def curves(opening):
    """Weights of one closed and one wide viseme at 100 a second."""
    values = np.stack([1.0 - opening, opening], axis=1)
    return shown_weights(np.arange(len(opening)) / 100, values, ("closed", "wide"), 0.01)


def test_curves_have_speed_and_turns():
    phones = Tier("phones", (0.0, 0.2, 0.8, 1.0), ("SIL", "AA", "SIL"))
    opening = np.interp(np.arange(100) / 100, [0.2, 0.3, 0.6, 0.8], [0.0, 1.0, 1.0, 0.0])
    slow = audit_mouth(curves(opening), phones)
    assert slow.fastest_jaw == pytest.approx(10.0)
    assert slow.findings == ()
    jump = audit_mouth(curves((opening > 0.5).astype(float)), phones)
    assert jump.fastest_jaw == pytest.approx(100.0)
    assert jump.jaw_too_fast == 2
    assert jump.fastest_jaw > JAW_LIMIT
    dip = opening - 0.5 * (np.abs(np.arange(100) - 45) < 2)
    flickers = [x for x in audit_mouth(curves(dip), phones).findings if x.kind == "flicker"]
    assert [x.start for x in flickers] == [pytest.approx(0.435)]
    assert audit_mouth(curves(opening - 0.5 * (np.abs(np.arange(100) - 45) < 6)), phones).flickers == 0


said = st.lists(st.tuples(st.sampled_from(sorted(ARPABET)), st.floats(0.05, 0.4)), min_size=1, max_size=20)


@settings(max_examples=30, deadline=None)
@given(said)
def test_mouth_cues_pass_their_audit(rows):
    edges = np.round(np.cumsum([0.0, 0.5, *(x for _, x in rows), 0.5]), 6)
    phones = Tier("phones", tuple(edges.tolist()), ("SIL", *(x for x, _ in rows), "SIL"))
    found = audit_mouth(shown_shapes(mouth_cues(phones, load_mouth_rules()), KINDS, 0.01), phones)
    assert (found.closures_met, found.bites_met) == (found.closures_asked, found.bites_asked)
    assert (found.jaw_too_fast, found.open_in_silence_seconds) == (0, 0.0)
